// SPDX-License-Identifier: Apache-2.0

/// Puts references to environment variables where a foreign script has values written into its text.
enum ScriptText {
    /// How a script is quoted at a place.
    enum Quoting {
        case none, single, double
        /// The text of a here-document that the shell expands, or does not.
        case open, closed
    }

    /// The pieces of a text: what lies outside and inside the marks.
    static func tags(_ text: String, open: String, close: String) -> [(isTag: Bool, text: String)] {
        var pieces: [(isTag: Bool, text: String)] = []
        var rest = text[...]
        while let start = rest.firstRange(of: open) {
            guard let end = rest[start.upperBound...].firstRange(of: close) else { break }
            if start.lowerBound > rest.startIndex { pieces.append((false, String(rest[..<start.lowerBound]))) }
            pieces.append((true, String(rest[start.upperBound..<end.lowerBound]).trimmed))
            rest = rest[end.upperBound...]
        }
        if !rest.isEmpty { pieces.append((false, String(rest))) }
        return pieces
    }

    /// A shell script with `variable(tag)` in the place of each tag, quoted as the place asks for. A nil keeps the tag.
    /// The second result says whether a tag stands where the shell expands nothing.
    static func shell(
        _ text: String, open: String, close: String, variable: (String) -> String?
    ) -> (text: String, isHidden: Bool) {
        var walk = ShellWalk()
        var result = ""
        var isHidden = false
        for piece in tags(text, open: open, close: close) {
            guard piece.isTag else {
                walk.read(piece.text)
                result += piece.text
                continue
            }
            guard let name = variable(piece.text) else {
                result += open + piece.text + close
                continue
            }
            switch walk.quoting {
            case .none: result += "\"${\(name)}\""
            case .double, .open: result += "${\(name)}"
            case .single: result += "'\"${\(name)}\"'"
            case .closed:
                isHidden = true
                result += "${\(name)}"
            }
        }
        return (result, isHidden)
    }

    /// A program of another language with an expression for each tag: `inText` between quotes, else `alone`.
    static func program(
        _ text: String, open: String, close: String, alone: (String) -> String?, inText: (String) -> String?
    ) -> String {
        var quote = ""
        var result = ""
        for piece in tags(text, open: open, close: close) {
            guard piece.isTag else {
                follow(piece.text, &quote)
                result += piece.text
                continue
            }
            if quote.isEmpty {
                result += alone(piece.text) ?? open + piece.text + close
            } else if let expression = inText(piece.text) {
                result += "\(quote) + \(expression) + \(quote)"
            } else {
                result += open + piece.text + close
            }
        }
        return result
    }

    /// Follows the quotes of a language with `'`, `"`, tripled ones and `#` comments.
    private static func follow(_ text: String, _ quote: inout String) {
        let scalars = Array(text.unicodeScalars)
        var at = 0
        while at < scalars.count {
            let scalar = scalars[at]
            let isTriple = at + 2 < scalars.count && scalars[at + 1] == scalar && scalars[at + 2] == scalar
            if scalar == "\\" {
                at += 2
                continue
            }
            if quote.isEmpty, scalar == "#" {
                while at < scalars.count, scalars[at] != "\n" { at += 1 }
                continue
            }
            if scalar == "'" || scalar == "\"" {
                let word = String(scalar)
                if quote.isEmpty {
                    quote = isTriple ? word + word + word : word
                    at += isTriple ? 3 : 1
                    continue
                }
                if quote == word {
                    quote = ""
                } else if quote == word + word + word, isTriple {
                    quote = ""
                    at += 3
                    continue
                }
            }
            at += 1
        }
    }
}

/// Follows the quotes of a shell script, piece by piece.
struct ShellWalk {
    private var stack: [ScriptText.Quoting] = [.none]
    private var documents: [(mark: String, isOpen: Bool, stripsTabs: Bool)] = []
    private var document: (mark: String, isOpen: Bool, stripsTabs: Bool)?
    private var row = ""
    private var previous: Unicode.Scalar = "\n"

    /// How a word at this place is quoted.
    var quoting: ScriptText.Quoting {
        if let document { return document.isOpen ? .open : .closed }
        return stack.last ?? .none
    }

    mutating func read(_ text: String) {
        let scalars = Array(text.unicodeScalars)
        var at = 0
        while at < scalars.count {
            at += document == nil ? step(scalars, at) : documentStep(scalars[at])
        }
    }

    private mutating func documentStep(_ scalar: Unicode.Scalar) -> Int {
        if scalar == "\n" {
            let stripped = document?.stripsTabs == true ? String(row.drop { $0 == "\t" }) : row
            if stripped == document?.mark { document = documents.isEmpty ? nil : documents.removeFirst() }
            row = ""
        } else {
            row.unicodeScalars.append(scalar)
        }
        return 1
    }

    private mutating func step(_ scalars: [Unicode.Scalar], _ at: Int) -> Int {
        let scalar = scalars[at]
        defer { previous = scalar }
        switch stack.last ?? .none {
        case .single:
            if scalar == "'" { stack.removeLast() }
            return 1
        case .double:
            if scalar == "\\" { return 2 }
            if scalar == "\"" { stack.removeLast() }
            if scalar == "$", at + 1 < scalars.count, scalars[at + 1] == "(" {
                stack.append(.none)
                return 2
            }
            return 1
        default: break
        }
        switch scalar {
        case "\\": return 2
        case "'": stack.append(.single)
        case "\"": stack.append(.double)
        case "(": stack.append(.none)
        case ")": if stack.count > 1 { stack.removeLast() }
        case "#" where previous.properties.isWhitespace || previous == ";":
            var end = at
            while end < scalars.count, scalars[end] != "\n" { end += 1 }
            return Swift.max(1, end - at)
        case "\n":
            if !documents.isEmpty { document = documents.removeFirst() }
        case "<" where at + 1 < scalars.count && scalars[at + 1] == "<":
            return hereDocument(scalars, at)
        default: break
        }
        return 1
    }

    private mutating func hereDocument(_ scalars: [Unicode.Scalar], _ at: Int) -> Int {
        var end = at + 2
        if end < scalars.count, scalars[end] == "<" { return 3 }
        let stripsTabs = end < scalars.count && scalars[end] == "-"
        if stripsTabs { end += 1 }
        while end < scalars.count, scalars[end] == " " { end += 1 }
        var mark = ""
        var isOpen = true
        while end < scalars.count, !scalars[end].properties.isWhitespace,
            !";|&<>)".unicodeScalars.contains(scalars[end])
        {
            if scalars[end] == "'" || scalars[end] == "\"" || scalars[end] == "\\" {
                isOpen = false
            } else {
                mark.unicodeScalars.append(scalars[end])
            }
            end += 1
        }
        if !mark.isEmpty { documents.append((mark, isOpen, stripsTabs)) }
        return end - at
    }
}
