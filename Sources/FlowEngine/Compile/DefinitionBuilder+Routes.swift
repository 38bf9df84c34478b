// SPDX-License-Identifier: Apache-2.0

import FlowCore
import YAML

/// Keys that lead the way from one node to others: `switch`, `fallback`, `handlers`. They become needs and conditions,
/// so that nothing after the compiler has to know them.
extension DefinitionBuilder {
    /// The nodes of `handlers:`: nodes of `finally` with a condition on the outcome.
    mutating func handlers(_ node: YAMLNode?, first: Int) -> [NodeDefinition] {
        var handlers: [NodeDefinition] = []
        let statuses = ["success": "succeeded", "failure": "failed", "cancelled": "cancelled"]
        for (key, value) in pairs(node) {
            let name = document.string(of: key)
            guard let status = statuses[name] else {
                _ = reader.unknown(key, name, WorkflowSchema.handlers.map(\.name), of: "`handlers`")
                continue
            }
            var handler = self.node("on_\(name)", key, value, index: first + handlers.count)
            handler.options = handler.options.guarded(by: "run.status == \"\(status)\"", at: reader.span(key))
            handlers.append(handler)
        }
        return handlers
    }

    /// Makes needs and conditions of the cases of `switch` nodes.
    mutating func route(_ nodes: inout [NodeDefinition], in body: YAMLNode?) {
        guard nodes.contains(where: { $0.kind == "switch" }) else { return }
        let indexes = Dictionary(nodes.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        var chosenBy: [Int: (id: String, span: SourceSpan)] = [:]
        for (key, value) in pairs(body) {
            let id = document.string(of: key)
            guard let index = indexes[id], nodes[index].kind == "switch" else { continue }
            // In the order of writing: each target with the cases that lead to it.
            var targets: [Int] = []
            var cases: [Int: [String]] = [:]
            for (name, target) in caseTargets(value) {
                let targetID = document.string(of: target)
                guard let place = indexes[targetID], place != index else {
                    reader.report(unknownTarget(target, targetID, nodes))
                    continue
                }
                if cases[place] == nil { targets.append(place) }
                cases[place, default: []].append(name)
                if let other = chosenBy[place], other.id != id {
                    reader.report(
                        Diagnostic(
                            .conflictingKeys, "`\(targetID)` is chosen by two switches", at: reader.span(target),
                            related: [Diagnostic.Label(other.span, "`\(other.id)` chooses it here")],
                            help: ["choose it in one, or let it need both with a `when` of its own"]))
                } else {
                    chosenBy[place] = (id, reader.span(target))
                }
            }
            for place in targets {
                let span = chosenBy[place]?.span ?? .none
                if !nodes[place].needs.contains(where: { $0.node == id }) {
                    nodes[place].needs.append(NeedDefinition(node: id, condition: .succeeded, span: span))
                }
                let names = (cases[place] ?? []).map { JSONValue.string($0).jsonText(.compact) }
                let condition = names.map { "nodes.\(id).outputs.case == \($0)" }.joined(separator: " || ")
                nodes[place].options = nodes[place].options.guarded(by: condition, at: span)
            }
        }
    }

    /// Each case with the name of a node that it leads to; `default` for all else.
    private func caseTargets(_ node: YAMLNode) -> [(String, YAMLNode)] {
        guard document.kind(of: node) == .mapping else { return [] }
        var found: [(String, YAMLNode)] = []
        func add(_ name: String, _ node: YAMLNode) {
            switch document.kind(of: node) {
            case .scalar where reader.isSound(node): found.append((name, node))
            case .sequence:
                for item in document.elements(of: node) where reader.isSound(item) { found.append((name, item)) }
            default: break
            }
        }
        if let cases = value(of: node, "cases") {
            for (key, value) in pairs(cases) { add(document.string(of: key), value) }
        }
        if let other = value(of: node, "default") { add("default", other) }
        return found
    }

    private func unknownTarget(_ node: YAMLNode, _ name: String, _ nodes: [NodeDefinition]) -> Diagnostic {
        var diagnostic = Diagnostic(
            .unknownNode, "unknown node `\(name)` in a `switch`", at: reader.span(node),
            label: "no other node has this name")
        if let near = Spelling.nearest(to: name, among: nodes.lazy.map(\.id)) {
            reader.suggest(near, for: reader.span(node), in: &diagnostic)
        }
        return diagnostic
    }

    /// Lets nodes that stand in for others need their failure.
    mutating func standIns(_ nodes: inout [NodeDefinition]) {
        guard nodes.contains(where: { $0.options.fallback != nil }) else { return }
        let indexes = Dictionary(nodes.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        var owners: [Int: (id: String, span: SourceSpan)] = [:]
        for index in nodes.indices {
            guard let fallback = nodes[index].options.fallback else { continue }
            let id = nodes[index].id
            guard let other = indexes[fallback.node], other != index else {
                var diagnostic = Diagnostic(
                    .unknownNode, "unknown node `\(fallback.node)` as the fallback of `\(id)`", at: fallback.span,
                    label: fallback.node == id ? "a node cannot stand in for itself" : "no node here has this name")
                if let near = Spelling.nearest(to: fallback.node, among: nodes.lazy.map(\.id)), near != id {
                    reader.suggest(near, for: fallback.span, in: &diagnostic)
                }
                reader.report(diagnostic)
                continue
            }
            if let owner = owners[other] {
                reader.report(
                    Diagnostic(
                        .conflictingKeys, "`\(fallback.node)` stands in for two nodes", at: fallback.span,
                        related: [Diagnostic.Label(owner.span, "for `\(owner.id)` here")],
                        help: ["give each node a fallback of its own"]))
                continue
            }
            owners[other] = (id, fallback.span)
            if let need = nodes[other].needs.first(where: { $0.node == id }) {
                if need.condition != .failed {
                    reader.report(
                        Diagnostic(
                            .conflictingKeys, "a fallback runs when the node has failed", at: need.span,
                            related: [Diagnostic.Label(fallback.span, "it is the fallback of `\(id)`")],
                            help: ["write `needs: {\(id): failed}`, or leave the need out"]))
                }
            } else {
                nodes[other].needs.append(NeedDefinition(node: id, condition: .failed, span: fallback.span))
            }
        }
        for (other, owner) in owners.sorted(by: { $0.key < $1.key }) {
            checkWay(to: other, from: owner, nodes, indexes)
        }
    }

    /// What waits for a node waits for its fallback too, so the fallback must not wait for that.
    private mutating func checkWay(
        to fallback: Int, from owner: (id: String, span: SourceSpan), _ nodes: [NodeDefinition],
        _ indexes: [String: Int]
    ) {
        var seen: Set<Int> = [fallback]
        var queue = [fallback]
        while let next = queue.popLast() {
            for need in nodes[next].needs {
                guard let other = indexes[need.node] else { continue }
                if need.node == owner.id, next != fallback {
                    reader.report(
                        Diagnostic(
                            .cycle,
                            "`\(nodes[fallback].id)` stands in for `\(owner.id)`, and waits for what waits for it",
                            at: owner.span,
                            related: [Diagnostic.Label(need.span, "`\(nodes[next].id)` needs `\(owner.id)`")],
                            help: ["let the fallback not need `\(nodes[next].id)`"]))
                    return
                }
                if seen.insert(other).inserted { queue.append(other) }
            }
        }
    }
}

extension NodeOptions {
    /// The same options with one more condition. The text is the compiler's own and parses.
    func guarded(by text: String, at span: SourceSpan) -> NodeOptions {
        let whole = when.map { "(\($0.expression.text)) && (\(text))" } ?? text
        guard let expression = Expression.parse(whole).0 else { return self }
        return NodeOptions(
            title: title, description: description,
            when: ConditionDefinition(expression: expression, text: whole, span: when?.span ?? span), with: with,
            env: env, outputs: outputs, artifacts: artifacts, retry: retry, timeout: timeout, idleTimeout: idleTimeout,
            onFailure: onFailure, onInterrupt: onInterrupt, effects: effects, foreach: foreach, priority: priority,
            fallback: fallback, repetition: repetition, demands: demands, cache: cache,
            budget: budget)
    }
}
