// SPDX-License-Identifier: Apache-2.0

/// Turns an error of libyaml into a problem that a person can act on.
enum SyntaxProblem {
    /// The innermost bracket or brace that was open when the parser stopped.
    struct OpenBracket {
        var offset: Int
        var isMapping: Bool
    }

    private static let unknownHandle = "found undefined tag handle"

    static func make(
        _ failure: ParserFailure, source: UnsafeBufferPointer<UInt8>, cursor: inout CharacterCursor,
        inside bracket: OpenBracket? = nil
    ) -> YAMLProblem {
        if failure.isMemory {
            let end = source.count
            return YAMLProblem(code: .syntax, message: "there is not enough memory to read the text", range: end..<end)
        }
        let place = character(at: cursor.byteOffset(failure.problemIndex), in: source)
        if failure.problem == "did not find expected node content", let bracket {
            return unfinished(bracket, at: place)
        }
        let opening = opening(failure, source: source, cursor: &cursor)
        var (code, message, help) = explain(failure, at: place.lowerBound, in: source)
        if code == .tab { help = "use spaces for indentation" }
        if code == .tag || code == .directive {
            // The parser stops somewhere inside; the whole begins at its context mark.
            let start = failure.context.isEmpty ? place.lowerBound : cursor.byteOffset(failure.contextIndex)
            let first = character(at: start, in: source)
            guard let tag = NodeProperties(source, from: start).tag, failure.problem == Self.unknownHandle else {
                return YAMLProblem(code: code, message: message, range: first, help: help)
            }
            message = "the tag \(quoted(source[tag])) is not supported"
            return YAMLProblem(code: code, message: message, range: tag, help: help)
        }
        var related: [YAMLProblem.Note] = []
        if let opening, opening.range.lowerBound < place.lowerBound || place.isEmpty { related = [opening] }
        return YAMLProblem(code: code, message: message, range: place, related: related, help: help)
    }

    private static func unfinished(_ bracket: OpenBracket, at place: Range<Int>) -> YAMLProblem {
        let (noun, close) = bracket.isMapping ? ("mapping", "}") : ("list", "]")
        return YAMLProblem(
            code: .syntax, message: "expected a value or '\(close)' in the \(noun)", range: place,
            related: [.init(range: bracket.offset..<bracket.offset + 1, label: "the \(noun) opens here")],
            help: "close the \(noun); quote the value if it holds brackets, braces, commas or ': '"
        )
    }

    /// The character at an offset; at the end of the text, the empty place after the last thing written.
    private static func character(at offset: Int, in source: UnsafeBufferPointer<UInt8>) -> Range<Int> {
        guard offset < source.count else {
            var end = source.count
            while end > 0, ASCII.isBlank(source[end - 1]) || ASCII.isBreak(source[end - 1]) { end -= 1 }
            return end..<end
        }
        var end = offset + 1
        while end < source.count, source[end] & 0xC0 == 0x80 { end += 1 }
        return offset..<end
    }

    private static func opening(
        _ failure: ParserFailure, source: UnsafeBufferPointer<UInt8>, cursor: inout CharacterCursor
    ) -> YAMLProblem.Note? {
        let label: String
        switch failure.context {
        case "while scanning a quoted scalar", "while parsing a quoted scalar": label = "the quote opens here"
        case "while parsing a flow sequence": label = "the list opens here"
        case "while parsing a flow mapping": label = "the mapping opens here"
        case "while parsing a block mapping": label = "the mapping begins here"
        case "while parsing a block collection": label = "the list begins here"
        case "while scanning a simple key": label = "the key begins here"
        case "while scanning a block scalar": label = "the block text begins here"
        case "while scanning a plain scalar": label = "the text begins here"
        case "while scanning an alias": label = "the alias begins here"
        case "while scanning an anchor": label = "the anchor begins here"
        default: return nil
        }
        let place = character(at: cursor.byteOffset(failure.contextIndex), in: source)
        return YAMLProblem.Note(range: place, label: label)
    }

    /// Whether the same line has another `: ` before the offset.
    private static func isSecondColon(at offset: Int, in source: UnsafeBufferPointer<UInt8>) -> Bool {
        var index = min(offset, source.count) - 1
        while index > 0, !ASCII.isBreak(source[index]) {
            if ASCII.isBlank(source[index]), source[index - 1] == UInt8(ascii: ":") { return true }
            index -= 1
        }
        return false
    }

    private static func explain(
        _ failure: ParserFailure, at offset: Int, in source: UnsafeBufferPointer<UInt8>
    ) -> (code: YAMLProblem.Code, message: String, help: String?) {
        let quote = "quote the value if it holds brackets, braces, commas or ': '"
        switch failure.problem {
        case "found character that cannot start any token":
            guard offset < source.count else { return (.syntax, "the text ends too early", nil) }
            if source[offset] == ASCII.tab { return (.tab, "a tab cannot indent a line", nil) }
            let byte = source[offset..<offset + 1]
            return (.syntax, "a plain value cannot begin with \(quoted(byte))", "put the value in quotes")
        case "found a tab character that violates indentation",
            "found a tab character where an indentation space is expected":
            return (.tab, "a tab cannot indent a line", nil)
        case "found unexpected end of stream" where failure.context.contains("quoted scalar"):
            return (.syntax, "the closing quote is missing", "close the quote")
        case "found unexpected document indicator":
            return (
                .syntax, "a line '---' or '...' stands inside a quoted value", "close the quote, or indent the line"
            )
        case "did not find expected ',' or ']'":
            return (.syntax, "expected ',' or ']' in the list", "close the list; \(quote)")
        case "did not find expected ',' or '}'":
            return (.syntax, "expected ',' or '}' in the mapping", "close the mapping; \(quote)")
        case "mapping values are not allowed in this context":
            if isSecondColon(at: offset, in: source) {
                return (
                    .syntax, "a second ': ' on the line cannot begin another value", "put the whole value in quotes"
                )
            }
            return (
                .syntax, "a key cannot stand here",
                "check the indentation of this line; the line before may lack the blank after its ':'"
            )
        case "could not find expected ':'":
            return (.syntax, "expected ':' after the key", "write 'key: value', or check the indentation")
        case "did not find expected key":
            return (.syntax, "expected a key or the end of the mapping", "check the indentation of this line")
        case "did not find expected '-' indicator":
            return (.syntax, "expected '-' or the end of the list", "check the indentation of this line")
        case "block sequence entries are not allowed in this context":
            return (.syntax, "a list item cannot begin here", "begin the list on a line of its own")
        case "did not find expected <document start>":
            return (.syntax, "there is text after the end of the document", "check the indentation of this line")
        case "found unknown escape character":
            return (
                .syntax, "unknown escape in double quotes", "write '\\\\' for a backslash, or use single quotes"
            )
        case "did not find expected alphabetic or numeric character" where failure.context == "while scanning an alias":
            return (.syntax, "a plain value cannot begin with '*'", "put the value in quotes")
        case "did not find expected alphabetic or numeric character":
            return (.syntax, "a plain value cannot begin with '&'", "put the value in quotes")
        case "did not find expected comment or line break":
            return (
                .syntax, "there is text after '|' or '>'", "put the value in quotes, or begin the text on the next line"
            )
        case "did not find expected node content":
            return (.syntax, "expected a value", "put the value in quotes if it is plain text")
        case "found invalid Unicode character escape code":
            return (
                .syntax, "the escape is no Unicode character", "write the character itself, or one \\U escape for it"
            )
        case unknownHandle:
            return (.tag, "tags are not supported", "remove the tag")
        case "":
            return (.syntax, "the text cannot be read", nil)
        default:
            if failure.context.contains("directive") {
                return (.directive, "a line of the document cannot begin with '%'", "indent or quote the line")
            }
            if failure.context.contains(" tag") { return (.tag, "the tag cannot be read", "remove the tag") }
            return (.syntax, failure.problem, nil)
        }
    }
}
