// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

/// Types that are known before a run: of members, elements, groups, and of what may be null.
struct KnownTypeTests {
    static let schema: JSONValue = [
        "type": "object", "required": ["id", "tags"],
        "properties": [
            "id": ["type": "integer"], "tags": ["type": "array", "items": ["type": "string"]],
            "score": ["type": "number"],
            "owner": ["type": "object", "properties": ["name": ["type": "string"]], "additionalProperties": false],
            "level": ["enum": ["low", "high"]], "size": ["anyOf": [["type": "integer"], ["type": "null"]]],
            "counts": ["type": "object", "additionalProperties": ["type": "integer"]],
        ],
        "additionalProperties": false,
    ]

    static let scope = FieldScope([
        "row": ValueType(schema: schema), "rows": .array(ValueType(schema: schema)), "maybe": .optional(.string),
        "n": .integer, "list": .array(.optional(.integer)),
    ])

    static func check(_ text: String) throws -> (String, [String]) {
        let expression = try #require(Expression.parse(text).0, "\(text)")
        let (type, faults) = expression.check(in: scope)
        return (type.description, faults.map(\.message))
    }

    @Test(arguments: [
        ("row.id", "integer"), ("row.tags[0]", "string"), ("row.score", "number or null"), ("row.score ?? 0", "number"),
        ("row.owner.name ?? 'x'", "string"), ("row.level ?? 'low'", "string"), ("row.size", "integer or null"),
        ("row.counts", "object or null"), ("(row.counts ?? {}).x", "integer or null"),
        ("map(rows, it.id)", "array of integer"), ("map(rows, it.tags)", "array of array of string"),
        ("flatten(map(rows, it.tags))", "array of string"), ("unique(flatten(map(rows, it.tags)))", "array of string"),
        ("sort_by(rows, it.id)[0].id", "integer"), ("filter(rows, it.id > 1)[0].id", "integer"),
        ("group_by(rows, it.id)", "object"), ("group_by(rows, it.id)['1']", "array of object or null"),
        ("(group_by(rows, it.id)['1'] ?? [])[0].id", "integer"), ("values(group_by(rows, it.id))[0][0].id", "integer"),
        ("map(keys(group_by(rows, it.id)), to_number(it))", "array of number"), ("first(rows)", "object or null"),
        ("n > 1 ? row : null", "object or null"), ("n > 1 ? 1 : 2.5", "number"), ("[row, row][0].id", "integer"),
        ("[{a: 1}, {a: 2, b: 'x'}][0].b", "string or null"), ("slice(rows, 1)[0].tags", "array of string"),
        ("{a: row.tags}.a[0]", "string"), ("coalesce(maybe, 'x')", "string"),
        // A condition says that a path is there.
        ("maybe != null ? lower(maybe) : ''", "string"), ("maybe == null ? '' : lower(maybe)", "string"),
        ("maybe != null && length(maybe) > 1", "boolean"), ("maybe == null || length(maybe) > 1", "boolean"),
        ("!(maybe == null) ? maybe : 'x'", "string"), ("row.score != null ? row.score * 2 : 0", "number"),
        ("sum(filter(list, it != null))", "integer"),
        ("map(filter(rows, it.score != null), it.score)", "array of number"),
        ("row.owner.name == null", "boolean"),
    ])
    func infers(text: String, type: String) throws {
        let (found, faults) = try Self.check(text)
        #expect(faults == [])
        #expect(found == type)
    }

    @Test(arguments: [
        ("row.idd", "unknown member `idd`"), ("map(rows, it.tgas)", "unknown member `tgas`"),
        ("row.owner.name", "this may be null, and the member `name` is taken from it"),
        ("row.owner == null ? 1 : row.owner.nam", "unknown member `nam`"),
        ("row.score + 1", "this may be null, and `+` needs a value"),
        ("lower(maybe)", "this may be null, and `lower` needs string"),
        ("maybe < 'a'", "this may be null, and `<` needs a value"),
        ("sum(list)", "`sum` needs array of number for `items`, not an array of integer or null"),
        ("maybe == null && length(maybe) > 1", "this may be null, and `length` needs string or array or object"),
        ("maybe != null || length(maybe) > 1", "this may be null, and `length` needs string or array or object"),
        ("length(group_by(rows, it.id)['1'])", "this may be null, and `length` needs string or array or object"),
        ("map(rows, it.id == 'x')", "an integer never equals a string"),
        ("sum(map(rows, it.level ?? ''))", "`sum` needs array of number for `items`, not an array of string"),
    ])
    func refuses(text: String, message: String) throws {
        #expect(try Self.check(text).1 == [message])
    }

    /// The inner `it` is another one than that of which the condition speaks.
    @Test func conditionsDoNotReachIntoInnerElements() throws {
        let (_, faults) = try Self.check("map(filter(list, it != null), map(list, it + 1))")
        #expect(faults == ["this may be null, and `+` needs a value"])
        let (_, outer) = try Self.check("map(list, it != null && length(map(list, it + 1)) > 0)")
        #expect(outer == ["this may be null, and `+` needs a value"])
    }

    @Test(
        arguments: [
            ("null == null", true), ("null != null", false), ("row.gone == null", true), ("row.a.b.c == null", true),
            ("null != row.gone", false), ("row.a == null", false), ("row.none == null", true),
            ("row.none != null", false),
            ("row.list[9] == null", true), ("(row.none ?? 1) == 1", true), ("null == 0", false), ("null == ''", false),
            ("[null] == [null]", true), ("row.gone ?? row.none ?? 'x'", "x"), ("row.none.a ?? 1", 1),
            ("null ?? null", nil),
            ("row.gone == null ? 0 : row.gone + 1", 0),
        ] as [(String, JSONValue)])
    func nullIsEqualToItselfAndToWhatIsMissing(text: String, value: JSONValue) throws {
        let scope = JSONObject([.init(key: "row", value: ["a": ["x": 1], "none": .null, "list": [1]])])
        #expect(try Expression.parse(text).0?.evaluate(in: scope) == value)
    }

    @Test(arguments: [
        "null < 1", "1 >= null", "null + 1", "-null", "!null", "null && true", "null.x", "null[0]", "lower(null)",
    ])
    func nullIsRefusedElsewhere(text: String) throws {
        let error = #expect(throws: ExpressionError.self) { try Expression.parse(text).0?.evaluate(in: JSONObject()) }
        #expect(error?.kind == .nullValue, "\(error?.message ?? "")")
    }

    /// Texts and lists that would grow without bound are refused, and soon.
    @Test(arguments: [
        "range(100000000)", "map(range(1000), map(range(1000), it))",
        "map(range(90000), 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx')",
        "replace(join(map(range(4000), 'aaaaaaaa'), ''), 'a', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb')",
        "join(range(90000), 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx')", "flatten(map(range(2000), range(2000)))",
        "sha256(join(range(99999), 'xxxxxxxxxxxxxxxxx'))",
        "unique(map(range(400), range(400)))", "sort_by(range(99999), it)", "split(join(range(90000), ','), ',')",
    ])
    func bombsAreRefusedSoon(text: String) throws {
        let expression = try #require(Expression.parse(text).0)
        let clock = ContinuousClock()
        var error: ExpressionError?
        let time = clock.measure {
            do throws(ExpressionError) { _ = try expression.evaluate(in: JSONObject()) } catch let found {
                error = found
            }
        }
        #expect(error?.kind == .stepLimit || error?.kind == .sizeLimit, "\(text): \(error?.message ?? "no error")")
        #expect(time < .seconds(5), "\(text): \(time)")
    }
}
