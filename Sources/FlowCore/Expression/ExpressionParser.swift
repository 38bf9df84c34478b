// SPDX-License-Identifier: Apache-2.0

/// A recursive descent parser. `depth` bounds its stack; `ExpressionLimits.treeDepth` that of later walks.
struct ExpressionParser {
    private let tokens: [ExpressionToken]
    private let limits: ExpressionLimits
    private var index = 0
    private var depth = 0

    /// Parses a whole expression.
    static func parse(_ text: [UInt8], limits: ExpressionLimits) throws(ExpressionFault) -> ExpressionNode {
        guard text.count <= limits.length else {
            throw ExpressionFault(
                .expressionSyntax, "the expression is longer than \(limits.length) bytes", at: 0..<text.count)
        }
        var parser = ExpressionParser(tokens: try ExpressionLexer.tokens(of: text), limits: limits)
        if parser.token.kind == .end {
            throw ExpressionFault(.expressionSyntax, "the expression is empty", at: 0..<text.count)
        }
        let root = try parser.conditional()
        if parser.token.kind != .end { throw parser.leftOver() }
        return root
    }

    private init(tokens: [ExpressionToken], limits: ExpressionLimits) {
        self.tokens = tokens
        self.limits = limits
    }

    // MARK: Operators

    private mutating func conditional() throws(ExpressionFault) -> ExpressionNode {
        try enter()
        defer { depth -= 1 }
        let start = token.range.lowerBound
        let condition = try binary(minimum: 1)
        let mark = token.range
        guard take("?") else { return condition }
        let yes = try conditional()
        guard take(":") else { throw missingColon() }
        let no = try conditional()
        return try node(.conditional(condition, yes, no), range: start..<end, at: mark)
    }

    private mutating func binary(minimum: Int) throws(ExpressionFault) -> ExpressionNode {
        let start = token.range.lowerBound
        var left = try unary()
        while let symbol = binaryOperator, symbol.precedence >= minimum {
            let mark = token.range
            index += 1
            let right = try binary(minimum: symbol.precedence + 1)
            let joined = try node(
                .binary(symbol, left, right, operatorRange: mark), range: start..<end, at: mark)
            if !symbol.chains, let next = binaryOperator, next.precedence == symbol.precedence {
                throw chained(symbol, next, right)
            }
            left = joined
        }
        return left
    }

    private var binaryOperator: BinaryOperator? {
        if case .symbol(let text) = token.kind { BinaryOperator(rawValue: text) } else { nil }
    }

    private mutating func unary() throws(ExpressionFault) -> ExpressionNode {
        let mark = token.range
        guard case .symbol(let text) = token.kind, let symbol = UnaryOperator(rawValue: text) else {
            return try postfix()
        }
        try enter()
        defer { depth -= 1 }
        index += 1
        let next = token
        let operand = try unary()
        if symbol == .negate, case .number(let value) = next.kind, operand.range == next.range {
            return ExpressionNode(.literal(Self.negated(value)), range: mark.lowerBound..<operand.range.upperBound)
        }
        return try node(.unary(symbol, operand), range: mark.lowerBound..<end, at: mark)
    }

    /// `-9223372036854775808` is an integer although its digits alone are too large for one.
    private static func negated(_ value: JSONValue) -> JSONValue {
        switch value {
        case .integer(let whole): .integer(-whole)
        case .number(let number): number == -Double(Int64.min) ? .integer(.min) : .number(-number)
        default: value
        }
    }

    private mutating func postfix() throws(ExpressionFault) -> ExpressionNode {
        let start = token.range.lowerBound
        var base = try primary()
        while true {
            let mark = token.range
            if take(".") {
                guard case .name(let name) = token.kind else { throw missingName() }
                let range = token.range
                index += 1
                base = try node(
                    .member(base, name: name, nameRange: range), range: start..<range.upperBound, at: mark)
            } else if take("[") {
                let inner = try conditional()
                try expect("]", opened: mark)
                base = try node(.index(base, inner), range: start..<end, at: mark)
            } else if token.kind == .symbol("("), mark.lowerBound == base.range.upperBound {
                throw notCallable(base)
            } else {
                return base
            }
        }
    }

    // MARK: Operands

    private mutating func primary() throws(ExpressionFault) -> ExpressionNode {
        let start = token
        switch start.kind {
        case .number(let value):
            index += 1
            return ExpressionNode(.literal(value), range: start.range)
        case .string(let value):
            index += 1
            return ExpressionNode(.literal(.string(value)), range: start.range)
        case .name(let name):
            index += 1
            return try named(name, start.range)
        case .symbol("("):
            return try group(start.range)
        case .symbol("["):
            return try list(start.range)
        case .symbol("{"):
            index += 1
            return try object(start.range)
        default:
            throw missingValue()
        }
    }

    private mutating func group(_ opened: Range<Int>) throws(ExpressionFault) -> ExpressionNode {
        index += 1
        let inner = try conditional()
        try expect(")", opened: opened)
        return inner
    }

    private mutating func list(_ opened: Range<Int>) throws(ExpressionFault) -> ExpressionNode {
        index += 1
        let elements = try sequence(until: "]", opened: opened)
        return try node(.list(elements), range: opened.lowerBound..<end, at: opened)
    }

    private mutating func named(_ name: String, _ range: Range<Int>) throws(ExpressionFault) -> ExpressionNode {
        switch name {
        case "null": return ExpressionNode(.literal(.null), range: range)
        case "true": return ExpressionNode(.literal(.bool(true)), range: range)
        case "false": return ExpressionNode(.literal(.bool(false)), range: range)
        case "not" where token.startsOperand:
            throw ExpressionFault(
                .expressionSyntax, "`not` is not an operator", at: range, help: ["not is written `!`"],
                replacement: .init(range, "!", isSure: true))
        default: break
        }
        let open = token.range
        guard take("(") else { return ExpressionNode(.name(name), range: range) }
        let arguments = try sequence(until: ")", opened: open)
        return try node(
            .call(name: name, nameRange: range, arguments: arguments), range: range.lowerBound..<end, at: range)
    }

    /// The rest of a list in brackets; a comma before the closing bracket is fine.
    private mutating func sequence(
        until close: String, opened: Range<Int>
    ) throws(ExpressionFault) -> [ExpressionNode] {
        var elements: [ExpressionNode] = []
        while !take(close) {
            elements.append(try conditional())
            if take(",") { continue }
            try expect(close, opened: opened, inList: true)
            break
        }
        return elements
    }

    private mutating func object(_ opened: Range<Int>) throws(ExpressionFault) -> ExpressionNode {
        var entries: [ExpressionNode.Entry] = []
        var keys: Set<String> = []
        while !take("}") {
            let range = token.range
            let key: String
            switch token.kind {
            case .name(let name): key = name
            case .string(let text): key = text
            default: throw ExpressionFault(.expressionSyntax, "expected a key, found \(found)", at: range)
            }
            index += 1
            guard keys.insert(key).inserted else {
                throw ExpressionFault(.expressionSyntax, "the key `\(key)` stands twice", at: range)
            }
            guard take(":") else {
                throw ExpressionFault(
                    .expressionSyntax, "expected `:` after the key `\(key)`, found \(found)", at: token.range)
            }
            entries.append(ExpressionNode.Entry(key: key, keyRange: range, value: try conditional()))
            if take(",") { continue }
            try expect("}", opened: opened, inList: true)
            break
        }
        return try node(.object(entries), range: opened.lowerBound..<end, at: opened)
    }

    // MARK: Faults, apart from the rules to keep the rules' stack frames small

    private func missingColon() -> ExpressionFault {
        ExpressionFault(
            .expressionSyntax, "expected `:`, found \(found)", at: token.range, label: "`:` is missing here",
            help: ["a conditional is written `condition ? value : other value`"])
    }

    private func chained(
        _ symbol: BinaryOperator, _ next: BinaryOperator, _ right: ExpressionNode
    ) -> ExpressionFault {
        let operand = ExpressionPrinter.text(right, parent: symbol.precedence + 1)
        let cure = "&& \(operand) \(next.rawValue)"
        return ExpressionFault(
            .expressionSyntax, "comparisons cannot be chained", at: token.range, label: "a second comparison",
            help: [
                "write `a \(symbol.rawValue) b && b \(next.rawValue) c`, here `… \(symbol.rawValue) \(operand) \(cure) …`"
            ],
            replacement: .init(token.range, cure))
    }

    private func missingName() -> ExpressionFault {
        ExpressionFault(
            .expressionSyntax, "expected a name after `.`, found \(found)", at: token.range,
            help: ["an element is taken by `[0]`, a member with another name by `[\"a name\"]`"])
    }

    private func notCallable(_ base: ExpressionNode) -> ExpressionFault {
        ExpressionFault(
            .expressionSyntax, "only functions can be called, and they have no methods", at: base.range,
            help: ["write `length(x)`, not `x.length()`"])
    }

    private func missingValue() -> ExpressionFault {
        ExpressionFault(.expressionSyntax, "expected a value, found \(found)", at: token.range)
    }

    // MARK: Small steps

    /// The last token is the end, and nothing steps over it.
    private var token: ExpressionToken { tokens[Swift.min(index, tokens.count - 1)] }

    /// The end of the token before the current one.
    private var end: Int { index > 0 ? tokens[index - 1].range.upperBound : 0 }

    private mutating func take(_ symbol: String) -> Bool {
        guard token.kind == .symbol(symbol) else { return false }
        index += 1
        return true
    }

    private mutating func expect(
        _ symbol: String, opened: Range<Int>, inList: Bool = false
    ) throws(ExpressionFault) {
        if take(symbol) { return }
        if token.kind == .end {
            throw ExpressionFault(
                .expressionSyntax, "the bracket is not closed", at: opened, label: "`\(symbol)` is missing")
        }
        throw leftOver(expected: inList ? "`,` or `\(symbol)`" : "`\(symbol)`")
    }

    /// The fault of a word after a complete expression.
    private func leftOver(expected: String? = nil) -> ExpressionFault {
        var fault = ExpressionFault(
            .expressionSyntax, "expected \(expected ?? "an operator or the end"), found \(found)", at: token.range)
        switch token.kind {
        case .name("and"):
            fault.help = ["and is written `&&`"]
            fault.replacement = .init(token.range, "&&", isSure: true)
        case .name("or"):
            fault.help = ["or is written `||`"]
            fault.replacement = .init(token.range, "||", isSure: true)
        case .name("if"), .name("else"):
            fault.help = ["a conditional is written `condition ? value : other value`"]
        case .name("in"): fault.help = ["write `contains(list, value)`"]
        case .symbol(":"): fault.help = ["a conditional is written `condition ? value : other value`"]
        default: break
        }
        return fault
    }

    private var found: String {
        switch token.kind {
        case .end: "the end"
        case .name(let name): "`\(name)`"
        case .number: "a number"
        case .string: "a string"
        case .symbol(let symbol): "`\(symbol)`"
        }
    }

    private mutating func enter() throws(ExpressionFault) {
        depth += 1
        if depth > limits.depth {
            throw ExpressionFault(
                .expressionSyntax, "the expression is nested deeper than \(limits.depth) levels", at: token.range)
        }
    }

    private func node(
        _ kind: ExpressionNode.Kind, range: Range<Int>, at mark: Range<Int>
    ) throws(ExpressionFault) -> ExpressionNode {
        let node = ExpressionNode(kind, range: range)
        if node.height > ExpressionLimits.treeDepth {
            throw ExpressionFault(
                .expressionSyntax,
                "the expression is too long: more than \(ExpressionLimits.treeDepth) operations "
                    + "depend on each other", at: mark, help: ["compute a part of it in a node of its own"])
        }
        return node
    }
}

extension ExpressionToken {
    /// Whether an operand may begin here.
    fileprivate var startsOperand: Bool {
        switch kind {
        case .name, .number, .string: true
        default: false
        }
    }
}
