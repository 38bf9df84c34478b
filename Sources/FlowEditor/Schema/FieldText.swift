// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// What people are told of a key.
enum FieldText {
    /// The type with its bounds: `a whole number from 1 to 1000 or a mapping`.
    static func takes(_ type: FieldType) -> String {
        switch type {
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .number(let range):
            range.upperBound >= 1e300
                ? "a number" : "a number from \(number(range.lowerBound)) to \(number(range.upperBound))"
        case .duration(let allowsZero): "a duration such as `10s`\(allowsZero ? "" : ", more than zero")"
        case .identifier: "a name: a letter a–z, then letters, digits and `_`"
        case .condition: "a condition: an expression, with or without `${{ }}`"
        case .any: "any value"
        case .verbatim: "any value, as it is written"
        case .file: "the path of a file beside the workflow"
        case .choice(let words): words.count == 1 ? "`\(words[0])`" : "one of \(type.phrase)"
        case .list(let element): "a list: \(takes(element))"
        case .map(let element): "a mapping of names: \(takes(element))"
        case .oneOrMany(let element): "\(takes(element)), or a list of it"
        case .oneOf(let types): types.map { takes($0) }.joined(separator: ", or ")
        case .string, .boolean, .size, .object: type.phrase
        }
    }

    static func number(_ number: Double) -> String { Int64(exactly: number).map { "\($0)" } ?? "\(number)" }

    /// The documentation of a key as Markdown.
    static func markdown(_ field: FieldSchema) -> String {
        var text = "**\(field.name)** — \(field.summary)\n\nTakes \(takes(field.type))."
        if field.required { text += " Required." }
        if let fallback = field.fallback { text += " Default: \(shown(fallback, field.type))." }
        if field.templates, takesExpressions(field.type) { text += " May hold `${{ }}`." }
        return text
    }

    /// A default: a value in code marks, words as they are.
    static func shown(_ fallback: String, _ type: FieldType) -> String {
        fallback.contains(" ") || fallback == "inferred" ? fallback : "`\(fallback)`"
    }

    /// Whether an expression may stand somewhere in a value of the type.
    static func takesExpressions(_ type: FieldType) -> Bool {
        switch type {
        case .choice, .identifier, .verbatim: false
        case .list(let element), .map(let element), .oneOrMany(let element): takesExpressions(element)
        case .oneOf(let types): types.contains { takesExpressions($0) }
        case .object(let schema): schema.contains { $0.templates && takesExpressions($0.type) }
        default: true
        }
    }
}
