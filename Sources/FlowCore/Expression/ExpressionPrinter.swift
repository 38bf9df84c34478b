// SPDX-License-Identifier: Apache-2.0

/// Writes expressions in their normal form: no needless brackets, strings in single quotes.
enum ExpressionPrinter {
    /// The text of a node that stands where an operator of precedence `parent` binds.
    static func text(_ node: ExpressionNode, parent: Int = 0) -> String {
        switch node.kind {
        case .literal(let value): return text(value, parent: parent)
        case .list(let elements): return "[\(list(elements))]"
        case .object(let entries):
            return "{" + entries.map { "\(key($0.key)): \(text($0.value))" }.joined(separator: ", ") + "}"
        case .name(let name): return name
        case .member(let base, let name, _): return "\(text(base, parent: postfix)).\(name)"
        case .index(let base, let index): return "\(text(base, parent: postfix))[\(text(index))]"
        case .unary(let symbol, let operand):
            // `-(5)` is an operation, `-5` a literal.
            let isNumber = if case .literal(let value) = operand.kind { value.numberValue != nil } else { false }
            let inner = text(operand, parent: isNumber ? postfix + 1 : UnaryOperator.precedence)
            return bracketed(symbol.rawValue + inner, parent > UnaryOperator.precedence)
        case .binary(let symbol, let left, let right, _):
            let own = symbol.precedence
            let before = text(left, parent: symbol.chains ? own : own + 1)
            return bracketed("\(before) \(symbol.rawValue) \(text(right, parent: own + 1))", parent > own)
        case .conditional(let condition, let yes, let no):
            return bracketed("\(text(condition, parent: 1)) ? \(text(yes)) : \(text(no))", parent > 0)
        case .call(let name, _, let arguments): return "\(name)(\(list(arguments)))"
        }
    }

    private static let postfix = UnaryOperator.precedence + 1

    private static func bracketed(_ text: String, _ needed: Bool) -> String { needed ? "(\(text))" : text }

    private static func list(_ nodes: [ExpressionNode]) -> String {
        nodes.map { text($0) }.joined(separator: ", ")
    }

    private static func text(_ value: JSONValue, parent: Int) -> String {
        switch value {
        case .string(let text): return quoted(text)
        case .integer, .number:
            let text = value.jsonText()
            // Precedence above postfix asks for brackets around any number.
            return bracketed(text, parent > postfix || parent == postfix && text.hasPrefix("-"))
        case .null, .bool: return value.jsonText()
        case .array(let elements): return "[" + elements.map { text($0, parent: 0) }.joined(separator: ", ") + "]"
        case .object(let object):
            return "{" + object.map { "\(key($0.key)): \(text($0.value, parent: 0))" }.joined(separator: ", ") + "}"
        }
    }

    private static func key(_ key: String) -> String {
        guard let first = key.utf8.first, ExpressionLexer.startsName(first),
            key.utf8.allSatisfy(ExpressionLexer.continuesName)
        else { return quoted(key) }
        return key
    }

    static func quoted(_ text: String) -> String {
        var result = "'"
        for scalar in text.unicodeScalars {
            switch scalar {
            case "'": result += "\\'"
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "'"
    }
}
