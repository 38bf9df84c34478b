// SPDX-License-Identifier: Apache-2.0

/// Reads the texts of cells as values.
enum CellReading {
    /// A whole number as programs write it, so that its text can be got back: no plus, no zeros in front. Nil for
    /// anything else, and for what 64 bits do not hold.
    static func plainInteger(_ bytes: ArraySlice<UInt8>) -> Int64? {
        var digits = bytes
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative { digits.removeFirst() }
        guard let first = digits.first, first != UInt8(ascii: "0") || (digits.count == 1 && !isNegative) else {
            return nil
        }
        return integer(digits, isNegative: isNegative)
    }

    /// A decimal number in the grammar of JSON. A whole number that 64 bits do not hold is none, to keep its digits.
    static func plainNumber(_ bytes: ArraySlice<UInt8>) -> Double? {
        var rest = bytes
        if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
        let whole = rest.prefix { isDigit($0) }
        guard let first = whole.first, first != UInt8(ascii: "0") || whole.count == 1 else { return nil }
        rest = rest.dropFirst(whole.count)
        if rest.isEmpty { return plainInteger(bytes).map(Double.init) }
        return number(bytes)
    }

    /// A whole number with a sign and zeros in front as people write it.
    static func looseInteger(_ bytes: ArraySlice<UInt8>) -> Int64? {
        var digits = bytes
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative || digits.first == UInt8(ascii: "+") { digits.removeFirst() }
        return integer(digits, isNegative: isNegative)
    }

    /// A decimal number, finite, without the words and hexadecimal digits that C would take.
    static func number(_ bytes: ArraySlice<UInt8>) -> Double? {
        guard let last = bytes.last, isDigit(last) || last == UInt8(ascii: "."), bytes.count <= 400 else { return nil }
        let isPlain = bytes.allSatisfy { byte in
            isDigit(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
                || byte | 0x20 == UInt8(ascii: "e")
        }
        guard isPlain, let value = Double(String(decoding: bytes, as: UTF8.self)), value.isFinite else { return nil }
        return value
    }

    /// `true`, `yes`, `t`, `y`, `1` and their opposites, in any case.
    static func boolean(_ bytes: ArraySlice<UInt8>) -> Bool? {
        guard bytes.count <= 5 else { return nil }
        switch String(decoding: bytes, as: UTF8.self).lowercased() {
        case "true", "t", "yes", "y", "1": return true
        case "false", "f", "no", "n", "0": return false
        default: return nil
        }
    }

    /// Without blanks and tabs at both ends.
    static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes
        while let first = bytes.first, first == 0x20 || first == 0x09 { bytes.removeFirst() }
        while let last = bytes.last, last == 0x20 || last == 0x09 { bytes.removeLast() }
        return bytes
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func integer(_ digits: ArraySlice<UInt8>, isNegative: Bool) -> Int64? {
        guard !digits.isEmpty else { return nil }
        var value: Int64 = 0
        for byte in digits {
            guard isDigit(byte) else { return nil }
            let (product, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            // Built as a negative number, because that range is one larger.
            let (difference, isTooLargeNow) = product.subtractingReportingOverflow(Int64(byte - 0x30))
            guard !isTooLarge, !isTooLargeNow else { return nil }
            value = difference
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }
}
