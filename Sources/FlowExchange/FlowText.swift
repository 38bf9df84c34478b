// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// A value of a foreign text in flow's terms: pieces of text and expressions.
struct FlowText {
    /// What an expression gives.
    enum Kind {
        case text, number, boolean, any, list
    }

    enum Piece {
        case text(String)
        case expression(String, Kind)
    }

    var pieces: [Piece] = []

    init() {}
    init(_ text: String) { pieces = text.isEmpty ? [] : [.text(text)] }
    init(expression: String, _ kind: Kind = .text) { pieces = [.expression(expression, kind)] }

    static func += (left: inout FlowText, right: FlowText) {
        for piece in right.pieces {
            if case .text(let more) = piece, case .text(let text)? = left.pieces.last {
                left.pieces[left.pieces.count - 1] = .text(text + more)
            } else {
                left.pieces.append(piece)
            }
        }
    }

    /// The text, if there is no expression in it.
    var constant: String? {
        if pieces.isEmpty { return "" }
        if pieces.count == 1, case .text(let text) = pieces[0] { return text }
        return nil
    }

    /// The expression that is all of it, if so.
    var single: (text: String, kind: Kind)? {
        guard pieces.count == 1, case .expression(let text, let kind) = pieces[0] else { return nil }
        return (text, kind)
    }

    /// The value as it stands in YAML.
    var template: JSONValue {
        .string(
            pieces.map { piece in
                switch piece {
                case .text(let text): text.asLiteral
                case .expression(let text, _): "${{ \(Self.unwrapped(text)) }}"
                }
            }.joined())
    }

    /// The value as an expression that gives a text.
    var expression: String {
        if pieces.isEmpty { return "''" }
        let parts = pieces.map { piece in
            switch piece {
            case .text(let text): Self.quoted(text)
            case .expression(let text, .text): pieces.count > 1 ? Self.grouped(text) : text
            case .expression(let text, _): "to_string(\(text))"
            }
        }
        return parts.joined(separator: " + ")
    }

    /// An expression in parentheses, unless it is a path or a call.
    static func grouped(_ text: String) -> String {
        let isSimple = text.unicodeScalars.allSatisfy {
            $0.properties.isAlphabetic || $0.properties.numericType != nil || $0 == "_" || $0 == "."
                || $0 == Reference.open || $0 == Reference.close
        }
        return isSimple ? text : "(\(text))"
    }

    /// An expression without parentheses around all of it.
    static func unwrapped(_ text: String) -> String {
        guard text.hasPrefix("("), text.hasSuffix(")") else { return text }
        var depth = 0
        var quote: Character?
        var isEscaped = false
        for (place, letter) in text.enumerated() {
            if let open = quote {
                if letter == open, !isEscaped { quote = nil }
                isEscaped = letter == "\\" && !isEscaped
                continue
            }
            switch letter {
            case "'", "\"": quote = letter
            case "(": depth += 1
            case ")":
                depth -= 1
                if depth == 0, place < text.count - 1 { return text }
            default: break
            }
        }
        return unwrapped(String(text.dropFirst().dropLast()))
    }

    /// A text as a literal of flow's expressions.
    static func quoted(_ text: String) -> String {
        // Where the whole is a template, `${{` would begin an expression.
        Expression.literal(text).replacing("${{", with: "$' + '{{")
    }

    /// A reference to what a node puts out, between marks until it is known whether it needs a default.
    enum Reference {
        static let open: Unicode.Scalar = "\u{F8F0}"
        static let close: Unicode.Scalar = "\u{F8F1}"

        static func output(_ name: String, of node: String) -> String { marked("nodes.\(node).outputs.\(name)") }
        static func artifact(_ name: String, of node: String) -> String { marked("nodes.\(node).artifacts.\(name)") }
        private static func marked(_ path: String) -> String { "\(open)\(path)\(close)" }
    }
}
