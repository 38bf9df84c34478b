// SPDX-License-Identifier: Apache-2.0

/// The functions of numbers.
enum NumberFunctions {
    static let table: [ExpressionFunction] = [
        .init(
            "sum", [.init("items", .array(.number))], .number, "The sum of the numbers; 0 of none.",
            example: "sum([1, 2, 3.5])", 6.5, refine: { element(of: $0) ?? .number }, body: .values(sum)),
        .init(
            "avg", [.init("items", .array(.number))], .optional(.number), "The mean of the numbers; null of none.",
            example: "avg([1, 2])", 1.5, body: .values(average)),
        .init(
            "min", [.init("values", .array(.number), .number, presence: .repeated)], .any,
            "The least of an array's numbers, or of the arguments; null of an empty array.",
            example: "min(3, 1, 2)", 1, refine: { extreme($0) }, body: .values(minimum)),
        .init(
            "max", [.init("values", .array(.number), .number, presence: .repeated)], .any,
            "The greatest of an array's numbers, or of the arguments; null of an empty array.",
            example: "max([3, 1, 2])", 3, refine: { extreme($0) }, body: .values(maximum)),
        .init(
            "round", [.init("number", .number), .init("digits", .integer, presence: .optional)], .number,
            "The number rounded to so many digits after the point, half away from zero; without digits an integer.",
            example: "round(2.345, 1)", 2.3, refine: { $0.first == .integer ? .integer : .number }, body: .values(round)
        ),
        .init(
            "abs", [.init("number", .number)], .number, "The number without its sign.",
            example: "abs(-3)", 3, refine: { $0.first == .integer ? .integer : .number }, body: .values(abs)),
    ]

    private static func element(of types: [ValueType]) -> ValueType? {
        guard case .array(let element)? = types.first, element == .integer || element == .number else { return nil }
        return element
    }

    private static func extreme(_ types: [ValueType]) -> ValueType {
        if types.count == 1, case .array = types[0] { return .optional(element(of: types) ?? .number) }
        // What is not known may be an array, and that may be empty.
        if types == [.any] { return .any }
        return types.allSatisfy { $0 == .integer } ? .integer : .number
    }

    @Sendable private static func sum(_ call: inout FunctionCall) throws(ExpressionError) -> JSONValue {
        try total(try numbers(&call), call)
    }

    @Sendable private static func average(_ call: inout FunctionCall) throws(ExpressionError) -> JSONValue {
        let numbers = try numbers(&call)
        if numbers.isEmpty { return .null }
        guard let total = try total(numbers, call).numberValue else { return .null }
        return .number(total / Double(numbers.count))
    }

    @Sendable private static func minimum(_ call: inout FunctionCall) throws(ExpressionError) -> JSONValue {
        try numbers(&call).reduce(nil) { least, next in least.map { isLess(next, $0) ? next : $0 } ?? next } ?? .null
    }

    @Sendable private static func maximum(_ call: inout FunctionCall) throws(ExpressionError) -> JSONValue {
        try numbers(&call).reduce(nil) { most, next in most.map { isLess($0, next) ? next : $0 } ?? next } ?? .null
    }

    @Sendable private static func round(_ call: inout FunctionCall) throws(ExpressionError) -> JSONValue {
        let digits = call.has(1) ? try call.integer(1) : 0
        guard (0...15).contains(digits) else { throw call.badArgument(1, "the digits must be from 0 to 15") }
        switch call.value(0) {
        case .integer(let whole): return .integer(whole)
        case .number(let number):
            if digits == 0 {
                let rounded = number.rounded(.toNearestOrAwayFromZero)
                return Int64(exactly: rounded).map { .integer($0) } ?? .number(rounded)
            }
            var scale = 1.0
            for _ in 0..<digits { scale *= 10 }
            let rounded = (number * scale).rounded(.toNearestOrAwayFromZero) / scale
            return .number(rounded.isFinite ? rounded : number)
        default: throw call.wrongType(0)
        }
    }

    @Sendable private static func abs(_ call: inout FunctionCall) throws(ExpressionError) -> JSONValue {
        switch call.value(0) {
        case .integer(let whole):
            guard whole != .min else { throw ExpressionEvaluator.overflow(at: call.range) }
            return .integer(whole < 0 ? -whole : whole)
        case .number(let number): return .number(number.magnitude)
        default: throw call.wrongType(0)
        }
    }

    /// The numbers of an array, or the arguments themselves.
    private static func numbers(_ call: inout FunctionCall) throws(ExpressionError) -> [JSONValue] {
        let isList = call.arguments.count == 1 && call.value(0).arrayValue != nil
        if call.function.parameters.first?.presence != .repeated, !isList { throw call.wrongType(0) }
        let values = isList ? try call.array(0) : call.arguments.map(\.value)
        try call.spend(values)
        for (place, value) in values.enumerated() where value.numberValue == nil {
            throw ExpressionError(
                value.isNull ? .nullValue : .type,
                "`\(call.function.name)` needs numbers, not \(value.typePhrase)", at: call.range(isList ? 0 : place))
        }
        return values
    }

    /// Exact as long as all are integers.
    private static func total(_ numbers: [JSONValue], _ call: FunctionCall) throws(ExpressionError) -> JSONValue {
        var whole: Int64? = 0
        var total = 0.0
        for number in numbers {
            if let sum = whole, case .integer(let next) = number {
                let (result, overflow) = sum.addingReportingOverflow(next)
                if overflow { throw ExpressionEvaluator.overflow(at: call.range) }
                whole = result
            } else {
                if let sum = whole { total = Double(sum) }
                whole = nil
                total += number.numberValue ?? 0
            }
        }
        if let whole { return .integer(whole) }
        guard total.isFinite else { throw ExpressionEvaluator.overflow(at: call.range) }
        return .number(total)
    }

    private static func isLess(_ a: JSONValue, _ b: JSONValue) -> Bool {
        if case .integer(let a) = a, case .integer(let b) = b { return a < b }
        return (a.numberValue ?? 0) < (b.numberValue ?? 0)
    }
}
