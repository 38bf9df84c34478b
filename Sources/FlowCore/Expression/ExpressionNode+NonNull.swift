// SPDX-License-Identifier: Apache-2.0

extension ExpressionNode {
    /// The paths that are not null when the condition has the given value, each as its names: those compared with null,
    /// through `&&`, `||` and `!`.
    func paths(nonNullWhen isTrue: Bool) -> [[String]] {
        nonNullNodes(when: isTrue).compactMap { $0.path?.map(\.name) }
    }

    /// The same paths in the normal form of expressions.
    func nonNulls(when isTrue: Bool) -> Set<String> {
        Set(nonNullNodes(when: isTrue).map { ExpressionPrinter.text($0) })
    }

    private func nonNullNodes(when isTrue: Bool) -> [ExpressionNode] {
        switch kind {
        case .binary(let symbol, let left, let right, _):
            switch (symbol, isTrue) {
            case (.and, true), (.or, false): left.nonNullNodes(when: isTrue) + right.nonNullNodes(when: isTrue)
            case (.notEqual, true), (.equal, false):
                if right.isNull, left.path != nil {
                    [left]
                } else if left.isNull, right.path != nil {
                    [right]
                } else {
                    []
                }
            default: []
            }
        case .unary(.not, let operand): operand.nonNullNodes(when: !isTrue)
        default: []
        }
    }

    /// Whether the node is `[]`, which has elements of any type one asks for.
    var isEmptyList: Bool {
        if case .list(let elements) = kind { elements.isEmpty } else { false }
    }

    /// Whether the node is the word `null`.
    var isNull: Bool {
        if case .literal(.null) = kind { true } else { false }
    }
}

extension String {
    /// Whether the text is the path of a name or of a part of it.
    func isPath(under name: String) -> Bool { self == name || hasPrefix("\(name).") || hasPrefix("\(name)[") }
}

extension ExpressionChecker {
    /// The type of a node where some paths are known not to be null.
    mutating func type(of node: ExpressionNode, orNull: Bool, knowing paths: Set<String>) -> ValueType {
        let outer = known
        known.formUnion(paths)
        defer { known = outer }
        return type(of: node, orNull: orNull)
    }
}
