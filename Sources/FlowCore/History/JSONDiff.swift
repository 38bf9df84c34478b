// SPDX-License-Identifier: Apache-2.0

/// In what two JSON values differ: one entry for each path at which they part.
public struct JSONDiff: Sendable, Hashable {
    /// Two values at one path.
    public struct Entry: Sendable, Hashable {
        /// The path as an expression would write it, such as `rows[2].name`; empty for the whole value. A line of a text
        /// is `text line 4`.
        public var path: String
        /// Nil where there is nothing.
        public var old: JSONValue?
        public var new: JSONValue?
    }

    /// The differences, in the order of the new value.
    public private(set) var entries: [Entry] = []
    /// How many more there are than are listed.
    public private(set) var hiddenCount = 0

    private let limit: Int

    /// Compares two values.
    ///
    /// - Parameter limit: the most entries that are listed; others are counted.
    public init(old: JSONValue, new: JSONValue, path: String = "", limit: Int = 20) {
        self.limit = limit
        compare(old, new, path)
    }

    private mutating func add(_ path: String, _ old: JSONValue?, _ new: JSONValue?) {
        if entries.count < limit { entries.append(Entry(path: path, old: old, new: new)) } else { hiddenCount += 1 }
    }

    private mutating func compare(_ old: JSONValue, _ new: JSONValue, _ path: String) {
        switch (old, new) {
        case (.object(let before), .object(let after)):
            for member in after {
                let inner = path + Self.member(member.key, isFirst: path.isEmpty)
                if let value = before[member.key] {
                    compare(value, member.value, inner)
                } else {
                    add(inner, nil, member.value)
                }
            }
            for member in before where after[member.key] == nil {
                add(path + Self.member(member.key, isFirst: path.isEmpty), member.value, nil)
            }
        case (.array(let before), .array(let after)):
            for place in 0..<Swift.max(before.count, after.count) {
                let inner = "\(path)[\(place)]"
                if place >= before.count {
                    add(inner, nil, after[place])
                } else if place >= after.count {
                    add(inner, before[place], nil)
                } else {
                    compare(before[place], after[place], inner)
                }
            }
        case (.string(let before), .string(let after)) where before.contains("\n") || after.contains("\n"):
            if old != new { compareLines(before, after, path) }
        default: if old != new { add(path, old, new) }
        }
    }

    /// The first line in which two texts differ.
    private mutating func compareLines(_ old: String, _ new: String, _ path: String) {
        let before = old.split(separator: "\n", omittingEmptySubsequences: false)
        let after = new.split(separator: "\n", omittingEmptySubsequences: false)
        var line = 0
        while line < before.count, line < after.count, before[line].utf8.elementsEqual(after[line].utf8) { line += 1 }
        func text(_ lines: [Substring]) -> JSONValue? { line < lines.count ? .string(String(lines[line])) : nil }
        add("\(path) line \(line + 1)", text(before), text(after))
    }

    private static func member(_ key: String, isFirst: Bool) -> String {
        let isName = key.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
        }
        guard isName, let first = key.utf8.first, !(0x30...0x39).contains(first) else {
            return "[\(JSONValue.string(key).jsonText())]"
        }
        return isFirst ? key : ".\(key)"
    }
}
