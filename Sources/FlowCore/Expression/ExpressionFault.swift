// SPDX-License-Identifier: Apache-2.0

/// A mistake in an expression. The compiler makes a `Diagnostic` of it, because it knows where the text stands.
public struct ExpressionFault: Error, Sendable, Hashable {
    /// A change of the expression's text that cures the fault.
    public struct Replacement: Sendable, Hashable {
        /// The bytes to replace; empty for an insertion.
        public var range: Range<Int>
        /// What to put there.
        public var text: String
        /// Whether nothing else can have been meant, so that a program may do it without asking.
        public var isSure: Bool

        /// Puts `text` where `range` was.
        public init(_ range: Range<Int>, _ text: String, isSure: Bool = false) {
            self.range = range
            self.text = text
            self.isSure = isSure
        }
    }

    /// The kind of fault.
    public var code: DiagnosticCode
    /// What is wrong: lower case, no full stop.
    public var message: String
    /// The smallest part of the text that shows it, in bytes.
    public var range: Range<Int>
    /// What stands under the caret; may be empty.
    public var label: String
    /// Advice, one sentence each.
    public var help: [String]
    /// The cure, if one is known.
    public var replacement: Replacement?

    /// A fault of a stretch of text.
    public init(
        _ code: DiagnosticCode,
        _ message: String,
        at range: Range<Int>,
        label: String = "",
        help: [String] = [],
        replacement: Replacement? = nil
    ) {
        self.code = code
        self.message = message
        self.range = range
        self.label = label
        self.help = help
        self.replacement = replacement
    }

    /// The same fault of a longer text in which the expression stands at `offset`.
    public func shifted(by offset: Int) -> ExpressionFault {
        var fault = self
        fault.range = range.shifted(by: offset)
        if let replacement {
            fault.replacement = Replacement(
                replacement.range.shifted(by: offset), replacement.text, isSure: replacement.isSure)
        }
        return fault
    }
}

extension Range<Int> {
    func shifted(by offset: Int) -> Range<Int> { lowerBound + offset..<upperBound + offset }
}
