// SPDX-License-Identifier: Apache-2.0

public import FlowCore
import YAML

/// Formats the text of a workflow or an agent: keys in the order of the reference, two spaces a level, one blank line
/// at most between entries. Comments stay with their entries, and all values stay as they are written.
public struct WorkflowFormatter: Sendable {
    /// Why a text is left as it is.
    public enum Refusal: Error, Sendable {
        /// The text has faults.
        case faults([Diagnostic], SourceMap)
        /// The text is written in a way that cannot be formatted.
        case unsupported(Diagnostic, SourceMap)
        /// A fault of the formatter: what it made would not mean the same.
        case wouldChange(String)
    }

    /// A formatted text.
    public struct Formatting: Sendable, Equatable {
        /// The text, with a line feed at its end.
        public var bytes: [UInt8]
        /// Whether keys stay where they are because an alias would otherwise come before its anchor.
        public var keepsOrder: Bool
    }

    private let order: KeyOrder

    /// A formatter that knows the keys of these kinds of nodes.
    public init(kinds: [any NodeKind]) { order = KeyOrder(kinds: kinds) }

    /// The text formatted.
    ///
    /// - Parameters:
    ///   - bytes: the text.
    ///   - name: how diagnostics name it.
    public func format(_ bytes: [UInt8], name: String) throws(Refusal) -> Formatting {
        var sources = SourceMap()
        let file = sources.add(SourceFile(name: name, bytes: bytes))
        let (given, problems) = YAMLDocument.parse(bytes)
        guard given != nil, problems.isEmpty else {
            throw .faults(problems.map { Diagnostic($0, file: file) }.inOrder(), sources)
        }
        let (document, _) = YAMLDocument.parse(SourceLines.normalised(bytes))
        guard let document else { throw .wouldChange("the text without carriage returns cannot be read") }
        var reason = ""
        for sorts in [true, false] {
            var layout = BlockLayout(tree: document, order: order, sorts: sorts)
            let lines: [[UInt8]]
            do throws(BlockLayout.Refusal) {
                lines = try layout.text()
            } catch {
                let start = min(error.offset, bytes.count)
                let span = SourceSpan(file: file, start: start, end: min(start + 1, bytes.count))
                throw .unsupported(Diagnostic(.unsupportedYAML, error.message, at: span), sources)
            }
            var text = Array(lines.joined(separator: [0x0A]))
            // A block text at the very end may do without its line feed, which then is no part of it.
            for ending in [[0x0A], []] as [[UInt8]] {
                guard let fault = Self.difference(document, text + ending, layout.sorted) else {
                    text += ending
                    return Formatting(bytes: text, keepsOrder: !sorts)
                }
                reason = fault
            }
        }
        throw .wouldChange(reason)
    }

    /// What would be lost or changed; nil if all is there.
    private static func difference(_ old: YAMLDocument, _ text: [UInt8], _ sorted: Set<YAMLNode>) -> String? {
        let (new, problems) = YAMLDocument.parse(text)
        guard let new, problems.isEmpty else { return "the formatted text could not be read" }
        var comparison = TreeComparison(old, new, sorted: sorted)
        guard comparison.areEqual() else { return "the formatted text would not mean the same" }
        let before = CommentScan.comments(of: old).map { String(decoding: $0, as: UTF8.self) }.sorted()
        let after = CommentScan.comments(of: new).map { String(decoding: $0, as: UTF8.self) }.sorted()
        return before == after ? nil : "a comment would be lost"
    }
}
