// SPDX-License-Identifier: Apache-2.0

/// Finds the word that was meant.
public enum Spelling {
    /// The candidate nearest to `word`, if one is near enough to be a likely misspelling.
    ///
    /// Distance: optimal string alignment (Damerau–Levenshtein without overlapping edits), so that swapped letters
    /// count once. At most a third of the word's length, and at most three edits. Ties go to the first candidate. A
    /// word in other capitals is the nearest of all; a single letter says nothing about what was meant.
    public static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
        let letters = Array(word.unicodeScalars)
        guard letters.count > 1 else { return nil }
        let small = word.lowercased()
        if small != word, let same = candidates.first(where: { $0.lowercased() == small }) { return same }
        let limit = Swift.min(3, Swift.max(1, (letters.count + 1) / 3))
        var best: (word: String, distance: Int)?
        for candidate in candidates where candidate != word {
            let other = Array(candidate.unicodeScalars)
            guard abs(other.count - letters.count) <= limit else { continue }
            let distance = distance(letters, other)
            if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.word
    }

    /// Whether `near` is what was meant beyond doubt: one or two letters differ, no other candidate is as near, and
    /// the word is long enough for that to say something.
    public static func isSure(_ near: String, for word: String, among candidates: some Sequence<String>) -> Bool {
        if near.lowercased() == word.lowercased() { return true }
        let letters = Array(word.unicodeScalars)
        let own = distance(letters, Array(near.unicodeScalars))
        guard letters.count >= 3, (1...2).contains(own) else { return false }
        return !candidates.contains { other in
            guard other != near, other != word else { return false }
            let scalars = Array(other.unicodeScalars)
            return abs(scalars.count - letters.count) <= own && distance(letters, scalars) <= own
        }
    }

    static func distance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
        if a.isEmpty || b.isEmpty { return Swift.max(a.count, b.count) }
        var twoBack: [Int] = []
        var oneBack = Array(0...b.count)
        for i in 1...a.count {
            var row = [i]
            row.reserveCapacity(b.count + 1)
            for j in 1...b.count {
                var cost = Swift.min(
                    row[j - 1] + 1, oneBack[j] + 1, oneBack[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                    cost = Swift.min(cost, twoBack[j - 2] + 1)
                }
                row.append(cost)
            }
            twoBack = oneBack
            oneBack = row
        }
        return oneBack[b.count]
    }
}
