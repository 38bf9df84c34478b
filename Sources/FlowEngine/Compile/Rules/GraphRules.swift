// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// Checks that needs name nodes of the same phase and form no cycle.
struct GraphRules {
    let definition: WorkflowDefinition
    private let source: [UInt8]
    private let nodes: [NodeDefinition]
    private let indexes: [String: Int]

    init(_ definition: WorkflowDefinition, index: NodeIndex, source: [UInt8]) {
        self.definition = definition
        self.source = source
        (nodes, indexes) = (index.nodes, index.places)
    }

    func diagnostics() -> [Diagnostic] { duplicates() + needs() + cycles() }

    /// Nodes with a need that names no node: what they wait for is not known.
    var loose: Set<Int> {
        var loose: Set<Int> = []
        for index in nodes.indices where nodes[index].needs.contains(where: { indexes[$0.node] == nil }) {
            loose.insert(index)
        }
        return loose
    }

    private func duplicates() -> [Diagnostic] {
        definition.finally.compactMap { node in
            guard let first = indexes[node.id], first < definition.nodes.count else { return nil }
            return Diagnostic(
                .duplicateKey, "node `\(node.id)` stands in `nodes` and in `finally`", at: node.idSpan,
                related: [Diagnostic.Label(nodes[first].idSpan, "it stands here first")],
                help: ["rename one of them"])
        }
    }

    private func isFinally(_ index: Int) -> Bool { index >= definition.nodes.count }

    private func needs() -> [Diagnostic] {
        var found: [Diagnostic] = []
        for index in nodes.indices where !nodes[index].needs.isEmpty {
            let node = nodes[index]
            for (place, need) in node.needs.enumerated() {
                guard let other = indexes[need.node] else {
                    found.append(unknown(need))
                    continue
                }
                if let first = node.needs[..<place].first(where: { $0.node == need.node }) {
                    found.append(
                        Diagnostic(
                            .duplicateKey, "`\(need.node)` stands twice in `needs`", at: need.span,
                            related: [Diagnostic.Label(first.span, "it stands here first")], help: ["remove one"],
                            fixes: removal(of: place, from: node)))
                } else if isFinally(index) != isFinally(other) {
                    let text =
                        isFinally(index)
                        ? "nodes of `finally` wait for all others by themselves"
                        : "`\(need.node)` stands in `finally` and runs after this node"
                    found.append(Diagnostic(.unknownNode, text, at: need.span, help: ["remove it from `needs`"]))
                }
            }
        }
        return found
    }

    /// Removes a need from a list in brackets; whether it is one, the text between it and the one before says.
    private func removal(of place: Int, from node: NodeDefinition) -> [Diagnostic.Fix] {
        let before = node.needs[place - 1].span
        let need = node.needs[place]
        let span = SourceSpan(file: Int(need.span.file), start: Int(before.end), end: Int(need.span.end))
        // The text at hand is that of the workflow itself, not of what it includes.
        guard need.condition == .met, need.span.file == definition.nameSpan.file,
            separator(span.start, need.span.start) == ","
        else { return [] }
        return [
            Diagnostic.Fix(
                "remove `\(need.node)`", applicability: .machineApplicable,
                edits: [Diagnostic.Fix.Edit(span, replacement: "")])
        ]
    }

    private func separator(_ start: UInt32, _ end: UInt32) -> String? {
        guard start < end, Int(end) <= source.count else { return nil }
        return String(decoding: source[Int(start)..<Int(end)].filter { $0 != 0x20 }, as: UTF8.self)
    }

    private func unknown(_ need: NeedDefinition) -> Diagnostic {
        var diagnostic = Diagnostic(
            .unknownNode, "unknown node `\(need.node)` in `needs`", at: need.span, label: "no node has this name")
        if let near = Spelling.nearest(to: need.node, among: nodes.lazy.map(\.id)), let index = indexes[near] {
            diagnostic.help = ["did you mean `\(near)`?"]
            diagnostic.related = [Diagnostic.Label(nodes[index].idSpan, "a node with a similar name stands here")]
            diagnostic.fixes = [.spelling(near, for: need.node, among: nodes.lazy.map(\.id), at: need.span)]
        }
        return diagnostic
    }

    /// Each cycle once, as the path with the place of each edge. Depth-first search without recursion.
    private func cycles() -> [Diagnostic] {
        var state = [UInt8](repeating: 0, count: nodes.count)
        var found: [Diagnostic] = []
        for root in nodes.indices where state[root] == 0 {
            var path: [(node: Int, next: Int)] = [(root, 0)]
            state[root] = 1
            while let (node, next) = path.last {
                guard next < nodes[node].needs.count else {
                    state[node] = 2
                    path.removeLast()
                    continue
                }
                path[path.count - 1].next += 1
                guard let other = indexes[nodes[node].needs[next].node], isFinally(other) == isFinally(node) else {
                    continue
                }
                if state[other] == 0 {
                    state[other] = 1
                    path.append((other, 0))
                } else if state[other] == 1, let start = path.firstIndex(where: { $0.node == other }) {
                    found.append(cycle(path[start...].map { ($0.node, $0.next - 1) }))
                }
            }
        }
        return found
    }

    private func cycle(_ steps: [(node: Int, need: Int)]) -> Diagnostic {
        let names = steps.map { nodes[$0.node].id }
        let first = steps[0]
        let need = nodes[first.node].needs[first.need]
        if steps.count == 1 {
            return Diagnostic(
                .cycle, "node `\(names[0])` needs itself", at: need.span, help: ["remove it from `needs`"])
        }
        return Diagnostic(
            .cycle, "the nodes wait for each other in a cycle: \(Self.path(names))", at: need.span,
            label: "`\(names[0])` needs `\(need.node)`",
            related: steps.dropFirst().prefix(20).map { step in
                let need = nodes[step.node].needs[step.need]
                return Diagnostic.Label(need.span, "`\(nodes[step.node].id)` needs `\(need.node)`")
            }, help: ["remove one of these needs"])
    }

    private static func path(_ names: [String]) -> String {
        let shown = names.count > 12 ? names.prefix(6) + ["… \(names.count - 11) more …"] + names.suffix(5) : names[...]
        return (shown + [names[0]]).joined(separator: " → ")
    }
}
