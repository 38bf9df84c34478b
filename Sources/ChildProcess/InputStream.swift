// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// The writing end of a child's standard input, and what is still to be written.
struct InputStream {
    /// The nonblocking end of the pipe; -1 if there is none or it is closed.
    private(set) var descriptor: Int32 = -1
    private var bytes: [UInt8] = []
    private var written = 0
    /// Where more bytes come from while the child runs.
    private var channel: InputChannel?
    private var isEnded = true
    /// Whether room in the pipe is waited for. Only the loop changes it.
    var isWatched = false

    var hasMore: Bool { descriptor >= 0 && written < bytes.count }

    /// Opens what the child reads. `childEnd` is the child's descriptor, `childOwns` says that it is to be closed after
    /// the start.
    init(
        _ input: ChildCommand.Input,
        null: Int32,
        executable: String,
        childEnd: inout Int32,
        childOwns: inout Bool
    ) throws(SpawnError) {
        childOwns = true
        switch input {
        case .null:
            childEnd = null
            childOwns = false
        case .file(let path):
            childEnd = try Self.open(path, executable)
        case .pipe:
            childEnd = try makePipe(executable)
        case .bytes(let bytes):
            self.bytes = bytes
            childEnd = try makePipe(executable)
            // Most input fits into the pipe; then no event is needed.
            write()
        case .channel(let channel):
            childEnd = try makePipe(executable)
            self.channel = channel
            isEnded = false
        }
    }

    /// Tells the channel whom to wake when it has something. Call it once the child runs.
    func open(_ wake: @escaping @Sendable () -> Void) { channel?.attach(wake) }

    /// Takes what the channel has, and writes what fits.
    mutating func feed() {
        guard descriptor >= 0, let channel else { return }
        let (new, isLast) = channel.take()
        bytes.removeFirst(written)
        written = 0
        bytes += new
        isEnded = isLast
        write()
    }

    /// Writes what fits. Closes the pipe when all is written or nobody reads any more.
    mutating func write() {
        while descriptor >= 0 {
            guard written < bytes.count else {
                if isEnded { return close() }
                bytes.removeAll()
                written = 0
                return
            }
            let count = bytes.withUnsafeBytes { all in
                let rest = UnsafeRawBufferPointer(rebasing: all[written...])
                return Glibc.write(descriptor, rest.baseAddress, rest.count)
            }
            if count >= 0 {
                written += count
            } else if errno == EAGAIN {
                return
            } else if errno != EINTR {
                // EPIPE: the child does not want to read it all, which is its right.
                return close()
            }
        }
    }

    mutating func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
        bytes = []
        written = 0
        channel?.detach()
        channel = nil
    }

    private mutating func makePipe(_ executable: String) throws(SpawnError) -> Int32 {
        var readEnd: Int32 = -1
        let error = flow_pipe(&readEnd, &descriptor)
        guard error == 0 else {
            descriptor = -1
            throw SpawnError(code: -error, doing: "create a pipe for its input", executable: executable)
        }
        _ = flow_set_nonblocking(descriptor, 1)
        return readEnd
    }

    private static func open(_ path: String, _ executable: String) throws(SpawnError) -> Int32 {
        func refusal(_ code: Int32, _ detail: String = "") -> SpawnError {
            SpawnError(code: code, doing: "open its input '\(path)'", executable: executable, detail: detail)
        }
        guard !path.utf8.contains(0) else { throw refusal(EINVAL) }
        // A named pipe without a writer must not stop the thread that serves all children.
        let descriptor = flow_open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK, 0)
        guard descriptor >= 0 else { throw refusal(-descriptor) }
        var status = stat()
        let kind = fstat(descriptor, &status) == 0 ? status.st_mode & S_IFMT : 0
        guard kind == S_IFREG || kind == S_IFCHR else {
            Glibc.close(descriptor)
            throw refusal(kind == S_IFDIR ? EISDIR : EINVAL, kind == S_IFDIR ? "it is a directory" : "it is not a file")
        }
        _ = flow_set_nonblocking(descriptor, 0)
        return descriptor
    }
}
