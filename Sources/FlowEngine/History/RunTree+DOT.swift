// SPDX-License-Identifier: Apache-2.0

import FlowCore

extension RunTree {
    /// Some trees in the DOT language of graphviz: a box for each run with its name, status and verdict, coloured by status,
    /// and an edge from each run to those that come from it. The head of a line has a heavy border, a replay a dashed edge.
    public func dot(of roots: [String]) -> String {
        var text = "digraph \"runs\" {\n    rankdir=LR; fontname=\"Helvetica\";\n"
        text += "    node [fontname=\"Helvetica\", fontsize=11, shape=box, style=filled, fillcolor=white];\n"
        text += "    edge [fontname=\"Helvetica\", fontsize=9, color=\"#666666\"];\n"
        for root in roots {
            for (run, _) in line(from: root) { text += "    " + box(run) }
            for (run, _) in line(from: root).dropFirst() {
                guard let branch = self[run] else { continue }
                let look = branch.kind == .replay ? " [style=dashed]" : ""
                text += "    \(Plan.quoted(branch.parent)) -> \(Plan.quoted(run))\(look);\n"
            }
        }
        return text + "}\n"
    }

    private func box(_ run: String) -> String {
        let branch = self[run]
        var lines = [branch.map { $0.name ?? $0.kind.rawValue } ?? workflow(of: run), run]
        var state = status(of: run)
        if let branch, branch.kind == .branch { state += ", \(branch.verdict.rawValue)" }
        lines.append(state)
        if let hypothesis = branch?.hypothesis { lines += Self.wrapped("“\(hypothesis)”") }
        if let conclusion = branch?.conclusion { lines += Self.wrapped("→ \(conclusion)") }
        var look = "fillcolor=\"\(Self.colour(of: status(of: run)))\""
        if branch?.isHead == true { look += ", penwidth=3" }
        return "\(Plan.quoted(run)) [label=\(Plan.quoted(lines.joined(separator: "\n"))), \(look)];\n"
    }

    /// A long text as lines of some forty letters, at most six of them.
    private static func wrapped(_ text: String) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(whereSeparator: \.isWhitespace) {
            if !line.isEmpty, line.count + word.count >= 40 {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word.prefix(80)
        }
        lines.append(line)
        return lines.count <= 6 ? lines : lines.prefix(5) + ["…"]
    }

    private static func colour(of status: String) -> String {
        switch RunStatus(rawValue: status) {
        case .succeeded: "#c8e6c9"
        case .failed: "#ffcdd2"
        case .cancelled, .quarantined: "#ffe0b2"
        case .running, .queued: "#bbdefb"
        case .waiting, .paused: "#fff9c4"
        case .created, nil: "#ffffff"
        }
    }
}
