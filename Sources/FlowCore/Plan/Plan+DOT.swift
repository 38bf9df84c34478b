// SPDX-License-Identifier: Apache-2.0

extension Plan {
    /// The graph in the DOT language of graphviz: a shape by kind; a colour, a word and a sign by status.
    ///
    /// Above `limit` nodes each level is drawn as one box with counts by kind, since a layout of thousands of nodes
    /// takes minutes and shows nothing. Names of items of a `foreach` among the statuses are counted at their node.
    public func dot(statuses: [String: NodeStatus] = [:], limit: Int = 1000) -> String {
        var text = "digraph \(quoted(definition.name)) {\n"
        text += "    label=\(quoted(definition.title ?? definition.name)); labelloc=t; rankdir=TB;\n"
        text +=
            "    fontname=\"Helvetica\"; node [fontname=\"Helvetica\", fontsize=11, style=filled, fillcolor=white];\n"
        text += "    edge [fontname=\"Helvetica\", fontsize=9, color=\"#666666\"];\n"
        if nodes.count > limit {
            text += collapsed()
        } else {
            let items = itemCounts(statuses)
            for index in 0..<finallyStart { text += "    " + line(of: index, statuses, items) }
            if finallyStart < nodes.count {
                text += "    subgraph cluster_finally {\n        label=\"finally\"; style=dashed; color=\"#999999\";\n"
                for index in finallyStart..<nodes.count { text += "        " + line(of: index, statuses, items) }
                text += "    }\n"
            }
            for index in nodes.indices {
                for edge in needs(of: index) {
                    let label =
                        edge.condition == .met ? "" : " [label=\(quoted(edge.condition.rawValue)), style=dashed]"
                    text += "    \(quoted(nodes[Int(edge.node)].id)) -> \(quoted(nodes[index].id))\(label);\n"
                }
            }
        }
        return text + "}\n"
    }

    private func line(of index: Int, _ statuses: [String: NodeStatus], _ items: [String: Int]) -> String {
        let node = nodes[index]
        var label = node.id
        if let title = node.options.title { label += "\n\(title)" }
        label += "\n\(node.kind)"
        if node.options.foreach != nil { label += items[node.id].map { " × \($0)" } ?? " × n" }
        if node.options.repetition != nil { label += " ↻" }
        var look = "shape=\(Self.shape(of: node.kind))"
        if let status = statuses[node.id] {
            label += "\n\(status.sign) \(status.rawValue)"
            look += ", fillcolor=\"\(status.colour)\""
        } else if !statuses.isEmpty {
            look += ", fontcolor=\"#888888\", color=\"#bbbbbb\""
        }
        return "\(quoted(node.id)) [label=\(quoted(label)), \(look)];\n"
    }

    private func collapsed() -> String {
        var text = ""
        for (level, members) in levels.enumerated() {
            var counts: [String: Int] = [:]
            for node in members { counts[nodes[node].kind, default: 0] += 1 }
            let words = counts.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }
            text +=
                "    level\(level) [shape=box3d, label=\(quoted("level \(level)\n" + words.joined(separator: "\n")))];\n"
            if level > 0 { text += "    level\(level - 1) -> level\(level);\n" }
        }
        return text
    }

    /// The shape that stands for a kind.
    public static func shape(of kind: String) -> String {
        switch kind {
        case "run": "box"
        case "sql": "cylinder"
        case "agent": "ellipse"
        case "approval": "diamond"
        case "render": "note"
        case "wait": "circle"
        case "workflow": "box3d"
        case "set": "parallelogram"
        case "http": "cds"
        case "jq": "component"
        case "switch": "trapezium"
        case "plan": "tab"
        default: "box"
        }
    }

    private func quoted(_ text: String) -> String { Self.quoted(text) }

    /// A text as a quoted string of DOT; line breaks become `\n`, other controls a space.
    public static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case _ where Plan.isUnsafe(scalar): quoted += " "
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    /// Whether a character acts on a terminal, ends a line, or turns the direction of writing.
    static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x1F, 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2060...0x2069, 0xFEFF,
            0xFFFE...0xFFFF:
            true
        default: false
        }
    }

    /// How many items of each `foreach` the statuses name.
    func itemCounts(_ statuses: [String: NodeStatus]) -> [String: Int] {
        var counts: [String: Int] = [:]
        for name in statuses.keys {
            if let bracket = name.firstIndex(of: "[") { counts[String(name[..<bracket]), default: 0] += 1 }
        }
        return counts
    }
}

extension NodeStatus {
    /// A sign that tells the status without colour.
    public var sign: String {
        switch self {
        case .succeeded, .reused: "✓"
        case .failed, .rejected: "✗"
        case .skipped, .omitted: "–"
        case .cancelled, .interrupted: "!"
        case .running, .retrying: "▸"
        case .waiting: "?"
        case .pending, .ready: "○"
        }
    }

    /// A light fill colour on which black text reads well.
    var colour: String {
        switch self {
        case .succeeded: "#c8e6c9"
        case .reused: "#dcedc8"
        case .failed, .rejected: "#ffcdd2"
        case .skipped, .omitted: "#eeeeee"
        case .cancelled, .interrupted: "#ffe0b2"
        case .running, .retrying: "#bbdefb"
        case .waiting: "#fff9c4"
        case .pending, .ready: "#ffffff"
        }
    }
}
