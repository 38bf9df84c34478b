// SPDX-License-Identifier: Apache-2.0

import Glibc

extension File {
    /// Reads a regular file piece by piece, so that its size does not matter.
    ///
    /// - Parameters:
    ///   - path: the file. A symbolic link is followed.
    ///   - size: the most bytes of a piece.
    ///   - body: gets each piece in order; the memory is used again after it.
    public static func forEachChunk(
        of path: String,
        size: Int = 256 << 10,
        _ body: (UnsafeRawBufferPointer) throws(FileError) -> Void
    ) throws(FileError) {
        precondition(size > 0, "a piece has at least one byte")
        // O_NONBLOCK: to open a pipe that nobody writes to would block before its kind is known.
        let source = try Descriptor(open: path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
        switch try FileKind(mode: source.status(path).st_mode) {
        case .file: break
        case .directory: throw FileError(operation: "read", path: path, code: EISDIR)
        default: throw FileError(operation: "read", path: path, code: EINVAL)
        }
        let number = source.number
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
        defer { memory.deallocate() }
        while true {
            let count = retryingInterrupts { Glibc.read(number, memory.baseAddress, size) }
            guard count >= 0 else { throw .last("read", path) }
            if count == 0 { return }
            try body(UnsafeRawBufferPointer(rebasing: memory[..<count]))
        }
    }
}
