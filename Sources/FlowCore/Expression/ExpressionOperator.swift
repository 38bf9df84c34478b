// SPDX-License-Identifier: Apache-2.0

/// An operator between two operands.
public enum BinaryOperator: String, Sendable, Hashable, CaseIterable {
    case coalesce = "??"
    case or = "||"
    case and = "&&"
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case remainder = "%"

    /// How tightly the operator binds; the conditional binds less than all of them.
    var precedence: Int {
        switch self {
        case .coalesce: 1
        case .or: 2
        case .and: 3
        case .equal, .notEqual: 4
        case .less, .lessOrEqual, .greater, .greaterOrEqual: 5
        case .add, .subtract: 6
        case .multiply, .divide, .remainder: 7
        }
    }

    /// Whether the operator asks if two values are the same.
    var isEquality: Bool { self == .equal || self == .notEqual }

    /// Whether `a op b op c` has a meaning. Comparisons have none.
    var chains: Bool { precedence != 4 && precedence != 5 }
}

/// An operator before its operand.
public enum UnaryOperator: String, Sendable, Hashable {
    case not = "!"
    case negate = "-"

    /// Binds tighter than every binary operator.
    static let precedence = 8
}
