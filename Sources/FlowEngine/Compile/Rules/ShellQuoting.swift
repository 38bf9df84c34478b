// SPDX-License-Identifier: Apache-2.0

/// Where in a shell script a place stands, as far as quotes go.
enum ShellQuoting {
    case bare
    case doubleQuoted
    case singleQuoted

    /// The quoting at byte `offset` of a script; nil where it cannot be told without reading the script as a shell
    /// does: after a here-document, a command substitution or in a comment. `${{ }}` before it counts as a word.
    static func at(_ offset: Int, of script: String) -> ShellQuoting? {
        let bytes = Array(script.utf8)
        var state = ShellQuoting.bare
        var index = 0
        while index < Swift.min(offset, bytes.count) {
            let byte = bytes[index]
            let next = index + 1 < bytes.count ? bytes[index + 1] : 0
            if byte == 0x24, next == 0x7B, index + 2 < bytes.count, bytes[index + 2] == 0x7B {
                // To the end of the expression.
                var end = index + 3
                while end + 1 < bytes.count, !(bytes[end] == 0x7D && bytes[end + 1] == 0x7D) { end += 1 }
                index = end + 2
                continue
            }
            switch (state, byte) {
            case (.singleQuoted, 0x27): state = .bare
            case (.singleQuoted, _): break
            case (_, 0x5C): index += 1
            case (_, 0x60): return nil
            case (_, 0x24) where next == 0x28: return nil
            case (.doubleQuoted, 0x22): state = .bare
            case (.doubleQuoted, _): break
            case (.bare, 0x22): state = .doubleQuoted
            case (.bare, 0x27): state = .singleQuoted
            case (.bare, 0x3C) where next == 0x3C: return nil
            case (.bare, 0x23)
            where index == 0 || [0x20, 0x09, 0x0A, 0x3B, 0x26, 0x7C, 0x28].contains(bytes[index - 1]):
                // A comment, to the end of its line.
                while index < bytes.count, bytes[index] != 0x0A { index += 1 }
                if index >= offset { return nil }
                continue
            default: break
            }
            index += 1
        }
        return state
    }

    /// How the value of a variable is written here so that it stays one value. `next` is the byte after it.
    func use(of variable: String, before next: UInt8?) -> String {
        let goesOn =
            next.map {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x5F
            } ?? false
        switch self {
        case .bare: return "\"$\(variable)\""
        case .doubleQuoted: return goesOn ? "${\(variable)}" : "$\(variable)"
        case .singleQuoted: return "'\"$\(variable)\"'"
        }
    }
}
