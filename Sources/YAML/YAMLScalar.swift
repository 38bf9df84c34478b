// SPDX-License-Identifier: Apache-2.0

/// What a scalar means under the core schema of YAML 1.2.
///
/// `no`, `on`, `1:30` and `1_000` are strings; `010` is the integer 10.
public enum YAMLScalar: Sendable, Equatable {
    /// `null`, `Null`, `NULL`, `~` or nothing at all.
    case null
    /// `true`, `True`, `TRUE`, `false`, `False` or `FALSE`.
    case bool(Bool)
    /// `[-+]?[0-9]+`, `0o[0-7]+` or `0x[0-9a-fA-F]+`.
    case integer(Int64)
    /// A decimal number with a point or an exponent.
    case number(Double)
    /// Anything else.
    case string
    /// Written as an integer, but beyond 64 bits.
    case outOfRange
    /// `.inf`, `.nan`, or a number too large for a double.
    case notFinite

    /// The meaning of a plain scalar.
    init(plain text: UnsafeBufferPointer<UInt8>) {
        guard let first = text.first else {
            self = .null
            return
        }
        switch first {
        case UInt8(ascii: "~"):
            self = text.count == 1 ? .null : .string
        case UInt8(ascii: "n"), UInt8(ascii: "N"):
            self = Self.isWord(text, "null", "Null", "NULL") ? .null : .string
        case UInt8(ascii: "t"), UInt8(ascii: "T"):
            self = Self.isWord(text, "true", "True", "TRUE") ? .bool(true) : .string
        case UInt8(ascii: "f"), UInt8(ascii: "F"):
            self = Self.isWord(text, "false", "False", "FALSE") ? .bool(false) : .string
        case ASCII.plus, ASCII.minus, ASCII.dot, ASCII.zero...ASCII.nine:
            self = Self.number(text)
        default:
            self = .string
        }
    }

    private static func isWord(
        _ text: UnsafeBufferPointer<UInt8>, _ lower: StaticString, _ title: StaticString, _ upper: StaticString
    ) -> Bool {
        [lower, title, upper].contains { word in
            text.count == word.utf8CodeUnitCount
                && word.withUTF8Buffer { $0.elementsEqual(text) }
        }
    }

    private static func number(_ text: UnsafeBufferPointer<UInt8>) -> YAMLScalar {
        let isSigned = text[0] == ASCII.plus || text[0] == ASCII.minus
        let body = UnsafeBufferPointer(rebasing: text[(isSigned ? 1 : 0)...])
        guard let first = body.first else { return .string }

        if first == ASCII.zero, body.count > 2, !isSigned {
            if body[1] == UInt8(ascii: "o") { return integer(body[2...], radix: 8, isNegative: false) ?? .string }
            if body[1] == UInt8(ascii: "x") { return integer(body[2...], radix: 16, isNegative: false) ?? .string }
        }
        if let value = integer(body[...], radix: 10, isNegative: text[0] == ASCII.minus) { return value }
        if first == ASCII.dot {
            if isWord(body, ".inf", ".Inf", ".INF") { return .notFinite }
            if !isSigned, isWord(body, ".nan", ".NaN", ".NAN") { return .notFinite }
        }
        guard isDecimal(body), let value = Double(String(decoding: text, as: UTF8.self)) else { return .string }
        return value.isFinite ? .number(value) : .notFinite
    }

    /// `nil` when a byte is no digit of this radix.
    private static func integer(
        _ digits: Slice<UnsafeBufferPointer<UInt8>>, radix: UInt8, isNegative: Bool
    ) -> YAMLScalar? {
        var value: Int64 = 0
        var overflow = false
        for byte in digits {
            guard let digit = ASCII.hexValue(byte), digit < radix else { return nil }
            guard !overflow else { continue }
            let (product, tooBig) = value.multipliedReportingOverflow(by: Int64(radix))
            let (sum, past) =
                isNegative
                ? product.subtractingReportingOverflow(Int64(digit)) : product.addingReportingOverflow(Int64(digit))
            value = sum
            overflow = tooBig || past
        }
        return overflow ? .outOfRange : .integer(value)
    }

    /// `( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
    private static func isDecimal(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var index = 0
        func digits() -> Int {
            let start = index
            while index < text.count, ASCII.isDigit(text[index]) { index += 1 }
            return index - start
        }
        let whole = digits()
        if index < text.count, text[index] == ASCII.dot {
            index += 1
            guard digits() + whole > 0 else { return false }
        } else if whole == 0 {
            return false
        }
        if index < text.count, text[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < text.count, text[index] == ASCII.plus || text[index] == ASCII.minus { index += 1 }
            guard digits() > 0 else { return false }
        }
        return index == text.count
    }
}
