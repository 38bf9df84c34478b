// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Reads parts of a regular file. Any thread may read.
public final class FileReader: Sendable {
    /// The path of the file.
    public let path: String
    /// The size of the file when it was opened, in bytes.
    public let size: Int64
    private let descriptor: Descriptor

    /// Opens a file. A symbolic link is followed; folders, pipes and devices are refused.
    public init(_ path: String) throws(FileError) {
        // O_NONBLOCK: to open a pipe that nobody writes to would block before its kind is known.
        let descriptor = try Descriptor(open: path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
        let status = try descriptor.status(path)
        switch FileKind(mode: status.st_mode) {
        case .file: break
        case .directory: throw FileError(operation: "read", path: path, code: EISDIR)
        default: throw FileError(operation: "read", path: path, code: EINVAL)
        }
        self.path = path
        size = Int64(status.st_size)
        self.descriptor = descriptor
    }

    /// The bytes from an offset on: all that are asked for, or an error when the file ends before.
    public func read(at offset: Int64, count: Int) throws(FileError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(count, 16 << 20))
        try forEachChunk(at: offset, count: Int64(count)) { chunk throws(FileError) in
            bytes.append(contentsOf: chunk)
        }
        return bytes
    }

    /// Reads a part of the file piece by piece, so that its size does not matter. It is an error when the file ends
    /// before. The memory of a piece is used again after `body`.
    public func forEachChunk(
        at offset: Int64, count: Int64, size: Int = 256 << 10,
        _ body: (UnsafeRawBufferPointer) throws(FileError) -> Void
    ) throws(FileError) {
        precondition(offset >= 0 && count >= 0 && size > 0, "a part lies in a file")
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Int(min(Int64(size), max(1, count))), alignment: 16)
        defer { memory.deallocate() }
        let number = descriptor.number
        var place = offset
        var left = count
        while left > 0 {
            let wanted = Int(min(left, Int64(memory.count)))
            let read = retryingInterrupts { pread(number, memory.baseAddress, wanted, off_t(place)) }
            guard read >= 0 else { throw .last("read", path) }
            // The file has become shorter since it was opened.
            guard read > 0 else { throw FileError(operation: "read", path: path, code: EIO) }
            try body(UnsafeRawBufferPointer(rebasing: memory[..<read]))
            place += Int64(read)
            left -= Int64(read)
        }
    }
}
