// SPDX-License-Identifier: Apache-2.0

/// A pattern for names: `*` stands for any text, `?` for one character, all else for itself.
public struct NamePattern: Sendable, Hashable {
    /// The longest text of a pattern, in bytes.
    public static let longest = 200

    public var text: String

    /// A pattern.
    public init(_ text: String) { self.text = text }

    /// Whether a name is one of those that the pattern stands for. Takes time in proportion to both lengths at most.
    public func matches(_ name: String) -> Bool {
        let (pattern, name) = (Array(text.unicodeScalars), Array(name.unicodeScalars))
        var (place, at) = (0, 0)
        // Where the last star stood, and how much of the name it had taken.
        var star: (pattern: Int, name: Int)?
        while at < name.count {
            if place < pattern.count, pattern[place] == "*" {
                star = (place, at)
                place += 1
            } else if place < pattern.count, pattern[place] == "?" || pattern[place] == name[at] {
                place += 1
                at += 1
            } else if let last = star {
                place = last.pattern + 1
                at = last.name + 1
                star = (last.pattern, at)
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == "*" }
    }
}
