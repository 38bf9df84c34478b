// SPDX-License-Identifier: Apache-2.0

/// Checks values against a JSON Schema.
///
/// Known keywords: `type properties required additionalProperties items enum const minimum maximum minLength maxLength
/// minItems maxItems pattern oneOf anyOf allOf`, and `true` and `false` as schemas. Others do not restrict anything, as
/// the standard has it for keywords that a reader does not know.
public struct SchemaCheck: Sendable {
    /// One place where a value does not fit.
    public struct Fault: Sendable, Hashable, CustomStringConvertible {
        /// Where: `$` is the whole value, `$.items[0].name` a part of it.
        public var path: String
        /// What is wrong: lower case, no full stop.
        public var message: String

        /// A fault.
        public init(path: String, message: String) {
            self.path = path
            self.message = message
        }

        /// Place and message.
        public var description: String { "\(path): \(message)" }
    }

    private let schema: JSONValue

    /// A check against a JSON Schema. What `problems(in:)` finds wrong in it does not restrict anything.
    public init(_ schema: JSONValue) { self.schema = schema }

    /// The first faults of a value, at most `limit` of them; none when it fits.
    public func faults(in value: JSONValue, limit: Int = 3) -> [Fault] {
        var found = Found(limit: Swift.max(1, limit))
        check(value, schema, "$", &found)
        return found.faults
    }

    /// The faults so far. Checking ends when there are enough.
    private struct Found {
        var faults: [Fault] = []
        let limit: Int
        var isFull: Bool { faults.count >= limit }

        mutating func add(_ path: String, _ message: String) {
            if !isFull { faults.append(Fault(path: path, message: message)) }
        }
    }

    private func check(_ value: JSONValue, _ schema: JSONValue, _ path: String, _ found: inout Found) {
        if found.isFull { return }
        guard case .object(let rules) = schema else {
            if schema == .bool(false) { found.add(path, "nothing may stand here") }
            return
        }
        if let type = rules["type"], !Self.has(type, value) {
            // The other rules are about values of the right type.
            return found.add(path, "expected \(Self.phrase(of: type)), got \(value.typeName)")
        }
        if let constant = rules["const"], constant != value {
            found.add(path, "must be \(Self.short(constant)), got \(Self.short(value))")
        }
        if let words = rules["enum"]?.arrayValue, !words.contains(value) {
            let list = words.prefix(20).map(Self.short).joined(separator: ", ")
            found.add(path, "must be one of \(list), got \(Self.short(value))")
        }
        switch value {
        case .integer, .number: checkNumber(value, rules, path, &found)
        case .string(let text): checkText(text, rules, path, &found)
        case .array(let elements): checkArray(elements, rules, path, &found)
        case .object(let object): checkObject(object, rules, path, &found)
        case .null, .bool: break
        }
        checkAlternatives(value, rules, path, &found)
    }

    private func checkNumber(_ value: JSONValue, _ rules: JSONObject, _ path: String, _ found: inout Found) {
        guard let number = value.numberValue else { return }
        if let least = rules["minimum"]?.numberValue, number < least {
            found.add(path, "must be at least \(JSONValue.number(least).jsonText()), got \(Self.short(value))")
        }
        if let most = rules["maximum"]?.numberValue, number > most {
            found.add(path, "must be at most \(JSONValue.number(most).jsonText()), got \(Self.short(value))")
        }
    }

    private func checkText(_ text: String, _ rules: JSONObject, _ path: String, _ found: inout Found) {
        let length = text.unicodeScalars.count
        if let least = rules["minLength"]?.integerValue, length < least {
            found.add(path, "must have at least \(least) characters, has \(length)")
        }
        if let most = rules["maxLength"]?.integerValue, length > most {
            found.add(path, "must have at most \(most) characters, has \(length)")
        }
        if let pattern = rules["pattern"]?.stringValue, let compiled = try? Pattern(pattern),
            !compiled.matches(text)
        {
            found.add(path, "must match the pattern \(pattern), got \(Self.short(.string(text)))")
        }
    }

    private func checkArray(_ elements: [JSONValue], _ rules: JSONObject, _ path: String, _ found: inout Found) {
        if let least = rules["minItems"]?.integerValue, elements.count < least {
            found.add(path, "must have at least \(least) items, has \(elements.count)")
        }
        if let most = rules["maxItems"]?.integerValue, elements.count > most {
            found.add(path, "must have at most \(most) items, has \(elements.count)")
        }
        guard let items = rules["items"] else { return }
        for (index, element) in elements.enumerated() {
            if found.isFull { return }
            check(element, items, "\(path)[\(index)]", &found)
        }
    }

    private func checkObject(_ object: JSONObject, _ rules: JSONObject, _ path: String, _ found: inout Found) {
        for name in rules["required"]?.arrayValue ?? [] {
            if let name = name.stringValue, object[name] == nil { found.add(path, "`\(name)` is missing") }
        }
        let properties = rules["properties"]?.objectValue ?? JSONObject()
        let others = rules["additionalProperties"]
        for member in object {
            if found.isFull { return }
            let inner = "\(path).\(member.key)"
            if let schema = properties[member.key] {
                check(member.value, schema, inner, &found)
            } else if others == .bool(false) {
                found.add(path, "`\(member.key)` is not allowed")
            } else if let others {
                check(member.value, others, inner, &found)
            }
        }
    }

    private func checkAlternatives(_ value: JSONValue, _ rules: JSONObject, _ path: String, _ found: inout Found) {
        for schema in rules["allOf"]?.arrayValue ?? [] { check(value, schema, path, &found) }
        for keyword in ["anyOf", "oneOf"] {
            guard let schemas = rules[keyword]?.arrayValue, !found.isFull else { continue }
            let results = schemas.map { schema in
                var inner = Found(limit: 8)
                check(value, schema, path, &inner)
                return inner.faults
            }
            let fitting = results.filter(\.isEmpty).count
            if fitting == 0 {
                // Of alternatives that do not fit, the one with the fewest faults is the one that was meant.
                let nearest = results.min { $0.count < $1.count }?.first
                let hint = nearest.map { "; nearest: \($0)" } ?? ""
                found.add(path, "fits none of \(schemas.count) alternatives\(hint)")
            } else if fitting > 1, keyword == "oneOf" {
                found.add(path, "fits \(fitting) alternatives instead of one")
            }
        }
    }

    private static func has(_ type: JSONValue, _ value: JSONValue) -> Bool {
        if let types = type.arrayValue { return types.contains { has($0, value) } }
        return switch type.stringValue {
        case "integer": value.integerValue != nil
        case "number": value.numberValue != nil
        case let name?: name == value.typeName
        case nil: true
        }
    }

    private static func phrase(of type: JSONValue) -> String {
        if let types = type.arrayValue { return types.compactMap(\.stringValue).joined(separator: " or ") }
        return type.stringValue ?? "any"
    }

    /// A value as a message shows it.
    private static func short(_ value: JSONValue) -> String {
        value.jsonText(limit: 80) ?? "a long \(value.typeName)"
    }
}
