// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// Writes values as YAML that people like to read: short lists and mappings on one line, scripts as blocks.
struct YAMLWriter {
    private(set) var text = ""
    private static let width = 110

    mutating func line(_ line: String, indent: Int) {
        text += String(repeating: "  ", count: indent) + line + "\n"
    }

    /// A comment; line breaks and invisible characters in it become spaces.
    mutating func comment(_ comment: String, indent: Int) {
        let words = comment.unicodeScalars.map { $0.value < 0x20 || Self.isInvisible($0) ? " " : Character($0) }
        line("# " + String(words).trimmed, indent: indent)
    }

    /// A key with its value.
    mutating func pair(_ key: String, _ value: JSONValue, indent: Int) {
        write(head: Self.scalar(key) + ":", value, indent: indent)
    }

    /// The needs of a node: names on one line or several, or names with conditions.
    mutating func needs(_ needs: [ImportedNode.Need], indent: Int) {
        guard !needs.isEmpty else { return }
        let isPlain = needs.allSatisfy { $0.condition == .met }
        let words = needs.map { isPlain ? $0.node : "\($0.node): \($0.condition.rawValue)" }
        let (open, close) = isPlain ? ("[", "]") : ("{", "}")
        var row = "needs: \(open)"
        for (place, word) in words.enumerated() {
            let piece = word + (place + 1 < words.count ? "," : close)
            if row.utf8.count + piece.utf8.count + 2 * indent + 1 > Self.width {
                line(row, indent: indent)
                row = "  " + piece
            } else {
                row += (place == 0 ? "" : " ") + piece
            }
        }
        line(row, indent: indent)
    }

    private mutating func write(head: String, _ value: JSONValue, indent: Int) {
        if let short = Self.short(value), short.utf8.count + head.utf8.count + 2 * indent < Self.width {
            line("\(head) \(short)", indent: indent)
            return
        }
        switch value {
        case .string(let string):
            guard let block = Self.block(string) else {
                line("\(head) \(Self.scalar(string))", indent: indent)
                return
            }
            line("\(head) \(block.mark)", indent: indent)
            for row in block.rows {
                if row.isEmpty { text += "\n" } else { line(row, indent: indent + 1) }
            }
        case .object(let object):
            line(head, indent: indent)
            for member in object { pair(member.key, member.value, indent: indent + 1) }
        case .array(let items):
            line(head, indent: indent)
            for item in items { write(item: item, indent: indent + 1) }
        default:
            line("\(head) \(value.jsonText())", indent: indent)
        }
    }

    /// An item of a list; the first key of a mapping stands behind the dash.
    private mutating func write(item: JSONValue, indent: Int) {
        guard case .object(let object) = item, !object.isEmpty, Self.short(item).map({ $0.utf8.count > 90 }) ?? true
        else {
            write(head: "-", item, indent: indent)
            return
        }
        var inner = YAMLWriter()
        for member in object { inner.pair(member.key, member.value, indent: indent + 1) }
        text += String(repeating: "  ", count: indent) + "- " + inner.text.dropFirst(2 * (indent + 1))
    }

    /// A value on one line, if it is simple enough.
    private static func short(_ value: JSONValue) -> String? {
        switch value {
        case .string(let string): return string.utf8.contains(0x0A) && block(string) != nil ? nil : scalar(string)
        case .array(let items):
            let words = items.map { inFlow($0) }
            return words.contains(nil) ? nil : "[\(words.compactMap(\.self).joined(separator: ", "))]"
        case .object(let object):
            let words = object.map { member in inFlow(member.value).map { "\(scalar(member.key)): \($0)" } }
            return words.contains(nil) || words.count > 4
                ? nil : "{\(words.compactMap(\.self).joined(separator: ", "))}"
        default: return value.jsonText()
        }
    }

    private static func inFlow(_ value: JSONValue) -> String? {
        switch value {
        case .array(let items): items.isEmpty ? "[]" : nil
        case .object(let object): object.isEmpty ? "{}" : nil
        case .string(let string): string.utf8.contains(0x0A) ? nil : scalar(string, inFlow: true)
        default: value.jsonText()
        }
    }

    // MARK: Scalars

    /// A text as a plain scalar where that is safe, else in double quotes.
    static func scalar(_ string: String, inFlow: Bool = false) -> String {
        isPlain(string, inFlow: inFlow) ? string : quoted(string)
    }

    private static let words: Set<String> = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]

    private static func isPlain(_ string: String, inFlow: Bool) -> Bool {
        let bytes = Array(string.utf8)
        guard let first = bytes.first, let last = bytes.last else { return false }
        let isLetter = (0x41...0x5A).contains(first) || (0x61...0x7A).contains(first)
        let unit = string.drop { ("0"..."9").contains($0) }
        if unit.count < string.count, ["ms", "s", "m", "h", "d"].contains(unit) { return true }
        let isFlag = bytes.count > 1 && first == UInt8(ascii: "-") && (0x61...0x7A).contains(bytes[1])
        guard isLetter || isFlag || first == UInt8(ascii: "/") || first == UInt8(ascii: "$"), last != 0x20,
            last != 0x3A,
            !words.contains(string.lowercased())
        else { return false }
        for (place, byte) in bytes.enumerated() {
            switch byte {
            case 0..<0x20, 0x7F...: return false
            case UInt8(ascii: ":") where place + 1 < bytes.count && bytes[place + 1] == 0x20: return false
            case UInt8(ascii: "#") where place > 0 && bytes[place - 1] == 0x20: return false
            case UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"),
                UInt8(ascii: ":"):
                if inFlow { return false }
            default: break
            }
        }
        return true
    }

    private static func quoted(_ string: String) -> String {
        var result = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            default:
                if scalar.value < 0x20 || isInvisible(scalar) {
                    let digits = String(scalar.value, radix: 16)
                    result += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result + "\""
    }

    /// What YAML or flow does not take as it is: controls, line separators, marks of direction, the byte order mark.
    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x7F...0x9F, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF, 0xFFFE, 0xFFFF, 0xE0000...0xE007F:
            true
        default: false
        }
    }

    /// A text of several lines as a literal block, if a block can hold it.
    private static func block(_ string: String) -> (mark: String, rows: [String])? {
        guard string.utf8.contains(0x0A), string.first != " ", string.first != "\n" else { return nil }
        let isHeld = string.unicodeScalars.allSatisfy {
            ($0.value >= 0x20 || $0 == "\n" || $0 == "\t") && !isInvisible($0)
        }
        guard isHeld, string.first != "\t" else { return nil }
        var rows = string.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard rows.last == "" else { return ("|-", rows) }
        rows.removeLast()
        // Two line breaks at the end would need another mark.
        return rows.last == "" ? nil : ("|", rows)
    }
}

extension String {
    /// The text without blanks and line breaks at both ends.
    var trimmed: String {
        var text = self[...]
        while let first = text.unicodeScalars.first, first.properties.isWhitespace { text.unicodeScalars.removeFirst() }
        while let last = text.unicodeScalars.last, last.properties.isWhitespace { text.unicodeScalars.removeLast() }
        return String(text)
    }

    /// The text as a literal of flow: `${{` stands for itself.
    var asLiteral: String { replacing("${{", with: "$${{") }
}
