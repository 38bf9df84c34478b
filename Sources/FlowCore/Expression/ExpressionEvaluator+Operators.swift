// SPDX-License-Identifier: Apache-2.0

extension ExpressionEvaluator {
    /// A condition: only true and false are.
    mutating func truth(of node: ExpressionNode) throws(ExpressionError) -> Bool {
        let value = try value(of: node)
        if let truth = value.boolValue { return truth }
        throw ExpressionError(
            value.isNull ? .nullValue : .type, "a condition must be true or false, not \(value.typePhrase)",
            at: node.range)
    }

    mutating func unary(
        _ symbol: UnaryOperator, _ operand: ExpressionNode, at range: Range<Int>
    ) throws(ExpressionError) -> JSONValue {
        switch symbol {
        case .not: return .bool(try !truth(of: operand))
        case .negate:
            switch try value(of: operand) {
            case .integer(let value):
                let (result, overflow) = Int64(0).subtractingReportingOverflow(value)
                if overflow { throw Self.overflow(at: range) }
                return .integer(result)
            case .number(let value): return .number(-value)
            case let value:
                throw ExpressionError(
                    value.isNull ? .nullValue : .type, "`-` needs a number, not \(value.typePhrase)", at: operand.range)
            }
        }
    }

    mutating func binary(
        _ symbol: BinaryOperator, _ left: ExpressionNode, _ right: ExpressionNode, at range: Range<Int>
    ) throws(ExpressionError) -> JSONValue {
        let a = try value(of: left)
        let b = try value(of: right)
        switch symbol {
        case .equal, .notEqual:
            try budget.spend(walking: a, at: range)
            try budget.spend(walking: b, at: range)
            return .bool((a == b) == (symbol == .equal))
        case .less: return .bool(try Self.isLess(a, b, symbol, at: range))
        case .greater: return .bool(try Self.isLess(b, a, symbol, at: range))
        case .lessOrEqual: return .bool(try !Self.isLess(b, a, symbol, at: range))
        case .greaterOrEqual: return .bool(try !Self.isLess(a, b, symbol, at: range))
        case .add:
            if case .string(let first) = a, case .string(let second) = b {
                let size = first.utf8.count + second.utf8.count
                try budget.check(size: size, at: range)
                try budget.spend(bytes: size, at: range)
                return .string(first + second)
            }
            if a.stringValue != nil || b.stringValue != nil, !a.isNull, !b.isNull {
                throw ExpressionError(
                    .type, "`+` cannot join \(a.typePhrase) and \(b.typePhrase), convert with to_string(…)", at: range)
            }
            return try arithmetic(symbol, a, b, at: range)
        case .subtract, .multiply, .divide, .remainder: return try arithmetic(symbol, a, b, at: range)
        case .coalesce, .and, .or: return .null  // Evaluated one operand at a time, elsewhere.
        }
    }

    /// Whether a number is less than a number, or a text (by its bytes) less than a text.
    static func isLess(
        _ a: JSONValue, _ b: JSONValue, _ symbol: BinaryOperator, at range: Range<Int>
    ) throws(ExpressionError) -> Bool {
        switch (a, b) {
        case (.integer(let a), .integer(let b)): return a < b
        case (.string(let a), .string(let b)): return a.utf8.lexicographicallyPrecedes(b.utf8)
        default:
            if let a = a.numberValue, let b = b.numberValue { return a < b }
            throw ExpressionError(
                a.isNull || b.isNull ? .nullValue : .type,
                "`\(symbol.rawValue)` compares two numbers or two strings, not \(a.typePhrase) and \(b.typePhrase)",
                at: range)
        }
    }

    private func arithmetic(
        _ symbol: BinaryOperator, _ a: JSONValue, _ b: JSONValue, at range: Range<Int>
    ) throws(ExpressionError) -> JSONValue {
        if case .integer(let a) = a, case .integer(let b) = b {
            return try Self.whole(symbol, a, b, at: range)
        }
        guard let x = a.numberValue, let y = b.numberValue else {
            throw ExpressionError(
                a.isNull || b.isNull ? .nullValue : .type,
                "`\(symbol.rawValue)` needs two numbers, not \(a.typePhrase) and \(b.typePhrase)", at: range)
        }
        if y == 0, symbol == .divide || symbol == .remainder { throw Self.divisionByZero(at: range) }
        let result =
            switch symbol {
            case .add: x + y
            case .subtract: x - y
            case .multiply: x * y
            case .divide: x / y
            default: x.truncatingRemainder(dividingBy: y)
            }
        guard result.isFinite else { throw Self.overflow(at: range) }
        return .number(result)
    }

    private static func whole(
        _ symbol: BinaryOperator, _ a: Int64, _ b: Int64, at range: Range<Int>
    ) throws(ExpressionError) -> JSONValue {
        if b == 0, symbol == .divide || symbol == .remainder { throw divisionByZero(at: range) }
        let (result, overflowed) =
            switch symbol {
            case .add: a.addingReportingOverflow(b)
            case .subtract: a.subtractingReportingOverflow(b)
            case .multiply: a.multipliedReportingOverflow(by: b)
            case .divide: a.dividedReportingOverflow(by: b)
            default: a.remainderReportingOverflow(dividingBy: b)
            }
        // The one remainder that "overflows" is that of the least number by -1, which is 0.
        if overflowed, symbol != .remainder { throw overflow(at: range) }
        if symbol == .divide, result.multipliedReportingOverflow(by: b).partialValue != a {
            return .number(Double(a) / Double(b))
        }
        return .integer(result)
    }

    static func overflow(at range: Range<Int>) -> ExpressionError {
        ExpressionError(.overflow, "the result is too large for a number", at: range)
    }

    private static func divisionByZero(at range: Range<Int>) -> ExpressionError {
        ExpressionError(.divisionByZero, "division by zero", at: range)
    }
}
