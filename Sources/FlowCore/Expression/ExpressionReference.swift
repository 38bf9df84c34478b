// SPDX-License-Identifier: Apache-2.0

/// A use of a name in an expression, with its members as far as they are constant: of `nodes.a.outputs[inputs.i]` that
/// is `nodes.a.outputs` (and, apart from it, `inputs.i`).
public struct ExpressionReference: Sendable, Hashable {
    /// A name of a path.
    public struct Segment: Sendable, Hashable {
        /// The name.
        public var name: String
        /// Where it is written: without the dot, with the quotes of `["name"]`.
        public var range: Range<Int>

        /// A name of a path.
        public init(name: String, range: Range<Int>) {
            self.name = name
            self.range = range
        }
    }

    /// The names, the root first; never empty.
    public var segments: [Segment]
    /// The place of the whole path.
    public var range: Range<Int>
    /// Whether a value stands by when the path is null or missing: it is on the left of `??` or in `coalesce(…)`.
    public var hasDefault: Bool
    /// Whether the path is dynamic after its last segment, as in `nodes[inputs.name]`.
    public var isDynamic: Bool

    /// The first name.
    public var root: String { segments.first?.name ?? "" }
    /// The names, the root first.
    public var path: [String] { segments.map(\.name) }

    /// The same reference of a longer text in which the expression stands at `offset`.
    public func shifted(by offset: Int) -> ExpressionReference {
        var reference = self
        reference.range = range.shifted(by: offset)
        reference.segments = segments.map { Segment(name: $0.name, range: $0.range.shifted(by: offset)) }
        return reference
    }
}

/// Collects the references of an expression in order of the text.
struct ReferenceCollector {
    private(set) var references: [ExpressionReference] = []
    /// How many functions around the current node bind `it`.
    private var bindings = 0

    static func references(of node: ExpressionNode) -> [ExpressionReference] {
        var collector = ReferenceCollector()
        collector.visit(node, hasDefault: false)
        return collector.references
    }

    private mutating func visit(_ node: ExpressionNode, hasDefault: Bool) {
        switch node.kind {
        case .name, .member, .index: visitPath(node, hasDefault: hasDefault)
        case .binary(.coalesce, let left, let right, _):
            visit(left, hasDefault: true)
            visit(right, hasDefault: hasDefault)
        case .conditional(let condition, let yes, let no):
            visit(condition, hasDefault: false)
            visit(yes, hasDefault: hasDefault)
            visit(no, hasDefault: hasDefault)
        case .call("coalesce", _, let arguments): arguments.forEach { visit($0, hasDefault: true) }
        case .call(let name, _, let arguments):
            let binds = ExpressionFunction.named(name)?.bindsElement == true
            for (place, argument) in arguments.enumerated() {
                let isBound = binds && place == 1
                if isBound { bindings += 1 }
                visit(argument, hasDefault: false)
                if isBound { bindings -= 1 }
            }
        case .literal: break
        case .list(let elements): elements.forEach { visit($0, hasDefault: false) }
        case .object(let entries): entries.forEach { visit($0.value, hasDefault: false) }
        case .unary(_, let operand): visit(operand, hasDefault: false)
        case .binary(_, let left, let right, _):
            visit(left, hasDefault: false)
            visit(right, hasDefault: false)
        }
    }

    private mutating func visitPath(_ node: ExpressionNode, hasDefault: Bool) {
        // From the outside inwards: the longest part that is a path of constants, and the indexes after it.
        var indexes: [ExpressionNode] = []
        var rest = node
        while rest.path == nil {
            switch rest.kind {
            case .member(let base, _, _): rest = base
            case .index(let base, let index):
                indexes.append(index)
                rest = base
            default:
                // The base is a call or another operation.
                visit(rest, hasDefault: hasDefault)
                indexes.reversed().forEach { visit($0, hasDefault: false) }
                return
            }
        }
        if let path = rest.path, let root = path.first, bindings == 0 || (root.name != "it" && root.name != "it_index")
        {
            references.append(
                ExpressionReference(
                    segments: path.map { ExpressionReference.Segment(name: $0.name, range: $0.range) },
                    range: rest.range, hasDefault: hasDefault, isDynamic: rest.range != node.range))
        }
        indexes.reversed().forEach { visit($0, hasDefault: false) }
    }
}
