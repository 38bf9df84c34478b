// SPDX-License-Identifier: Apache-2.0

import FlowEngine
import Testing

/// How given values become the inputs of a run.
struct InputBinderTests {
    static func object(_ value: JSONValue) -> JSONObject { value.objectValue ?? JSONObject() }

    static func form(_ fields: String) throws -> InputBinder {
        let compilation = Fixtures.compile(
            "flow: 1\nname: form\ninputs:\n  x: {\(fields)}\nnodes: {a: {set: {x: \"${{ inputs.x }}\"}}}\n")
        #expect(Fixtures.printer.text(compilation.diagnostics, in: compilation.sources) == "")
        return InputBinder(inputs: try #require(compilation.definition).inputs)
    }

    static let good: [(String, JSONValue, JSONValue)] = [
        ("type: string", "a", "a"), ("type: string", "", ""), ("type: string", "12", "12"),
        ("type: text", "a\nb", "a\nb"),
        ("type: integer", 5, 5), ("type: integer", "5", 5), ("type: integer", "-7", -7), ("type: integer", "007", 7),
        ("type: number", 1.5, 1.5), ("type: number", 2, 2), ("type: number", "2.5", 2.5),
        ("type: number", "1e3", 1000.0),
        ("type: boolean", true, true), ("type: boolean", "true", true), ("type: boolean", "false", false),
        ("type: file", "a.csv", "a.csv"), ("type: file, accept: [.csv]", "A.CSV", "A.CSV"),
        ("type: files", "a,b", ["a", "b"]), ("type: files", ["a"], ["a"]),
        ("type: object", ["a": 1], ["a": 1]), ("type: object", "{\"a\": 1}", ["a": 1]),
        ("type: array", [1, 2], [1, 2]), ("type: array", "[1]", [1]),
        ("type: string, enum: [low, high]", "high", "high"), ("type: integer, enum: [1, 2]", "2", 2),
        ("type: integer, min: 1, max: 3", 1, 1), ("type: integer, min: 1, max: 3", 3, 3),
        ("type: string, pattern: \"^[a-z]+$\"", "abc", "abc"),
        ("type: array, min_items: 1, max_items: 2", [1, 2], [1, 2]),
        ("type: files", "[\"a,b\", \"c\"]", ["a,b", "c"]), ("type: number", "-2.5e-3", -0.0025),
        ("type: files, accept: [.csv]", ["a.csv", "B.CSV"], ["a.csv", "B.CSV"]),
        ("type: array, schema: {items: {type: integer}}", "[1, 2]", [1, 2]),
        ("type: object, schema: {properties: {a: {type: integer}}, required: [a]}", ["a": 1], ["a": 1]),
        ("type: text, pattern: \"^.{2,4}$\"", "éé", "éé"),
        // What is left empty takes the default, or null.
        ("type: integer, default: 4", .null, 4), ("type: integer", .null, .null),
        ("type: string, default: 010", .null, "010"),
        ("type: string, default: no", .null, "no"),
    ]

    @Test(arguments: good) func takes(fields: String, given: JSONValue, wanted: JSONValue) throws {
        let (values, problems) = try Self.form(fields).bind(Self.object(["x": given]))
        #expect(problems.isEmpty)
        #expect(values?["x"] == wanted)
    }

    static let bad: [(String, JSONValue, String)] = [
        ("type: string", 5, "it takes string, not integer"), ("type: string", ["a"], "it takes string, not array"),
        ("type: integer", "five", "it takes integer, not string"),
        ("type: integer", 1.5, "it takes integer, not number"),
        ("type: integer", "9223372036854775808", "it takes integer, not string"),
        ("type: number", "nan", "it takes number, not string"),
        ("type: number", "1e999", "it takes number, not string"),
        ("type: boolean", "yes", "it takes boolean, not string"), ("type: boolean", 1, "it takes boolean, not integer"),
        ("type: file", 5, "it takes file, not integer"), ("type: files", [5], "it takes files, not array"),
        ("type: object", "[1]", "it takes object, not array"), ("type: object", "{", "it takes object, not string"),
        ("type: array", "{}", "it takes array, not object"),
        ("type: string, enum: [low, high]", "hihg", "`hihg` is not one of low, high; did you mean `high`?"),
        ("type: string, enum: [low, high]", "medium", "`medium` is not one of low, high"),
        ("type: integer, enum: [1, 2]", 3, "`3` is not one of 1, 2"),
        ("type: integer, min: 1", 0, "0 is less than 1"), ("type: integer, max: 3", 4, "4 is greater than 3"),
        ("type: number, min: 0.5", 0.25, "0.25 is less than 0.5"),
        ("type: string, pattern: \"^[a-z]+$\"", "aB", "`aB` does not match ^[a-z]+$"),
        ("type: array, min_items: 2", [1], "it needs at least 2 items"),
        ("type: files, max_items: 1", "a,b", "it takes at most 1 items"),
        ("type: number", "0x10", "it takes number, not string"), ("type: number", " 1", "it takes number, not string"),
        ("type: integer", "1.0", "it takes integer, not string"),
        ("type: integer", "1e3", "it takes integer, not string"),
        ("type: integer", "", "it takes integer, not string"),
        ("type: boolean", "True", "it takes boolean, not string"),
        ("type: files, min_items: 2", "a", "it needs at least 2 items"),
        ("type: files, accept: [.csv]", ["a.csv", "b.txt"], "`b.txt` is not one of .csv"),
        ("type: array, schema: {items: {type: integer}}", "[1, \"x\"]", "$[1]: expected integer, got string"),
        (
            "type: object, schema: {properties: {a: {type: integer}}, required: [a]}", "{}", "$: `a` is missing"
        ),
        (
            "type: object, schema: {properties: {a: {type: integer}}, additionalProperties: false}", ["b": 1],
            "$: `b` is not allowed"
        ),
        ("type: file, accept: [.csv, .tsv]", "a.txt", "`a.txt` is not one of .csv, .tsv"),
    ]

    @Test(arguments: bad) func refuses(fields: String, given: JSONValue, message: String) throws {
        let (values, problems) = try Self.form(fields).bind(Self.object(["x": given]))
        #expect(values == nil)
        #expect(problems.map(\.message) == ["input `x`: \(message)"])
        #expect(problems.map(\.code) == [.badInput])
    }

    @Test func saysHowToGiveWhatIsMissing() throws {
        let cases: [(String, [String])] = [
            ("type: string, required: true, help: Whose tickets.", ["give it: `--input x=…`", "Whose tickets."]),
            ("type: string, required: true, enum: [low, high]", ["give it: `--input x=low`"]),
            ("type: file, required: true, label: Tickets", ["give it: `--input x=@path`", "Tickets"]),
            ("type: integer, required: true", ["give it: `--input x=1`"]),
        ]
        for (fields, help) in cases {
            for given in [JSONObject(), Self.object(["x": .null])] {
                let (values, problems) = try Self.form(fields).bind(given)
                #expect(values == nil)
                #expect(problems.map(\.code) == [.missingInput])
                #expect(problems.map(\.message) == ["input `x` is missing"])
                #expect(problems.first?.help == help)
            }
        }
    }

    @Test func proposesTheInputThatWasMeant() throws {
        let binder = InputBinder(inputs: [
            InputDefinition(name: "customer", kind: .string), InputDefinition(name: "time_range", kind: .string),
        ])
        let (values, problems) = binder.bind(Self.object(["costumer": "a", "whatever": "b"]))
        #expect(values == nil)
        #expect(problems.map(\.code) == [.unknownInput, .unknownInput])
        #expect(problems.map(\.help) == [["did you mean `customer`?"], ["the inputs are: customer, time_range"]])
        #expect(
            InputBinder(inputs: []).bind(Self.object(["a": 1])).problems.map(\.help) == [["the workflow has no inputs"]]
        )
    }

    @Test func tellsAllProblemsAtOnce() {
        let binder = InputBinder(inputs: [
            InputDefinition(name: "a", kind: .integer, required: true), InputDefinition(name: "b", kind: .boolean),
        ])
        #expect(
            binder.bind(Self.object(["b": "x", "c": 1])).problems.map(\.code) == [
                .unknownInput, .missingInput, .badInput,
            ])
    }

    /// Objects with keys that mean something elsewhere are plain data.
    @Test func keepsObjectsAsTheyAre() throws {
        let value: JSONValue = ["$ref": "#/x", "_flow": 1, "__proto__": ["a": .null], "lc": 1, "t": "${{ inputs.x }}"]
        let (values, _) = try Self.form("type: object").bind(Self.object(["x": value]))
        #expect(values?["x"] == value)
    }
}
