// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// How an editor counts the characters of a line.
enum PositionEncoding: String {
    case utf8 = "utf-8"
    case utf16 = "utf-16"
}

/// A place in a text as editors name it: line and character, both from 0.
struct TextPosition: Equatable {
    var line: Int
    var character: Int
}

/// A text that is open in an editor.
struct TextDocument {
    /// The largest text in bytes.
    static let largest = 8 << 20

    private(set) var bytes: [UInt8]
    private(set) var lineStarts: [Int]
    let encoding: PositionEncoding

    init(_ text: String, encoding: PositionEncoding) {
        bytes = Array(text.utf8)
        self.encoding = encoding
        lineStarts = Self.lineStarts(bytes)
    }

    var isTooLarge: Bool { bytes.count > Self.largest }

    private static func lineStarts(_ bytes: [UInt8]) -> [Int] {
        var starts = [0]
        bytes.withUnsafeBufferPointer { source in
            var index = 0
            while index < source.count {
                let byte = source[index]
                index += 1
                guard byte == 0x0A || byte == 0x0D else { continue }
                if byte == 0x0D, index < source.count, source[index] == 0x0A { index += 1 }
                starts.append(index)
            }
        }
        return starts
    }

    // MARK: Changes

    /// Replaces the whole text.
    mutating func replace(_ text: String) {
        bytes = Array(text.utf8)
        lineStarts = Self.lineStarts(bytes)
    }

    /// Replaces a part.
    mutating func replace(from start: TextPosition, to end: TextPosition, with text: String) {
        let low = offset(of: start)
        let high = max(low, offset(of: end))
        bytes.replaceSubrange(low..<high, with: text.utf8)
        lineStarts = Self.lineStarts(bytes)
    }

    // MARK: Places

    /// The line, from 0, that holds an offset.
    func line(at offset: Int) -> Int {
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        return low
    }

    /// The bytes of a line without its line break.
    func range(ofLine line: Int) -> Range<Int> {
        guard lineStarts.indices.contains(line) else { return bytes.count..<bytes.count }
        let start = lineStarts[line]
        var end = line + 1 < lineStarts.count ? lineStarts[line + 1] : bytes.count
        while end > start, bytes[end - 1] == 0x0A || bytes[end - 1] == 0x0D { end -= 1 }
        return start..<end
    }

    /// The offset of a position. What lies outside is the end of the line or of the text.
    func offset(of position: TextPosition) -> Int {
        guard position.line >= 0 else { return 0 }
        guard position.line < lineStarts.count else { return bytes.count }
        let range = range(ofLine: position.line)
        var offset = range.lowerBound
        var units = 0
        while offset < range.upperBound, units < position.character {
            let (length, width) = measure(bytes[offset])
            let next = min(offset + length, range.upperBound)
            // A position inside a character belongs to its beginning.
            if units + width > position.character { break }
            units += width
            offset = next
        }
        return offset
    }

    /// The position of an offset.
    func position(at offset: Int) -> TextPosition {
        let offset = max(0, min(offset, bytes.count))
        let line = line(at: offset)
        var index = lineStarts[line]
        let end = min(offset, range(ofLine: line).upperBound)
        if encoding == .utf8 { return TextPosition(line: line, character: max(0, end - index)) }
        var units = 0
        while index < end {
            let (length, width) = measure(bytes[index])
            if index + length > end { break }
            units += width
            index += length
        }
        return TextPosition(line: line, character: units)
    }

    /// The bytes and the units of a character by its first byte.
    private func measure(_ byte: UInt8) -> (length: Int, width: Int) {
        let length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
        return (length, encoding == .utf8 ? length : length == 4 ? 2 : 1)
    }

    func text(_ range: Range<Int>) -> String {
        String(decoding: bytes[range.clamped(to: 0..<bytes.count)], as: UTF8.self)
    }

    // MARK: JSON

    func json(_ range: Range<Int>) -> JSONValue {
        ["start": Self.json(position(at: range.lowerBound)), "end": Self.json(position(at: range.upperBound))]
    }

    private static func json(_ position: TextPosition) -> JSONValue {
        ["line": .integer(Int64(position.line)), "character": .integer(Int64(position.character))]
    }

    /// A position that a client sent; nil when it is none.
    static func position(_ value: JSONValue?) -> TextPosition? {
        guard let line = value?["line"]?.integerValue, let character = value?["character"]?.integerValue,
            line >= 0, character >= 0
        else { return nil }
        return TextPosition(line: Int(clamping: line), character: Int(clamping: character))
    }
}
