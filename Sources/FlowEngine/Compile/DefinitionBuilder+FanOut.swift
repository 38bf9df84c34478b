// SPDX-License-Identifier: Apache-2.0

import FlowCore
import YAML

/// `foreach`, `matrix`, `samples` and `repeat`: keys that make a node run more than once.
extension DefinitionBuilder {
    mutating func fanOut(_ fields: FieldValues, index: Int) -> ForeachDefinition? {
        let chosen = ["foreach", "matrix", "samples"].filter { fields[$0] != nil }
        if chosen.count > 1, let second = fields[chosen[1]], let first = fields[chosen[0]] {
            reader.report(
                Diagnostic(
                    .conflictingKeys, "a node has one of `foreach`, `matrix` and `samples`", at: reader.span(second),
                    related: [Diagnostic.Label(reader.span(first), "`\(chosen[0])` stands here")],
                    help: ["put the work into a sub-workflow to fan out twice"]))
        }
        if let node = fields["foreach"] { return foreach(node, index: index) }
        if let node = fields["matrix"] { return matrix(node, index: index) }
        if let node = fields["samples"] { return samples(node) }
        return nil
    }

    /// Keys of a `matrix` that are no axes.
    static let matrixOptions: Set<String> = ["include", "exclude", "max_parallel", "on_failure"]

    private mutating func matrix(_ node: YAMLNode, index: Int) -> ForeachDefinition? {
        guard document.kind(of: node) == .mapping else { return nil }
        var members: [TemplateMember] = []
        var axes = 0
        var product = 1
        for (key, value) in pairs(node) where reader.isSound(value) {
            let name = document.string(of: key)
            switch name {
            case "max_parallel": _ = reader.check(value, .integer(1...100_000), key: name)
            case "on_failure":
                _ = reader.check(value, .choice(ForeachDefinition.FailureMode.allCases.map(\.rawValue)), key: name)
            default:
                let isOption = Self.matrixOptions.contains(name)
                if !isOption, !DocumentReader.isIdentifier(name) { reader.report(reader.badName(key)) }
                checkAxis(name, value, isOption: isOption)
                if !isOption {
                    axes += 1
                    if document.kind(of: value) == .sequence {
                        product = product.multipliedReportingOverflow(by: document.count(of: value)).partialValue
                    }
                } else if name == "include" {
                    axes += 1
                }
                members.append(TemplateMember(key: name, value: template(value, .any, site: .items(index))))
            }
        }
        if axes == 0 {
            reader.report(
                Diagnostic(
                    .badNode, "`matrix` has no axis", at: reader.span(node),
                    help: ["name one with its values: `matrix: {size: [small, large]}`"]))
        }
        var definition = ForeachDefinition(
            items: .object(members), variable: "matrix", shape: .matrix, span: reader.span(node))
        definition.maxParallel = integer(value(of: node, "max_parallel"))
        definition.failureMode =
            text(value(of: node, "on_failure")).flatMap(ForeachDefinition.FailureMode.init(rawValue:)) ?? .failFast
        return definition
    }

    /// The values of an axis are a list, or an expression that gives one; `include` and `exclude` list mappings.
    private mutating func checkAxis(_ name: String, _ node: YAMLNode, isOption: Bool) {
        switch document.kind(of: node) {
        case .sequence:
            if isOption {
                for item in document.elements(of: node) where document.kind(of: item) != .mapping {
                    reader.wrongType(
                        item, "`\(name)` lists combinations", help: ["write each as a mapping: `- {size: small}`"])
                }
            } else if document.count(of: node) == 0 {
                reader.report(
                    Diagnostic(
                        .badNode, "axis `\(name)` has no values, so there is no combination", at: reader.span(node),
                        help: ["give at least one value, or remove the axis"]))
            }
        case .scalar where document.string(of: node).contains("${{"): return
        default:
            reader.wrongType(
                node, "axis `\(name)` takes a list",
                help: ["write `[a, b]`, or `${{ … }}` with an expression that gives a list"])
        }
    }

    private func samples(_ node: YAMLNode) -> ForeachDefinition? {
        let count = integer(node) ?? integer(value(of: node, "count"))
        guard let count, count > 0, count <= 1000 else { return nil }
        let agreement = document.kind(of: node) == .mapping ? number(value(of: node, "min_agreement")) : nil
        return ForeachDefinition(
            items: .literal(.array((1...count).map { .integer(Int64($0)) })), variable: "sample",
            maxParallel: document.kind(of: node) == .mapping ? integer(value(of: node, "max_parallel")) : nil,
            failureMode: .continue, shape: .samples(leastAgreement: agreement ?? 0), span: reader.span(node))
    }

    mutating func repetition(_ node: YAMLNode?, index: Int) -> RepeatDefinition? {
        guard let node, document.kind(of: node) == .mapping else { return nil }
        guard let until = value(of: node, "until"), let condition = reader.condition(until) else { return nil }
        sites.append(
            ExpressionSite(
                place: .until(index), scalar: until,
                template: .expression(condition.expression, offset: condition.offset)))
        return RepeatDefinition(
            until: ConditionDefinition(
                expression: condition.expression, text: condition.expression.text, span: reader.span(until)),
            most: integer(value(of: node, "max")) ?? 1, delay: duration(value(of: node, "delay")) ?? .zero,
            onExhausted: text(value(of: node, "on_exhausted")).flatMap(RepeatDefinition.Exhaustion.init(rawValue:))
                ?? .fail)
    }
}
