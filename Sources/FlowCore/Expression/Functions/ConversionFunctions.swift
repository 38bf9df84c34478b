// SPDX-License-Identifier: Apache-2.0

/// The functions that turn a value of one type into one of another.
enum ConversionFunctions {
    static let table: [ExpressionFunction] = [
        .init(
            "to_json", [.init("value", .any)], .string, "The value as compact JSON text.",
            example: "to_json({a: [1, 'x']})", "{\"a\":[1,\"x\"]}", body: .values(toJSON)),
        .init(
            "from_json", [.init("text", .string)], .any, "The value of a JSON text.",
            example: "from_json('{\"a\": [1]}').a", [1], body: .values(fromJSON)),
        .init(
            "to_string", [.init("value", .any)], .string,
            "The value as a template shows it: texts as they are, null as nothing, all else as JSON.",
            example: "to_string(1.50)", "1.5", body: .values(toString)),
        .init(
            "to_number", [.init("value", .string, .number)], .number, "The number that a text stands for.",
            example: "to_number(' 42 ') + 1", 43, body: .values(toNumber)),
        .init(
            "format_date", [.init("date", .string), .init("format", .string)], .string,
            "An ISO 8601 date or time in another form, in UTC; the letters after `%` are those of strftime.",
            example: "format_date('2026-03-01T23:30:00-02:00', '%d.%m.%Y %H:%M')", "02.03.2026 01:30",
            body: .values(formatDate)),
    ]

    @Sendable private static func toJSON(_ call: inout FunctionCall) throws(ExpressionError) -> JSONValue {
        guard let text = call.value(0).jsonText(.compact, limit: call.budget.limits.size) else {
            try call.budget.check(size: .max, at: call.range)
            return .null
        }
        try call.spend(text)
        return .string(text)
    }

    @Sendable private static func fromJSON(_ call: inout FunctionCall) throws(ExpressionError) -> JSONValue {
        let text = try call.text(0)
        try call.spend(text)
        // A byte of JSON makes a value of many, so it costs more than a walk.
        try call.budget.spend(text.utf8.count / 16, at: call.range)
        do throws(JSONParseError) {
            return try JSONValue.parse(text)
        } catch {
            throw call.badArgument(0, "the text is not JSON: \(error)")
        }
    }

    @Sendable private static func toString(_ call: inout FunctionCall) throws(ExpressionError) -> JSONValue {
        guard let text = call.value(0).renderedText(limit: call.budget.limits.size) else {
            try call.budget.check(size: .max, at: call.range)
            return .null
        }
        try call.spend(text)
        return .string(text)
    }

    @Sendable private static func toNumber(_ call: inout FunctionCall) throws(ExpressionError) -> JSONValue {
        switch call.value(0) {
        case .integer, .number: return call.value(0)
        case .string(let text):
            try call.spend(text)
            if let value = try? JSONValue.parse(text.trimmed), value.numberValue != nil { return value }
            throw call.badArgument(0, "`\(text.unicodeScalars.prefix(40))` is not a number")
        default: throw call.wrongType(0)
        }
    }

    @Sendable private static func formatDate(_ call: inout FunctionCall) throws(ExpressionError) -> JSONValue {
        let text = try call.text(0)
        let format = try call.text(1)
        try call.spend(format)
        guard let time = CivilTime(iso8601: text) else {
            throw call.badArgument(0, "`\(text.unicodeScalars.prefix(40))` is not an ISO 8601 date or time")
        }
        var result = ""
        var scalars = format.unicodeScalars.makeIterator()
        while let scalar = scalars.next() {
            guard scalar == "%" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            guard let letter = scalars.next(), let part = time.part(letter) else {
                throw call.badArgument(1, "the format has a `%` that is followed by no letter it knows")
            }
            result += part
        }
        try call.budget.check(size: result.utf8.count, at: call.range)
        return .string(result)
    }
}

extension JSONValue {
    /// The value inside a longer text: texts as they are, null as nothing, all else as compact JSON.
    public var renderedText: String { renderedText(limit: .max) ?? "" }

    /// The value inside a longer text; nil when that is longer than `limit` bytes.
    func renderedText(limit: Int) -> String? {
        switch self {
        case .null: ""
        case .string(let text): text.utf8.count <= limit ? text : nil
        default: jsonText(.compact, limit: limit)
        }
    }
}
