// SPDX-License-Identifier: Apache-2.0

/// A pattern with `*`, `**` and `?`, matched against a whole text in time that grows with both.
///
/// In a pattern for paths `*` and `?` stop at a slash, `**` does not, and `**/` also stands for nothing. In one for
/// texts `*` and `**` are the same. Every other character means itself.
struct TextGlob: Sendable, Hashable {
    /// What the pattern is matched with.
    enum Flavour: Sendable, Hashable { case path, text }

    private enum Step: Hashable {
        case byte(UInt8)
        /// One character. Bytes that go on a character follow it freely.
        case one
        /// Any bytes, with or without slashes.
        case many(slashes: Bool)
        /// Nothing, or any bytes that end in a slash.
        case folders
    }

    /// The longest pattern, in bytes.
    static let longest = 500

    let pattern: String

    init(_ pattern: String) { self.pattern = pattern }

    /// Whether the pattern fits every text.
    var isEverything: Bool { pattern == "*" || pattern == "**" }

    private func steps(_ flavour: Flavour) -> [Step] {
        let bytes = Array(pattern.utf8.prefix(Self.longest))
        var steps: [Step] = []
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "?"): steps.append(.one)
            case UInt8(ascii: "*"):
                var count = 1
                while index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "*") {
                    index += 1
                    count += 1
                }
                let isSlashNext = index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "/")
                let isAtStart = steps.isEmpty || steps.last == .byte(UInt8(ascii: "/"))
                if flavour == .path, count > 1, isSlashNext, isAtStart {
                    steps.append(.folders)
                    index += 1
                } else {
                    steps.append(.many(slashes: flavour == .text || count > 1))
                }
            case let byte: steps.append(.byte(byte))
            }
            index += 1
        }
        return steps
    }

    /// Whether the pattern fits the whole text.
    func matches(_ text: String, as flavour: Flavour) -> Bool {
        let steps = steps(flavour)
        let slash = UInt8(ascii: "/")
        // The places of the pattern that can be reached, all at once.
        var current = [Bool](repeating: false, count: steps.count + 1)
        current[0] = true
        Self.skip(&current, steps)
        // `folders` may end only after a slash: whether it has begun is kept apart.
        var inFolders = [Bool](repeating: false, count: steps.count)
        for (place, step) in steps.enumerated() where step == .folders && current[place] { inFolders[place] = true }
        for byte in text.utf8 {
            var next = [Bool](repeating: false, count: steps.count + 1)
            var nextFolders = [Bool](repeating: false, count: steps.count)
            for (place, step) in steps.enumerated() where current[place] || inFolders[place] {
                switch step {
                case .byte(let wanted): if current[place], byte == wanted { next[place + 1] = true }
                case .one:
                    guard current[place], flavour == .text || byte != slash else { continue }
                    // The first byte of a character takes the step, the others stay before it.
                    if byte & 0xC0 == 0x80 { next[place] = true } else { next[place + 1] = true }
                case .many(let slashes): if current[place], slashes || byte != slash { next[place] = true }
                case .folders:
                    nextFolders[place] = true
                    if byte == slash { next[place + 1] = true }
                }
            }
            // The rest of a character that `?` has taken.
            if byte & 0xC0 == 0x80 {
                for (place, step) in steps.enumerated() where step == .one && current[place + 1] {
                    next[place + 1] = true
                }
            }
            Self.skip(&next, steps)
            for (place, step) in steps.enumerated() where step == .folders && next[place] { nextFolders[place] = true }
            (current, inFolders) = (next, nextFolders)
        }
        return current[steps.count]
    }

    /// Goes on over steps that may stand for nothing.
    private static func skip(_ reached: inout [Bool], _ steps: [Step]) {
        for (place, step) in steps.enumerated() where reached[place] {
            switch step {
            case .many, .folders: reached[place + 1] = true
            case .byte, .one: break
            }
        }
    }
}
