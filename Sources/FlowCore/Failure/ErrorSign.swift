// SPDX-License-Identifier: Apache-2.0

/// Words by which a category of error is known.
struct ErrorSign: Sendable {
    /// How much the words say. A name that only says where an error passed through says least.
    enum Weight: Int, Sendable, Comparable {
        case wrapper = 1, phrase, name
        /// Words that mean one thing only, such as `rate limit`.
        case certain

        static func < (a: Weight, b: Weight) -> Bool { a.rawValue < b.rawValue }
    }

    let category: ErrorCategory
    /// In small letters; they have to stand in one line, in this order.
    let words: [String]
    let weight: Weight

    init(_ category: ErrorCategory, _ words: String..., weight: Weight) {
        self.category = category
        self.words = words
        self.weight = weight
    }

    /// Whether a line, in small letters, has the words.
    func isIn(_ line: Substring) -> Bool {
        var rest = line.utf8[...]
        for word in words {
            guard let place = Self.place(of: Array(word.utf8), in: rest) else { return false }
            rest = rest[place...]
        }
        return true
    }

    /// Where the text goes on after a word that does not stand inside another one.
    private static func place(of word: [UInt8], in text: Substring.UTF8View) -> Substring.UTF8View.Index? {
        var index = text.startIndex
        var isInWord = false
        while index != text.endIndex {
            if !isInWord, text[index...].starts(with: word) { return text.index(index, offsetBy: word.count) }
            isInWord = (0x61...0x7A).contains(text[index])
            text.formIndex(after: &index)
        }
        return nil
    }

    static let all: [ErrorSign] = [
        ErrorSign(.fileNotFound, "filenotfounderror", weight: .name),
        ErrorSign(.fileNotFound, "no such file", weight: .phrase),
        ErrorSign(.fileNotFound, "file", "not", "found", weight: .phrase),
        ErrorSign(.fileNotFound, "cannot find", weight: .wrapper),
        ErrorSign(.apiError, "rate limit", weight: .certain),
        ErrorSign(.apiError, "ratelimiterror", weight: .certain),
        ErrorSign(.apiError, "quota exceeded", weight: .certain),
        ErrorSign(.apiError, "authentication", "failed", weight: .certain),
        ErrorSign(.apiError, "apierror", weight: .wrapper),
        ErrorSign(.apiError, "api", "failed", weight: .wrapper),
        ErrorSign(.timeout, "timeouterror", weight: .name),
        ErrorSign(.timeout, "timeoutexpired", weight: .name),
        ErrorSign(.timeout, "timed out", weight: .name),
        ErrorSign(.timeout, "timeout", weight: .phrase),
        ErrorSign(.importError, "modulenotfounderror", weight: .name),
        ErrorSign(.importError, "importerror", weight: .name),
        ErrorSign(.importError, "no module named", weight: .name),
        ErrorSign(.typeError, "typeerror", weight: .name),
        ErrorSign(.valueError, "valueerror", weight: .name),
        ErrorSign(.keyError, "keyerror", weight: .name),
        ErrorSign(.attributeError, "attributeerror", weight: .name),
        ErrorSign(.indexError, "indexerror", weight: .name),
        ErrorSign(.permissionError, "permissionerror", weight: .name),
        ErrorSign(.permissionError, "permission denied", weight: .name),
        ErrorSign(.permissionError, "access denied", weight: .phrase),
        ErrorSign(.connectionError, "connectionerror", weight: .name),
        ErrorSign(.connectionError, "connectionrefusederror", weight: .name),
        ErrorSign(.connectionError, "connectionreseterror", weight: .name),
        ErrorSign(.connectionError, "connection refused", weight: .name),
        ErrorSign(.connectionError, "connection reset", weight: .name),
        ErrorSign(.connectionError, "refused", weight: .wrapper),
        ErrorSign(.connectionError, "reset", weight: .wrapper),
        ErrorSign(.memoryError, "memoryerror", weight: .name),
        ErrorSign(.memoryError, "out of memory", weight: .name),
        ErrorSign(.memoryError, "oom", weight: .phrase),
    ]
}
