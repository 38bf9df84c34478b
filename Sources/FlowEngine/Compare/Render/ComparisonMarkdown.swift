// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// A comparison as Markdown, with tables and code blocks as most sites read them.
public struct ComparisonMarkdown: Sendable {
    /// A renderer.
    public init() {}

    /// The page, with a line break at its end.
    public func text(_ comparison: RunComparison) -> String { Self.text(ComparisonBlocks(comparison).blocks) }

    /// Blocks as Markdown, with a line break at the end. Cells of tables stand left where that is asked for, else as each
    /// reader's program has it.
    static func text(_ blocks: [ComparisonBlock], left: Bool = false) -> String {
        var text = ""
        var isList = false
        for block in blocks {
            if case .line = block {
            } else if isList {
                text += "\n"
                isList = false
            }
            switch block {
            case .heading(let level, let spans):
                text += String(repeating: "#", count: level) + " " + spans.map(Self.escaped).joined() + "\n\n"
            case .line(let spans):
                text += "- " + spans.map(Self.text).joined() + "\n"
                isList = true
            case .table(let header, let rows):
                text += "| " + header.map(Self.escaped).joined(separator: " | ") + " |\n"
                text += "|" + String(repeating: left ? " :--- |" : " --- |", count: header.count) + "\n"
                for row in rows { text += "| " + row.map(Self.cell).joined(separator: " | ") + " |\n" }
                text += "\n"
            case .diff(let name, let diff):
                let fence = String(repeating: "`", count: max(3, Self.longestRun(of: "`", in: diff) + 1))
                text += "\(Self.escaped(name)):\n\n\(fence)diff\n\(diff.harmless)"
                if !diff.hasSuffix("\n") { text += "\n" }
                text += "\(fence)\n\n"
            // Markdown has no pictures without files; the line before names the digests.
            case .images: break
            }
        }
        while text.hasSuffix("\n\n") { text.removeLast() }
        return text
    }

    private static func text(_ span: ComparisonBlock.Span) -> String {
        guard !span.text.isEmpty else { return "" }
        switch span.role {
        case .plain, .dim: return escaped(span.text)
        case .strong: return "**\(escaped(span.text))**"
        case .good, .bad: return "*\(escaped(span.text))*"
        case .code, .old, .new: return code(span.text)
        }
    }

    private static func escaped(_ span: ComparisonBlock.Span) -> String { escaped(span.text) }

    /// In a table a bar ends the cell also inside of code.
    private static func cell(_ span: ComparisonBlock.Span) -> String {
        [.code, .old, .new].contains(span.role) && span.text.contains("|") ? escaped(span.text) : text(span)
    }

    /// A text that Markdown shows as it is, on one line.
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text.harmless {
            switch character {
            case "\n": result += " "
            case "\\", "`", "*", "_", "<", ">", "[", "]", "|", "#", "&", "~", "$": result += "\\\(character)"
            default: result.append(character)
            }
        }
        return result
    }

    private static func code(_ text: String) -> String {
        let text = String(text.harmless.map { $0 == "\n" ? " " : $0 })
        let run = longestRun(of: "`", in: text)
        guard run > 0 else { return "`\(text)`" }
        let fence = String(repeating: "`", count: run + 1)
        return "\(fence) \(text) \(fence)"
    }

    static func longestRun(of character: Character, in text: String) -> Int {
        var (longest, run) = (0, 0)
        for other in text {
            run = other == character ? run + 1 : 0
            longest = max(longest, run)
        }
        return longest
    }
}
