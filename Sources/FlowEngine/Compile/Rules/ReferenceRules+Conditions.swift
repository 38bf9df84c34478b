// SPDX-License-Identifier: Apache-2.0

import FlowCore
import YAML

/// Warns of conditions that always give the same.
extension ReferenceRules {
    private static let finalStatuses = NodeStatus.allCases.filter(\.isTerminal).map { JSONValue.string($0.rawValue) }

    /// Warns of comparisons that always end in the same way, and of a `when` that does.
    mutating func checkConditions(_ site: ExpressionSite, _ reader: inout DocumentReader) {
        var folded: Bool?
        var found = false
        var expressions: [(Expression, Int)] = []
        site.template.forEachExpression { expressions.append(($0, $1)) }
        for (expression, offset) in expressions {
            var folder = ConditionFolder { [knownInputs] in Self.known($0, knownInputs) }
            folded = folder.fold(expression)
            for finding in folder.findings {
                found = true
                reader.report(Self.warning(finding, expression, offset, site, reader))
            }
        }
        guard case .when(let node) = site.place else { return }
        let isConstant = site.template.isConstant
        if isConstant, folded == nil, case .bool(let value)? = try? site.template.render(in: EmptyScope()) {
            folded = value
        }
        if folded == false { neverRuns.insert(node) }
        guard !found, isConstant || folded != nil else { return }
        let label =
            switch folded {
            case true?: "this is true in every run"
            case false?: "this is false in every run, so `\(nodes[node].id)` never runs"
            case nil: ""
            }
        reader.report(
            Diagnostic(
                .constantCondition, "the condition is always the same", at: reader.span(site.scalar),
                severity: .warning, label: label))
    }

    /// What the form says of the values of inputs.
    static func knownInputs(
        _ definition: WorkflowDefinition, doubtful: Set<String>
    ) -> [String: ConditionFolder.Values] {
        var known: [String: ConditionFolder.Values] = [:]
        for input in definition.inputs where !doubtful.contains(input.name) {
            guard ![.files, .array, .object].contains(input.kind) else { continue }
            let values = ConditionFolder.Values(
                choices: input.choices, minimum: input.minimum, maximum: input.maximum)
            if !values.choices.isEmpty || values.minimum != nil || values.maximum != nil { known[input.name] = values }
        }
        return known
    }

    private static func known(
        _ path: [String], _ inputs: [String: ConditionFolder.Values]
    ) -> ConditionFolder.Values? {
        switch (path.first, path.count) {
        case ("inputs", 2): inputs[path[1]]
        case ("nodes", 3) where path[2] == "status": ConditionFolder.Values(choices: finalStatuses)
        default: nil
        }
    }

    private static func warning(
        _ finding: ConditionFolder.Finding, _ expression: Expression, _ offset: Int, _ site: ExpressionSite,
        _ reader: DocumentReader
    ) -> Diagnostic {
        let range = finding.range.lowerBound + offset..<finding.range.upperBound + offset
        var diagnostic = Diagnostic(
            .constantCondition, "the comparison is always \(finding.result)", at: reader.span(range, in: site.scalar),
            severity: .warning)
        guard let path = finding.path, let value = finding.value else {
            diagnostic.label = "both sides are the same"
            return diagnostic
        }
        if finding.known.choices.isEmpty {
            let low = finding.known.minimum.map { "at least \(DocumentReader.text($0))" }
            let high = finding.known.maximum.map { "at most \(DocumentReader.text($0))" }
            diagnostic.label = "`\(path)` is \([low, high].compactMap { $0 }.joined(separator: " and "))"
            return diagnostic
        }
        let words = finding.known.choices.map { $0.stringValue ?? $0.jsonText() }
        let text = value.stringValue ?? value.jsonText()
        diagnostic.label = "`\(path)` is never `\(text)`"
        if let near = Spelling.nearest(to: text, among: words), case .string = value {
            let place = finding.valueRange.lowerBound + offset..<finding.valueRange.upperBound + offset
            let span = reader.span(place, in: site.scalar)
            let quote = expression.text.utf8.dropFirst(finding.valueRange.lowerBound).first == 0x22 ? "\"" : "'"
            diagnostic.help = ["did you mean `\(near)`?"]
            // The quotes as they are written in the file stay.
            let isPlain = span.end - span.start == UInt32(clamping: finding.valueRange.count)
            if isPlain {
                var fix = Diagnostic.Fix.spelling(near, for: text, among: words, at: span)
                fix.edits[0].replacement = quote + near + quote
                diagnostic.fixes = [fix]
            }
        }
        diagnostic.help.append("it is one of \(DocumentReader.list(words.prefix(20)))")
        return diagnostic
    }
}

/// A scope without names, for expressions that need none.
private struct EmptyScope: ValueScope {
    func value(ofRoot name: String) -> JSONValue? { nil }
}
