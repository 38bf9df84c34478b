// SPDX-License-Identifier: Apache-2.0

import FlowEngine
import Testing

/// An input form that cannot be filled in, or contradicts itself, is refused when it is compiled.
struct InputFormTests {
    @Test(arguments: [
        ("type: integer, default: 5, max: 3", "the default does not fit the input: 5 is greater than 3"),
        ("type: integer, default: five", "the default does not fit the input: it takes integer, not string"),
        ("type: string, default: x, enum: [a, b]", "the default does not fit the input: `x` is not one of a, b"),
        (
            "type: string, default: A, pattern: \"^[a-z]+$\"",
            "the default does not fit the input: `A` does not match ^[a-z]+$"
        ),
        ("type: array, default: [1], min_items: 2", "the default does not fit the input: it needs at least 2 items"),
        (
            "type: object, default: {a: x}, schema: {properties: {a: {type: integer}}}",
            "the default does not fit the input: $.a: expected integer, got string"
        ),
        (
            "type: file, default: a.txt, accept: [.csv]",
            "the default does not fit the input: `a.txt` is not one of .csv"
        ),
        ("type: integer, min: 5, max: 3", "`min` is greater than `max`"),
        ("type: array, min_items: 5, max_items: 3", "`min_items` is greater than `max_items`"),
        ("type: string, enum: []", "`enum` has no values"),
        ("type: integer, enum: [1, 9], max: 3", "the choice does not fit the input: 9 is greater than 3"),
        ("type: string, pattern: \"(\"", "the pattern cannot be used"),
        ("type: string, min: 1", "`min` means nothing for an input of type `string`"),
        ("type: integer, pattern: x", "`pattern` means nothing for an input of type `integer`"),
        ("type: string, accept: [.csv]", "`accept` means nothing for an input of type `string`"),
        ("type: string, schema: {type: string}", "`schema` means nothing for an input of type `string`"),
        ("type: string, max_items: 1", "`max_items` means nothing for an input of type `string`"),
        (
            "type: object, schema: {type: objet}",
            "the schema cannot be used: $.type: there is no type \"objet\"; did you mean `object`?"
        ),
        ("type: object, schema: [1]", "the schema cannot be used: $: a schema is a mapping, not array"),
        ("type: string, required: true, default: ~", "a value is required, but the default is null"),
        ("type: number, default: .nan", "not finite"),
        ("type: integer, default: 9223372036854775808", "the number does not fit into 64 bits"),
    ])
    func refuses(fields: String, message: String) {
        let compilation = Fixtures.compile(
            "flow: 1\nname: form\ninputs:\n  x: {\(fields)}\nnodes: {a: {set: {x: \"${{ inputs.x }}\"}}}\n")
        let errors = compilation.diagnostics.filter { $0.severity == .error }
        #expect(errors.count == 1, "\(errors.map(\.message))")
        #expect(
            errors.first?.message.contains(message) == true || errors.first?.label.contains(message) == true,
            "\(errors)")
    }
}
