// SPDX-License-Identifier: Apache-2.0

import FlowCore
import YAML

extension DocumentReader {
    /// The value as plain JSON; `${{` has no meaning in it.
    func json(_ node: YAMLNode) -> JSONValue { document.json(node) }

    /// The value with its expressions compiled. In a place for text, numbers and booleans keep their spelling.
    mutating func template(_ node: YAMLNode, _ type: FieldType = .any) -> Template {
        switch (document.kind(of: node), type) {
        case (_, .verbatim): return .literal(json(node))
        case (.sequence, _):
            let element: FieldType =
                switch type {
                case .list(let element), .oneOrMany(let element): element
                case .oneOf(let types):
                    types.lazy.compactMap { if case .list(let element) = $0 { element } else { nil } }.first ?? .any
                default: .any
                }
            var items: [Template] = []
            for item in document.elements(of: node) { items.append(template(item, element)) }
            return Self.folded(items)
        case (.mapping, _):
            var members: [TemplateMember] = []
            for (key, value) in document.pairs(of: node) {
                let name = document.string(of: key)
                members.append(TemplateMember(key: name, value: template(value, Self.type(of: name, in: type))))
            }
            return Self.folded(members)
        case (.scalar, .oneOrMany(let element)): return Self.folded([template(node, element)])
        case (.scalar, _): return scalarTemplate(node, type)
        }
    }

    private static func type(of key: String, in type: FieldType) -> FieldType {
        switch type {
        case .map(let element): element
        case .object(let schema): schema.first { $0.name == key }?.type ?? .any
        case .oneOf(let types):
            types.lazy.compactMap { candidate -> FieldType? in
                switch candidate {
                case .map, .object: Self.type(of: key, in: candidate)
                default: nil
                }
            }.first ?? .any
        default: .any
        }
    }

    private static func folded(_ items: [Template]) -> Template {
        var values: [JSONValue] = []
        for item in items {
            guard case .literal(let value) = item else { return .array(items) }
            values.append(value)
        }
        return .literal(.array(values))
    }

    private static func folded(_ members: [TemplateMember]) -> Template {
        var object = JSONObject()
        for member in members {
            guard case .literal(let value) = member.value else { return .object(members) }
            object[member.key] = value
        }
        return .literal(.object(object))
    }

    private mutating func scalarTemplate(_ node: YAMLNode, _ type: FieldType) -> Template {
        let scalar = document.scalar(of: node)
        guard case .string = scalar else {
            switch type {
            case .string, .file, .choice, .duration, .size, .identifier:
                return .literal(.string(document.string(of: node)))
            default: return .literal(json(node))
            }
        }
        let text = document.string(of: node)
        guard text.hasExpression else { return .literal(.string(text)) }
        let (template, faults) = Template.parse(text)
        for fault in faults { report(fault, in: node) }
        if case .literal = template { return template }
        if faults.isEmpty { templates.append((node, template)) }
        return template
    }

    /// An expression with or without `${{ }}` around it.
    mutating func condition(_ node: YAMLNode) -> (expression: Expression, offset: Int)? {
        let text = document.string(of: node)
        if text.hasExpression {
            let (template, faults) = Template.parse(text)
            for fault in faults { report(fault, in: node) }
            if case .expression(let expression, let offset) = template { return (expression, offset) }
            if faults.isEmpty {
                report(
                    Diagnostic(
                        .expressionSyntax, "a condition is one expression, not text with expressions in it",
                        at: span(node), help: ["write it without `${{ }}`"]))
            }
            return nil
        }
        let (expression, faults) = Expression.parse(text)
        for fault in faults { report(fault, in: node) }
        guard faults.isEmpty, let expression else { return nil }
        return (expression, 0)
    }

    /// Reports a fault of an expression at its place in the file.
    mutating func report(_ fault: ExpressionFault, in node: YAMLNode) {
        // An empty scalar has no byte of its own to point at.
        let isEmpty = fault.range.isEmpty && document.string(of: node).isEmpty
        var diagnostic = Diagnostic(
            fault.code, fault.message, at: isEmpty ? span(node) : span(fault.range, in: node), label: fault.label,
            help: fault.help)
        if let replacement = fault.replacement {
            let place = span(replacement.range, in: node)
            var edits = [Diagnostic.Fix.Edit(place, replacement: replacement.text)]
            if replacement.range.lowerBound == 0, replacement.text.hasPrefix("!"), document.style(of: node) == .plain {
                // Without quotes it would be a tag.
                edits[0].replacement = "\"" + replacement.text
                let end = Int(span(node).end)
                edits.append(.init(SourceSpan(file: file, start: end, end: end), replacement: "\""))
            }
            diagnostic.fixes = [
                Diagnostic.Fix(
                    "write `\(replacement.text)`",
                    applicability: replacement.isSure ? .machineApplicable : .maybe,
                    edits: edits)
            ]
        }
        report(diagnostic)
    }
}
