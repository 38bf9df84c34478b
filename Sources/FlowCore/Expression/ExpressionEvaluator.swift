// SPDX-License-Identifier: Apache-2.0

extension Expression {
    /// Computes the value.
    ///
    /// `??` and `coalesce` stand in for null and for a missing member or element, not for other failures. Whole numbers
    /// that overflow and divisions by zero are errors. Ranges in errors are byte offsets in `text`.
    public func evaluate(
        in scope: some ValueScope, limits: ExpressionLimits = .standard
    ) throws(ExpressionError) -> JSONValue {
        var evaluator = ExpressionEvaluator(scope: scope, limits: limits)
        return try evaluator.result(of: root)
    }
}

/// Walks a tree. Bounded by its height in stack, by the budget in time, and by the size limit in space.
struct ExpressionEvaluator {
    /// An element that a function such as `map` binds.
    struct Binding {
        var element: JSONValue
        var place: Int
    }

    private let scope: any ValueScope
    var budget: ExpressionBudget
    var bindings: [Binding] = []

    init(scope: some ValueScope, limits: ExpressionLimits) {
        self.scope = scope
        budget = ExpressionBudget(limits: limits)
    }

    mutating func result(of root: ExpressionNode) throws(ExpressionError) -> JSONValue {
        let value = try value(of: root)
        // A value that is only passed on is as large as it was.
        if !root.passesOn, value.weight(limit: budget.limits.size) == nil {
            try budget.check(size: .max, at: root.range)
        }
        return value
    }

    /// The value of a node.
    mutating func value(of node: ExpressionNode) throws(ExpressionError) -> JSONValue {
        try resolve(node, orNil: false) ?? .null
    }

    /// The value of a node, or nil where `orNil` and a member or element is missing.
    mutating func resolve(_ node: ExpressionNode, orNil: Bool) throws(ExpressionError) -> JSONValue? {
        try budget.spend(1, at: node.range)
        switch node.kind {
        case .literal(let value): return value
        case .list(let elements):
            var values: [JSONValue] = []
            for element in elements { values.append(try value(of: element)) }
            return .array(values)
        case .object(let entries):
            var object = JSONObject()
            for entry in entries { object[entry.key] = try value(of: entry.value) }
            return .object(object)
        case .name(let name): return try value(ofName: name, at: node.range)
        case .member(let base, let name, let range):
            if let value = quickValue(of: node) { return value }
            guard let value = try resolve(base, orNil: orNil) else { return nil }
            return try member(name, of: value, at: range, base: base, orNil: orNil)
        case .index(let base, let index):
            if let value = quickValue(of: node) { return value }
            guard let value = try resolve(base, orNil: orNil) else { return nil }
            return try element(try self.value(of: index), of: value, at: index.range, base: base, orNil: orNil)
        case .unary(let symbol, let operand): return try unary(symbol, operand, at: node.range)
        case .binary(.coalesce, let left, let right, _):
            if let value = try resolve(left, orNil: true), !value.isNull { return value }
            return try resolve(right, orNil: orNil)
        case .binary(.and, let left, let right, _): return .bool(try truth(of: left) ? try truth(of: right) : false)
        case .binary(.or, let left, let right, _): return .bool(try truth(of: left) ? true : try truth(of: right))
        case .binary(let symbol, let left, let right, _) where symbol.isEquality && (left.isNull || right.isNull):
            // What is missing equals null, as it does for `??`.
            let isNull = try resolve(left.isNull ? right : left, orNil: true)?.isNull ?? true
            return .bool(isNull == (symbol == .equal))
        case .binary(let symbol, let left, let right, _):
            return try binary(symbol, left, right, at: node.range)
        case .conditional(let condition, let yes, let no):
            return try resolve(try truth(of: condition) ? yes : no, orNil: orNil)
        case .call(let name, let nameRange, let arguments):
            return try call(name, at: nameRange, arguments, range: node.range)
        }
    }

    // MARK: Names

    private mutating func value(ofName name: String, at range: Range<Int>) throws(ExpressionError) -> JSONValue {
        if let binding = bindings.last {
            if name == "it" { return binding.element }
            if name == "it_index" { return .integer(Int64(binding.place)) }
        }
        guard let value = scope.value(ofRoot: name) else {
            throw ExpressionError(.unknownName, "unknown name `\(name)`", at: range)
        }
        return value
    }

    private func quickValue(of node: ExpressionNode) -> JSONValue? {
        guard let path = node.path, let root = path.first?.name else { return nil }
        if !bindings.isEmpty, root == "it" || root == "it_index" { return nil }
        return scope.value(ofPath: path.map(\.name))
    }

    private func member(
        _ name: String, of value: JSONValue, at range: Range<Int>, base: ExpressionNode, orNil: Bool
    ) throws(ExpressionError) -> JSONValue? {
        switch value {
        case .object(let object):
            if let member = object[name] { return member }
            if orNil { return nil }
            let nearest = Spelling.nearest(to: name, among: object.keys).map { ", did you mean `\($0)`?" } ?? ""
            throw ExpressionError(
                .missing, "`\(ExpressionPrinter.text(base))` has no member `\(name)`\(nearest)", at: range)
        case .null:
            if orNil { return nil }
            throw ExpressionError(
                .nullValue, "`\(ExpressionPrinter.text(base))` is null and has no member `\(name)`", at: range)
        default:
            throw ExpressionError(
                .type, "`\(ExpressionPrinter.text(base))` is \(value.typePhrase) and has no members", at: range)
        }
    }

    private func element(
        _ index: JSONValue, of value: JSONValue, at range: Range<Int>, base: ExpressionNode, orNil: Bool
    ) throws(ExpressionError) -> JSONValue? {
        switch (value, index) {
        case (.object, .string(let name)), (.null, .string(let name)):
            return try member(name, of: value, at: range, base: base, orNil: orNil)
        case (.array(let elements), _):
            guard let place = index.integerValue else {
                throw ExpressionError(.type, "an array is indexed by an integer, not \(index.typePhrase)", at: range)
            }
            if place >= 0, place < elements.count { return elements[Int(place)] }
            if orNil { return nil }
            throw ExpressionError(
                .missing, "`\(ExpressionPrinter.text(base))` has \(elements.count) elements, none at \(place)",
                at: range)
        case (.null, _):
            if orNil { return nil }
            throw ExpressionError(
                .nullValue, "`\(ExpressionPrinter.text(base))` is null and has no elements", at: range)
        case (.object, _):
            throw ExpressionError(.type, "an object is indexed by a string, not \(index.typePhrase)", at: range)
        default:
            throw ExpressionError(
                .type, "`\(ExpressionPrinter.text(base))` is \(value.typePhrase) and cannot be indexed", at: range)
        }
    }

    // MARK: Calls

    private mutating func call(
        _ name: String, at nameRange: Range<Int>, _ arguments: [ExpressionNode], range: Range<Int>
    ) throws(ExpressionError) -> JSONValue {
        guard let function = ExpressionFunction.named(name) else {
            throw ExpressionError(.unknownFunction, "unknown function `\(name)`", at: nameRange)
        }
        guard function.accepts(count: arguments.count) else {
            throw ExpressionError(
                .argument, "`\(name)` takes \(function.countPhrase), not \(arguments.count)", at: range)
        }
        switch function.body {
        case .values(let run):
            var values: [FunctionCall.Argument] = []
            for argument in arguments {
                values.append(FunctionCall.Argument(value: try value(of: argument), range: argument.range))
            }
            var call = FunctionCall(function: function, range: range, arguments: values, budget: budget)
            let result = try run(&call)
            budget = call.budget
            return result
        case .elements(let run):
            return try run(&self, arguments[0], arguments[1], range)
        case .firstValue:
            for argument in arguments {
                if let value = try resolve(argument, orNil: true), !value.isNull { return value }
            }
            return .null
        }
    }
}

extension ExpressionNode {
    /// Whether the value of the node is always a part of what the scope holds, or a constant of the text.
    var passesOn: Bool {
        switch kind {
        case .literal, .name, .member, .index: true
        case .conditional(_, let yes, let no): yes.passesOn && no.passesOn
        case .binary(.coalesce, let left, let right, _): left.passesOn && right.passesOn
        case .call("coalesce", _, let arguments): arguments.allSatisfy(\.passesOn)
        default: false
        }
    }
}

extension JSONValue {
    /// The type with its article, for messages.
    var typePhrase: String {
        switch self {
        case .null: "null"
        case .integer, .array, .object: "an \(typeName)"
        default: "a \(typeName)"
        }
    }
}
