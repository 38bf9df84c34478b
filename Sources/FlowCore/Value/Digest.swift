// SPDX-License-Identifier: Apache-2.0

/// A SHA-256 digest: the name of a content.
public struct Digest: Sendable, Hashable, CustomStringConvertible {
    /// Thirty-two zero bytes: the digest of no content, for places that have none yet.
    public static let zero = Digest(words: (0, 0, 0, 0))

    /// The bytes as four numbers, the first byte in the highest place of the first.
    public let words: (UInt64, UInt64, UInt64, UInt64)

    /// A digest from its bytes as four numbers.
    public init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

    /// A digest from its 32 bytes; nil for any other number of bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        func word(_ start: Int) -> UInt64 {
            var word: UInt64 = 0
            for place in start..<start + 8 { word = word << 8 | UInt64(bytes[place]) }
            return word
        }
        words = (word(0), word(8), word(16), word(24))
    }

    /// A digest from its 64 hexadecimal digits, lower case.
    public init?(hex: some StringProtocol) {
        guard hex.utf8.count == 64 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        var high: UInt8?
        for digit in hex.utf8 {
            let value: UInt8
            switch digit {
            case 0x30...0x39: value = digit - 0x30
            case 0x61...0x66: value = digit - 0x57
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        self.init(bytes: bytes)
    }

    /// The 32 bytes.
    public var bytes: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 32)
        func put(_ word: UInt64, _ start: Int) {
            for place in 0..<8 { bytes[start + place] = UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * place)) }
        }
        put(words.0, 0)
        put(words.1, 8)
        put(words.2, 16)
        put(words.3, 24)
        return bytes
    }

    /// 64 hexadecimal digits, lower case.
    public var hex: String {
        var text: [UInt8] = []
        text.reserveCapacity(64)
        appendHex(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends the 64 hexadecimal digits.
    public func appendHex(to text: inout [UInt8]) {
        func append(_ word: UInt64) {
            for place in 0..<16 {
                let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * place)) & 15
                text.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
            }
        }
        append(words.0)
        append(words.1)
        append(words.2)
        append(words.3)
    }

    public var description: String { hex }

    public static func == (a: Digest, b: Digest) -> Bool { a.words == b.words }

    public func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}
