// SPDX-License-Identifier: Apache-2.0

/// A parsed expression: what stands inside `${{ … }}`.
///
/// The language is small and total: no loops, no functions of one's own, no effects. Evaluation ends within its limits and
/// depends on the scope alone.
public struct Expression: Sendable, Hashable, CustomStringConvertible {
    /// A text as a literal of the language, in single quotes.
    public static func literal(_ text: String) -> String { ExpressionPrinter.quoted(text) }

    /// The text it was parsed from.
    public let text: String
    /// The tree. Its ranges are byte offsets in `text`.
    public let root: ExpressionNode
    /// The uses of names, in order of the text.
    public let references: [ExpressionReference]

    /// Parses an expression. Without an expression there is at least one fault.
    public static func parse(
        _ text: some StringProtocol, limits: ExpressionLimits = .standard
    ) -> (Expression?, [ExpressionFault]) {
        do throws(ExpressionFault) {
            let root = try ExpressionParser.parse(Array(text.utf8), limits: limits)
            return (Expression(text: String(text), root: root), [])
        } catch {
            return (nil, [error])
        }
    }

    private init(text: String, root: ExpressionNode) {
        self.text = text
        self.root = root
        references = ReferenceCollector.references(of: root)
    }

    /// The expression in its normal form, which parses to the same tree.
    public var description: String { ExpressionPrinter.text(root) }

    /// Whether the expression has the same value in every scope.
    public var isConstant: Bool { references.isEmpty }
}
