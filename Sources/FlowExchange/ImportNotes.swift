// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// What an import has to say about its source.
struct ImportNotes {
    private(set) var diagnostics: [Diagnostic] = []
    private var said: Set<String> = []

    /// A fault of the source.
    mutating func fault(_ message: String, at span: SourceSpan, help: [String] = []) {
        diagnostics.append(Diagnostic(.badSource, message, at: span, help: help))
    }

    /// Something that is left out.
    mutating func leftOut(_ what: String, at span: SourceSpan, help: String? = nil) {
        diagnostics.append(
            Diagnostic(.noEquivalent, what, at: span, severity: .warning, help: help.map { [$0] } ?? []))
    }

    /// Something that is left out everywhere, said at its first place only.
    mutating func leftOutOnce(_ what: String, at span: SourceSpan, help: String? = nil) {
        if said.insert(what).inserted { leftOut(what, at: span, help: help) }
    }

    /// Something that does not mean quite the same.
    mutating func approximated(_ what: String, at span: SourceSpan, help: String? = nil) {
        diagnostics.append(
            Diagnostic(.approximated, what, at: span, severity: .warning, help: help.map { [$0] } ?? []))
    }

    /// Something that does not mean quite the same, said at its first place only.
    mutating func approximatedOnce(_ what: String, at span: SourceSpan, help: String? = nil) {
        if said.insert(what).inserted { approximated(what, at: span, help: help) }
    }
}
