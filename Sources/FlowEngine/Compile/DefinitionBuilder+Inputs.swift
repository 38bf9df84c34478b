// SPDX-License-Identifier: Apache-2.0

import FlowCore
import YAML

extension DefinitionBuilder {
    /// The keys that mean something for some types only.
    private static let typedKeys: [(key: String, kinds: Set<InputDefinition.Kind>)] = [
        ("min", [.integer, .number]), ("max", [.integer, .number]), ("pattern", [.string, .text]),
        ("min_items", [.array, .files]), ("max_items", [.array, .files]), ("accept", [.file, .files]),
        ("schema", [.object, .array]),
    ]

    mutating func input(_ key: YAMLNode, _ node: YAMLNode) -> InputDefinition {
        let name = document.string(of: key)
        let fields = FieldValues(
            pairs(node).filter { reader.isSound($0.value) }.map { (document.string(of: $0.key), $0.value) })
        let word = text(fields["type"])
        let kind = word.flatMap(InputDefinition.Kind.init(rawValue:)) ?? .string
        var input = InputDefinition(name: name, kind: kind, span: reader.span(key))
        if !DocumentReader.isIdentifier(name) { reader.report(reader.badName(key)) }
        input.required = isTrue(fields["required"])
        input.label = text(fields["label"])
        input.help = text(fields["help"])
        input.placeholder = text(fields["placeholder"])
        let isTypeMissing = word == nil && reader.hasErrors(since: 0, inside: reader.span(node))
        guard reader.isSound(node), document.kind(of: node) == .mapping, !isTypeMissing else {
            // What the input takes cannot be known: nothing that uses it is judged.
            doubtfulInputs.insert(name)
            return input
        }
        input.fallback = fields["default"].map { typed($0, as: kind) }
        input.choices = fields["enum"].map { document.elements(of: $0).map { typed($0, as: kind) } } ?? []
        input.minimum = number(fields["min"])
        input.maximum = number(fields["max"])
        input.pattern = text(fields["pattern"])
        input.minItems = integer(fields["min_items"])
        input.maxItems = integer(fields["max_items"])
        input.schema = fields["schema"].map { reader.json($0) }
        input.accept = strings(fields["accept"]).map { $0.lowercased() }
        let count = reader.diagnostics.count
        checkKeys(input, node)
        if reader.diagnostics.count == count { checkBounds(input, fields) }
        return input
    }

    /// The value as the field's kind reads it: text keeps its spelling.
    private func typed(_ node: YAMLNode, as kind: InputDefinition.Kind) -> JSONValue {
        guard document.kind(of: node) == .scalar else { return reader.json(node) }
        switch kind {
        case .string, .text, .file: return reader.isNull(node) ? .null : .string(document.string(of: node))
        default: return reader.json(node)
        }
    }

    private mutating func checkKeys(_ input: InputDefinition, _ node: YAMLNode) {
        for (key, _) in pairs(node) {
            let name = document.string(of: key)
            guard let rule = Self.typedKeys.first(where: { $0.key == name }), !rule.kinds.contains(input.kind) else {
                continue
            }
            let kinds = rule.kinds.map { "`\($0.rawValue)`" }.sorted().joined(separator: " and ")
            reader.report(
                Diagnostic(
                    .conflictingKeys, "`\(name)` means nothing for an input of type `\(input.kind.rawValue)`",
                    at: reader.span(key), help: ["it is for \(kinds)"]))
        }
    }

    private mutating func checkBounds(_ input: InputDefinition, _ fields: FieldValues) {
        let count = reader.diagnostics.count
        if let low = input.minimum, let high = input.maximum, low > high, let node = fields["min"] {
            reader.report(Diagnostic(.outOfRange, "`min` is greater than `max`", at: reader.span(node)))
        }
        if let low = input.minItems, let high = input.maxItems, low > high, let node = fields["min_items"] {
            reader.report(Diagnostic(.outOfRange, "`min_items` is greater than `max_items`", at: reader.span(node)))
        }
        if let pattern = input.pattern, let node = fields["pattern"],
            let problem = InputBinder.problem(ofPattern: pattern)
        {
            reader.report(Diagnostic(.badInput, "the pattern cannot be used", at: reader.span(node), label: problem))
        }
        if let node = fields["schema"], let schema = input.schema {
            for problem in SchemaCheck.problems(in: schema).prefix(3) {
                reader.report(
                    Diagnostic(.badInput, "the schema cannot be used: \(problem)", at: reader.span(node)))
            }
        }
        if input.required, let node = fields["default"], reader.isNull(node) {
            reader.report(
                Diagnostic(
                    .badInput, "a value is required, but the default is null", at: reader.span(node),
                    help: ["leave `default` out, or give a value"]))
        }
        if let node = fields["enum"] {
            var form = input
            form.choices = []
            for (choice, value) in zip(document.elements(of: node), input.choices) {
                guard reader.isSound(choice), let problem = InputBinder.problem(with: value, for: form) else {
                    continue
                }
                reader.report(
                    Diagnostic(.badInput, "the choice does not fit the input: \(problem)", at: reader.span(choice)))
            }
            if input.choices.isEmpty {
                reader.report(Diagnostic(.badInput, "`enum` has no values", at: reader.span(node)))
            }
        }
        // A default is judged by a form that is in order only.
        if reader.diagnostics.count == count, let value = input.fallback, !value.isNull, let node = fields["default"],
            let problem = InputBinder.problem(with: value, for: input)
        {
            reader.report(
                Diagnostic(
                    .badInput, "the default does not fit the input: \(problem)", at: reader.span(node),
                    fixes: input.kind == .boolean
                        ? reader.converted(node, to: .boolean).map { [$0] } ?? []
                        : input.kind == .integer
                            ? reader.converted(node, to: .integer(.min ... .max)).map { [$0] } ?? [] : []))
        }
    }
}
