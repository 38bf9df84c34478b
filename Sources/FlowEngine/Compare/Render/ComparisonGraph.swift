// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// Two runs in one picture, in the DOT language of graphviz.
///
/// Nodes that are the same are grey; what differs has a colour and a word for its cause; what only one run has is dashed;
/// first divergences have a thick outline. Of large graphs only the nodes that differ and those next to them are drawn.
public struct ComparisonGraph: Sendable {
    private let pair: RunPair
    private let base: Plan
    private let other: Plan
    private let limit: Int

    /// - Parameters:
    ///   - pair: what differs.
    ///   - base: the plan of the base, and `other` that of the other run.
    ///   - limit: the most nodes that are drawn as a whole.
    public init(_ pair: RunPair, base: Plan, other: Plan, limit: Int = 500) {
        self.pair = pair
        self.base = base
        self.other = other
        self.limit = limit
    }

    /// What is drawn of a node.
    private struct Mark {
        var cause: NodePair.Cause
        var isFirst: Bool
        var words: String
    }

    private struct Edge: Hashable {
        var from: String
        var to: String
        var condition: NeedCondition
    }

    /// The text of the graph.
    public var dot: String {
        let marks = marks()
        let (first, second) = (edges(of: base), edges(of: other))
        var names = base.nodes.map(\.id)
        let known = Set(names)
        names += other.nodes.map(\.id).filter { !known.contains($0) }
        let all = names.count
        if all > limit { names = nearby(names, marks, first.union(second)) }
        let shown = Set(names)

        let title = "\(pair.other) against \(pair.base): \(base.definition.title ?? base.definition.name)"
        var text = "digraph comparison {\n"
        text += "    label=\(Plan.quoted(title)); labelloc=t; rankdir=TB; fontname=\"Helvetica\";\n"
        text += "    node [fontname=\"Helvetica\", fontsize=11, style=filled, fillcolor=white];\n"
        text += "    edge [fontname=\"Helvetica\", fontsize=9, color=\"#666666\"];\n"
        for name in names { text += "    \(Plan.quoted(name)) [\(look(of: name, marks[name]))];\n" }
        if all > names.count {
            text += "    more [shape=plaintext, label=\(Plan.quoted("and \(all - names.count) nodes that are the same"))];\n"
        }
        for name in names {
            let needs = needs(of: name)
            for edge in needs where shown.contains(edge.from) {
                let style = !second.contains(edge) ? "old" : !first.contains(edge) ? "new" : ""
                var words: [String] = []
                if edge.condition != .met { words.append("label=\(Plan.quoted(edge.condition.rawValue))") }
                if style == "old" { words.append("style=dashed, color=\"#c62828\"") }
                if style == "new" { words.append("style=dashed, color=\"#2e7d32\"") }
                let attributes = words.isEmpty ? "" : " [\(words.joined(separator: ", "))]"
                text += "    \(Plan.quoted(edge.from)) -> \(Plan.quoted(edge.to))\(attributes);\n"
            }
        }
        return text + legend(marks) + "}\n"
    }

    /// Differences of items are marked at their node.
    private func marks() -> [String: Mark] {
        var marks: [String: Mark] = [:]
        var items: [String: (count: Int, isFirst: Bool, cause: NodePair.Cause)] = [:]
        for node in pair.nodes where node.differs {
            if let parent = ComparedRun.parent(of: node.node) {
                let known = items[parent]
                items[parent] = (
                    (known?.count ?? 0) + 1, (known?.isFirst ?? false) || node.isFirst, known?.cause ?? node.cause
                )
                continue
            }
            var words = [cause(node.cause)]
            if node.base.status != node.other.status {
                words.append("\(node.base.status?.rawValue ?? "–") → \(node.other.status?.rawValue ?? "–")")
            }
            marks[node.node] = Mark(cause: node.cause, isFirst: node.isFirst, words: words.joined(separator: "\n"))
        }
        for (parent, found) in items {
            let words = "\(found.count) \(found.count == 1 ? "item differs" : "items differ")"
            if let mark = marks[parent] {
                marks[parent]?.words += "\n" + words
                marks[parent]?.isFirst = mark.isFirst || found.isFirst
            } else {
                marks[parent] = Mark(cause: found.cause, isFirst: found.isFirst, words: words)
            }
        }
        return marks
    }

    private func cause(_ cause: NodePair.Cause) -> String {
        switch cause {
        case .onlyInBase: "only in \(pair.base)"
        case .onlyInOther: "only in \(pair.other)"
        default: cause.rawValue
        }
    }

    private func look(of name: String, _ mark: Mark?) -> String {
        let kind = (other.index(of: name).map { other.nodes[$0] } ?? base.index(of: name).map { base.nodes[$0] })?.kind
        var label = "\(name)\n\(kind ?? "")"
        if let mark { label += "\n" + mark.words }
        var look = "label=\(Plan.quoted(label)), shape=\(Plan.shape(of: kind ?? "")), \(Self.style(mark?.cause))"
        if mark?.isFirst == true { look += ", penwidth=4, color=\"#b71c1c\"" }
        return look
    }

    /// A colour on which black text reads well, and a line that tells without colour what only one run has.
    private static func style(_ cause: NodePair.Cause?) -> String {
        switch cause {
        case nil, .same?: "fillcolor=\"#eeeeee\", fontcolor=\"#666666\", color=\"#bbbbbb\""
        case .patched?: "fillcolor=\"#bbdefb\""
        case .upstream?: "fillcolor=\"#fff9c4\""
        case .nondeterministic?: "fillcolor=\"#ffe0b2\""
        case .onlyInBase?: "fillcolor=\"#ffcdd2\", style=\"filled,dashed\""
        case .onlyInOther?: "fillcolor=\"#c8e6c9\", style=\"filled,dashed\""
        }
    }

    private func legend(_ marks: [String: Mark]) -> String {
        var text = "    subgraph cluster_legend {\n        label=\"legend\"; color=\"#999999\"; fontsize=10;\n"
        text += "        node [shape=box, fontsize=9, height=0.2];\n"
        for (place, cause) in NodePair.Cause.allCases.enumerated() {
            text += "        legend\(place) [label=\(Plan.quoted(self.cause(cause))), \(Self.style(cause))];\n"
        }
        let last = NodePair.Cause.allCases.count
        text += "        legend\(last) [label=\"first divergence\", penwidth=4, color=\"#b71c1c\"];\n"
        for place in 0..<last { text += "        legend\(place) -> legend\(place + 1) [style=invis];\n" }
        return text + "    }\n"
    }

    // MARK: Edges

    private func edges(of plan: Plan) -> Set<Edge> {
        var edges: Set<Edge> = []
        for index in plan.nodes.indices { for edge in needs(of: index, in: plan) { edges.insert(edge) } }
        return edges
    }

    private func needs(of index: Int, in plan: Plan) -> [Edge] {
        plan.needs(of: index).map {
            Edge(from: plan.nodes[Int($0.node)].id, to: plan.nodes[index].id, condition: $0.condition)
        }
    }

    /// The needs of a node in the base, then those that only the other run has.
    private func needs(of name: String) -> [Edge] {
        let old = base.index(of: name).map { needs(of: $0, in: base) } ?? []
        let new = other.index(of: name).map { needs(of: $0, in: other) } ?? []
        return old + new.filter { !old.contains($0) }
    }

    /// The nodes that differ and those next to them, no more than the limit.
    private func nearby(_ names: [String], _ marks: [String: Mark], _ edges: Set<Edge>) -> [String] {
        var near = Set(marks.keys)
        for edge in edges where marks[edge.from] != nil || marks[edge.to] != nil {
            near.insert(edge.from)
            near.insert(edge.to)
        }
        // What differs comes before what stands beside it.
        let chosen = names.filter { marks[$0] != nil } + names.filter { marks[$0] == nil && near.contains($0) }
        let kept = Set(chosen.prefix(limit))
        return names.filter { kept.contains($0) }
    }
}
