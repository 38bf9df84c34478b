// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowTesting
import Testing

@testable import FlowEngine

@Suite struct JSONDiffTests {
    private static func diff(_ old: String, _ new: String) throws -> [String] {
        let values = try [old, new].map { try JSONValue.parse(Array($0.utf8)) }
        return JSONDiff(values[0], values[1], path: "v").changes.map { change in
            "\(change.path) \(change.old?.jsonText(.compact) ?? "-") \(change.new?.jsonText(.compact) ?? "-")"
        }
    }

    @Test(
        "Differences have a path and both values",
        arguments: [
            ("1", "1.0", []), ("null", "0", ["v null 0"]), (#"{"a":1,"b":2}"#, #"{"b":2,"a":1}"#, []),
            (#"{"a":{"b":[1,{"c":2}]}}"#, #"{"a":{"b":[1,{"c":3}]}}"#, ["v.a.b[1].c 2 3"]),
            (#"{"a":1}"#, #"{"b":1}"#, ["v.a 1 -", "v.b - 1"]), ("[1,2,3]", "[2,3]", ["v[0] 1 -"]),
            ("[1,2]", "[1,9,2]", ["v[1] - 9"]), ("[1,2]", "[2,1]", ["v[0] 1 -", "v[1] - 1"]),
            ("[]", "[null]", ["v[0] - null"]), ("[[1]]", "[[2]]", ["v[0][0] 1 2"]), ("{}", "[]", ["v {} []"]),
            (#"{"a b":1,"":1,"0":1}"#, #"{"a b":2,"":2,"0":2}"#, [#"v["a b"] 1 2"#, #"v[""] 1 2"#, #"v["0"] 1 2"#]),
            (
                #"[{"id":1,"n":1},{"id":2,"n":1}]"#, #"[{"id":0,"n":1},{"id":1,"n":5},{"id":2,"n":1}]"#,
                [#"v[0] - {"id":0,"n":1}"#, "v[1].n 1 5"]
            ), (#"["a\nb"]"#, #"["a\nc"]"#, [#"v[0] "a\nb" "a\nc""#]),
        ] as [(String, String, [String])])
    func paths(_ old: String, _ new: String, _ expected: [String]) throws {
        #expect(try Self.diff(old, new) == expected)
    }

    @Test("Of texts the first line that differs is shown where it is asked for")
    func lines() {
        func text(_ old: JSONValue, _ new: JSONValue) -> [String] {
            JSONDiff(old, new, showsLines: true).changes.map {
                "\($0.path): \($0.old?.jsonText() ?? "-") → \($0.new?.jsonText() ?? "-")"
            }
        }
        #expect(text(["t": "a\nb\nc"], ["t": "a\nB\nc"]) == [#"t line 2: "b" → "B""#])
        #expect(text(["t": "a"], ["t": "a\nb"]) == [#"t line 2: - → "b""#])
    }

    @Test("Values that are not equal differ somewhere, and equal ones nowhere")
    func complete() {
        var random = SeededGenerator(seed: 7)
        func value(_ depth: Int) -> JSONValue {
            switch Int.random(in: 0..<(depth > 0 ? 6 : 4), using: &random) {
            case 0: return .null
            case 1: return .bool(.random(using: &random))
            case 2: return .integer(.random(in: 0...3, using: &random))
            case 3: return .string(["a", "b", "a\nb"].randomElement(using: &random) ?? "")
            case 4: return .array((0..<Int.random(in: 0...4, using: &random)).map { _ in value(depth - 1) })
            default:
                var object = JSONObject()
                for key in ["id", "n", "x y"] where Bool.random(using: &random) { object[key] = value(depth - 1) }
                return .object(object)
            }
        }
        for _ in 0..<3000 {
            let (a, b) = (value(3), value(3))
            #expect(JSONDiff(a, b).changes.isEmpty == (a == b))
            #expect(JSONDiff(a, a).changes.isEmpty)
        }
    }

    @Test("Beyond the limit differences are only counted")
    func limit() {
        let diff = JSONDiff(
            .array((0..<50).map { .integer($0) }), .array((100..<150).map { .integer($0) }), limit: 10)
        #expect(diff.changes.count == 10)
        #expect(diff.hiddenCount == 40)
    }
}
