// SPDX-License-Identifier: Apache-2.0

/// The functions of arrays and objects.
enum ListFunctions {
    static let table: [ExpressionFunction] = [
        .init(
            "length", [.init("value", .string, .array(.any), .anyObject)], .integer,
            "The number of characters (Unicode scalars), elements or members.",
            example: "length(['a', 'b'])", 2, body: .values(length)),
        .init(
            "contains", [.init("value", .string, .array(.any), .anyObject), .init("item", .any)], .boolean,
            "Whether a text has the part, an array the element, or an object the key.",
            example: "contains(['a', 'b'], 'b')", true, body: .values(contains)),
        .init(
            "keys", [.init("object", .anyObject)], .array(.string), "The keys of the object in their order.",
            example: "keys({b: 1, a: 2})", ["b", "a"], body: .values(keys)),
        .init(
            "values", [.init("object", .anyObject)], .array(.any), "The values of the object in the order of its keys.",
            example: "values({b: 1, a: 2})", [1, 2], refine: { memberValues($0) }, body: .values(values)),
        .init(
            "first", [.init("items", .array(.any))], .any, "The first element; null if there is none.",
            example: "first([7, 8, 9])", 7, refine: { optionalElement($0) }, body: .values(first)),
        .init(
            "last", [.init("items", .array(.any))], .any, "The last element; null if there is none.",
            example: "last([7, 8, 9])", 9, refine: { optionalElement($0) }, body: .values(last)),
        .init(
            "slice",
            [
                .init("value", .string, .array(.any)), .init("start", .integer),
                .init("end", .integer, presence: .optional),
            ], .any,
            "The part from `start` up to, not including, `end`; negative places count from the end.",
            example: "slice([1, 2, 3, 4], 1, -1)", [2, 3], refine: { $0.first ?? .any }, body: .values(slice)),
        .init(
            "unique", [.init("items", .array(.any))], .array(.any), "The elements without repetitions, in their order.",
            example: "unique([2, 1, 2, 1.0])", [2, 1], refine: { $0.first ?? .any }, body: .values(unique)),
        .init(
            "flatten", [.init("items", .array(.any))], .array(.any),
            "The elements, with those of inner arrays in the place of the arrays; one level.",
            example: "flatten([[1, 2], 3, [[4]]])", [1, 2, 3, [4]], refine: { flattened($0) }, body: .values(flatten)),
        .init(
            "range",
            [
                .init("start", .integer), .init("end", .integer, presence: .optional),
                .init("step", .integer, presence: .optional),
            ], .array(.integer),
            "The integers from `start` up to, not including, `end`; with one argument those from 0 up to it.",
            example: "range(2, 10, 3)", [2, 5, 8], body: .values(range)),
    ]

    private static func optionalElement(_ types: [ValueType]) -> ValueType {
        guard case .array(let element)? = types.first, element != .any else { return .any }
        return element.orNull
    }

    private static func memberValues(_ types: [ValueType]) -> ValueType {
        switch types.first {
        case .map(let type)?: .array(type)
        case .object(let fields, open: false)?:
            // A member that may be null may also be missing; its null is no value then, but may be one.
            .array(fields.values.dropFirst().reduce(fields.values.first ?? .any) { $0.joined(with: $1) })
        default: .array(.any)
        }
    }

    private static func flattened(_ types: [ValueType]) -> ValueType {
        guard case .array(.array(let element))? = types.first else { return .array(.any) }
        return .array(element)
    }

    @Sendable private static func length(_ call: inout FunctionCall) throws(ExpressionError) -> JSONValue {
        switch call.value(0) {
        case .string(let text):
            try call.spend(text)
            return .integer(Int64(text.unicodeScalars.count))
        case .array(let elements): return .integer(Int64(elements.count))
        case .object(let object): return .integer(Int64(object.count))
        default: throw call.wrongType(0)
        }
    }

    @Sendable private static func contains(_ call: inout FunctionCall) throws(ExpressionError) -> JSONValue {
        switch call.value(0) {
        case .string(let text):
            let part = try call.text(1)
            if part.isEmpty { return true }
            try call.spend(text)
            try call.spend(part)
            return .bool(!ByteSearch(Array(part.utf8)).places(in: Array(text.utf8), firstOnly: true).isEmpty)
        case .array(let elements):
            let item = call.value(1)
            try call.spend(elements)
            for element in elements {
                try call.budget.spend(walking: element, at: call.range)
                if element == item { return true }
            }
            return false
        case .object(let object): return .bool(object[try call.text(1)] != nil)
        default: throw call.wrongType(0)
        }
    }

    @Sendable private static func keys(_ call: inout FunctionCall) throws(ExpressionError) -> JSONValue {
        let object = try call.object(0)
        try call.budget.spend(object.count, at: call.range)
        return .array(object.members.map { .string($0.key) })
    }

    @Sendable private static func values(_ call: inout FunctionCall) throws(ExpressionError) -> JSONValue {
        let object = try call.object(0)
        try call.budget.spend(object.count, at: call.range)
        return .array(object.members.map(\.value))
    }

    @Sendable private static func first(_ call: inout FunctionCall) throws(ExpressionError) -> JSONValue {
        try call.array(0).first ?? .null
    }

    @Sendable private static func last(_ call: inout FunctionCall) throws(ExpressionError) -> JSONValue {
        try call.array(0).last ?? .null
    }

    @Sendable private static func slice(_ call: inout FunctionCall) throws(ExpressionError) -> JSONValue {
        let start = try call.integer(1)
        let end = call.has(2) ? try call.integer(2) : nil
        func bounds(_ count: Int) -> Range<Int> {
            func place(_ index: Int) -> Int { Swift.max(0, Swift.min(count, index < 0 ? count &+ index : index)) }
            let low = place(start)
            return low..<Swift.max(low, end.map(place) ?? count)
        }
        switch call.value(0) {
        case .string(let text):
            try call.spend(text)
            let scalars = Array(text.unicodeScalars)
            var part = String.UnicodeScalarView()
            part.append(contentsOf: scalars[bounds(scalars.count)])
            return .string(String(part))
        case .array(let elements):
            let range = bounds(elements.count)
            try call.budget.spend(range.count, at: call.range)
            return .array(Array(elements[range]))
        default: throw call.wrongType(0)
        }
    }

    @Sendable private static func unique(_ call: inout FunctionCall) throws(ExpressionError) -> JSONValue {
        let items = try call.array(0)
        try call.spend(items)
        try call.budget.spend(walking: call.value(0), at: call.range)
        var seen: Set<JSONValue> = []
        return .array(items.filter { seen.insert($0).inserted })
    }

    @Sendable private static func flatten(_ call: inout FunctionCall) throws(ExpressionError) -> JSONValue {
        var result: [JSONValue] = []
        for item in try call.array(0) {
            if case .array(let inner) = item {
                try call.budget.spend(inner.count + 1, at: call.range)
                result += inner
            } else {
                try call.budget.spend(1, at: call.range)
                result.append(item)
            }
            try call.budget.check(count: result.count, at: call.range)
        }
        return .array(result)
    }

    @Sendable private static func range(_ call: inout FunctionCall) throws(ExpressionError) -> JSONValue {
        let first = try call.integer(0)
        let start = call.has(1) ? first : 0
        let end = call.has(1) ? try call.integer(1) : first
        let step = call.has(2) ? try call.integer(2) : 1
        if step == 0 { throw call.badArgument(2, "the step is 0") }
        var result: [JSONValue] = []
        var value = start
        while step > 0 ? value < end : value > end {
            try call.budget.spend(1, at: call.range)
            result.append(.integer(Int64(value)))
            try call.budget.check(count: result.count, at: call.range)
            let (next, overflow) = value.addingReportingOverflow(step)
            if overflow { break }
            value = next
        }
        return .array(result)
    }
}
