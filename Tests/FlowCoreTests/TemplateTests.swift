// SPDX-License-Identifier: Apache-2.0
import FlowCore
import Testing

struct TemplateTests {
    static let scope = JSONObject([
        .init(key: "n", value: 3), .init(key: "list", value: [1, "a"]), .init(key: "nothing", value: nil),
        .init(key: "sly", value: "${{ n }}"), .init(key: "ok", value: true), .init(key: "x", value: 1.5),
    ])

    /// Each beginning was once searched for its end through the whole text.
    @Test(.timeLimit(.minutes(1))) func `many unbalanced expressions take a time that grows with their number`() {
        let text = String(repeating: "${{{}}, ${{}}, ", count: 40_000)
        #expect(Template.parse(text).1.count == 80_000)
    }

    @Test(
        arguments: [
            ("${{ n }}", 3), ("  ${{ list }}\n", [1, "a"]), ("${{n}}", 3), ("${{ sly }}", "${{ n }}"),
            ("a ${{ sly }} b", "a ${{ n }} b"), ("${{ n }}${{ n }}", "33"),
            ("n=${{ n }}, ok=${{ ok }}", "n=3, ok=true"),
            ("<${{ nothing }}|${{ list }}|${{ x }}>", "<|[1,\"a\"]|1.5>"), ("plain", "plain"), ("", ""),
            ("$${{ n }}", "${{ n }}"), ("$${{ ${{ n }}", "${{ 3"), ("$$${{ n }}", "$${{ n }}"),
            ("$ {{ }} $", "$ {{ }} $"),
            ("${{ '}}' }}", "}}"), ("${{ {a: {b: 1}} }}", ["a": ["b": 1]]),
            ("x${{ {a: {b: 1}}}}y", "x{\"a\":{\"b\":1}}y"),
            ("${{ \"a\\\"}}\" }}!", "a\"}}!"), ("é${{ 'é' }}😀", "éé😀"),
        ] as [(String, JSONValue)])
    func `renders`(text: String, value: JSONValue) throws {
        let (template, faults) = Template.parse(text)
        #expect(faults.isEmpty)
        #expect(try template.render(in: Self.scope) == value)
    }

    @Test(
        arguments: [
            ("ab ${{ n", "not closed", 3..<6), ("é ${{ n + }}", "expected a value", 11..<11), ("${{}}", "empty", 0..<5),
            ("${{ 'a }}", "not closed", 4..<7), ("${{ {a: 1 }}", "not closed", 4..<5),
            ("${{ a }} ${{ 1a }}", "neither", 13..<15),
        ] as [(String, String, Range<Int>)])
    func `tells faults with their places in the scalar`(text: String, message: String, range: Range<Int>) throws {
        let fault = try #require(Template.parse(text).1.first)
        #expect(fault.message.contains(message), "\(fault.message)")
        #expect(fault.range == range)
    }

    @Test func `keeps types, references and places`() throws {
        let text = "é ${{ inputs.a }} and ${{ inputs.b ?? 1 }}"
        let template = Template.parse(text).0
        #expect(
            template.references.map { "\($0.path.joined(separator: ".")) \($0.range) \($0.hasDefault)" } == [
                "inputs.a 7..<15 false", "inputs.b 27..<35 true",
            ])
        #expect(!template.isConstant)
        #expect(Template.parse("${{ 1 + 1 }} x").0.isConstant)
        let scope = FieldScope(["inputs": .object(["a": .integer], open: false)])
        let (type, faults) = template.check(in: scope)
        #expect(type == .string)
        #expect(faults.map(\.range) == [34..<35])
        #expect(Template.parse("${{ inputs.a }}").0.check(in: scope).0 == .integer)
        let error = #expect(throws: ExpressionError.self) { try template.render(in: Self.scope) }
        #expect(error?.range == 7..<13)
    }

    @Test func `renders trees`() throws {
        let tree = Template.object([
            TemplateMember(key: "a", value: .array([Template.parse("${{ n }}").0, .literal(nil)])),
            TemplateMember(key: "b", value: Template.parse("<${{ n }}>").0),
        ])
        #expect(try tree.render(in: Self.scope) == ["a": [3, nil], "b": "<3>"])
        #expect(tree.references.count == 2)
        #expect(tree.check(in: FieldScope(["n": .integer])).0.description == "object")
    }

    @Test func `limits the size of a text`() {
        let scope = JSONObject([.init(key: "t", value: .string(String(repeating: "x", count: 600)))])
        let template = Template.parse("${{ t }}${{ t }}").0
        let error = #expect(throws: ExpressionError.self) {
            try template.render(in: scope, limits: ExpressionLimits(size: 1000))
        }
        #expect(error?.kind == .sizeLimit)
    }
}

struct ExpressionTypeTests {
    static let scope = FieldScope([
        "inputs": .object(
            [
                "name": .string, "count": .integer, "ratio": .number, "maybe": .optional(.string),
                "tags": .array(.string),
                "ok": .boolean, "rows": .array(.object(["id": .string, "n": .optional(.integer)], open: false)),
                "many": .optional(.array(.integer)),
            ],
            open: false),
        "env": .anyObject, "any": .any,
    ])

    @Test(arguments: [
        ("inputs.name", "string"), ("inputs.count + 1", "integer"), ("inputs.count + 1.5", "number"),
        ("inputs.count / 2", "number"), ("inputs.name + 'x'", "string"), ("inputs.maybe", "string or null"),
        ("inputs.maybe ?? 'x'", "string"), ("inputs.maybe ?? null", "string or null"),
        ("inputs.maybe == null", "boolean"),
        ("inputs.tags[0]", "string"), ("inputs['name']", "string"), ("env.HOME", "any"), ("any.x[0].y", "any"),
        ("map(inputs.rows, it.id)", "array of string"), ("map(inputs.rows, it.n ?? 0)", "array of integer"),
        ("filter(inputs.rows, it.id == 'a')[0].id", "string"), ("first(inputs.tags)", "string or null"),
        ("first(inputs.tags) ?? ''", "string"), ("sum(map(inputs.rows, it.n ?? 0))", "integer"),
        ("inputs.ok ? 1 : 2.5", "number"), ("inputs.ok ? 1 : null", "integer or null"), ("inputs.ok ? 1 : 'a'", "any"),
        ("[1, 2.5]", "array of number"), ("{a: 1}.a", "integer"), ("inputs.many[0] ?? 1", "integer"),
        ("coalesce(inputs.maybe, 'x')", "string"), ("inputs.count < inputs.ratio", "boolean"),
        ("-inputs.ratio", "number"),
        ("range(to_number('3'))", "array of integer"), ("min(inputs.many ?? [])", "integer or null"),
        ("any + 1", "number"), ("any == 1", "boolean"), ("slice(inputs.name, 1)", "string"),
    ])
    func `infers types`(text: String, type: String) throws {
        let (found, faults) = try #require(Expression.parse(text).0).check(in: Self.scope)
        #expect(faults.isEmpty, "\(faults.first?.message ?? "")")
        #expect(found.description == type)
    }

    @Test(
        arguments: [
            ("input.name", .unknownName, 0..<5, "unknown name `input`", "did you mean `inputs`?"),
            ("inputs.nmae", .unknownName, 7..<11, "unknown member `nmae`", "did you mean `name`?"),
            ("inputs.zzzzzz", .unknownName, 7..<13, "unknown member", "members are `count`, "),
            ("inputs['nam']", .unknownName, 7..<12, "unknown member `nam`", "did you mean `name`?"),
            ("inputs.zzzz ?? 1", .unknownName, 7..<11, "unknown member", "members are"),
            ("uper(inputs.name)", .unknownFunction, 0..<4, "unknown function `uper`", "did you mean `upper`?"),
            ("upper()", .wrongArguments, 0..<7, "takes 1 argument, not 0", "upper(text: string) -> string"),
            ("round(1, 2, 3)", .wrongArguments, 0..<14, "takes 1 to 2 arguments, not 3", "round("),
            ("upper(1)", .wrongArguments, 6..<7, "needs string for `text`, not an integer", "upper(text"),
            (
                "inputs.name + inputs.count", .expressionType, 12..<13, "cannot join a string and an integer",
                "to_string(inputs.count)"
            ),
            ("1 + 'a'", .expressionType, 2..<3, "cannot join an integer and a string", "to_string(1)"),
            ("inputs.name * 2", .expressionType, 12..<13, "needs two numbers, not a string", "to_number(inputs.name)"),
            ("inputs.tags + 1", .expressionType, 12..<13, "needs two numbers, not an array", "flatten"),
            ("inputs.count == 'a'", .expressionType, 13..<15, "an integer never equals a string", "to_number('a')"),
            ("inputs.count < 'a'", .expressionType, 13..<14, "compares two numbers or two strings", "to_number('a')"),
            ("inputs.maybe + 'x'", .expressionType, 0..<12, "may be null", "(inputs.maybe ?? …)"),
            ("length(inputs.many)", .expressionType, 7..<18, "may be null", "inputs.many ?? …"),
            ("inputs.many[0]", .expressionType, 0..<11, "may be null", "inputs.many ?? …"),
            ("first(inputs.rows).id", .expressionType, 0..<18, "may be null", "first(inputs.rows) ?? …"),
            ("map(inputs.rows, it.n + 1)", .expressionType, 17..<21, "may be null", "it.n ?? …"),
            ("map(inputs.rows, it.m)", .unknownName, 20..<21, "unknown member `m`", "members are `id`, `n`"),
            ("inputs.maybe < 'a'", .expressionType, 0..<12, "may be null", "??"),
            ("!inputs.name", .expressionType, 1..<12, "needs true or false, not a string", "!= ''"),
            (
                "inputs.count ? 1 : 2", .expressionType, 0..<12, "a condition must be true or false, not an integer",
                "!= 0"
            ),
            ("inputs.ok && inputs.tags", .expressionType, 13..<24, "`&&` needs true or false", "length"),
            ("inputs.tags.length", .expressionType, 12..<18, "has no members", "`length` is a function"),
            ("inputs.name[0]", .expressionType, 12..<13, "cannot be indexed", "slice"),
            ("inputs.tags['a']", .expressionType, 12..<15, "indexed by an integer", ""),
            ("inputs.tags[-1]", .expressionType, 12..<14, "no element -1", "last"),
            ("inputs[1]", .expressionType, 7..<8, "indexed by a string", ""),
            ("-inputs.name", .expressionType, 1..<12, "a number", ""),
            ("it.x", .unknownName, 0..<2, "known only in `map`", ""),
            ("length + 1", .unknownName, 0..<6, "is a function", "length(…)"),
            ("filter(inputs.tags, it)", .wrongArguments, 20..<22, "needs boolean for `condition`", ""),
        ] as [(String, DiagnosticCode, Range<Int>, String, String)])
    func `finds faults`(text: String, code: DiagnosticCode, range: Range<Int>, message: String, help: String) throws {
        let faults = try #require(Expression.parse(text).0).check(in: Self.scope).1
        #expect(faults.count == 1, "\(faults.map(\.message))")
        let fault = try #require(faults.first)
        #expect(fault.code == code)
        #expect(fault.range == range)
        #expect(fault.message.contains(message), "\(fault.message)")
        #expect(help.isEmpty || fault.help.contains { $0.contains(help) }, "\(fault.help)")
    }
}
