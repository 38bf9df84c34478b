// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// Ids of runs: twelve characters, a letter first, of an alphabet without look-alikes (Crockford's base 32).
enum RunIdentifier {
    private static let letters = Array("abcdefghjkmnpqrstvwxyz")
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz")

    /// A new id. Of 10⁶ runs two are alike with a probability below 10⁻⁵.
    static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        return make { generator.next() }
    }

    /// The id of what a name stands for: the same name gives the same id.
    static func derived(from name: String) -> String {
        var bytes = Digest(of: Array(name.utf8)).bytes[...]
        return make { UInt64(bytes.popFirst() ?? 0) }
    }

    private static func make(_ next: () -> UInt64) -> String {
        var id = String(letters[Int(next() % UInt64(letters.count))])
        for _ in 0..<11 { id.append(alphabet[Int(next() % 32)]) }
        return id
    }

    /// Whether a text can be an id or the beginning of one; anything else never reaches a path.
    static func isPlausible(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 12
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) }
    }
}
