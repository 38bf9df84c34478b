// SPDX-License-Identifier: Apache-2.0

/// One fault or doubt about what a user wrote, with its place and, where there is one, its cure.
public struct Diagnostic: Sendable, Hashable {
    /// How much it matters.
    public enum Severity: String, Sendable, Hashable {
        /// The workflow cannot be used.
        case error
        /// It can be used, but is likely not what was meant.
        case warning
    }

    /// A second place that explains the first.
    public struct Label: Sendable, Hashable {
        public var span: SourceSpan
        public var text: String

        /// A labelled place.
        public init(_ span: SourceSpan, _ text: String) {
            self.span = span
            self.text = text
        }
    }

    /// A change of the text that cures the fault.
    public struct Fix: Sendable, Hashable {
        /// Whether a program may apply the fix without asking.
        public enum Applicability: String, Sendable, Hashable {
            case machineApplicable
            case maybe
        }

        /// The replacement of one stretch of text.
        public struct Edit: Sendable, Hashable {
            public var span: SourceSpan
            public var replacement: String

            /// Puts `replacement` where `span` was.
            public init(_ span: SourceSpan, replacement: String) {
                self.span = span
                self.replacement = replacement
            }
        }

        public var message: String
        public var applicability: Applicability
        public var edits: [Edit]

        /// A fix of one or more edits.
        public init(_ message: String, applicability: Applicability = .maybe, edits: [Edit]) {
            self.message = message
            self.applicability = applicability
            self.edits = edits
        }
    }

    public var code: DiagnosticCode
    public var severity: Severity
    /// What is wrong: lower case, no full stop.
    public var message: String
    /// The smallest span that shows the fault.
    public var span: SourceSpan
    /// What stands under the caret; may be empty.
    public var label: String
    public var related: [Label]
    public var help: [String]
    public var fixes: [Fix]

    /// A diagnostic.
    public init(
        _ code: DiagnosticCode,
        _ message: String,
        at span: SourceSpan,
        severity: Severity = .error,
        label: String = "",
        related: [Label] = [],
        help: [String] = [],
        fixes: [Fix] = []
    ) {
        self.code = code
        self.severity = severity
        self.message = message
        self.span = span
        self.label = label
        self.related = related
        self.help = help
        self.fixes = fixes
    }
}

extension Diagnostic.Fix {
    /// Writes `near` in the place of a misspelt word; by a program only where nothing else can have been meant.
    public static func spelling(
        _ near: String, for word: String, among candidates: some Sequence<String>, at span: SourceSpan
    ) -> Diagnostic.Fix {
        let isSure = Spelling.isSure(near, for: word, among: candidates)
        return Diagnostic.Fix(
            "write `\(near)`", applicability: isSure ? .machineApplicable : .maybe,
            edits: [Edit(span, replacement: near)])
    }
}

extension [Diagnostic] {
    /// Whether one of them is an error.
    public var hasErrors: Bool { contains { $0.severity == .error } }

    /// In the order of the text, each only once.
    public func inOrder() -> [Diagnostic] {
        var seen: Set<Diagnostic> = []
        return filter { seen.insert($0).inserted }
            .enumerated()
            .sorted {
                ($0.element.span.file, $0.element.span.start, $0.offset)
                    < ($1.element.span.file, $1.element.span.start, $1.offset)
            }
            .map(\.element)
    }
}
