// SPDX-License-Identifier: Apache-2.0

/// An error of an attempt that a later attempt of the same node has got over.
public struct SolvedError: Sendable, Hashable {
    /// The run; empty in a batch, which is of one run.
    public var run: String
    public var node: String
    public var category: ErrorCategory
    /// What errors of this sort have in common; see `ErrorAnalysis.fingerprint`.
    public var fingerprint: String
    public var failedAttempt: Int
    public var solvedAttempt: Int

    /// An error of a run.
    public init(
        run: String, node: String, category: ErrorCategory, fingerprint: String, failedAttempt: Int, solvedAttempt: Int
    ) {
        self.run = run
        self.node = node
        self.category = category
        self.fingerprint = fingerprint
        self.failedAttempt = failedAttempt
        self.solvedAttempt = solvedAttempt
    }

    /// The error of a failed attempt.
    public init(_ attempt: RetryAdvice.Attempt, node: String, solvedAttempt: Int) {
        self.init(
            run: "", node: node, category: attempt.analysis.category, fingerprint: attempt.analysis.fingerprint,
            failedAttempt: attempt.number, solvedAttempt: solvedAttempt)
    }
}

extension ErrorAnalysis {
    /// A line without what differs from one time to the next.
    static func fingerprint(of line: Substring) -> String {
        var words: [String] = []
        for word in withoutQuotes(line.lowercased()).split(whereSeparator: \.isWhitespace) {
            if word.contains("/") {
                words.append("/")
            } else {
                var plain = ""
                for letter in word {
                    if !letter.isNumber { plain.append(letter) } else if plain.last != "#" { plain.append("#") }
                }
                words.append(plain)
            }
        }
        return String(words.joined(separator: " ").prefix(200))
    }

    private static func withoutQuotes(_ text: String) -> String {
        var plain = ""
        var open: Character?
        for letter in text {
            if let quote = open {
                if letter == quote { open = nil }
            } else if letter == "'" || letter == "\"" || letter == "`" {
                open = letter
                plain.append("'")
            } else {
                plain.append(letter)
            }
        }
        return plain
    }
}

extension RunStore {
    public func solved(
        _ category: ErrorCategory, _ fingerprint: String, limit: Int
    ) async throws(StoreError) -> [SolvedError] { [] }
}
