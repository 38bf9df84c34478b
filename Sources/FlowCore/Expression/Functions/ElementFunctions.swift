// SPDX-License-Identifier: Apache-2.0

/// The functions that evaluate an expression for each element, and `coalesce`, which evaluates only as far as it must.
enum ElementFunctions {
    static let table: [ExpressionFunction] = [
        .init(
            "map", [.init("items", .array(.any)), .init("result", .any)], .array(.any),
            "The results of an expression for each element, which is called `it` there.",
            example: "map([1, 2, 3], it * 10)", [10, 20, 30],
            refine: { .array($0.count > 1 ? $0[1] : .any) }, body: .elements(map)),
        .init(
            "filter", [.init("items", .array(.any)), .init("condition", .boolean)], .array(.any),
            "The elements for which a condition on `it` holds.",
            example: "filter([1, 2, 3, 4], it % 2 == 0)", [2, 4], refine: { $0.first ?? .any },
            body: .elements(filter)),
        .init(
            "sort_by", [.init("items", .array(.any)), .init("key", .number, .string)], .array(.any),
            "The elements in the order of a key made of `it`; equal keys keep their order.",
            example: "sort_by([{n: 2}, {n: 1}], it.n)", [["n": 1], ["n": 2]], refine: { $0.first ?? .any },
            body: .elements(sortBy)),
        .init(
            "group_by",
            [.init("items", .array(.any)), .init("key", .string, .number, .boolean)], .anyObject,
            "An object of arrays: the elements by a key made of `it`, which is written as text.",
            example: "group_by([1, 2, 3], it % 2 == 0 ? 'even' : 'odd')", ["odd": [1, 3], "even": [2]],
            refine: { .map($0.first ?? .array(.any)) }, body: .elements(groupBy)),
        .init(
            "coalesce", [.init("values", .any, presence: .repeated)], .any,
            "The first value that is there and not null.",
            example: "coalesce(null, 2, 3)", 2, body: .firstValue),
    ]

    @Sendable private static func map(
        _ evaluator: inout ExpressionEvaluator, _ items: ExpressionNode, _ body: ExpressionNode, _ range: Range<Int>
    ) throws(ExpressionError) -> JSONValue {
        let items = try elements(items, of: "map", &evaluator)
        return .array(try results(items, body, range, &evaluator))
    }

    @Sendable private static func filter(
        _ evaluator: inout ExpressionEvaluator, _ items: ExpressionNode, _ body: ExpressionNode, _ range: Range<Int>
    ) throws(ExpressionError) -> JSONValue {
        let items = try elements(items, of: "filter", &evaluator)
        var kept: [JSONValue] = []
        for (item, verdict) in zip(items, try results(items, body, range, &evaluator)) {
            guard let isKept = verdict.boolValue else {
                throw ExpressionError(
                    verdict.isNull ? .nullValue : .type,
                    "the condition of `filter` must be true or false, not \(verdict.typePhrase)", at: body.range)
            }
            if isKept { kept.append(item) }
        }
        return .array(kept)
    }

    @Sendable private static func sortBy(
        _ evaluator: inout ExpressionEvaluator, _ items: ExpressionNode, _ body: ExpressionNode, _ range: Range<Int>
    ) throws(ExpressionError) -> JSONValue {
        let items = try elements(items, of: "sort_by", &evaluator)
        let keys = try results(items, body, range, &evaluator)
        let isText = keys.first?.stringValue != nil
        for key in keys where isText ? key.stringValue == nil : key.numberValue == nil {
            throw ExpressionError(
                key.isNull ? .nullValue : .type,
                "the keys of `sort_by` must all be numbers or all strings, one is \(key.typePhrase)", at: body.range)
        }
        // Each comparison walks over its texts.
        var text = 0
        for key in keys { text += key.stringValue?.utf8.count ?? 0 }
        let levels = Int.bitWidth - items.count.leadingZeroBitCount
        try evaluator.budget.spend(
            (items.count + text / 256).multipliedReportingOverflow(by: levels).partialValue, at: range)
        let order = items.indices.sorted { a, b in
            switch (keys[a], keys[b]) {
            case (.string(let x), .string(let y)):
                if x.utf8.elementsEqual(y.utf8) { return a < b }
                return x.utf8.lexicographicallyPrecedes(y.utf8)
            case (.integer(let x), .integer(let y)): return (x, a) < (y, b)
            case (let x, let y): return (x.numberValue ?? 0, a) < (y.numberValue ?? 0, b)
            }
        }
        return .array(order.map { items[$0] })
    }

    @Sendable private static func groupBy(
        _ evaluator: inout ExpressionEvaluator, _ items: ExpressionNode, _ body: ExpressionNode, _ range: Range<Int>
    ) throws(ExpressionError) -> JSONValue {
        let items = try elements(items, of: "group_by", &evaluator)
        var names: [String] = []
        var groups: [String: [JSONValue]] = [:]
        for (item, key) in zip(items, try results(items, body, range, &evaluator)) {
            switch key {
            case .null, .array, .object:
                throw ExpressionError(
                    key.isNull ? .nullValue : .type,
                    "the key of `group_by` must be a string, a number or a boolean, not \(key.typePhrase)",
                    at: body.range)
            case .bool, .integer, .number, .string:
                let name = key.renderedText
                if groups[name] == nil { names.append(name) }
                groups[name, default: []].append(item)
            }
        }
        return .object(JSONObject(names.map { JSONObject.Member(key: $0, value: .array(groups[$0] ?? [])) }))
    }

    private static func elements(
        _ node: ExpressionNode, of function: String, _ evaluator: inout ExpressionEvaluator
    ) throws(ExpressionError) -> [JSONValue] {
        let value = try evaluator.value(of: node)
        if let elements = value.arrayValue { return elements }
        throw ExpressionError(
            value.isNull ? .nullValue : .type, "`\(function)` needs array for `items`, not \(value.typePhrase)",
            at: node.range)
    }

    /// The value of `body` for each item. Each costs a step at least.
    private static func results(
        _ items: [JSONValue], _ body: ExpressionNode, _ range: Range<Int>, _ evaluator: inout ExpressionEvaluator
    ) throws(ExpressionError) -> [JSONValue] {
        try evaluator.budget.check(count: items.count, at: range)
        var results: [JSONValue] = []
        evaluator.bindings.append(ExpressionEvaluator.Binding(element: .null, place: 0))
        for (place, item) in items.enumerated() {
            evaluator.bindings[evaluator.bindings.count - 1] = ExpressionEvaluator.Binding(element: item, place: place)
            results.append(try evaluator.value(of: body))
        }
        evaluator.bindings.removeLast()
        return results
    }
}
