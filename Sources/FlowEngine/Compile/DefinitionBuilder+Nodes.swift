// SPDX-License-Identifier: Apache-2.0

import FlowCore
import YAML

extension DefinitionBuilder {
    static let reservedNames: Set<String> = [
        "inputs", "nodes", "env", "secrets", "run", "item", "item_index", "attempt", "workflow", "with", "it",
        "it_index", "outputs", "artifacts", "matrix", "sample", "iteration", "previous",
    ]

    mutating func nodes(_ node: YAMLNode, first: Int) -> [NodeDefinition] {
        let count = document.count(of: node)
        guard count <= Compiler.largestWorkflow - first else {
            reader.report(
                Diagnostic(
                    .tooManyNodes, "\(count) nodes are more than the \(Compiler.largestWorkflow) allowed",
                    at: reader.span(node)))
            return []
        }
        var definitions: [NodeDefinition] = []
        definitions.reserveCapacity(count)
        for (key, value) in document.pairs(of: node) {
            guard document.kind(of: key) == .scalar, !document.isFaulty(key) else { continue }
            let id = document.string(of: key)
            if !DocumentReader.isIdentifier(id) {
                reader.report(reader.badName(key))
            } else if Self.reservedNames.contains(id) {
                reader.report(Diagnostic(.badIdentifier, "`\(id)` is a reserved name", at: reader.span(key)))
            }
            definitions.append(self.node(id, key, value, index: first + definitions.count))
        }
        return definitions
    }

    mutating func node(_ id: String, _ key: YAMLNode, _ node: YAMLNode, index: Int) -> NodeDefinition {
        var definition = NodeDefinition(id: id, idSpan: reader.span(key), kind: "")
        guard document.kind(of: node) == .mapping else {
            doubtfulNodes.insert(index)
            looseNodes.insert(index)
            if reader.isSound(node) {
                reader.wrongType(
                    node, "node `\(id)` is a mapping of keys to values",
                    help: document.kind(of: node) == .scalar ? ["write `\(id): {run: …}`"] : [])
            }
            return definition
        }
        var chosen: (key: YAMLNode, value: YAMLNode, place: Int)?
        var second: YAMLNode?
        for (name, value) in document.pairs(of: node) where !document.isFaulty(name) {
            guard let place = kindPlaces[document.string(of: name)] else { continue }
            if chosen == nil { chosen = (name, value, place) } else { second = second ?? name }
        }
        let before = reader.diagnostics.count
        guard let chosen, second == nil else {
            doubtfulNodes.insert(index)
            kindless(id, key, node, chosen?.key, second)
            definition.needs = needs(document.value(of: node, forKey: "needs"))
            looseNodes.insert(index)
            doubtfulItems.insert(index)
            return definition
        }
        let (kind, table) = kinds[chosen.place]
        let name = kind.name
        let fields = reader.fields(node, table, of: "node `\(id)`", headedBy: key) ?? FieldValues()
        noteUnusable(node, fields, index: index)
        definition.kind = name
        definition.bodySpan = reader.span(chosen.value)
        if let body = fields[name] {
            definition.body = template(body, kind.body, site: .node(index, name))
        } else {
            doubtfulNodes.insert(index)
        }
        for field in kind.fields {
            if let value = fields[field.name] {
                definition.fields.append(
                    TemplateEntry(
                        name: field.name, template: template(value, field.type, site: .node(index, field.name)),
                        span: reader.span(value)))
            } else if field.name == "model", let model = defaults.model {
                definition.fields.append(TemplateEntry(name: "model", template: model, span: defaults.modelSpan))
            }
        }
        definition.needs = needs(fields["needs"])
        definition.options = options(fields, index: index)
        if reader.diagnostics.count > before {
            let spans = [definition.bodySpan] + definition.fields.map(\.span)
            if spans.contains(where: { reader.hasErrors(since: before, inside: $0) }) { doubtfulNodes.insert(index) }
        }
        if name == "run" { checkVariables(of: fields["with"]) }
        return definition
    }

    /// Keeps in mind which parts of a node could not be read, so that nothing that depends on them is judged.
    private mutating func noteUnusable(_ node: YAMLNode, _ fields: FieldValues, index: Int) {
        if reader.isUnusable("needs", of: node) { looseNodes.insert(index) }
        if reader.isUnusable("outputs", of: node) || reader.isUnusable("artifacts", of: node) {
            doubtfulNodes.insert(index)
        }
        if reader.isUnusable("foreach", of: node)
            || fields["foreach"].map({ reader.isUnusable("as", of: $0) }) == true
        {
            doubtfulItems.insert(index)
            doubtfulNodes.insert(index)
        }
        // A need that was refused may have been any node.
        if let needs = fields["needs"], document.kind(of: needs) == .sequence,
            document.elements(of: needs).contains(where: { document.kind(of: $0) != .scalar || !reader.isSound($0) })
        {
            looseNodes.insert(index)
        }
    }

    /// Reports a node that has no kind or more than one. What does not depend on the kind is checked all the same.
    private mutating func kindless(
        _ id: String, _ key: YAMLNode, _ node: YAMLNode, _ first: YAMLNode?, _ second: YAMLNode?
    ) {
        if let first, let second {
            reader.report(
                Diagnostic(
                    .nodeKind, "node `\(id)` has more than one kind", at: reader.span(second),
                    related: [Diagnostic.Label(reader.span(first), "the first kind")],
                    help: ["keep one of them, or make two nodes"]))
            return
        }
        let names = kinds.map(\.kind.name).sorted()
        let known = names + WorkflowSchema.node.map(\.name)
        var isKindMeant = false
        for (other, value) in document.pairs(of: node) {
            guard document.kind(of: other) == .scalar, !document.isFaulty(other) else {
                // The kind may stand in what could not be read.
                isKindMeant = true
                continue
            }
            let name = document.string(of: other)
            if let field = KeyTable.node[name] {
                _ = reader.check(value, field.type, key: name)
            } else if WorkflowSchema.unsupported.contains(name) || isKey(name, near: known) {
                let meant = reader.unknown(other, name, known, of: "node `\(id)`")
                if WorkflowSchema.laterKinds.contains(name) { isKindMeant = true }
                if let meant, kindPlaces[meant] != nil { isKindMeant = true }
            }
        }
        guard !isKindMeant else { return }
        reader.report(
            Diagnostic(
                .nodeKind, "node `\(id)` has no kind", at: reader.span(key),
                help: ["give it one of \(names.map { "`\($0):`" }.joined(separator: " "))"]))
    }

    private func isKey(_ name: String, near known: [String]) -> Bool {
        Spelling.nearest(to: name, among: known) != nil || KeySynonyms.key(for: name, among: known) != nil
    }

    private func needs(_ node: YAMLNode?) -> [NeedDefinition] {
        guard let node else { return [] }
        switch document.kind(of: node) {
        case .scalar:
            guard reader.isSound(node) else { return [] }
            return [NeedDefinition(node: document.string(of: node), span: reader.span(node))]
        case .sequence:
            var needs: [NeedDefinition] = []
            for item in document.elements(of: node) where document.kind(of: item) == .scalar && reader.isSound(item) {
                needs.append(NeedDefinition(node: document.string(of: item), span: reader.span(item)))
            }
            return needs
        case .mapping:
            return pairs(node).map { key, value in
                NeedDefinition(
                    node: document.string(of: key),
                    condition: NeedCondition(rawValue: document.string(of: value)) ?? .met, span: reader.span(key))
            }
        }
    }

    /// Two entries of `with:` may become the same variable of a program.
    private mutating func checkVariables(of node: YAMLNode?) {
        var seen: [String: YAMLNode] = [:]
        for (key, _) in pairs(node) {
            let name = document.string(of: key).uppercased()
            guard let first = seen.updateValue(key, forKey: name) else { continue }
            reader.report(
                Diagnostic(
                    .conflictingKeys, "two values of `with` become the variable `FLOW_WITH_\(name)`",
                    at: reader.span(key), related: [Diagnostic.Label(reader.span(first), "the first")],
                    help: ["choose another name"]))
        }
    }
}
