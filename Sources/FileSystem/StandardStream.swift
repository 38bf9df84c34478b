// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The streams a process starts with.
public enum StandardStream: Int32, Sendable {
    /// Descriptor 0.
    case input = 0
    /// Descriptor 1.
    case output = 1
    /// Descriptor 2.
    case error = 2

    /// Writes all bytes at once, without a buffer. A reader that is gone gives an error with `isBrokenPipe`.
    ///
    /// That error is only seen after ``ignoreBrokenPipeSignal()``; the system ends the process otherwise.
    public func write(_ bytes: [UInt8]) throws(FileError) {
        let code = bytes.withUnsafeBytes { writeFully(rawValue, $0).code }
        guard code == 0 else { throw FileError(operation: "write", path: name, code: code) }
    }

    /// Writes a text as UTF-8 at once, without a buffer.
    public func write(_ text: String) throws(FileError) {
        var text = text
        let code = text.withUTF8 { writeFully(rawValue, UnsafeRawBufferPointer($0)).code }
        guard code == 0 else { throw FileError(operation: "write", path: name, code: code) }
    }

    /// Reads to the end of the stream; more than `limit` bytes are an error with `isTooLarge`.
    public func readAll(limit: Int) throws(FileError) -> [UInt8] {
        // A copy of the descriptor, because the stream itself stays open.
        let copy = fcntl(rawValue, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw .last("read", name) }
        return try Descriptor(owning: copy).readAll(name, limit: limit, expected: 0)
    }

    /// Whether the stream is a terminal.
    public var isTerminal: Bool { isatty(rawValue) == 1 }

    /// The columns of the terminal; nil when the stream is no terminal or does not tell.
    public var terminalWidth: Int? {
        var size = winsize()
        guard ioctl(rawValue, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    /// Makes a write to a pipe or socket without a reader an error, not the end of the process.
    ///
    /// For the whole process; call it once at the start. Children inherit it unless their start resets it.
    public static func ignoreBrokenPipeSignal() {
        signal(SIGPIPE, SIG_IGN)
    }

    private var name: String {
        switch self {
        case .input: "standard input"
        case .output: "standard output"
        case .error: "standard error"
        }
    }
}
