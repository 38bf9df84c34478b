// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// A comparison as text for a terminal.
public struct ComparisonText: Sendable {
    /// What a piece of text is, for its colour.
    public enum Style: Sendable, Hashable { case good, bad, dim, strong, old, new }

    private let style: @Sendable (Style, String) -> String

    /// - Parameter style: gives a piece of text the colour of its style; the text as it is where there are no colours.
    public init(style: @escaping @Sendable (Style, String) -> String = { $1 }) { self.style = style }

    /// The text, with a line break at its end.
    public func text(_ comparison: RunComparison) -> String {
        var text = ""
        var indent = ""
        for block in ComparisonBlocks(comparison).blocks {
            switch block {
            case .heading(let level, let spans):
                if level < 4, !text.isEmpty { text += "\n" }
                indent = level < 3 ? "" : level == 3 ? "  " : "    "
                text += indent.dropLast(2) + (level < 3 ? style(.strong, plain(spans)) : styled(spans)) + "\n"
            case .line(let spans): text += indent + styled(spans) + "\n"
            case .table(let header, let rows): text += table(header, rows, indent)
            case .diff(let name, let diff):
                text += "\(indent)\(name.harmless)\n"
                for line in diff.harmless.split(separator: "\n") { text += indent + "  " + coloured(line) + "\n" }
            // The line with the digests says it.
            case .images: break
            }
        }
        return text
    }

    private func plain(_ spans: [ComparisonBlock.Span]) -> String { spans.map(\.text.harmless).joined() }

    private func styled(_ spans: [ComparisonBlock.Span]) -> String { spans.map(styled).joined() }

    private func styled(_ span: ComparisonBlock.Span) -> String {
        let text = span.text.harmless
        switch span.role {
        case .plain, .code: return text
        case .strong: return style(.strong, text)
        case .dim: return style(.dim, text)
        case .good: return style(.good, text)
        case .bad: return style(.bad, text)
        case .old: return style(.old, text)
        case .new: return style(.new, text)
        }
    }

    private func coloured(_ line: Substring) -> String {
        switch line.utf8.first {
        case UInt8(ascii: "+"): style(.new, String(line))
        case UInt8(ascii: "-"): style(.old, String(line))
        case UInt8(ascii: "@"): style(.dim, String(line))
        default: String(line)
        }
    }

    private func table(_ header: [String], _ rows: [[ComparisonBlock.Span]], _ indent: String) -> String {
        let cells = [header] + rows.map { $0.map(\.text.harmless) }
        let widths = header.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        var text = ""
        for (place, row) in cells.enumerated() {
            var line = ""
            var gap = 0
            for (column, cell) in row.enumerated() {
                if !cell.isEmpty {
                    line += String(repeating: " ", count: gap)
                    gap = 0
                    line += place == 0 ? cell : styled(rows[place - 1][column])
                }
                gap += widths[column] - cell.count + 2
            }
            text += indent + line + "\n"
        }
        return text
    }
}
