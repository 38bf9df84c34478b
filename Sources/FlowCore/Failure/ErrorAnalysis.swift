// SPDX-License-Identifier: Apache-2.0

/// What can be said of a failure from its words, for the one who tries again.
///
/// The sign that says most decides, not the first that is found: a timeout inside an error of a service is a timeout. Of
/// signs that say as much the last in the text counts, because there programs name the error that ended them.
public struct ErrorAnalysis: Sendable, Hashable {
    public var category: ErrorCategory
    /// The line that decided, at most 300 characters; nil of the category `unknown`.
    public var evidence: String?
    /// The words in it by which the category is known.
    public var sign: String?
    /// Paths of files that the error names, at most 8.
    public var files: [String]
    /// What errors of this sort have in common: the line that decided, or the first one, without numbers, paths, what stands
    /// in quotes, and the case of letters; at most 200 characters.
    public var fingerprint: String

    /// Only so much of the end of a text is looked at, in bytes.
    private static let longest = 64 << 10

    /// Analyses the text of a failure: its message and the last lines of the program.
    public init(_ text: String) {
        let end = text.utf8.count > Self.longest ? String(text.suffix(Self.longest / 4)) : text
        var best: (weight: ErrorSign.Weight, category: ErrorCategory, line: Substring, sign: ErrorSign)?
        for line in end.split(whereSeparator: \.isNewline) {
            let small = line.lowercased()[...]
            for sign in ErrorSign.all where sign.weight >= (best?.weight ?? .wrapper) && sign.isIn(small) {
                // In one line the first of equal signs is the name of the error.
                if let best, best.line == line, sign.weight == best.weight { continue }
                best = (sign.weight, sign.category, line, sign)
            }
        }
        category = best?.category ?? .unknown
        evidence = best.map { String($0.line.prefix(300)) }
        sign = best.map { $0.sign.words.joined(separator: " … ") }
        files = Self.files(in: end)
        let line = best?.line ?? end.split(whereSeparator: \.isNewline).first ?? ""
        fingerprint = Self.fingerprint(of: line.prefix(300))
    }

    /// The failure of a node.
    public init(_ failure: NodeFailure) {
        self.init([failure.message, failure.excerpt ?? ""].joined(separator: "\n"))
        guard category == .unknown else { return }
        // What the engine saw itself needs no words.
        switch failure.reason {
        case .timeout, .idleTimeout: category = .timeout
        case .connection: category = .connectionError
        case .rateLimit, .serverError, .clientError, .refused: category = .apiError
        default: break
        }
    }

    /// Names in quotes that look like paths.
    private static func files(in text: String) -> [String] {
        var found: [String] = []
        for quote in ["'", "\"", "`"] as [Character] {
            for (place, part) in text.split(separator: quote, omittingEmptySubsequences: false).enumerated()
            where place % 2 == 1 {
                guard (3...300).contains(part.utf8.count), !part.contains(where: \.isNewline), !part.contains(" "),
                    part.contains("/") || isFileName(part), !found.contains(String(part))
                else { continue }
                found.append(String(part))
                if found.count == 8 { return found }
            }
        }
        return found
    }

    private static func isFileName(_ text: Substring) -> Bool {
        guard let dot = text.lastIndex(of: "."), dot != text.startIndex else { return false }
        let ending = text[text.index(after: dot)...]
        return (1...5).contains(ending.utf8.count) && ending.allSatisfy { $0.isLetter || $0.isNumber }
            && ending.contains(where: \.isLetter)
    }
}
