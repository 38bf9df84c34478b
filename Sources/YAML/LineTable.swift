// SPDX-License-Identifier: Apache-2.0

/// Turns byte offsets of a UTF-8 text into lines and columns. A line ends with LF, CR LF or CR.
public struct LineTable: Sendable {
    private let bytes: [UInt8]
    private let starts: [UInt32]
    /// Scalars before each block of bytes, so that a column on a very long line is found quickly; empty if all is ASCII.
    private let scalarsBefore: [UInt32]
    private static let blockSize = 1024

    /// Reads `bytes` once. A byte order mark is no part of line 1. Text beyond 4 GiB counts as its last line.
    public init(_ bytes: [UInt8]) {
        var starts: [UInt32] = []
        var isASCII = true
        bytes.withUnsafeBufferPointer { source in
            let hasMark = source.count >= 3 && source[0] == 0xEF && source[1] == 0xBB && source[2] == 0xBF
            let end = min(source.count, Int(UInt32.max) - 1)
            starts.reserveCapacity(end / 48 + 1)
            starts.append(hasMark ? 3 : 0)
            var index = hasMark ? 3 : 0
            var high: UInt8 = 0
            while index < end {
                let byte = source[index]
                index += 1
                high |= byte
                guard byte <= ASCII.carriageReturn else { continue }
                if byte == ASCII.lineFeed {
                    starts.append(UInt32(index))
                } else if byte == ASCII.carriageReturn {
                    if index < end, source[index] == ASCII.lineFeed { index += 1 }
                    starts.append(UInt32(index))
                }
            }
            isASCII = high < 0x80
        }
        self.bytes = bytes
        self.starts = starts
        scalarsBefore = isASCII ? [] : Self.countScalars(bytes)
    }

    private static func countScalars(_ bytes: [UInt8]) -> [UInt32] {
        var counts: [UInt32] = []
        counts.reserveCapacity(bytes.count / blockSize + 1)
        var total: UInt32 = 0
        var start = 0
        while start < bytes.count {
            counts.append(total)
            let end = min(start + blockSize, bytes.count)
            total &+= UInt32(countScalars(in: bytes[start..<end]))
            start = end
        }
        return counts
    }

    private static func countScalars(in bytes: ArraySlice<UInt8>) -> Int {
        bytes.withUnsafeBufferPointer { buffer in
            var count = 0
            for byte in buffer where byte & 0xC0 != 0x80 { count += 1 }
            return count
        }
    }

    /// Scalars that begin before `offset`.
    private func scalars(before offset: Int) -> Int {
        guard !scalarsBefore.isEmpty else { return offset }
        let block = min(offset / Self.blockSize, scalarsBefore.count - 1)
        return Int(scalarsBefore[block]) + Self.countScalars(in: bytes[block * Self.blockSize..<offset])
    }

    /// Number of lines; a text that ends with a line break has an empty last line.
    public var lineCount: Int { starts.count }

    /// Line and column of a byte, both from 1; the column counts Unicode scalars. Offsets outside are clamped.
    public func position(at byteOffset: Int) -> (line: Int, column: Int) {
        let offset = max(0, min(byteOffset, bytes.count))
        // The last line that starts at or before the offset.
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if Int(starts[middle]) <= offset { low = middle } else { high = middle }
        }
        let start = Int(starts[low])
        guard offset > start else { return (low + 1, 1) }
        var column = scalars(before: offset) - scalars(before: start) + 1
        // An offset inside a character belongs to that character.
        if offset < bytes.count, bytes[offset] & 0xC0 == 0x80, column > 1 { column -= 1 }
        return (low + 1, column)
    }

    /// Byte range of a line without its line break; empty when there is no such line.
    public func lineRange(_ line: Int) -> Range<Int> {
        guard line >= 1, line <= starts.count else { return bytes.count..<bytes.count }
        let start = Int(starts[line - 1])
        var end = line < starts.count ? Int(starts[line]) : bytes.count
        if line < starts.count {
            if end > start, bytes[end - 1] == ASCII.lineFeed { end -= 1 }
            if end > start, bytes[end - 1] == ASCII.carriageReturn { end -= 1 }
        }
        return start..<end
    }
}
