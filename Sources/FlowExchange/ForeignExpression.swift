// SPDX-License-Identifier: Apache-2.0

/// An expression of a foreign language: the part that those languages have in common.
indirect enum ForeignExpression {
    case text(String)
    case number(String)
    case boolean(Bool)
    case null
    /// A path such as `needs.a.outputs.b`.
    case name([String])
    /// A value that is already in flow's terms.
    case value(FlowText)
    case call(String, [ForeignExpression])
    case not(ForeignExpression)
    case binary(String, ForeignExpression, ForeignExpression)

    /// All paths in it.
    var names: [[String]] {
        switch self {
        case .name(let path): [path]
        case .call(_, let arguments): arguments.flatMap(\.names)
        case .not(let operand): operand.names
        case .binary(_, let left, let right): left.names + right.names
        default: []
        }
    }
}

/// Reads foreign expressions.
struct ForeignExpressionParser {
    private enum Token: Equatable {
        case word(String)
        case text(String)
        case tag(String)
        case symbol(String)
    }

    /// Why a text is no expression.
    struct Fault: Error {
        var message: String
    }

    private var tokens: ArraySlice<Token> = []
    private var depth = 0
    private let tag: (String) -> FlowText?
    private let inText: (String) -> FlowText?

    /// Reads an expression. `tag` says what `{{…}}` stands for, `inText` what a quoted text with tags is.
    static func parse(
        _ text: String, tag: @escaping (String) -> FlowText? = { _ in nil },
        inText: @escaping (String) -> FlowText? = { FlowText($0) }
    ) throws(Fault) -> ForeignExpression {
        guard text.utf8.count <= 16_384 else { throw Fault(message: "it is longer than 16 KiB") }
        var parser = ForeignExpressionParser(tag: tag, inText: inText)
        parser.tokens = try tokens(text)[...]
        let result = try parser.disjunction()
        guard parser.tokens.isEmpty else { throw Fault(message: "something is left after its end") }
        return result
    }

    private init(tag: @escaping (String) -> FlowText?, inText: @escaping (String) -> FlowText?) {
        self.tag = tag
        self.inText = inText
    }

    // MARK: Words

    private static func tokens(_ text: String) throws(Fault) -> [Token] {
        let scalars = Array(text.unicodeScalars)
        var tokens: [Token] = []
        var at = 0
        func starts(_ symbol: String) -> Bool {
            let wanted = Array(symbol.unicodeScalars)
            return at + wanted.count <= scalars.count && Array(scalars[at..<at + wanted.count]) == wanted
        }
        while at < scalars.count {
            let scalar = scalars[at]
            if scalar.properties.isWhitespace {
                at += 1
            } else if starts("{{") {
                var end = at + 2
                while end + 1 < scalars.count, !(scalars[end] == "}" && scalars[end + 1] == "}") { end += 1 }
                guard end + 1 < scalars.count else { throw Fault(message: "`{{` is not closed") }
                tokens.append(.tag(string(scalars[(at + 2)..<end]).trimmed))
                at = end + 2
            } else if scalar == "'" || scalar == "\"" {
                var value = String.UnicodeScalarView()
                at += 1
                var isClosed = false
                while at < scalars.count {
                    if scalars[at] == scalar {
                        // Two quotes stand for one.
                        guard at + 1 < scalars.count, scalars[at + 1] == scalar else {
                            isClosed = true
                            at += 1
                            break
                        }
                        at += 1
                    } else if scalars[at] == "\\", at + 1 < scalars.count {
                        at += 1
                    }
                    value.append(scalars[at])
                    at += 1
                }
                guard isClosed else { throw Fault(message: "a quote is not closed") }
                tokens.append(.text(String(value)))
            } else if let symbol = ["&&", "||", "==", "!=", "<=", ">=", "=~", "!~"].first(where: { starts($0) }) {
                tokens.append(.symbol(symbol))
                at += 2
            } else if "()[],!<>".unicodeScalars.contains(scalar) {
                tokens.append(.symbol(String(scalar)))
                at += 1
            } else if isWord(scalar) {
                var end = at
                while end < scalars.count, isWord(scalars[end]) { end += 1 }
                tokens.append(.word(string(scalars[at..<end])))
                at = end
            } else {
                throw Fault(message: "`\(scalar)` is not understood")
            }
        }
        return tokens
    }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        String(String.UnicodeScalarView(scalars))
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || scalar.properties.numericType != nil
            || "_.-/:*@".unicodeScalars.contains(scalar)
    }

    // MARK: Grammar

    private mutating func takes(_ symbols: [String], _ words: [String] = []) -> String? {
        switch tokens.first {
        case .symbol(let symbol)? where symbols.contains(symbol):
            tokens.removeFirst()
            return symbol
        case .word(let word)? where words.contains(word.lowercased()):
            tokens.removeFirst()
            return word.lowercased()
        default: return nil
        }
    }

    private mutating func disjunction() throws(Fault) -> ForeignExpression {
        depth += 1
        defer { depth -= 1 }
        guard depth < 64 else { throw Fault(message: "it has more than 64 levels") }
        var left = try conjunction()
        while takes(["||"], ["or"]) != nil { left = .binary("||", left, try conjunction()) }
        return left
    }

    private mutating func conjunction() throws(Fault) -> ForeignExpression {
        var left = try comparison()
        while takes(["&&"], ["and"]) != nil { left = .binary("&&", left, try comparison()) }
        return left
    }

    private mutating func comparison() throws(Fault) -> ForeignExpression {
        let left = try unary()
        guard let symbol = takes(["==", "!=", "<", "<=", ">", ">=", "=~", "!~"]) else { return left }
        return .binary(symbol, left, try unary())
    }

    private mutating func unary() throws(Fault) -> ForeignExpression {
        var isNegated = false
        while takes(["!"], ["not"]) != nil { isNegated.toggle() }
        let operand = try primary()
        return isNegated ? .not(operand) : operand
    }

    private mutating func primary() throws(Fault) -> ForeignExpression {
        guard let token = tokens.popFirst() else { throw Fault(message: "it ends too early") }
        switch token {
        case .symbol("("):
            let inner = try disjunction()
            guard takes([")"]) != nil else { throw Fault(message: "`)` is missing") }
            return inner
        case .symbol(let symbol): throw Fault(message: "`\(symbol)` stands where a value should")
        case .text(let text):
            guard text.contains("{{") else { return .text(text) }
            guard let value = inText(text) else { throw Fault(message: "`\(text)` has no equivalent") }
            return .value(value)
        case .tag(let name):
            guard let value = tag(name) else { throw Fault(message: "`{{\(name)}}` has no equivalent") }
            return .value(value)
        case .word(let word): return try named(word)
        }
    }

    private mutating func named(_ word: String) throws(Fault) -> ForeignExpression {
        if takes(["("]) != nil {
            var arguments: [ForeignExpression] = []
            if takes([")"]) != nil { return .call(word, []) }
            repeat { arguments.append(try disjunction()) } while takes([","]) != nil
            guard takes([")"]) != nil else { throw Fault(message: "`)` is missing") }
            return .call(word, arguments)
        }
        switch word.lowercased() {
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        case "null": return .null
        default: break
        }
        if let first = word.utf8.first, first == UInt8(ascii: "-") || (0x30...0x39).contains(first), Double(word) != nil
        {
            return .number(word)
        }
        var path = word.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        while takes(["["]) != nil {
            guard case .text(let key)? = tokens.popFirst(), takes(["]"]) != nil else {
                throw Fault(message: "only a text may stand in `[ ]`")
            }
            path.append(key)
            if case .word(let more)? = tokens.first, more.hasPrefix(".") {
                tokens.removeFirst()
                path += more.split(separator: ".").map(String.init)
            }
        }
        guard !path.contains("") else { throw Fault(message: "`\(word)` is no name") }
        return .name(path)
    }
}
