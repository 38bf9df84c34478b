// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// Adds to a file through a buffer. Any thread may write; each call is added as one piece.
public final class FileWriter: Sendable {
    /// The path of the file.
    public let path: String
    private let capacity: Int
    private let state: Mutex<State>

    private struct State {
        /// -1 after ``FileWriter/close()``.
        var descriptor: Int32
        var buffer: [UInt8]

        /// Writes out the buffer. What could not be written stays in it.
        mutating func flush() -> Int32 {
            guard descriptor >= 0 else { return EBADF }
            let (written, code) = buffer.withUnsafeBytes { writeFully(descriptor, $0) }
            if code == 0 { buffer.removeAll(keepingCapacity: true) } else { buffer.removeFirst(written) }
            return code
        }
    }

    /// Opens a file to add to its end; makes it if needed.
    ///
    /// - Parameters:
    ///   - path: the file. Its folder must exist.
    ///   - truncating: drop what is in the file.
    ///   - bufferSize: how many bytes may wait in memory.
    ///   - mode: the permissions of a new file, less what the umask of the process takes away.
    public init(
        _ path: String,
        truncating: Bool = false,
        bufferSize: Int = 64 << 10,
        mode: UInt32 = 0o644
    ) throws(FileError) {
        try path.requireNoNUL("open")
        let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | (truncating ? O_TRUNC : 0)
        let descriptor = retryingInterrupts { Glibc.open(path, flags, mode) }
        guard descriptor >= 0 else { throw .last("open", path) }
        self.path = path
        capacity = max(0, bufferSize)
        state = Mutex(State(descriptor: descriptor, buffer: []))
    }

    deinit {
        // Nobody is left to hear of an error; who wants to know calls `close`.
        state.withLock { state in
            guard state.descriptor >= 0 else { return }
            _ = state.flush()
            _ = Glibc.close(state.descriptor)
        }
    }

    /// Adds bytes. An error leaves what is not yet written in the buffer.
    public func write(_ bytes: [UInt8]) throws(FileError) {
        try perform("write") { state in
            guard state.descriptor >= 0 else { return EBADF }
            state.buffer.append(contentsOf: bytes)
            return state.buffer.count > capacity ? state.flush() : 0
        }
    }

    /// Adds bytes, which are copied. An error leaves what is not yet written in the buffer.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        try perform("write") { state in
            guard state.descriptor >= 0 else { return EBADF }
            state.buffer.append(contentsOf: bytes)
            return state.buffer.count > capacity ? state.flush() : 0
        }
    }

    /// Adds a text as UTF-8.
    public func write(_ text: String) throws(FileError) {
        try perform("write") { state in
            guard state.descriptor >= 0 else { return EBADF }
            state.buffer.append(contentsOf: text.utf8)
            return state.buffer.count > capacity ? state.flush() : 0
        }
    }

    /// Hands the buffer to the system.
    public func flush() throws(FileError) {
        try perform("write") { $0.flush() }
    }

    /// Hands the buffer to the system and waits until the content is on the disk.
    public func sync() throws(FileError) {
        try perform("sync") { state in
            let code = state.flush()
            guard code == 0 else { return code }
            let descriptor = state.descriptor
            return retryingInterrupts { fdatasync(descriptor) } == 0 ? 0 : errno
        }
    }

    /// Writes out the buffer and closes the file, also when writing fails. Does nothing the second time.
    public func close() throws(FileError) {
        try perform("close") { state in
            guard state.descriptor >= 0 else { return 0 }
            let flushed = state.flush()
            let closed = Glibc.close(state.descriptor) == 0 || errno == EINTR ? 0 : errno
            state.descriptor = -1
            state.buffer = []
            return flushed != 0 ? flushed : closed
        }
    }

    private func perform(_ operation: String, _ body: (inout State) -> Int32) throws(FileError) {
        let code = state.withLock { body(&$0) }
        guard code == 0 else { throw FileError(operation: operation, path: path, code: code) }
    }
}
