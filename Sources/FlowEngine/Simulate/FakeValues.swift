// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// Makes values of a type: truth values both ways, all words of an enum, numbers around those that they are compared
/// with.
struct FakeValues {
    var random: SimulationRandom
    let hints: ValueHints
    /// Whether values may be missing and lists empty.
    var isWild: Bool

    private static let deepest = 12

    // MARK: By static type

    mutating func value(_ type: ValueType, _ path: String, depth: Int = 0) -> JSONValue {
        guard depth < Self.deepest else { return .null }
        let hint = hints[path]
        switch type {
        case .any: return unknown(path, hint, depth: depth)
        case .null: return .null
        case .boolean: return .bool(random.chance(50))
        case .integer: return .integer(whole(hint, 0...100))
        case .number: return .number(Double(whole(hint, 0...100)) + (random.chance(50) ? 0 : 0.5))
        case .string: return .string(text(hint, path))
        case .array(let element): return list(element, path, depth: depth)
        case .object(let fields, let isOpen): return .object(object(fields, isOpen: isOpen, path, depth: depth))
        case .map(let element): return .object(map(element, path, depth: depth))
        case .optional(let inner):
            return isWild && random.chance(15) ? .null : value(inner, path, depth: depth)
        }
    }

    /// The members of an object: those of the type, and what expressions look for where any are allowed.
    mutating func object(
        _ fields: [String: ValueType], isOpen: Bool, _ path: String, depth: Int = 0
    ) -> JSONObject {
        var object = JSONObject()
        for name in fields.keys.sorted() {
            object[name] = value(fields[name] ?? .any, "\(path).\(name)", depth: depth + 1)
        }
        if isOpen {
            for name in hints[path]?.members ?? [] where object[name] == nil {
                object[name] = value(.any, "\(path).\(name)", depth: depth + 1)
            }
        }
        return object
    }

    /// The members that expressions look for, or a few with made-up names.
    private mutating func map(_ element: ValueType, _ path: String, depth: Int) -> JSONObject {
        var names = Array(hints[path]?.members ?? []).sorted()
        if names.isEmpty { names = (0..<(isWild ? random.number(in: 0...3) : 2)).map { "key_\($0 + 1)" } }
        var object = JSONObject()
        for name in names { object[name] = value(element, "\(path).\(name)", depth: depth + 1) }
        return object
    }

    private mutating func unknown(_ path: String, _ hint: ValueHints.Hint?, depth: Int) -> JSONValue {
        guard let hint else { return .string(text(nil, path)) }
        if !hint.members.isEmpty { return .object(object([:], isOpen: true, path, depth: depth)) }
        if hint.isList { return list(.any, path, depth: depth) }
        if hint.isBoolean { return .bool(random.chance(50)) }
        guard let constant = random.pick(hint.constants) else {
            return hint.isNumber ? .integer(whole(hint, 0...100)) : .string(text(hint, path))
        }
        switch constant {
        case .bool: return .bool(random.chance(50))
        case .integer: return .integer(whole(hint, 0...100))
        case .number(let number): return .number(number + Double(random.number(in: -1...1)))
        case .string: return .string(text(hint, path))
        case .null, .array, .object: return constant
        }
    }

    private mutating func list(_ element: ValueType, _ path: String, depth: Int) -> JSONValue {
        let count = isWild ? random.pick([0, 1, 2, 3, 5]) ?? 2 : 3
        return .array((0..<count).map { _ in value(element, path + ".[]", depth: depth + 1) })
    }

    /// A number near one that the value is compared with, or of a range.
    private mutating func whole(_ hint: ValueHints.Hint?, _ range: ClosedRange<Int64>) -> Int64 {
        let near = (hint?.constants ?? []).compactMap(\.numberValue).compactMap { Int64(exactly: $0.rounded(.down)) }
        guard let constant = random.pick(near), random.chance(85) else {
            return random.chance(20) ? range.lowerBound : random.number(in: range)
        }
        return constant.addingReportingOverflow(random.number(in: -1...1)).partialValue
    }

    private mutating func text(_ hint: ValueHints.Hint?, _ path: String) -> String {
        if let text = random.pick((hint?.constants ?? []).compactMap(\.stringValue)),
            !isWild || random.chance(75)
        {
            return text
        }
        let name = path.split(separator: ".").last { $0 != "[]" }.map(String.init) ?? "text"
        return "\(name) \(random.number(in: 1...999))"
    }

    // MARK: By JSON Schema

    mutating func value(schema: JSONValue, _ path: String, depth: Int = 0) -> JSONValue {
        guard depth < Self.deepest else { return .null }
        if let word = random.pick(schema["enum"]?.arrayValue ?? []) { return word }
        if let constant = schema["const"] { return constant }
        if let choice = random.pick((schema["anyOf"] ?? schema["oneOf"])?.arrayValue ?? []) {
            return value(schema: choice, path, depth: depth + 1)
        }
        switch schema["type"] {
        case .string("object")?:
            var object = JSONObject()
            let required = Set((schema["required"]?.arrayValue ?? []).compactMap(\.stringValue))
            for property in schema["properties"]?.objectValue ?? JSONObject() {
                guard required.contains(property.key) || !isWild || random.chance(80) else { continue }
                object[property.key] = value(schema: property.value, "\(path).\(property.key)", depth: depth + 1)
            }
            return .object(object)
        case .string("array")?:
            let least = min(max(0, schema["minItems"]?.integerValue ?? 0), 100)
            let most = max(least, min(schema["maxItems"]?.integerValue ?? 5, least + 5))
            let count = isWild ? random.number(in: least...most) : max(least, min(3, most))
            let items = schema["items"] ?? true
            return .array(
                (0..<count).map { _ in value(schema: items, path + ".[]", depth: depth + 1) })
        case .string("integer")?, .string("number")?: return number(schema, path)
        default: return value(ValueType(schema: schema), path, depth: depth)
        }
    }

    private mutating func number(_ schema: JSONValue, _ path: String) -> JSONValue {
        let isWhole = schema["type"] == .string("integer")
        // Beyond these bounds a range has no even distribution.
        let low = min(max(schema["minimum"]?.numberValue ?? 0, -1e15), 1e15)
        let high = min(max(low, schema["maximum"]?.numberValue ?? max(100, low)), max(low, 1e15))
        let near = (hints[path]?.constants ?? []).compactMap(\.numberValue).flatMap { [$0 - 1, $0, $0 + 1] }
            .filter { $0 >= low && $0 <= high }
        var number = Double.random(in: low...high, using: &random)
        if random.chance(15) { number = random.chance(50) ? low : high }
        if random.chance(70), let constant = random.pick(near) { number = constant }
        guard isWhole else { return .number(number) }
        return .integer(Int64(exactly: max(number.rounded(.down), low.rounded(.up))) ?? 0)
    }

    // MARK: Outputs and inputs

    /// A value of a declared output.
    mutating func value(_ type: OutputType, _ path: String) -> JSONValue {
        switch type {
        case .file, .plot, .table: .string("/simulated/\(path)")
        case .files: .array([.string("/simulated/\(path)-1"), .string("/simulated/\(path)-2")])
        default: value(type.valueType, path)
        }
    }

    /// A value for a field of the input form: its default or another that the form takes. `candidates` are values of
    /// the workflow's examples.
    mutating func value(_ input: InputDefinition, candidates: [JSONValue]) -> JSONValue {
        if !isWild || random.chance(25) {
            if let fallback = input.fallback { return fallback }
            if let first = input.choices.first ?? candidates.first { return first }
            if !input.required, input.kind != .file, input.kind != .files, !isWild { return .null }
        }
        for _ in 0..<20 {
            let value = made(input, candidates)
            if InputBinder.problem(with: value, for: input) == nil { return value }
        }
        return input.fallback ?? candidates.first ?? made(input, candidates)
    }

    private mutating func made(_ input: InputDefinition, _ candidates: [JSONValue]) -> JSONValue {
        let path = "inputs.\(input.name)"
        if let choice = random.pick(input.choices) { return choice }
        if input.kind == .file || input.kind == .files {
            let file = JSONValue.string("/simulated/\(input.name)\(input.accept.first ?? ".txt")")
            return input.kind == .file ? file : .array([file])
        }
        if let candidate = random.pick(candidates), random.chance(30) { return candidate }
        let low = input.minimum ?? 0
        switch input.kind {
        case .integer, .number:
            var schema: JSONObject = JSONObject()
            schema["type"] = input.kind == .integer ? "integer" : "number"
            schema["minimum"] = .number(low)
            schema["maximum"] = .number(min(input.maximum ?? low + 100, low + 1_000_000))
            return number(.object(schema), path)
        case .array:
            let least = min(max(0, input.minItems ?? 0), 10_000)
            let count = Int(random.number(in: Int64(least)...Int64(max(least, min(input.maxItems ?? 5, least + 5)))))
            let known = input.fallback?.arrayValue ?? []
            return .array(
                (0..<count).map { $0 < known.count ? known[$0] : value(.any, path + ".[]") })
        case .object: return input.fallback ?? value(.anyObject, path)
        case .boolean: return .bool(random.chance(50))
        case .string, .text, .file, .files:
            if let pattern = input.fallback, input.pattern != nil, random.chance(50) { return pattern }
            return value(.string, path)
        }
    }
}
