// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// The reading end of one output stream of a child, and what is kept of it.
struct OutputStream {
    /// What a read brought.
    enum Progress {
        case data
        case nothing
        case end
    }

    /// The nonblocking end of the pipe; -1 when it is closed.
    private(set) var descriptor: Int32 = -1
    private var file: Int32 = -1
    private let plan: OutputPlan
    private var result = ChildResult.Output()
    /// The last bytes; once full, a ring whose oldest byte is at `tailStart`.
    private var tail: [UInt8] = []
    private var tailStart = 0

    var isOpen: Bool { descriptor >= 0 }

    /// Opens the file of the plan and makes the pipe. Returns the end for the child.
    init(_ plan: OutputPlan, name: String, executable: String, childEnd: inout Int32) throws(SpawnError) {
        self.plan = plan
        if let path = plan.file {
            guard !path.utf8.contains(0) else {
                throw SpawnError(code: EINVAL, doing: "create the file for its \(name)", executable: executable)
            }
            file = flow_open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK, 0o600)
            if file < 0 {
                throw SpawnError(
                    code: -file, doing: "create the file '\(path)' for its \(name)", executable: executable)
            }
        }
        var readEnd: Int32 = -1
        var writeEnd: Int32 = -1
        let error = flow_pipe(&readEnd, &writeEnd)
        guard error == 0 else {
            if file >= 0 { Glibc.close(file) }
            throw SpawnError(code: -error, doing: "create a pipe for its \(name)", executable: executable)
        }
        _ = flow_set_nonblocking(readEnd, 1)
        descriptor = readEnd
        childEnd = writeEnd
    }

    /// Reads once, at most what fits into `buffer`.
    mutating func read(into buffer: UnsafeMutableRawBufferPointer) -> Progress {
        guard descriptor >= 0 else { return .end }
        let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        if count > 0 {
            accept(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            return .data
        }
        if count < 0, errno == EAGAIN || errno == EINTR { return .nothing }
        return .end
    }

    /// Closes the pipe and the file.
    mutating func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        if file >= 0 { Glibc.close(file) }
        descriptor = -1
        file = -1
    }

    /// What is known of the stream so far.
    func finished() -> ChildResult.Output {
        var output = result
        output.tail = tailStart == 0 ? tail : Array(tail[tailStart...] + tail[..<tailStart])
        if plan.file == nil { output.bytesKept = output.collected.count }
        return output
    }

    private mutating func accept(_ bytes: UnsafeRawBufferPointer) {
        result.bytesSeen += bytes.count
        if plan.tailCap > 0 { remember(bytes) }
        if result.collected.count < plan.collectCap {
            result.collected.append(contentsOf: bytes.prefix(plan.collectCap - result.collected.count))
        }
        if file >= 0, result.bytesKept < plan.fileCap {
            write(UnsafeRawBufferPointer(rebasing: bytes.prefix(plan.fileCap - result.bytesKept)))
        }
        plan.onChunk?(Array(bytes))
    }

    private mutating func write(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        while rest.count > 0 {
            let count = Glibc.write(file, rest.baseAddress, rest.count)
            if count < 0 {
                if errno == EINTR { continue }
                // The child's output is still read: a full disk must not stop the child.
                result.fileError = errno
                Glibc.close(file)
                file = -1
                return
            }
            result.bytesKept += count
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    private mutating func remember(_ bytes: UnsafeRawBufferPointer) {
        let cap = plan.tailCap
        if bytes.count >= cap {
            tail = Array(bytes.suffix(cap))
            tailStart = 0
            return
        }
        var rest = bytes[...]
        if tail.count < cap {
            let room = rest.prefix(cap - tail.count)
            tail.append(contentsOf: room)
            rest = rest.dropFirst(room.count)
        }
        for byte in rest {
            tail[tailStart] = byte
            tailStart = tailStart + 1 == cap ? 0 : tailStart + 1
        }
    }
}
