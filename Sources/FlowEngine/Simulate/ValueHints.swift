// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// What the expressions of a workflow tell about the values they use: members, constants they are compared with, and
/// whether they are lists, numbers or truth values. Items of a list stand under `PATH.[]`.
struct ValueHints: Sendable {
    struct Hint: Sendable {
        var members: [String] = []
        var constants: [JSONValue] = []
        var isList = false
        var isNumber = false
        var isBoolean = false
    }

    private var hints: [String: Hint] = [:]
    /// Names that stand for a path in the expressions at hand.
    private var aliases: [String: String] = [:]

    subscript(path: String) -> Hint? { hints[path] }

    init(_ plan: Plan) {
        for node in plan.nodes {
            let options = node.options
            aliases = [:]
            if let foreach = options.foreach {
                if case .expression(let items, _) = foreach.items, let path = visit(items.root) {
                    hints[path, default: Hint()].isList = true
                    aliases[foreach.variable] = path + ".[]"
                } else {
                    visit(foreach.items)
                }
                if let key = foreach.key { visit(key.root) }
            }
            if let when = options.when {
                if let path = visit(when.expression.root) { hints[path, default: Hint()].isBoolean = true }
            }
            visit(node.body)
            if node.kind == "switch" { note(cases: node) }
            for field in node.fields { visit(field.template) }
            for entry in options.with + options.env { visit(entry.template) }
            aliases["outputs"] = "nodes.\(node.id).outputs"
            for output in options.outputs { if let value = output.value { visit(value) } }
            aliases["previous"] = aliases["outputs"]
            if let until = options.repetition?.until, let path = visit(until.expression.root) {
                hints[path, default: Hint()].isBoolean = true
            }
        }
        aliases = [:]
        for output in plan.definition.outputs { visit(output.value) }
    }

    private mutating func visit(_ template: Template) {
        var roots: [ExpressionNode] = []
        template.forEachExpression { expression, _ in roots.append(expression.root) }
        for root in roots { visit(root) }
    }

    /// Notes what a part of an expression tells; gives the path that it stands for.
    @discardableResult
    private mutating func visit(_ node: ExpressionNode) -> String? {
        switch node.kind {
        case .literal: return nil
        case .list(let elements):
            for element in elements { visit(element) }
            return nil
        case .object(let entries):
            for entry in entries { visit(entry.value) }
            return nil
        case .name(let name): return aliases[name] ?? name
        case .member(let base, let name, _): return member(base, name)
        case .index(let base, let index):
            if case .literal(.string(let name)) = index.kind { return member(base, name) }
            visit(index)
            guard let path = visit(base) else { return nil }
            if case .literal = index.kind { hints[path, default: Hint()].isList = true }
            return path + ".[]"
        case .unary(let sign, let operand):
            guard let path = visit(operand) else { return nil }
            if sign == .not { hints[path, default: Hint()].isBoolean = true } else { noteNumber(path) }
            return nil
        case .binary(let sign, let left, let right, _): return binary(sign, left, right)
        case .conditional(let condition, let yes, let no):
            if let path = visit(condition) { hints[path, default: Hint()].isBoolean = true }
            visit(yes)
            visit(no)
            return nil
        case .call(let name, _, let arguments): return call(name, arguments)
        }
    }

    private mutating func member(_ base: ExpressionNode, _ name: String) -> String? {
        guard let path = visit(base) else { return nil }
        if hints[path]?.members.contains(name) != true { hints[path, default: Hint()].members.append(name) }
        return "\(path).\(name)"
    }

    private mutating func noteNumber(_ path: String) { hints[path, default: Hint()].isNumber = true }

    private mutating func binary(
        _ sign: BinaryOperator, _ left: ExpressionNode, _ right: ExpressionNode
    ) -> String? {
        let (first, second) = (visit(left), visit(right))
        switch sign {
        case .coalesce:
            if case .literal(.bool) = right.kind, let first { hints[first, default: Hint()].isBoolean = true }
            return first ?? second
        case .and, .or:
            for path in [first, second].compactMap({ $0 }) { hints[path, default: Hint()].isBoolean = true }
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
            note(first, right)
            note(second, left)
        case .add: break
        case .subtract, .multiply, .divide, .remainder:
            for path in [first, second].compactMap({ $0 }) { noteNumber(path) }
        }
        return nil
    }

    /// The value at a path is compared with a constant.
    private mutating func note(_ path: String?, _ other: ExpressionNode) {
        guard let path, case .literal(let value) = other.kind, !value.isNull else { return }
        if hints[path]?.constants.contains(value) != true { hints[path, default: Hint()].constants.append(value) }
    }

    /// The value of a `switch` is compared with its cases.
    private mutating func note(cases node: NodeDefinition) {
        guard case .expression(let value, _) = node.body, let path = visit(value.root),
            case .literal(.object(let cases))? = node.field("cases")
        else { return }
        for name in cases.keys {
            hints[path, default: Hint()].constants.append(Int64(name).map { .integer($0) } ?? .string(name))
        }
    }

    private mutating func call(_ name: String, _ arguments: [ExpressionNode]) -> String? {
        guard let first = arguments.first else { return nil }
        let path = visit(first)
        let before = aliases["it"]
        if let path {
            aliases["it"] = path + ".[]"
            switch name {
            case "join", "first", "last", "sum", "map", "filter", "sort_by", "group_by", "unique", "flatten":
                hints[path, default: Hint()].isList = true
                if name == "sum" { noteNumber(path + ".[]") }
            case "contains", "starts_with", "ends_with":
                if arguments.count > 1 { note(path, arguments[1]) }
            case "round", "abs": noteNumber(path)
            default: break
            }
        }
        for argument in arguments.dropFirst() { visit(argument) }
        aliases["it"] = before
        switch name {
        case "first", "last": return path.map { $0 + ".[]" }
        case "lower", "upper", "trim", "filter", "sort_by", "unique": return path
        default: return nil
        }
    }
}
