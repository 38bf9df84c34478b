// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// Where two JSON values differ, by path as an expression would write it, such as `rows[2].name`.
///
/// Arrays are aligned, so that an element put in at the front is one difference.
public struct JSONDiff: Sendable, Hashable {
    /// The differences, in the order of the old value; what is only in the new one follows.
    public private(set) var changes: [ValueChange] = []
    /// How many more there are than are listed.
    public private(set) var hiddenCount = 0
    private let limit: Int
    private let showsLines: Bool
    /// Arrays with more elements are compared by place, without a search for what was put in between.
    private static let mostElements = 20_000

    /// Compares two values.
    ///
    /// - Parameters:
    ///   - path: the name of the whole.
    ///   - limit: the most differences that are listed; others are counted.
    ///   - showsLines: whether of texts the first line that differs is shown, as `text line 4`, and not all of them.
    public init(
        _ old: JSONValue, _ new: JSONValue, path: String = "", limit: Int = 1000, showsLines: Bool = false
    ) {
        self.limit = limit
        self.showsLines = showsLines
        compare(old, new, path)
    }

    /// Compares two objects, member by member.
    public init(_ old: JSONObject, _ new: JSONObject, path: String = "", limit: Int = 1000, showsLines: Bool = false) {
        self.init(.object(old), .object(new), path: path, limit: limit, showsLines: showsLines)
    }

    private mutating func add(_ path: String, _ old: JSONValue?, _ new: JSONValue?) {
        if changes.count < limit {
            changes.append(ValueChange(path: path, old: old, new: new))
        } else {
            hiddenCount += 1
        }
    }

    private mutating func compare(_ old: JSONValue, _ new: JSONValue, _ path: String) {
        switch (old, new) {
        case (.object(let a), .object(let b)): compare(a, b, path)
        case (.array(let a), .array(let b)): compare(a, b, path)
        case (.string(let a), .string(let b)) where showsLines && (a.contains("\n") || b.contains("\n")):
            if a != b { compareLines(a, b, path) }
        default: if old != new { add(path, old, new) }
        }
    }

    private mutating func compare(_ old: JSONObject, _ new: JSONObject, _ path: String) {
        for member in old {
            let place = Self.path(path, key: member.key)
            if let value = new[member.key] {
                compare(member.value, value, place)
            } else {
                add(place, member.value, nil)
            }
        }
        for member in new where old[member.key] == nil { add(Self.path(path, key: member.key), nil, member.value) }
    }

    private mutating func compare(_ old: [JSONValue], _ new: [JSONValue], _ path: String) {
        if old == new { return }
        guard old.count + new.count <= Self.mostElements else {
            for place in 0..<max(old.count, new.count) {
                compare(
                    old.indices.contains(place) ? old[place] : nil, new.indices.contains(place) ? new[place] : nil,
                    "\(path)[\(place)]")
            }
            return
        }
        // One line an element: canonical JSON has no line breaks, and equal values have equal text.
        func lines(_ values: [JSONValue]) -> [UInt8] {
            var bytes: [UInt8] = []
            for value in values { bytes += value.jsonBytes(.canonical) + [0x0A] }
            return bytes
        }
        var removed: [Int] = []
        var added: [Int] = []
        for line in LineDiff(lines(old), lines(new)).script() {
            switch line {
            case .same:
                align(&removed, &added, old, new, path)
            case .removed(let place): removed.append(place)
            case .added(let place): added.append(place)
            }
        }
        align(&removed, &added, old, new, path)
    }

    /// Pairs what went with what came between two elements that are the same: first by `id`, `key` or `name`, then in
    /// order.
    private mutating func align(
        _ removed: inout [Int], _ added: inout [Int], _ old: [JSONValue], _ new: [JSONValue], _ path: String
    ) {
        defer {
            removed = []
            added = []
        }
        guard !removed.isEmpty || !added.isEmpty else { return }
        var partner: [Int: Int] = [:]
        if removed.count != added.count {
            var places: [JSONValue: Int] = [:]
            for place in removed { if let name = Self.identity(old[place]) { places[name] = place } }
            for place in added {
                if let name = Self.identity(new[place]), let other = places.removeValue(forKey: name) {
                    partner[place] = other
                }
            }
        }
        let paired = Set(partner.values)
        var rest = removed.filter { !paired.contains($0) }[...]
        for place in added {
            // Something with a name is not the successor of something with another.
            if partner[place] == nil, let first = rest.first,
                removed.count == added.count || Self.identity(new[place]) == nil || Self.identity(old[first]) == nil
            {
                partner[place] = rest.removeFirst()
            }
        }
        for place in rest { add("\(path)[\(place)]", old[place], nil) }
        for place in added { compare(partner[place].map { old[$0] }, new[place], "\(path)[\(place)]") }
    }

    private mutating func compare(_ old: JSONValue?, _ new: JSONValue?, _ path: String) {
        if let old, let new { compare(old, new, path) } else { add(path, old, new) }
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

    private static func identity(_ value: JSONValue) -> JSONValue? {
        for key in ["id", "key", "name"] {
            switch value[key] {
            case .string?, .integer?: return value[key]
            default: continue
            }
        }
        return nil
    }

    /// The path of a member: `a.b`, or `a["odd key"]`.
    static func path(_ path: String, key: String) -> String {
        let isPlain =
            !key.isEmpty && !(0x30...0x39).contains(key.utf8.first ?? 0)
            && key.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == 0x5F || byte == 0x2D
            }
        if isPlain { return path.isEmpty ? key : "\(path).\(key)" }
        return "\(path)[\(JSONValue.string(key).jsonText(.compact))]"
    }
}
