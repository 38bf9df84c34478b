// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// Makes the typed inputs of a run from what a person, a program or another workflow gives.
public struct InputBinder: Sendable {
    /// What is wrong with an input.
    public struct Problem: Sendable, Hashable {
        public var code: DiagnosticCode
        public var input: String
        public var message: String
        public var help: [String]
    }

    private let inputs: [InputDefinition]

    /// A binder for the input form of a workflow.
    public init(inputs: [InputDefinition]) { self.inputs = inputs }

    /// The typed values, or all problems. A text given for another kind of field is read as that kind.
    public func bind(_ given: JSONObject) -> (values: JSONObject?, problems: [Problem]) {
        var values = JSONObject()
        var problems: [Problem] = []
        for member in given where !inputs.contains(where: { $0.name == member.key }) {
            let near = Spelling.nearest(to: member.key, among: inputs.map(\.name))
            let names = inputs.map(\.name).joined(separator: ", ")
            let list = inputs.isEmpty ? "the workflow has no inputs" : "the inputs are: \(names)"
            problems.append(
                Problem(
                    code: .unknownInput, input: member.key, message: "the workflow has no input `\(member.key)`",
                    help: [near.map { "did you mean `\($0)`?" } ?? list]))
        }
        for input in inputs {
            guard let value = given[input.name], !value.isNull else {
                if let fallback = input.fallback {
                    values[input.name] = fallback
                } else if input.required {
                    let label = input.help ?? input.label
                    problems.append(
                        Problem(
                            code: .missingInput, input: input.name, message: "input `\(input.name)` is missing",
                            help: ["give it: `--input \(input.name)=\(Self.example(of: input))`"]
                                + (label.map { [$0] } ?? [])))
                } else {
                    values[input.name] = .null
                }
                continue
            }
            let typed = Self.typed(value, as: input.kind)
            if let problem = Self.problem(with: typed, for: input) {
                problems.append(
                    Problem(code: .badInput, input: input.name, message: "input `\(input.name)`: \(problem)", help: []))
            } else {
                values[input.name] = typed
            }
        }
        return (problems.isEmpty ? values : nil, problems)
    }

    private static func example(of input: InputDefinition) -> String {
        if let choice = input.choices.first { return choice.plainText }
        switch input.kind {
        case .file, .files: return "@path"
        case .integer: return "1"
        case .number: return "1.5"
        case .boolean: return "true"
        case .object: return "'{}'"
        case .array: return "'[]'"
        case .string, .text: return "…"
        }
    }

    /// A text read as the field's kind, where that is possible.
    private static func typed(_ value: JSONValue, as kind: InputDefinition.Kind) -> JSONValue {
        guard case .string(let text) = value else { return value }
        switch kind {
        case .string, .text, .file: return value
        case .integer: return Int64(text).map { .integer($0) } ?? value
        case .number: return decimal(text) ?? value
        case .boolean: return text == "true" ? true : text == "false" ? false : value
        case .files:
            // A list in JSON is the way to give names with commas.
            if text.utf8.first == UInt8(ascii: "["), let list = try? JSONValue.parse(text) { return list }
            return .array(text.split(separator: ",").map { .string(String($0)) })
        case .object, .array: return (try? JSONValue.parse(text)) ?? value
        }
    }

    /// A number in decimal digits; no hexadecimal, no `nan` or `inf`, no white space.
    private static func decimal(_ text: String) -> JSONValue? {
        let isDecimal = { (byte: UInt8) in
            (0x30...0x39).contains(byte) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains(byte)
        }
        guard text.utf8.allSatisfy(isDecimal), let number = Double(text), number.isFinite else { return nil }
        return .number(number)
    }

    /// What is wrong with a value for a field; nil if it fits.
    static func problem(with value: JSONValue, for input: InputDefinition) -> String? {
        let fits: Bool =
            switch input.kind {
            case .string, .text, .file: value.stringValue != nil
            case .integer: value.integerValue != nil
            case .number: value.numberValue != nil
            case .boolean: value.boolValue != nil
            case .files: value.arrayValue?.allSatisfy { $0.stringValue != nil } ?? false
            case .object: value.objectValue != nil
            case .array: value.arrayValue != nil
            }
        guard fits else { return "it takes \(input.kind.rawValue), not \(value.typeName)" }
        if !input.choices.isEmpty, !input.choices.contains(value) {
            let near = value.stringValue.flatMap { text in
                Spelling.nearest(to: text, among: input.choices.compactMap(\.stringValue))
            }
            let list = input.choices.map(\.plainText).joined(separator: ", ")
            return "`\(value.plainText)` is not one of \(list)" + (near.map { "; did you mean `\($0)`?" } ?? "")
        }
        if let number = value.numberValue {
            if let low = input.minimum, number < low {
                return "\(value.plainText) is less than \(DocumentReader.text(low))"
            }
            if let high = input.maximum, number > high {
                return "\(value.plainText) is greater than \(DocumentReader.text(high))"
            }
        }
        if let items = value.arrayValue {
            if let low = input.minItems, items.count < low { return "it needs at least \(low) items" }
            if let high = input.maxItems, items.count > high { return "it takes at most \(high) items" }
        }
        if let pattern = input.pattern, let text = value.stringValue, !matches(text, pattern) {
            return "`\(text)` does not match \(pattern)"
        }
        if !input.accept.isEmpty, input.kind == .file || input.kind == .files {
            for path in value.stringValue.map({ [$0] }) ?? value.arrayValue?.compactMap(\.stringValue) ?? [] {
                let path = path.lowercased()
                if !input.accept.contains(where: { path.hasSuffix($0) }) {
                    return "`\(path)` is not one of \(input.accept.joined(separator: ", "))"
                }
            }
        }
        if let schema = input.schema, let fault = SchemaCheck(schema).faults(in: value, limit: 1).first {
            return fault.description
        }
        return nil
    }

    private static func matches(_ text: String, _ pattern: String) -> Bool {
        (try? result(text, pattern))?.boolValue ?? false
    }

    /// What is wrong with a regular expression; nil for nothing.
    static func problem(ofPattern pattern: String) -> String? {
        do throws(ExpressionError) {
            _ = try result("", pattern)
            return nil
        } catch {
            return error.message
        }
    }

    private static func result(_ text: String, _ pattern: String) throws(ExpressionError) -> JSONValue {
        guard let expression = Expression.parse("matches(text, pattern)").0 else { return false }
        let scope = JSONObject([
            JSONObject.Member(key: "text", value: .string(text)),
            JSONObject.Member(key: "pattern", value: .string(pattern)),
        ])
        return try expression.evaluate(in: scope, limits: .standard)
    }
}
