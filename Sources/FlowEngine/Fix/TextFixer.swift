// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// Applies the fixes that a program may apply without asking to a workflow's text, until none is left.
///
/// Fixes are edits of byte ranges, so that everything else in the file stays: comments, order, spaces, line ends.
public struct TextFixer {
    /// A fix that was applied.
    public struct Applied: Sendable, Hashable {
        /// The code of the fault that it cured.
        public var code: DiagnosticCode
        /// What the fault was.
        public var message: String
        /// What was done about it.
        public var fix: String
        /// Where the fault stood, in the text as it was then.
        public var position: SourcePosition
    }

    /// A text after its fixes.
    public struct Outcome: Sendable {
        /// The text.
        public var bytes: [UInt8]
        /// What was done, in the order in which it was done.
        public var applied: [Applied]
        /// What the compiler says of the text now.
        public var compilation: Compilation
    }

    /// The most rounds: a fix may bring another fault to light, but not for ever.
    static let mostRounds = 100

    private let compile: (_ bytes: [UInt8]) -> Compilation

    /// A fixer of texts that are compiled by `compile`.
    public init(compile: @escaping (_ bytes: [UInt8]) -> Compilation) { self.compile = compile }

    /// Fixes what can be fixed without asking.
    public func fix(_ bytes: [UInt8]) -> Outcome {
        var outcome = Outcome(bytes: bytes, applied: [], compilation: compile(bytes))
        var refused: Set<Refused> = []
        for _ in 0..<Self.mostRounds {
            let chosen = Self.chosen(outcome.compilation, length: outcome.bytes.count, refused)
            guard !chosen.isEmpty else { break }
            if step(&outcome, chosen) { continue }
            // One of them does harm beside the others, as two keys that both become the same one.
            var didOne = false
            for single in chosen where !didOne {
                didOne = step(&outcome, [single])
                if !didOne { refused.insert(Refused(single)) }
            }
            if !didOne { break }
        }
        return outcome
    }

    /// A fix that made things worse; told by its words, because places move.
    private struct Refused: Hashable {
        var message: String
        var fix: String

        init(_ diagnostic: Diagnostic) {
            message = diagnostic.message
            fix = diagnostic.fixes.first?.message ?? ""
        }
    }

    /// Applies fixes; says no, and changes nothing, if the text is then not YAML any more or has a key twice.
    private func step(_ outcome: inout Outcome, _ diagnostics: [Diagnostic]) -> Bool {
        let edits = diagnostics.flatMap { Self.edits(of: $0) }
        let bytes = Self.text(outcome.bytes, with: edits)
        guard bytes != outcome.bytes else { return false }
        let compilation = compile(bytes)
        guard Self.damage(compilation) <= Self.damage(outcome.compilation) else { return false }
        for diagnostic in diagnostics {
            guard let fix = Self.fix(of: diagnostic), let file = outcome.compilation.sources.file(of: diagnostic.span)
            else { continue }
            outcome.applied.append(
                Applied(
                    code: diagnostic.code, message: diagnostic.message, fix: fix.message,
                    position: file.position(at: Int(diagnostic.span.start))))
        }
        outcome.bytes = bytes
        outcome.compilation = compilation
        return true
    }

    private static func damage(_ compilation: Compilation) -> Int {
        // The text and its YAML, and what a cure must not bring about.
        compilation.diagnostics.filter {
            $0.code.description.hasPrefix("F01") || $0.code == .conflictingKeys || $0.code == .cycle
        }.count
    }

    private static func fix(of diagnostic: Diagnostic) -> Diagnostic.Fix? {
        diagnostic.fixes.first { $0.applicability == .machineApplicable }
    }

    private static func edits(of diagnostic: Diagnostic) -> [Diagnostic.Fix.Edit] { fix(of: diagnostic)?.edits ?? [] }

    /// The diagnostics whose fixes can be applied at the same time: none touches what another one changes.
    private static func chosen(_ compilation: Compilation, length: Int, _ refused: Set<Refused>) -> [Diagnostic] {
        var taken: [Range<UInt32>] = []
        var chosen: [Diagnostic] = []
        for diagnostic in compilation.diagnostics where !refused.contains(Refused(diagnostic)) {
            let edits = edits(of: diagnostic)
            guard !edits.isEmpty, edits.allSatisfy({ $0.span.file == 0 && Int($0.span.end) <= length }) else {
                continue
            }
            // An alias is not changed for a fault of what it stands for.
            let isAlias = edits.contains { compilation.sources.file(of: $0.span)?.text($0.span).hasPrefix("*") ?? true }
            let ranges = edits.map { $0.span.start..<$0.span.end }
            let isFree = !ranges.contains { range in
                taken.contains { $0.lowerBound <= range.upperBound && range.lowerBound <= $0.upperBound }
            }
            guard isFree, !isAlias else { continue }
            taken += ranges
            chosen.append(diagnostic)
        }
        return chosen
    }

    /// The text with edits that do not overlap.
    static func text(_ bytes: [UInt8], with edits: [Diagnostic.Fix.Edit]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + 64)
        var place = 0
        for edit in edits.sorted(by: { ($0.span.start, $0.span.end) < ($1.span.start, $1.span.end) }) {
            let start = Int(edit.span.start)
            guard start >= place, Int(edit.span.end) <= bytes.count else { continue }
            result += bytes[place..<start]
            result += edit.replacement.utf8
            place = Int(edit.span.end)
        }
        return result + bytes[place...]
    }
}
