// SPDX-License-Identifier: Apache-2.0

extension Plan {
    /// The graph as a Mermaid flowchart, for documents that draw it.
    public func mermaid(statuses: [String: NodeStatus] = [:]) -> String {
        var text = "flowchart TD\n"
        for node in nodes {
            var label = "\(escaped(node.id))<br/>\(escaped(node.kind))"
            if let status = statuses[node.id] { label += "<br/>\(status.sign) \(status.rawValue)" }
            let (open, close) = Self.brackets(of: node.kind)
            text += "    n_\(node.id)\(open)\"\(label)\"\(close)\n"
        }
        for index in nodes.indices {
            for edge in needs(of: index) {
                let arrow = edge.condition == .met ? "-->" : "-. \(edge.condition.rawValue) .->"
                text += "    n_\(nodes[Int(edge.node)].id) \(arrow) n_\(nodes[index].id)\n"
            }
        }
        for (status, names) in Dictionary(
            grouping: nodes.map(\.id).filter { statuses[$0] != nil }, by: { statuses[$0] }
        )
        .sorted(by: { ($0.key?.rawValue ?? "") < ($1.key?.rawValue ?? "") }) {
            guard let status else { continue }
            text += "    classDef \(status.rawValue) fill:\(status.colour)\n"
            text += "    class \(names.map { "n_\($0)" }.joined(separator: ",")) \(status.rawValue)\n"
        }
        return text
    }

    private static func brackets(of kind: String) -> (String, String) {
        switch kind {
        case "sql": ("[(", ")]")
        case "agent": ("([", "])")
        case "approval": ("{", "}")
        case "wait": ("((", "))")
        case "workflow": ("[[", "]]")
        case "set": ("[/", "/]")
        default: ("[", "]")
        }
    }

    private func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": escaped += "#quot;"
            case "<": escaped += "#lt;"
            case ">": escaped += "#gt;"
            case "#": escaped += "#35;"
            case "&": escaped += "#amp;"
            case "`": escaped += "#96;"
            case _ where Plan.isUnsafe(scalar): escaped += " "
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
