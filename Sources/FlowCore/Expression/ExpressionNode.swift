// SPDX-License-Identifier: Apache-2.0

/// A part of an expression with its place.
public struct ExpressionNode: Sendable, Hashable {
    /// A member of an object literal.
    public struct Entry: Sendable, Hashable {
        /// The key as it will stand in the object.
        public let key: String
        /// Where the key is written.
        public let keyRange: Range<Int>
        /// The value.
        public let value: ExpressionNode

        /// A member of an object literal.
        public init(key: String, keyRange: Range<Int>, value: ExpressionNode) {
            self.key = key
            self.keyRange = keyRange
            self.value = value
        }
    }

    /// What the part is.
    public indirect enum Kind: Sendable, Hashable {
        /// A constant: null, true, a number, a string.
        case literal(JSONValue)
        /// `[a, b]`
        case list([ExpressionNode])
        /// `{a: 1, "b": 2}`
        case object([Entry])
        /// A name on its own, such as `inputs`.
        case name(String)
        /// `base.name`
        case member(ExpressionNode, name: String, nameRange: Range<Int>)
        /// `base[index]`
        case index(ExpressionNode, ExpressionNode)
        /// `!a` and `-a`
        case unary(UnaryOperator, ExpressionNode)
        /// `a + b` and its like
        case binary(BinaryOperator, ExpressionNode, ExpressionNode, operatorRange: Range<Int>)
        /// `a ? b : c`
        case conditional(ExpressionNode, ExpressionNode, ExpressionNode)
        /// `name(a, b)`
        case call(name: String, nameRange: Range<Int>, arguments: [ExpressionNode])
    }

    /// What the part is.
    public let kind: Kind
    /// The bytes of the expression's text that the part takes up, without brackets around it.
    public let range: Range<Int>
    /// The height of the tree, which bounds the stack of every walk over it.
    let height: Int

    /// A part of an expression.
    public init(_ kind: Kind, range: Range<Int>) {
        self.kind = kind
        self.range = range
        var tallest = 0
        kind.forEachChild { tallest = Swift.max(tallest, $0.height) }
        height = tallest + 1
    }
}

extension ExpressionNode.Kind {
    /// Calls `body` with each operand, in order of the text.
    func forEachChild(_ body: (ExpressionNode) -> Void) {
        switch self {
        case .literal, .name: break
        case .list(let elements): elements.forEach(body)
        case .object(let entries): entries.forEach { body($0.value) }
        case .member(let base, _, _): body(base)
        case .index(let base, let index):
            body(base)
            body(index)
        case .unary(_, let operand): body(operand)
        case .binary(_, let left, let right, _):
            body(left)
            body(right)
        case .conditional(let condition, let yes, let no):
            body(condition)
            body(yes)
            body(no)
        case .call(_, _, let arguments): arguments.forEach(body)
        }
    }
}

extension ExpressionNode {
    /// A segment of a path: a name and where it is written.
    struct Step {
        var name: String
        var range: Range<Int>
    }

    /// The path `a.b["c"]` when the node is one from end to end: a name, then members with constant names.
    var path: [Step]? {
        var steps: [Step] = []
        var node = self
        while true {
            switch node.kind {
            case .name(let name):
                steps.append(Step(name: name, range: node.range))
                steps.reverse()
                return steps
            case .member(let base, let name, let range):
                steps.append(Step(name: name, range: range))
                node = base
            case .index(let base, let index):
                guard case .literal(.string(let name)) = index.kind else { return nil }
                steps.append(Step(name: name, range: index.range))
                node = base
            default: return nil
            }
        }
    }
}
