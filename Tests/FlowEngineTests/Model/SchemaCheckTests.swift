// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

struct SchemaCheckTests {
    static let cases: [(schema: String, value: String, fault: String?)] = [
        (#"{"type":"string"}"#, #""a""#, nil),
        (#"{"type":"string"}"#, "1", "$: expected string, got integer"),
        (#"{"type":"integer"}"#, "1.0", nil),
        (#"{"type":"integer"}"#, "1.5", "$: expected integer, got number"),
        (#"{"type":["string","null"]}"#, "null", nil),
        (#"{"type":["string","null"]}"#, "true", "$: expected string or null, got boolean"),
        (#"{"required":["a"]}"#, "{}", "$: `a` is missing"),
        (#"{"properties":{"a":{"type":"number"}}}"#, #"{"a":"x"}"#, "$.a: expected number, got string"),
        (#"{"properties":{},"additionalProperties":false}"#, #"{"b":1}"#, "$: `b` is not allowed"),
        (#"{"additionalProperties":{"type":"null"}}"#, #"{"b":1}"#, "$.b: expected null, got integer"),
        (#"{"items":{"type":"integer"}}"#, #"[1,"x"]"#, "$[1]: expected integer, got string"),
        (#"{"minItems":2}"#, "[1]", "$: must have at least 2 items, has 1"),
        (#"{"maxItems":1}"#, "[1,2]", "$: must have at most 1 items, has 2"),
        (#"{"enum":["a","b"]}"#, #""c""#, #"$: must be one of "a", "b", got "c""#),
        (#"{"const":3}"#, "4", "$: must be 3, got 4"),
        (#"{"minimum":1,"maximum":5}"#, "5", nil),
        (#"{"minimum":1}"#, "0.5", "$: must be at least 1, got 0.5"),
        (#"{"maximum":5}"#, "6", "$: must be at most 5, got 6"),
        (#"{"minLength":2}"#, #""é""#, "$: must have at least 2 characters, has 1"),
        (#"{"maxLength":2}"#, #""abc""#, "$: must have at most 2 characters, has 3"),
        (#"{"pattern":"^a"}"#, #""b""#, #"$: must match the pattern ^a, got "b""#),
        (#"{"oneOf":[{"type":"integer"},{"type":"number"}]}"#, "1", "$: fits 2 alternatives instead of one"),
        (#"{"anyOf":[{"type":"integer"},{"type":"number"}]}"#, "1", nil),
        (
            #"{"oneOf":[{"type":"null"},{"required":["a"]}]}"#, "{}",
            "$: fits none of 2 alternatives; nearest: $: expected null, got object"
        ),
        (#"{"allOf":[{"minimum":1},{"maximum":3}]}"#, "4", "$: must be at most 3, got 4"),
        ("false", "1", "$: nothing may stand here"),
    ]

    @Test(arguments: cases)
    func aFaultIsNamedWithItsPlace(schema: String, value: String, fault: String?) throws {
        let check = SchemaCheck(try JSONValue.parse(schema))
        #expect(check.faults(in: try JSONValue.parse(value)).first?.description == fault)
    }

    @Test func checkingStopsAtTheLimit() throws {
        let check = SchemaCheck(["items": ["type": "string"]])
        #expect(check.faults(in: .array(Array(repeating: 1, count: 100)), limit: 2).count == 2)
    }

    @Test func faultsOfTheSchemaItselfAreFound() throws {
        let schema = try JSONValue.parse(
            #"{"type":"object","properties":{"a":{"type":"strng"}},"required":"a","minItems":-1,"pattern":"(a"}"#)
        #expect(
            SchemaCheck.problems(in: schema).map(\.description) == [
                #"$.properties.a.type: there is no type "strng"; did you mean `string`?"#,
                "$.required: must be a list of names", "$.minItems: must be a whole number from 0",
                "$.pattern: cannot be read: the group is not closed",
            ])
    }

    @Test func aSchemaGivesAStaticType() throws {
        let schema = try JSONValue.parse(
            #"""
            {"type":"object","additionalProperties":false,"required":["id","tags","kind"],"properties":{
              "id":{"type":"integer"},"tags":{"type":"array","items":{"type":"string"}},
              "kind":{"enum":["a","b"]},"note":{"type":"string"},"more":{"type":["number","null"]}}}
            """#)
        #expect(
            ValueType(schema: schema)
                == .object(
                    [
                        "id": .integer, "tags": .array(.string), "kind": .string, "note": .optional(.string),
                        "more": .optional(.number),
                    ], open: false))
    }

    @Test(arguments: [
        (#"{"a":1}"#, true), ("```json\n{\"a\":1}\n```", true), (" \n{\"a\":1}\n", true), ("Sure: {\"a\":1}", false),
        ("", false), ("```", false),
    ])
    func jsonIsTakenFromAnAnswer(text: String, isJSON: Bool) {
        #expect(JSONAnswer.parse(text) == (isJSON ? ["a": 1] : nil))
    }

    @Test(arguments: [
        ("", 0), ("word", 2), ("{\"id\": 12345, \"done\": true}", 16), ("日本語", 4),
    ])
    func tokensAreEstimated(text: String, count: Int) {
        #expect(TokenEstimate.tokens(in: text) == count)
    }
}
