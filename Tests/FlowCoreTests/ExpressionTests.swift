// SPDX-License-Identifier: Apache-2.0
import FlowCore
import Testing

struct ExpressionTests {
    static let scope = JSONObject([
        .init(key: "inputs", value: ["n": 3, "name": "Ada", "list": [1, 2, 3], "nothing": nil, "key": "n"]),
        .init(
            key: "rows",
            value: [
                ["id": "b", "n": 2, "ok": true], ["id": "a", "n": 1, "ok": false], ["id": "c", "n": 2, "ok": true],
            ]),
    ])

    static func value(_ text: String, limits: ExpressionLimits = .standard) throws -> JSONValue {
        let (expression, faults) = Expression.parse(text, limits: limits)
        guard let expression else { throw faults[0] }
        return try expression.evaluate(in: scope, limits: limits)
    }

    @Test(
        arguments: [
            ("1 + 2 * 3", 7), ("(1 + 2) * 3", 9), ("10 - 2 - 3", 5), ("7 / 2", 3.5), ("6 / 2", 3), ("7 % 3", 1),
            ("-7 % 3", -1), ("2 * -3", -6), ("- -3", 3), ("-9223372036854775808", .integer(.min)), ("1.5e1", 15),
            ("0.1 + 0.2", 0.30000000000000004), ("'a' + \"b\"", "ab"), ("1 < 2 && 2 <= 2 && 3 > 2 && 3 >= 3", true),
            ("'a' < 'b'", true), ("1 == 1.0", true), ("[1, 2] == [1, 2]", true), ("{a: 1, b: 2} == {b: 2, a: 1}", true),
            ("1 == '1'", false), ("null == false", false), ("1 != 2", true), ("!true || true", true),
            ("true || 1 / 0 == 1", true), ("false && 1 / 0 == 1", false), ("true ? 1 : 1 / 0", 1),
            ("false ? 1 : true ? 2 : 3", 2), ("null ?? 1", 1), ("false ?? true", false), ("null ?? null ?? 3", 3),
            ("inputs.gone ?? 'x'", "x"), ("inputs.nothing.deep.er ?? 'x'", "x"), ("inputs.list[9] ?? 0", 0),
            ("inputs.gone[0].x ?? 0", 0), ("(inputs.gone ?? inputs.name) + '!'", "Ada!"),
            ("coalesce(inputs.gone, inputs.nothing, 4)", 4), ("coalesce(inputs.gone)", nil), ("inputs.n", 3),
            ("inputs['name']", "Ada"), ("inputs[inputs.key]", 3), ("inputs.list[1]", 2), ("inputs.list[6 / 3]", 3),
            ("[1, [2],]", [1, [2]]), ("{}", [:]), ("{a: 1, 'b c': inputs.n,}", ["a": 1, "b c": 3]),
            ("{a: {b: 1}}.a.b", 1), ("'it\\'s \\\"x\\\" \\\\ \\n \\u00e9\\ud83d\\ude00'", "it's \"x\" \\ \n é😀"),
            ("1 + 1 == 2 ? 'y' : 'n'", "y"), ("null ?? false || true", true), ("1 < 2 == true", true),
            ("map(rows, it.id + to_string(it_index))", ["b0", "a1", "c2"]),
            ("map(filter(rows, it.ok), it.id)", ["b", "c"]),
            ("map(sort_by(rows, it.n), it.id)", ["a", "b", "c"]),
            ("map([1, 2], map([10, 20], it + it_index))", [[10, 21], [10, 21]]),
            ("group_by(rows, it.n)['2'][0].id", "b"), ("map([[1], [2, 3]], length(it))", [1, 2]),
        ] as [(String, JSONValue)])
    func `evaluates`(text: String, value: JSONValue) throws {
        #expect(try Self.value(text) == value)
    }

    @Test(
        arguments: [
            ("1 + 9223372036854775807", .overflow, 0..<23), ("-(-9223372036854775807 - 1)", .overflow, 0..<27),
            ("9223372036854775807 * 2", .overflow, 0..<23), ("(-9223372036854775808) / -1", .overflow, 0..<27),
            ("1e308 * 10", .overflow, 0..<10), ("abs(-9223372036854775808)", .overflow, 0..<25),
            ("sum([9223372036854775807, 1])", .overflow, 0..<29), ("1 / 0", .divisionByZero, 0..<5),
            ("1 % 0", .divisionByZero, 0..<5), ("1.5 / 0", .divisionByZero, 0..<7), ("'a' + 1", .type, 0..<7),
            ("'a' * 2", .type, 0..<7), ("null + 1", .nullValue, 0..<8), ("1 < 'a'", .type, 0..<7), ("!1", .type, 1..<2),
            ("1 && true", .type, 0..<1), ("'x' ? 1 : 2", .type, 0..<3), ("gone", .unknownName, 0..<4),
            ("inputs.gone", .missing, 7..<11), ("inputs.nothing.x", .nullValue, 15..<16), ("inputs.n.x", .type, 9..<10),
            ("inputs.n.x ?? 1", .type, 9..<10), ("1 / 0 ?? 1", .divisionByZero, 0..<5),
            ("inputs.list[3]", .missing, 12..<13), ("inputs.list[-1]", .missing, 12..<14),
            ("inputs.list['a']", .type, 12..<15), ("inputs.list[0.5]", .type, 12..<15), ("inputs[0]", .type, 7..<8),
            ("nope(1)", .unknownFunction, 0..<4), ("lower()", .argument, 0..<7), ("lower(1)", .type, 6..<7),
            ("lower(null)", .nullValue, 6..<10), ("length(length(gone ?? 1) ?? 2)", .unknownName, 14..<18),
            ("map(1, it)", .type, 4..<5), ("filter([1], it)", .type, 12..<14), ("it", .unknownName, 0..<2),
            ("sort_by([1, 'a'], it)", .type, 18..<20), ("group_by([1], [it])", .type, 14..<18),
            ("range(0, 5, 0)", .argument, 12..<13), ("range(1000000000)", .stepLimit, 0..<17),
            ("split('a', '')", .argument, 11..<13), ("to_number('x')", .argument, 10..<13),
            ("from_json('{')", .argument, 10..<13), ("matches('a', '(')", .argument, 13..<16),
            ("format_date('x', '%Y')", .argument, 12..<15), ("round(1.5, 99)", .argument, 11..<13),
        ] as [(String, ExpressionError.Kind, Range<Int>)])
    func `fails with a kind and a place`(text: String, kind: ExpressionError.Kind, range: Range<Int>) throws {
        let error = #expect(throws: ExpressionError.self) { try Self.value(text) }
        #expect(error?.kind == kind, "\(error?.message ?? "")")
        #expect(error?.range == range, "\(error?.message ?? "")")
    }

    @Test(arguments: ExpressionFunction.all)
    func `the example of every function holds`(function: ExpressionFunction) throws {
        #expect(try Self.value(function.example) == function.exampleResult)
        #expect(function.example.contains(function.name + "("))
        #expect(function.summary.hasSuffix("."))
        let (type, faults) = try #require(Expression.parse(function.example).0).check(in: FieldScope([:]))
        #expect(faults.isEmpty)
        #expect(ValueType(of: function.exampleResult).fits(type), "\(type.description)")
    }

    @Test func `has the functions of the language`() {
        let names = """
            abs avg basename coalesce contains dirname ends_with extension filter first flatten format_date from_json \
            group_by join keys last length lower map matches max min range replace round sha256 slice sort_by split \
            starts_with sum to_json to_number to_string trim unique upper values
            """
        #expect(ExpressionFunction.all.map(\.name).joined(separator: " ") == names)
    }

    @Test(
        arguments: [
            ("sha256('')", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (
                "sha256('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq')",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
            ("basename('/')", "/"), ("basename('a/b/')", "b"), ("dirname('a')", "."), ("dirname('/a')", "/"),
            ("dirname('/')", "/"), ("extension('.bashrc')", ""), ("extension('a.d/b')", ""),
            ("trim('\\u00a0 x ')", "x"),
            ("slice('aé中😀', 1, 3)", "é中"), ("slice([1, 2, 3], -2)", [2, 3]), ("slice([1], 5, 2)", []),
            ("replace('aaa', 'aa', 'b')", "ba"), ("split('', ',')", [""]), ("join([], ',')", ""),
            ("join([null, 'a', [1]], '|')", "|a|[1]"), ("contains('aXb', 'X')", true), ("contains('ab', '')", true),
            ("contains({a: 1}, 'a')", true), ("contains([[1]], [1.0])", true), ("min([])", nil),
            ("max(1, 2.5, 2)", 2.5),
            ("avg([])", nil), ("sum([])", 0), ("round(2.5)", 3), ("round(-2.5)", -3), ("round(1.005, 2)", 1.0),
            ("to_string(null)", ""), ("to_string([1, null])", "[1,null]"), ("to_number('-1.5e2')", -150),
            ("range(3)", [0, 1, 2]), ("range(3, 0, -2)", [3, 1]), ("range(0)", []), ("first([])", nil),
            ("unique([1, 1.0, '1', [1], [1]])", [1, "1", [1]]), ("flatten([])", []), ("length('é😀')", 2),
            ("format_date('2024-02-29', '%A %j %B %e')", "Thursday 060 February 29"),
            ("format_date('1969-12-31T23:59:59Z', '%s %F %T')", "-1 1969-12-31 23:59:59"),
            ("format_date('2000-01-01T00:15+01:00', '%Y-%m-%dT%R%z %p %I')", "1999-12-31T23:15+0000 PM 11"),
        ] as [(String, JSONValue)])
    func `functions at their edges`(text: String, value: JSONValue) throws {
        #expect(try Self.value(text) == value)
    }

    @Test(arguments: [
        "2023-02-29", "2024-13-01", "2024-1-1", "2024-01-01T25:00", "2024-01-01T10", "2024-01-01T10:00+1", "24-01-01",
        "2024-01-01T10:00:00.", "2024-01-01x", "",
    ])
    func `refuses what is no date`(text: String) {
        #expect(throws: ExpressionError.self) { try Self.value("format_date('\(text)', '%Y')") }
    }

    @Test(arguments: [
        ("abc", "b", true), ("abc", "^b", false), ("abc", "^abc$", true), ("abc", "^ab$", false), ("", "^$", true),
        ("aaa", "^a{2,3}$", true), ("aaaa", "^a{2,3}$", false), ("a", "^a{2,}$", false), ("ac", "^ab?c$", true),
        ("xyz", "x|q", true), ("z", "^(a|b)*$", false), ("abab", "^(?:ab)+$", true), ("a.b", "^a\\.b$", true),
        ("axb", "^a\\.b$", false), ("é😀", "^..$", true), ("\n", ".", false), ("x-9_", "^[\\w-]+$", true),
        ("b", "[^a-c]", false), ("]", "[]]", true), ("12 ab", "^\\d+\\s\\D+$", true), ("aX", "^[a-z][A-Z]$", true),
        ("a", "a*?$", true), ("foo\nbar", "^bar", false), ("ab", "a$|b$", true), ("ba", "a$|b^", true),
        ("", "(a*)*", true),
    ])
    func `matches patterns`(text: String, pattern: String, matches: Bool) throws {
        let escaped = pattern.map { $0 == "\\" ? "\\\\" : String($0) }.joined()
        let quoted = text.map { $0 == "\n" ? "\\n" : String($0) }.joined()
        #expect(try Self.value("matches('\(quoted)', '\(escaped)')") == .bool(matches))
    }

    @Test(arguments: [
        "(", ")", "a)", "[", "[a", "*", "a**", "a{", "a{2,1}", "a{2000}", "(?=a)", "\\\\b", "\\\\1", "[z-a]", "a\\\\",
        "((((a{1000}){1000}){1000}){1000})", "((((){1000}){1000}){1000}){1000}",
    ])
    func `refuses bad patterns`(pattern: String) {
        let error = #expect(throws: ExpressionError.self) { try Self.value("matches('a', '\(pattern)')") }
        #expect(error?.kind == .argument)
    }

    @Test func `patterns take linear time`() throws {
        let text = String(repeating: "a", count: 2000)
        #expect(try Self.value("matches('\(text)b', '^(a|a|aa)*(a*)*$')") == false)
    }

    @Test func `keeps to its limits`() throws {
        let kinds: [(String, ExpressionError.Kind)] = [
            ("map(range(400), map(range(400), it))", .stepLimit),
            (
                "map(range(20), join(map(range(1000), '01234567890123456789012345678901234567890123456789012345678901234567890123456789'), ''))",
                .sizeLimit
            ),
            (
                "length(replace(join(map(range(2000), 'xxxxxxxx'), ''), 'x', join(map(range(200), 'y'), '')))",
                .sizeLimit
            ),
            ("to_json(map(range(9000), range(20)))", .stepLimit),
            ("range(0, 100000000)", .stepLimit),
            ("map(range(0, 3000), 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' + join(range(100), 'yyy'))", .stepLimit),
        ]
        for (text, kind) in kinds {
            let error = #expect(throws: ExpressionError.self) { try Self.value(text) }
            #expect(error?.kind == kind, "\(text): \(error?.message ?? "")")
        }
        let boundless = ExpressionLimits(length: .max, depth: .max, steps: .max, size: .max)
        #expect(try Self.value("unique(range(500)) == range(500)", limits: boundless) == true)
        let big = JSONObject([.init(key: "text", value: .string(String(repeating: "x", count: 4 << 20)))])
        let whole = try #require(Expression.parse("text").0)
        #expect(try whole.evaluate(in: big).stringValue?.utf8.count == 4 << 20)
        let made = try #require(Expression.parse("text + 'x'").0)
        #expect(throws: ExpressionError.self) { try made.evaluate(in: big) }
    }

    @Test func `asks a scope for whole paths first`() throws {
        struct PathScope: ValueScope {
            func value(ofRoot name: String) -> JSONValue? {
                Issue.record("the root was built")
                return nil
            }
            func value(ofPath path: [String]) -> JSONValue? {
                path == ["nodes", "a", "outputs", "x"] ? ["deep": [5]] : nil
            }
        }
        let expression = try #require(Expression.parse("nodes.a.outputs.x.deep[0] + nodes['a'].outputs.x.deep[0]").0)
        #expect(try expression.evaluate(in: PathScope()) == 10)
    }
}
