// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A file as a stream of UTF-8. Whether bytes that claim to be UTF-8 are is for the readers to check.
final class TableByteSource {
    /// The file's name for messages.
    let name: String
    private let declared: TableEncoding?
    private let descriptor: Int32
    private let limit: Int
    private var encoding = TableEncoding.utf8
    private var isAtStart = true
    private var total = 0
    /// UTF-16 only: the order, and what the last chunk left over.
    private var isBigEndian = false
    private var leftover: [UInt8] = []
    private var highSurrogate: UInt16?
    private var raw = [UInt8](repeating: 0, count: 256 << 10)

    /// Opens a regular file of at most `limit` bytes. Without an encoding it is UTF-8, or UTF-16 by its first bytes.
    init(_ path: String, name: String, encoding: TableEncoding?, limit: Int) throws(TableError) {
        self.name = name
        self.limit = limit
        declared = encoding
        guard !path.utf8.contains(0) else { throw TableError(name, "the path contains a NUL") }
        // O_NONBLOCK: to open a pipe that nobody writes to would block before its kind is known.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw TableError(name, "cannot be opened: \(Self.reason(errno))") }
        self.descriptor = descriptor
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw TableError(name, "cannot be examined: \(Self.reason(errno))")
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw TableError(name, "is not a file") }
        guard Int(status.st_size) <= limit else { throw TableError(name, "is larger than the limit of \(limit) bytes") }
    }

    deinit {
        _ = close(descriptor)
    }

    /// Starts again.
    func rewind() throws(TableError) {
        guard lseek(descriptor, 0, SEEK_SET) == 0 else {
            throw TableError(name, "cannot be read: \(Self.reason(errno))")
        }
        isAtStart = true
        total = 0
        leftover = []
        highSurrogate = nil
    }

    /// Replaces `chunk` by the next piece; at the end empties it and gives false.
    func next(_ chunk: inout [UInt8], line: Int) throws(TableError) -> Bool {
        while true {
            chunk.removeAll(keepingCapacity: true)
            let count = try read()
            if count == 0 {
                guard leftover.isEmpty, highSurrogate == nil else {
                    throw TableError(name, line: line, "the file ends within a character of UTF-16")
                }
                return false
            }
            var start = 0
            if isAtStart {
                isAtStart = false
                start = try skipMark(count)
            }
            switch encoding {
            case .utf8, .utf8Signature: chunk.append(contentsOf: raw[start..<count])
            case .latin1:
                for byte in raw[start..<count] { Self.append(UInt16(byte), to: &chunk) }
            case .windows1252:
                for byte in raw[start..<count] {
                    let scalar =
                        (0x80..<0xA0).contains(byte) ? TableEncoding.windowsScalars[Int(byte) - 0x80] : UInt16(byte)
                    if scalar == 0, byte != 0 {
                        throw TableError(
                            name, line: line,
                            "has the byte 0x\(String(byte, radix: 16)), which windows-1252 does not know, near here")
                    }
                    Self.append(scalar, to: &chunk)
                }
            case .utf16: try appendUTF16(raw[start..<count], to: &chunk, line: line)
            }
            if !chunk.isEmpty { return true }
        }
    }

    private func read() throws(TableError) -> Int {
        var count: Int
        repeat {
            count = raw.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
        } while count < 0 && errno == EINTR
        guard count >= 0 else { throw TableError(name, "cannot be read: \(Self.reason(errno))") }
        total += count
        // The file may have grown since it was opened.
        guard total <= limit else { throw TableError(name, "is larger than the limit of \(limit) bytes") }
        return count
    }

    /// Decides on the encoding, and gives the length of a byte order mark.
    private func skipMark(_ count: Int) throws(TableError) -> Int {
        let head = raw[..<min(count, 3)]
        encoding = declared ?? .utf8
        let isLittle = head.starts(with: [0xFF, 0xFE])
        let isBig = head.starts(with: [0xFE, 0xFF])
        if isLittle || isBig, declared == nil || declared == .utf16 {
            encoding = .utf16
            isBigEndian = isBig
            return 2
        }
        if encoding == .utf16 {
            throw TableError(name, line: 1, "is not UTF-16 with a byte order mark")
        }
        let isUTF8 = encoding == .utf8 || encoding == .utf8Signature
        return isUTF8 && head.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    private func appendUTF16(_ bytes: ArraySlice<UInt8>, to chunk: inout [UInt8], line: Int) throws(TableError) {
        var pending = leftover
        leftover = []
        for byte in bytes {
            pending.append(byte)
            guard pending.count == 2 else { continue }
            let unit =
                isBigEndian
                ? UInt16(pending[0]) << 8 | UInt16(pending[1]) : UInt16(pending[1]) << 8 | UInt16(pending[0])
            pending.removeAll(keepingCapacity: true)
            if let high = highSurrogate {
                guard UTF16.isTrailSurrogate(unit) else {
                    throw TableError(name, line: line, "has half a character of UTF-16 near here")
                }
                highSurrogate = nil
                let value = 0x10000 + (UInt32(high) - 0xD800) << 10 + (UInt32(unit) - 0xDC00)
                if let scalar = Unicode.Scalar(value) { chunk.append(contentsOf: UTF8.encode(scalar) ?? .init()) }
            } else if UTF16.isLeadSurrogate(unit) {
                highSurrogate = unit
            } else if UTF16.isTrailSurrogate(unit) {
                throw TableError(name, line: line, "has half a character of UTF-16 near here")
            } else {
                Self.append(unit, to: &chunk)
            }
        }
        leftover = pending
    }

    /// Appends a character below U+10000 that is no surrogate.
    private static func append(_ unit: UInt16, to chunk: inout [UInt8]) {
        if unit < 0x80 {
            chunk.append(UInt8(truncatingIfNeeded: unit))
        } else if unit < 0x800 {
            chunk.append(0xC0 | UInt8(truncatingIfNeeded: unit >> 6))
            chunk.append(0x80 | UInt8(truncatingIfNeeded: unit & 0x3F))
        } else {
            chunk.append(0xE0 | UInt8(truncatingIfNeeded: unit >> 12))
            chunk.append(0x80 | UInt8(truncatingIfNeeded: unit >> 6 & 0x3F))
            chunk.append(0x80 | UInt8(truncatingIfNeeded: unit & 0x3F))
        }
    }

    private static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}
