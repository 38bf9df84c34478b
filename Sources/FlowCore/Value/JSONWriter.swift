// SPDX-License-Identifier: Apache-2.0

/// How a JSON value is written down.
public enum JSONStyle: Sendable, Hashable {
    /// Without white space, members in their order.
    case compact
    /// Two columns a level, one member a line, members in their order.
    case pretty
    /// For digests: without white space, keys sorted by their UTF-8 bytes. Equal values give equal text.
    case canonical
}

extension JSONValue {
    /// The value as JSON text.
    public func jsonText(_ style: JSONStyle = .compact) -> String {
        String(decoding: jsonBytes(style), as: UTF8.self)
    }

    /// The value as JSON text in UTF-8.
    public func jsonBytes(_ style: JSONStyle = .compact) -> [UInt8] {
        var writer = JSONWriter(style: style)
        _ = writer.write(self)
        return writer.bytes
    }

    /// The value as JSON text, or nil if that would be longer than `limit` bytes. Stops writing at the limit.
    public func jsonText(_ style: JSONStyle = .compact, limit: Int) -> String? {
        var writer = JSONWriter(style: style, limit: limit)
        guard writer.write(self) else { return nil }
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

/// Writes JSON values into a buffer.
///
/// Escapes only what must be escaped. Numbers are the shortest text that reads back as the same value, and a floating
/// point number without a fraction is written like an integer. NaN and infinity, which JSON has not, become `null`.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    private let style: JSONStyle
    private let limit: Int

    init(style: JSONStyle, limit: Int = .max) {
        self.style = style
        self.limit = limit
    }

    /// Appends a value. False when the limit was reached; the buffer is of no use then.
    mutating func write(_ value: JSONValue, level: Int = 0) -> Bool {
        switch value {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .integer(let value): write(value)
        case .number(let value): bytes.append(contentsOf: Self.text(value).utf8)
        case .string(let value): write(value)
        case .array(let elements): return write(elements, level: level)
        case .object(let object): return write(object, level: level)
        }
        return bytes.count <= limit
    }

    private mutating func write(_ elements: [JSONValue], level: Int) -> Bool {
        bytes.append(UInt8(ascii: "["))
        var isFirst = true
        for element in elements {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            breakLine(level + 1)
            guard write(element, level: level + 1) else { return false }
        }
        if !isFirst { breakLine(level) }
        bytes.append(UInt8(ascii: "]"))
        return bytes.count <= limit
    }

    private mutating func write(_ object: JSONObject, level: Int) -> Bool {
        var members = object.members
        if style == .canonical { members.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) } }
        bytes.append(UInt8(ascii: "{"))
        var isFirst = true
        for member in members {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            breakLine(level + 1)
            write(member.key)
            bytes.append(UInt8(ascii: ":"))
            if style == .pretty { bytes.append(UInt8(ascii: " ")) }
            guard write(member.value, level: level + 1) else { return false }
        }
        if !isFirst { breakLine(level) }
        bytes.append(UInt8(ascii: "}"))
        return bytes.count <= limit
    }

    private mutating func breakLine(_ level: Int) {
        guard style == .pretty else { return }
        bytes.append(0x0A)
        bytes.append(contentsOf: repeatElement(0x20, count: 2 * level))
    }

    // MARK: Scalars

    private mutating func write(_ value: Int64) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        var rest = value.magnitude
        let first = bytes.count
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        bytes[first...].reverse()
    }

    /// The shortest JSON text of a number.
    static func text(_ value: Double) -> String {
        if let whole = Int64(exactly: value) { return String(whole) }
        guard value.isFinite else { return "null" }
        let text = value.description
        guard let exponent = text.firstIndex(of: "e") else { return text }
        // The standard library writes `1e-07` and `1e+20`; the exponent needs neither zero nor plus.
        let digits = text[text.index(after: exponent)...]
        let power = digits.drop { $0 == "+" || $0 == "-" || $0 == "0" }
        var mantissa = text[..<exponent]
        if mantissa.hasSuffix(".0") { mantissa = mantissa.dropLast(2) }
        return "\(mantissa)e\(digits.hasPrefix("-") ? "-" : "")\(power)"
    }

    private mutating func write(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        let utf8 = text.utf8
        if utf8.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
            bytes.append(contentsOf: utf8)
        } else {
            for byte in utf8 { writeEscaped(byte) }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func writeEscaped(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        case 0x08: bytes.append(contentsOf: "\\b".utf8)
        case 0x09: bytes.append(contentsOf: "\\t".utf8)
        case 0x0A: bytes.append(contentsOf: "\\n".utf8)
        case 0x0C: bytes.append(contentsOf: "\\f".utf8)
        case 0x0D: bytes.append(contentsOf: "\\r".utf8)
        case ..<0x20:
            let hex = String(byte, radix: 16)
            bytes.append(contentsOf: "\\u00\(byte < 0x10 ? "0" : "")\(hex)".utf8)
        default: bytes.append(byte)
        }
    }
}
