// SPDX-License-Identifier: Apache-2.0

/// The 32 bytes of a SHA-256 digest, held without a heap allocation.
public struct SHA256Digest: Sendable, Hashable {
    /// The number of bytes in a digest.
    public static let byteCount = 32

    // Big-endian words, so that comparing words compares bytes.
    private let word0: UInt64
    private let word1: UInt64
    private let word2: UInt64
    private let word3: UInt64

    /// The bytes as four numbers, the first byte in the highest place of the first.
    public var words: (UInt64, UInt64, UInt64, UInt64) { (word0, word1, word2, word3) }

    /// Makes a digest from its bytes as four numbers.
    public init(words: (UInt64, UInt64, UInt64, UInt64)) { (word0, word1, word2, word3) = words }

    /// Makes a digest of exactly 32 bytes; nil for any other count.
    public init?(bytes: some Sequence<UInt8>) {
        var words = (UInt64(0), UInt64(0), UInt64(0), UInt64(0))
        var count = 0
        for byte in bytes {
            guard count < Self.byteCount else { return nil }
            switch count / 8 {
            case 0: words.0 = words.0 << 8 | UInt64(byte)
            case 1: words.1 = words.1 << 8 | UInt64(byte)
            case 2: words.2 = words.2 << 8 | UInt64(byte)
            default: words.3 = words.3 << 8 | UInt64(byte)
            }
            count += 1
        }
        guard count == Self.byteCount else { return nil }
        (word0, word1, word2, word3) = words
    }

    /// Reads 64 hexadecimal digits of either case; nil for anything else.
    public init?(hex: some StringProtocol) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.byteCount)
        var high: UInt8?
        for character in hex.utf8 {
            guard let digit = Self.value(ofHexDigit: character), bytes.count < Self.byteCount else { return nil }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        guard high == nil else { return nil }
        self.init(bytes: bytes)
    }

    /// Takes over the bytes that the C library wrote into four words of memory.
    init(storage: (UInt64, UInt64, UInt64, UInt64)) {
        word0 = UInt64(bigEndian: storage.0)
        word1 = UInt64(bigEndian: storage.1)
        word2 = UInt64(bigEndian: storage.2)
        word3 = UInt64(bigEndian: storage.3)
    }

    /// The 32 bytes, first byte first.
    public var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.byteCount) { buffer, count in
            copy(into: UnsafeMutableRawBufferPointer(buffer))
            count = Self.byteCount
        }
    }

    /// The digest as 64 lower-case hexadecimal digits.
    public var hex: String {
        String(unsafeUninitializedCapacity: Self.byteCount * 2) { buffer in
            var position = 0
            for word in [word0, word1, word2, word3] {
                var shift = 60
                while shift >= 0 {
                    let digit = UInt8(truncatingIfNeeded: word >> UInt64(shift)) & 0xF
                    buffer[position] = digit < 10 ? 0x30 + digit : 0x61 + digit - 10
                    position += 1
                    shift -= 4
                }
            }
            return position
        }
    }

    private func copy(into buffer: UnsafeMutableRawBufferPointer) {
        buffer.storeBytes(of: word0.bigEndian, toByteOffset: 0, as: UInt64.self)
        buffer.storeBytes(of: word1.bigEndian, toByteOffset: 8, as: UInt64.self)
        buffer.storeBytes(of: word2.bigEndian, toByteOffset: 16, as: UInt64.self)
        buffer.storeBytes(of: word3.bigEndian, toByteOffset: 24, as: UInt64.self)
    }

    private static func value(ofHexDigit character: UInt8) -> UInt8? {
        switch character {
        case 0x30...0x39: character - 0x30
        case 0x41...0x46: character - 0x41 + 10
        case 0x61...0x66: character - 0x61 + 10
        default: nil
        }
    }
}

extension SHA256Digest: CustomStringConvertible {
    /// The same text as ``hex``.
    public var description: String { hex }
}

extension SHA256Digest: Comparable {
    /// Orders digests as their bytes, and so as their hexadecimal text.
    public static func < (left: Self, right: Self) -> Bool {
        (left.word0, left.word1, left.word2, left.word3) < (right.word0, right.word1, right.word2, right.word3)
    }
}
