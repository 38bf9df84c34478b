// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// Warns of nodes that can never run, and of outputs that nothing reads. Only what is certain is told.
struct LivenessRules {
    let nodes: [NodeDefinition]
    private let indexes: [String: Int]
    /// Nodes whose `when` is false in every run.
    let neverRuns: Set<Int>
    /// Larger graphs are not searched for needs that exclude each other: the search looks at all ancestors of a node.
    private static let mostNodes = 5_000

    init(_ index: NodeIndex, neverRuns: Set<Int>) {
        (nodes, indexes) = (index.nodes, index.places)
        self.neverRuns = neverRuns
    }

    private typealias Statuses = Set<NodeStatus>

    private static let final = Statuses(NodeStatus.allCases.filter(\.isTerminal))

    /// The statuses that a node may end in, as far as it says so itself.
    private func possible(_ index: Int) -> Statuses {
        let node = nodes[index]
        if neverRuns.contains(index) { return [.skipped, .omitted, .cancelled] }
        var statuses = Self.final
        // Nothing but its own condition skips a node; what it waits for can only leave it out.
        if node.options.when == nil { statuses.remove(.skipped) }
        if node.needs.isEmpty { statuses.remove(.omitted) }
        if node.kind != "approval" { statuses.remove(.rejected) }
        return statuses
    }

    private func accepted(_ need: NeedDefinition, of node: NodeDefinition) -> Statuses {
        let continues = node.options.onFailure == .continue
        return Self.final.filter { need.condition.accepts($0, continues: continues) }
    }

    /// A warning for each node that can never run, by reason of its own needs. What only follows from another one is
    /// not told again.
    func deadNodes() -> [Diagnostic] {
        guard nodes.count <= Self.mostNodes, !nodes.contains(where: { $0.options.onFailure == .skipDownstream }) else {
            return []
        }
        let hasConditions = nodes.contains { $0.needs.contains { $0.condition == .failed || $0.condition == .skipped } }
        guard hasConditions || !neverRuns.isEmpty else { return [] }
        var dead: Set<Int> = []
        var found: [Diagnostic] = []
        for index in order() where !neverRuns.contains(index) {
            let node = nodes[index]
            if node.needs.contains(where: { need in
                indexes[need.node].map { dead.contains($0) && ![.any, .skipped].contains(need.condition) } ?? false
            }) {
                dead.insert(index)
            } else if let diagnostic = unmet(node) ?? contradiction(index) {
                dead.insert(index)
                found.append(diagnostic)
            }
        }
        return found
    }

    /// The nodes, each after those that it needs. Nodes of a cycle are left out; they have an error.
    private func order() -> [Int] {
        var waiting = nodes.map { node in node.needs.filter { indexes[$0.node] != nil }.count }
        var users: [[Int]] = Array(repeating: [], count: nodes.count)
        for (index, node) in nodes.enumerated() {
            for need in node.needs { if let other = indexes[need.node] { users[other].append(index) } }
        }
        var order = nodes.indices.filter { waiting[$0] == 0 }
        var next = 0
        while next < order.count {
            for user in users[order[next]] {
                waiting[user] -= 1
                if waiting[user] == 0 { order.append(user) }
            }
            next += 1
        }
        return order
    }

    /// A need that no end of the other node meets.
    private func unmet(_ node: NodeDefinition) -> Diagnostic? {
        for need in node.needs {
            guard let other = indexes[need.node] else { continue }
            guard accepted(need, of: nodes[other]).isDisjoint(with: possible(other)) else { continue }
            let why =
                neverRuns.contains(other)
                ? "`\(need.node)` never runs" : "`\(need.node)` has no `when`, so it is never skipped"
            let place = nodes[other].options.when?.span ?? nodes[other].idSpan
            return Diagnostic(
                .neverRuns, "node `\(node.id)` can never run", at: need.span, severity: .warning,
                label: "`\(need.condition.rawValue)` is never met",
                related: [Diagnostic.Label(place, why)], help: ["wait for another end of `\(need.node)`, or for `any`"])
        }
        return nil
    }

    /// Two needs that exclude each other: one that waits for a failure, and one that waits for what comes after a success.
    private func contradiction(_ index: Int) -> Diagnostic? {
        let node = nodes[index]
        guard node.needs.count > 1 else { return nil }
        var allowed: [Int: (statuses: Statuses, need: NeedDefinition)] = [:]
        // What runs, or is skipped by its own condition, had its needs met.
        let reached: Statuses = [.succeeded, .reused, .failed, .rejected, .skipped]
        for first in node.needs {
            guard let start = indexes[first.node] else { continue }
            var stack: [(node: Int, statuses: Statuses)] = [(start, accepted(first, of: nodes[start]))]
            var visited: Set<Int> = []
            while let (other, statuses) = stack.popLast() {
                let before = allowed[other]
                let left = statuses.intersection(before?.statuses ?? possible(other))
                if left.isEmpty, let before, before.need != first {
                    return Diagnostic(
                        .neverRuns, "node `\(node.id)` can never run", at: first.span, severity: .warning,
                        label: "this need and the other one exclude each other",
                        related: [
                            Diagnostic.Label(before.need.span, "the other one"),
                            Diagnostic.Label(nodes[other].idSpan, "`\(nodes[other].id)` would have to end in two ways"),
                        ], help: ["make two nodes, or wait for `done` or `any`"])
                }
                allowed[other] = (left, before?.need ?? first)
                guard left.isSubset(of: reached), visited.insert(other).inserted else { continue }
                for need in nodes[other].needs {
                    if let next = indexes[need.node] { stack.append((next, accepted(need, of: nodes[next]))) }
                }
            }
        }
        return nil
    }

    // MARK: Outputs

    /// Warns of a node whose declared outputs nothing reads, in a workflow that says what its results are. Of a node
    /// that nothing waits for, the outputs are results for people; of a node some of whose outputs are read, the others
    /// are no fault.
    func unreadOutputs(_ definition: WorkflowDefinition, _ sites: [ExpressionSite]) -> [Diagnostic] {
        guard !definition.outputs.isEmpty else { return [] }
        var read: [String: Set<String>] = [:]
        var whole: Set<String> = []
        for site in sites {
            for reference in site.template.references {
                if reference.root == "outputs", let node = site.place.node {
                    // Its own outputs are used by others of the node.
                    if reference.segments.count > 1 { read[nodes[node].id, default: []].insert(reference.path[1]) }
                    if reference.segments.count == 1 { whole.insert(nodes[node].id) }
                }
                guard reference.root == "nodes" else { continue }
                switch reference.segments.count {
                case 1: return []
                case 2: whole.insert(reference.path[1])
                case 3: if reference.path[2] == "outputs" { whole.insert(reference.path[1]) }
                default:
                    if reference.path[2] == "outputs" { read[reference.path[1], default: []].insert(reference.path[3]) }
                }
            }
        }
        let waitedFor = Set(nodes.flatMap { $0.needs.map(\.node) })
        var found: [Diagnostic] = []
        for node in nodes where ["run", "set"].contains(node.kind) && waitedFor.contains(node.id) {
            guard let first = node.options.outputs.first, !whole.contains(node.id), read[node.id] == nil else {
                continue
            }
            let names = node.options.outputs.map { "`\($0.name)`" }.joined(separator: ", ")
            found.append(
                Diagnostic(
                    .unreadOutput,
                    "nothing reads the output\(node.options.outputs.count == 1 ? "" : "s") \(names) of node `\(node.id)`",
                    at: first.span, severity: .warning,
                    help: ["use it as `nodes.\(node.id).outputs.\(first.name)`, or remove the declaration"]))
        }
        return found
    }
}
