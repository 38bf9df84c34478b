// SPDX-License-Identifier: Apache-2.0

/// Finds out what a condition gives for certain, whatever the inputs are.
package struct ConditionFolder {
    /// What is known of the values of a path such as `inputs.mode`.
    package struct Values {
        /// The only texts and numbers that it can be, null aside.
        package var choices: [JSONValue]
        package var minimum: Double?
        package var maximum: Double?

        package init(choices: [JSONValue] = [], minimum: Double? = nil, maximum: Double? = nil) {
            self.choices = choices
            self.minimum = minimum
            self.maximum = maximum
        }
    }

    /// A comparison that always ends in the same way.
    package struct Finding {
        /// The whole comparison, in bytes of the expression's text.
        package var range: Range<Int>
        package var result: Bool
        /// The path that is compared, as it is written; nil when both sides are the same.
        package var path: String?
        /// The value that it is compared with, and where it stands.
        package var value: JSONValue?
        package var valueRange: Range<Int>
        package var known: Values
    }

    private let values: (_ path: [String]) -> Values?
    package private(set) var findings: [Finding] = []

    /// A folder that asks `values` what is known of a path.
    package init(values: @escaping (_ path: [String]) -> Values?) { self.values = values }

    /// What the condition gives; nil if it depends on something.
    package mutating func fold(_ expression: Expression) -> Bool? { fold(expression.root) }

    private mutating func fold(_ node: ExpressionNode) -> Bool? {
        switch node.kind {
        case .literal(.bool(let value)): return value
        case .unary(.not, let operand): return fold(operand).map { !$0 }
        case .binary(.and, let left, let right, _):
            let (a, b) = (fold(left), fold(right))
            if a == false || b == false { return false }
            return a == true && b == true ? true : nil
        case .binary(.or, let left, let right, _):
            let (a, b) = (fold(left), fold(right))
            if a == true || b == true { return true }
            return a == false && b == false ? false : nil
        case .conditional(let condition, let yes, let no):
            let (a, b, c) = (fold(condition), fold(yes), fold(no))
            switch a {
            case true: return b
            case false: return c
            default: return b == c ? b : nil
            }
        case .binary(let symbol, let left, let right, _): return compare(symbol, left, right, node)
        default:
            node.kind.forEachChild { _ = fold($0) }
            return nil
        }
    }

    private mutating func compare(
        _ symbol: BinaryOperator, _ left: ExpressionNode, _ right: ExpressionNode, _ whole: ExpressionNode
    ) -> Bool? {
        guard [.equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual].contains(symbol) else {
            _ = fold(left)
            _ = fold(right)
            return nil
        }
        if let path = left.path, let other = right.path, path.map(\.name) == other.map(\.name) {
            let result = [.equal, .lessOrEqual, .greaterOrEqual].contains(symbol)
            findings.append(
                Finding(range: whole.range, result: result, valueRange: right.range, known: Values()))
            return result
        }
        if let path = left.path, case .literal(let value) = right.kind {
            return compare(path, symbol, value, at: right.range, text: left, whole)
        }
        if let path = right.path, case .literal(let value) = left.kind {
            return compare(path, Self.turned(symbol), value, at: left.range, text: right, whole)
        }
        _ = fold(left)
        _ = fold(right)
        return nil
    }

    private static func turned(_ symbol: BinaryOperator) -> BinaryOperator {
        switch symbol {
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        default: symbol
        }
    }

    private mutating func compare(
        _ path: [ExpressionNode.Step], _ symbol: BinaryOperator, _ value: JSONValue, at valueRange: Range<Int>,
        text: ExpressionNode, _ whole: ExpressionNode
    ) -> Bool? {
        // A value may be null, whatever else it can be.
        guard !value.isNull, let known = values(path.map(\.name)), let result = Self.result(symbol, value, known) else {
            return nil
        }
        findings.append(
            Finding(
                range: whole.range, result: result, path: ExpressionPrinter.text(text), value: value,
                valueRange: valueRange, known: known))
        return result
    }

    private static func result(_ symbol: BinaryOperator, _ value: JSONValue, _ known: Values) -> Bool? {
        if symbol == .equal || symbol == .notEqual {
            let isImpossible =
                !known.choices.isEmpty
                && !known.choices.contains { $0 == value || $0.numberValue.map { $0 == value.numberValue } == true }
            let number = value.numberValue
            let isOutside = number.map { $0 < known.minimum ?? $0 || $0 > known.maximum ?? $0 } ?? false
            return isImpossible || isOutside ? symbol == .notEqual : nil
        }
        guard let number = value.numberValue else { return nil }
        let low = known.minimum
        let high = known.maximum
        switch symbol {
        case .less:
            if let low, low >= number { return false }
            if let high, high < number { return true }
        case .lessOrEqual:
            if let low, low > number { return false }
            if let high, high <= number { return true }
        case .greater:
            if let high, high <= number { return false }
            if let low, low > number { return true }
        case .greaterOrEqual:
            if let high, high < number { return false }
            if let low, low >= number { return true }
        default: break
        }
        return nil
    }
}
