// SPDX-License-Identifier: Apache-2.0

/// Cuts a stream of bytes into messages: each has a header with its `Content-Length`, an empty line, and its body.
public struct MessageFramer: Sendable {
    /// What came out of the stream.
    public enum Frame: Sendable, Equatable {
        /// The body of a message.
        case message([UInt8])
        /// Something that is no message, in words. What follows it is read on.
        case fault(String)
    }

    /// The longest body in bytes.
    public static let longestBody = 32 << 20
    private static let longestHeader = 8 << 10

    private var buffer: [UInt8] = []
    private var start = 0
    /// Bytes of a refused body that are still to come.
    private var skipped = 0

    /// A framer at the start of a stream.
    public init() {}

    /// Adds what was read.
    public mutating func append(_ bytes: some Sequence<UInt8>) {
        if start > 0, start > buffer.count / 2 {
            buffer.removeFirst(start)
            start = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// The next whole frame; nil when more has to be read.
    public mutating func next() -> Frame? {
        if skipped > 0 {
            let count = min(skipped, buffer.count - start)
            start += count
            skipped -= count
            if skipped > 0 { return nil }
        }
        guard let (length, bodyStart) = header() else {
            guard buffer.count - start > Self.longestHeader else { return nil }
            start = buffer.count
            return .fault("the header is longer than \(Self.longestHeader) bytes")
        }
        guard let length, length >= 0 else {
            start = bodyStart
            return .fault("the header has no Content-Length")
        }
        guard length <= Self.longestBody else {
            start = bodyStart
            skipped = length
            return .fault("a message of \(length) bytes is longer than \(Self.longestBody)")
        }
        guard buffer.count - bodyStart >= length else { return nil }
        start = bodyStart + length
        return .message(Array(buffer[bodyStart..<start]))
    }

    /// The length that a whole header gives, and where the body begins.
    private func header() -> (length: Int?, bodyStart: Int)? {
        var index = start
        var lineStart = start
        var length: Int?
        let end = min(buffer.count, start + Self.longestHeader)
        while index < end {
            guard buffer[index] == 0x0A else {
                index += 1
                continue
            }
            var line = buffer[lineStart..<index]
            if line.last == 0x0D { line.removeLast() }
            index += 1
            lineStart = index
            if line.isEmpty { return (length, index) }
            let parts = String(decoding: line, as: UTF8.self).split(separator: ":", maxSplits: 1)
            if parts.count == 2, parts[0].lowercased() == "content-length" {
                length = Int(parts[1].filter { $0 != " " })
            }
        }
        return nil
    }

    /// A message as it goes over the stream.
    public static func framed(_ body: [UInt8]) -> [UInt8] {
        Array("Content-Length: \(body.count)\r\n\r\n".utf8) + body
    }
}
