// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Repeats a system call while a signal interrupts it.
func retryingInterrupts<Result: BinaryInteger>(_ call: () -> Result) -> Result {
    while true {
        let result = call()
        if result != -1 || errno != EINTR { return result }
    }
}

/// An open file descriptor; closed when it goes out of scope. Never inherited by a child.
struct Descriptor: ~Copyable {
    let number: Int32

    init(owning number: Int32) {
        self.number = number
    }

    init(open path: String, _ flags: Int32, mode: UInt32 = 0) throws(FileError) {
        try path.requireNoNUL("open")
        let number = retryingInterrupts { Glibc.open(path, flags | O_CLOEXEC, mode) }
        guard number >= 0 else { throw .last("open", path) }
        self.number = number
    }

    deinit {
        _ = Glibc.close(number)
    }

    /// Closes now, to learn of an error that the system kept until then.
    consuming func close(_ path: String) throws(FileError) {
        let number = number
        discard self
        // "The Linux kernel always releases the file descriptor early in the close operation" (close(2)), so an
        // interrupted close must not be repeated.
        guard Glibc.close(number) == 0 || errno == EINTR else { throw .last("close", path) }
    }

    func status(_ path: String) throws(FileError) -> stat {
        var status = stat()
        guard fstat(number, &status) == 0 else { throw .last("examine", path) }
        return status
    }

    func sync(_ path: String) throws(FileError) {
        guard retryingInterrupts({ fsync(number) }) == 0 else { throw .last("sync", path) }
    }

    /// Reads to the end, but never keeps more than `limit` bytes.
    func readAll(_ path: String, limit: Int, expected: Int) throws(FileError) -> [UInt8] {
        precondition(limit >= 0, "a limit is not negative")
        var content: [UInt8] = []
        // One byte more than expected: the end is found without growing.
        var room = max(min(max(expected, 0), limit, 16 << 20) + 1, 4096)
        while true {
            var (isEnd, code) = (false, Int32(0))
            let piece = [UInt8](unsafeUninitializedCapacity: room) { buffer, filled in
                while filled < room, !isEnd {
                    let free = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
                    let count = retryingInterrupts { Glibc.read(number, free.baseAddress, free.count) }
                    if count < 0 { code = errno }
                    if count > 0 { filled += count } else { isEnd = true }
                }
            }
            guard code == 0 else { throw FileError(operation: "read", path: path, code: code) }
            if content.isEmpty { content = piece } else { content += piece }
            guard content.count <= limit else { throw FileError(operation: "read", path: path, code: EFBIG) }
            if isEnd { return content }
            room = min(max(64 << 10, min(content.count, 4 << 20)), limit - content.count) + 1
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer, _ path: String) throws(FileError) {
        let (_, code) = writeFully(number, bytes)
        guard code == 0 else { throw FileError(operation: "write", path: path, code: code) }
    }
}

/// Writes everything, in as many calls as it takes; gives the bytes written and the `errno`, or 0.
func writeFully(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> (written: Int, code: Int32) {
    var written = 0
    while written < bytes.count, let base = bytes.baseAddress {
        let count = Glibc.write(descriptor, base + written, bytes.count - written)
        if count >= 0 {
            written += count
        } else if errno == EAGAIN {
            // Somebody made the descriptor non-blocking (a terminal is shared with other programs): wait for room.
            var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            _ = poll(&wait, 1, -1)
        } else if errno != EINTR {
            return (written, errno)
        }
    }
    return (written, 0)
}

extension String {
    /// Refuses a NUL: the system would see only the part of the path before it.
    func requireNoNUL(_ operation: String) throws(FileError) {
        guard !utf8.contains(0) else { throw FileError(operation: operation, path: self, code: EINVAL) }
    }
}
