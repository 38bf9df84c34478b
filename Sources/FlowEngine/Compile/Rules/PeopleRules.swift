// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// Checks what depends on the graph of nodes and is not said by needs: where an answer may send a run back to, and which
/// nodes are tools of agents.
struct PeopleRules {
    private let nodes: [NodeDefinition]
    private let indexes: [String: Int]
    /// Kinds that wait for something, choose ways, or are runs of their own.
    private static let noTools = ["approval", "wait", "switch", "plan", "workflow"]

    private init(_ definition: WorkflowDefinition) {
        let index = NodeIndex(definition)
        (nodes, indexes) = (index.nodes, index.places)
    }

    /// The nodes that are tools, with the first agent node that has each.
    static func tools(of definition: WorkflowDefinition) -> [String: String] {
        var agents: [String: String] = [:]
        for node in definition.nodes(ofKind: "agent") {
            for id in tools(of: node) where agents[id] == nil { agents[id] = node.id }
        }
        return agents
    }

    private static func tools(of node: NodeDefinition) -> [String] {
        guard case .literal(.array(let list))? = node.field("tools") else { return [] }
        return list.compactMap { text in
            if case .node(let id)? = try? ToolReference(text.plainText) { id } else { nil }
        }
    }

    private func descendants(of node: Int) -> Set<Int> {
        var followers: [Int: [Int]] = [:]
        for (index, node) in nodes.enumerated() {
            for need in node.needs { if let other = indexes[need.node] { followers[other, default: []].append(index) } }
        }
        var found: Set<Int> = [node]
        var open = [node]
        while let next = open.popLast() {
            for other in followers[next] ?? [] where found.insert(other).inserted { open.append(other) }
        }
        return found
    }

    private func ancestors(of node: Int) -> Set<Int> {
        var found: Set<Int> = []
        var open = [node]
        while let next = open.popLast() {
            for need in nodes[next].needs {
                if let other = indexes[need.node], found.insert(other).inserted { open.append(other) }
            }
        }
        return found
    }

    /// All faults. Where nothing of the kind is written, nothing is looked up.
    static func diagnostics(_ definition: WorkflowDefinition) -> [Diagnostic] {
        let isConcerned =
            definition.toolNodes.isEmpty == false
            || definition.nodes(ofKind: "approval").contains { $0.body.bodyMember("rewind_to") != nil }
        return isConcerned ? PeopleRules(definition).diagnostics() : []
    }

    private func diagnostics() -> [Diagnostic] {
        var found: [Diagnostic] = []
        var tools: [String: String] = [:]
        for (index, node) in nodes.enumerated() {
            if node.kind == "approval" { found += rewindFaults(index) }
            guard node.kind == "agent" else { continue }
            for id in Self.tools(of: node) {
                found += toolFaults(id, of: index)
                tools[id] = tools[id] ?? node.id
            }
        }
        guard !tools.isEmpty else { return found }
        for node in nodes {
            for need in node.needs {
                guard let agent = tools[need.node] else { continue }
                found.append(
                    Diagnostic(
                        .badNode, "`\(need.node)` is a tool of `\(agent)`, and does not run by itself", at: need.span,
                        help: ["need `\(agent)` instead"]))
            }
        }
        return found
    }

    private func rewindFaults(_ index: Int) -> [Diagnostic] {
        guard case .literal(.string(let target))? = nodes[index].body.bodyMember("rewind_to") else { return [] }
        let span = nodes[index].bodySpan
        guard let place = indexes[target] else {
            let near = Spelling.nearest(to: target, among: nodes.map(\.id))
            return [
                Diagnostic(
                    .unknownNode, "there is no node `\(target)` to go back to", at: span,
                    help: near.map { ["did you mean `\($0)`?"] } ?? [])
            ]
        }
        guard ancestors(of: index).contains(place) else {
            return [
                Diagnostic(
                    .notAnAncestor,
                    "`\(nodes[index].id)` does not come after `\(target)`, so it cannot send back to it",
                    at: span, help: ["write `needs: [\(target)]`, or go back to a node that it waits for"])
            ]
        }
        let back = descendants(of: place).sorted()
        guard let each = back.first(where: { nodes[$0].options.foreach != nil }) else { return [] }
        return [
            Diagnostic(
                .badNode,
                "the run cannot go back to `\(target)`: `\(nodes[each].id)`, which follows from it, is a fan-out",
                at: span, help: ["put the fan-out into a workflow of its own"])
        ]
    }

    private func toolFaults(_ id: String, of agent: Int) -> [Diagnostic] {
        let span = nodes[agent].fields.first { $0.name == "tools" }?.span ?? nodes[agent].idSpan
        func fault(_ text: String, _ help: String) -> [Diagnostic] {
            [Diagnostic(.unknownTool, text, at: span, help: [help])]
        }
        guard let place = indexes[id] else {
            let near = Spelling.nearest(to: id, among: nodes.map(\.id))
            return fault(
                "there is no node `\(id)` for a tool",
                near.map { "did you mean `\($0)`?" } ?? "a node of this workflow can be a tool")
        }
        let node = nodes[place]
        if place == agent { return fault("`\(id)` cannot be a tool of itself", "name another node") }
        if node.kind == "workflow" {
            return fault("a `workflow` node cannot be a tool", "offer the workflow itself: `workflow:FILE`")
        }
        if Self.noTools.contains(node.kind) {
            return fault("a node of kind `\(node.kind)` cannot be a tool", "a tool has to answer at once")
        }
        if node.options.foreach != nil || node.options.repetition != nil {
            return fault(
                "`\(id)` runs more than once, and a tool runs once a call", "leave the repetition to the agent")
        }
        let known = ancestors(of: agent)
        for need in node.needs {
            guard let other = indexes[need.node], !known.contains(other) else { continue }
            return fault(
                "`\(id)` needs `\(need.node)`, which may not have run when `\(nodes[agent].id)` uses it",
                "write `needs: [\(need.node)]` for `\(nodes[agent].id)`")
        }
        return []
    }
}
