// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// A plan as a small picture for a preview: a row for each level, boxes side by side, lines for needs. It is drawn at
/// once and without another program; `flow graph` draws better ones.
struct PlanPicture {
    /// The most nodes that are drawn.
    static let most = 500

    private static let boxHeight = 36
    private static let gap = 24
    private static let rowHeight = 84
    private static let letterWidth = 8

    let svg: String

    init(_ plan: Plan) {
        guard plan.nodes.count <= Self.most else {
            svg = Self.frame(
                width: 420, height: 60,
                "<text x=\"12\" y=\"34\">\(plan.nodes.count) nodes are too many for a preview</text>\n")
            return
        }
        let levels = plan.levels
        let widths = plan.nodes.map { max(70, $0.id.count * Self.letterWidth + 24) }
        let rows = levels.map { row in row.reduce(-Self.gap) { $0 + widths[$1] + Self.gap } }
        let width = (rows.max() ?? 0) + 2 * Self.gap
        var places = [(x: Int, y: Int)](repeating: (0, 0), count: plan.nodes.count)
        for (level, row) in levels.enumerated() {
            var x = (width - rows[level]) / 2
            for node in row {
                places[node] = (x, Self.gap + level * Self.rowHeight)
                x += widths[node] + Self.gap
            }
        }
        var body = ""
        for node in plan.nodes.indices {
            for edge in plan.needs(of: node) {
                let other = Int(edge.node)
                let from = (places[other].x + widths[other] / 2, places[other].y + Self.boxHeight)
                let to = (places[node].x + widths[node] / 2, places[node].y)
                let dash = edge.condition == .met ? "" : " stroke-dasharray=\"4 3\""
                body += "<line x1=\"\(from.0)\" y1=\"\(from.1)\" x2=\"\(to.0)\" y2=\"\(to.1)\"\(dash)/>\n"
            }
        }
        for (index, node) in plan.nodes.enumerated() {
            let (x, y) = places[index]
            let middle = x + widths[index] / 2
            body += "<g><title>\(Self.escaped(node.options.title ?? node.id)) (\(Self.escaped(node.kind)))</title>"
            body += "<rect x=\"\(x)\" y=\"\(y)\" width=\"\(widths[index])\" height=\"\(Self.boxHeight)\" rx=\"5\"/>"
            body += "<text x=\"\(middle)\" y=\"\(y + 23)\" text-anchor=\"middle\">\(Self.escaped(node.id))</text></g>\n"
        }
        svg = Self.frame(width: width, height: levels.count * Self.rowHeight, body)
    }

    private static func frame(width: Int, height: Int, _ body: String) -> String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(height)" width="\(width)" height="\(height)">
        <style>rect{fill:#fff;stroke:#555}line{stroke:#888}text{font:13px Helvetica,sans-serif}</style>
        \(body)</svg>

        """
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            case "\"": result += "&quot;"
            default: if scalar.value >= 0x20 { result.unicodeScalars.append(scalar) }
            }
        }
        return result
    }
}
