// SPDX-License-Identifier: Apache-2.0

/// The places of a few words, found by length and first letter: sooner than by a hash of all letters.
struct WordTable: Sendable {
    private static let drawerCount = 64

    private var drawers: [[(word: String, place: Int)]] = Array(repeating: [], count: drawerCount)

    /// The words in their order; of two equal ones the first counts.
    init(_ words: some Sequence<String>) {
        for (place, word) in words.enumerated() { drawers[Self.drawer(of: word)].append((word, place)) }
    }

    /// The place of a word.
    subscript(_ word: String) -> Int? {
        drawers[Self.drawer(of: word)].first { $0.word == word }?.place
    }

    private static func drawer(of word: String) -> Int {
        (5 * word.utf8.count + Int(word.utf8.first ?? 0)) % drawerCount
    }
}
