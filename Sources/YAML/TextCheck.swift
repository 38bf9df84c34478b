// SPDX-License-Identifier: Apache-2.0

/// Reads the bytes once, before the parser: encoding, forbidden characters, and whether all is ASCII.
///
/// libyaml follows YAML 1.1 and ends a line, and with it a comment, at U+0085, U+2028 and U+2029. YAML 1.2 does not. So
/// that no text means two things, these characters are refused. So is U+FEFF, which libyaml skips on any line.
struct TextCheck {
    private(set) var isASCII = true
    /// The parser must not see this text.
    private(set) var isFatal = false
    /// Bytes of the byte order mark.
    private(set) var markLength = 0

    private static let maxForbidden = 20

    init(_ source: UnsafeBufferPointer<UInt8>, problems: inout ProblemList) {
        if Self.isUTF16(source) {
            problems.addFatal(
                YAMLProblem(
                    code: .encoding, message: "the text is UTF-16 or UTF-32, not UTF-8",
                    range: 0..<min(2, source.count),
                    help: "save the file as UTF-8"
                ))
            isFatal = true
            return
        }
        if source.count >= 3, source[0] == 0xEF, source[1] == 0xBB, source[2] == 0xBF { markLength = 3 }

        var index = markLength
        var forbidden = 0
        while index < source.count {
            let byte = source[index]
            if byte >= 0x20 && byte < 0x7F || byte == ASCII.lineFeed {
                index += 1
                continue
            }
            var length = 1
            var scalar = UInt32(byte)
            if byte >= 0x80 {
                isASCII = false
                guard let (value, size) = Self.decode(source, at: index) else {
                    problems.addFatal(
                        YAMLProblem(
                            code: .encoding, message: "byte \(index) (0x\(hex(UInt32(byte), 2))) is not valid UTF-8",
                            range: index..<index + 1, help: "save the file as UTF-8"
                        ))
                    isFatal = true
                    return
                }
                (scalar, length) = (value, size)
            }
            if let fault = Self.fault(of: scalar) {
                isFatal = isFatal || fault.isFatal
                forbidden += 1
                if forbidden <= Self.maxForbidden {
                    problems.add(
                        YAMLProblem(
                            code: .controlCharacter, message: "\(fault.name) U+\(hex(scalar, 4)) is not allowed",
                            range: index..<index + length, help: fault.help
                        ))
                }
            }
            index += length
        }
    }

    private static func isUTF16(_ source: UnsafeBufferPointer<UInt8>) -> Bool {
        guard source.count >= 2 else { return false }
        let pair = (source[0], source[1])
        if pair == (0xFF, 0xFE) || pair == (0xFE, 0xFF) { return true }
        guard source.count >= 4 else { return false }
        if pair == (0, 0), source[2] == 0xFE, source[3] == 0xFF { return true }
        // Without a mark: of each of the first two characters, one byte is zero.
        let isBig = pair.0 == 0 && source[2] == 0 && pair.1 != 0 && source[3] != 0
        let isLittle = pair.1 == 0 && source[3] == 0 && pair.0 != 0 && source[2] != 0
        return isBig || isLittle
    }

    private struct Fault {
        var name: String
        var isFatal: Bool
        var help: String
    }

    private static func fault(of scalar: UInt32) -> Fault? {
        switch scalar {
        case 0x09, 0x0A, 0x0D:
            nil
        case 0x00:
            Fault(name: "the null character", isFatal: true, help: "remove it; a YAML text holds no null characters")
        case 0x01..<0x20, 0x7F, 0x80...0x84, 0x86...0x9F:
            Fault(
                name: "the control character", isFatal: true,
                help: "remove it, or write \"\\x\(hex(scalar, 2))\" in double quotes")
        case 0x85, 0x2028, 0x2029:
            Fault(
                name: "the line separator", isFatal: true,
                help: "use an ordinary line break, or write \"\\u\(hex(scalar, 4))\" in double quotes")
        case 0x202A...0x202E, 0x2066...0x2069:
            Fault(
                name: "the invisible bidirectional control", isFatal: false,
                help:
                    "remove it, or write \"\\u\(hex(scalar, 4))\" in double quotes: it makes text look other than it is"
            )
        case 0xFEFF:
            Fault(
                name: "a byte order mark inside the text", isFatal: true,
                help: "remove it, or write \"\\uFEFF\" in double quotes")
        case 0xFFFE, 0xFFFF:
            Fault(name: "the noncharacter", isFatal: true, help: "remove it")
        default:
            nil
        }
    }

    /// One scalar of two or more bytes; `nil` for anything that UTF-8 forbids.
    private static func decode(_ source: UnsafeBufferPointer<UInt8>, at index: Int) -> (UInt32, Int)? {
        let first = source[index]
        let (size, smallest): (Int, UInt32) =
            switch first {
            case 0xC2...0xDF: (2, 0x80)
            case 0xE0...0xEF: (3, 0x800)
            case 0xF0...0xF4: (4, 0x10000)
            default: (0, 0)
            }
        guard size > 0, source.count - index >= size else { return nil }
        var value = UInt32(first) & (0x7F >> UInt32(size))
        for next in source[index + 1..<index + size] {
            guard next & 0xC0 == 0x80 else { return nil }
            value = value << 6 | UInt32(next & 0x3F)
        }
        guard value >= smallest, Unicode.Scalar(value) != nil else { return nil }
        return (value, size)
    }
}

/// Upper-case hexadecimal digits with leading zeros.
func hex(_ value: UInt32, _ width: Int) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
