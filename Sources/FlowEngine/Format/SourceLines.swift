// SPDX-License-Identifier: Apache-2.0

/// The lines of a text that ends its lines with line feeds, without these.
struct SourceLines {
    let bytes: [UInt8]
    private let starts: [Int]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var starts = [0]
        for (index, byte) in bytes.enumerated() where byte == 0x0A && index + 1 < bytes.count {
            starts.append(index + 1)
        }
        self.starts = starts
    }

    /// The number of lines; a line feed at the end of the text begins no further one.
    var count: Int { starts.count }

    /// The line that holds a byte of the text; its line feed belongs to a line.
    func index(of offset: Int) -> Int {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= offset { low = middle } else { high = middle }
        }
        return low
    }

    /// How many bytes of its line stand before a byte of the text.
    func column(of offset: Int) -> Int { offset - starts[index(of: offset)] }

    /// A line as a slice of the text.
    subscript(line: Int) -> ArraySlice<UInt8> {
        let start = starts[line]
        var end = line + 1 < starts.count ? starts[line + 1] : bytes.count
        if end > start, bytes[end - 1] == 0x0A { end -= 1 }
        return bytes[start..<end]
    }

    /// The number of spaces that a line begins with.
    func indent(of line: Int) -> Int { self[line].prefix { $0 == 0x20 }.count }

    func isBlank(_ line: Int) -> Bool { self[line].allSatisfy { $0 == 0x20 || $0 == 0x09 } }

    func isComment(_ line: Int) -> Bool { self[line].first { $0 != 0x20 && $0 != 0x09 } == 0x23 }

    /// What stands in a line from a column on, without blanks at the end.
    func text(_ line: Int, from column: Int) -> [UInt8] { Self.trimmed(self[line].dropFirst(column)) }

    /// The line without blanks on both sides.
    func core(_ line: Int) -> [UInt8] { Self.trimmed(self[line].drop { $0 == 0x20 || $0 == 0x09 }) }

    /// The bytes without blanks at the end. A blank that a backslash stands before may be escaped and stays.
    static func trimmed(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var end = bytes.endIndex
        while end > bytes.startIndex, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
        if end < bytes.endIndex, end > bytes.startIndex, bytes[end - 1] == 0x5C { end += 1 }
        return Array(bytes[bytes.startIndex..<end])
    }

    /// The text with a line feed for each line break, and without a byte order mark.
    static func normalised(_ bytes: [UInt8]) -> [UInt8] {
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        guard start > 0 || bytes.contains(0x0D) else { return bytes }
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        for index in start..<bytes.count {
            if bytes[index] != 0x0D {
                text.append(bytes[index])
            } else if index + 1 == bytes.count || bytes[index + 1] != 0x0A {
                text.append(0x0A)
            }
        }
        return text
    }
}
