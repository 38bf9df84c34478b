// SPDX-License-Identifier: Apache-2.0

/// Turns libyaml's marks, which count characters, into byte offsets.
///
/// Marks move forward with the text and seldom step back by more than a line, so walking from the last place is cheap.
struct CharacterCursor {
    private let source: UnsafeBufferPointer<UInt8>
    private let base: Int
    private let isASCII: Bool
    private var character = 0
    private var byte: Int

    /// `base` is the byte where the parser began to read.
    init(_ source: UnsafeBufferPointer<UInt8>, base: Int, isASCII: Bool) {
        self.source = source
        self.base = base
        self.isASCII = isASCII
        byte = base
    }

    @inline(__always)
    mutating func byteOffset(_ index: Int) -> Int {
        isASCII ? min(base &+ index, source.count) : walk(to: index)
    }

    private mutating func walk(to index: Int) -> Int {
        while character < index, byte < source.count {
            byte += 1
            while byte < source.count, source[byte] & 0xC0 == 0x80 { byte += 1 }
            character += 1
        }
        while character > index, byte > base {
            byte -= 1
            while byte > base, source[byte] & 0xC0 == 0x80 { byte -= 1 }
            character -= 1
        }
        return byte
    }
}
