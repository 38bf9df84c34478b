// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

@Suite struct JSONDiffTests {
    private func text(_ old: JSONValue, _ new: JSONValue) -> [String] {
        JSONDiff(old: old, new: new).entries.map {
            "\($0.path): \($0.old?.jsonText() ?? "-") → \($0.new?.jsonText() ?? "-")"
        }
    }

    @Test func paths() {
        #expect(text(["a": 1, "b": [1, 2]], ["b": [1, 2], "a": 1.0]) == [])
        #expect(text(["a": 1], ["a": 2]) == ["a: 1 → 2"])
        #expect(
            text(["rows": [["x": 1], ["x": 2]]], ["rows": [["x": 1], ["x": 3], ["x": 4]]]) == [
                "rows[1].x: 2 → 3", #"rows[2]: - → {"x":4}"#,
            ])
        #expect(text(["a b": 1, "c": 2], ["a b": 2]) == [#"["a b"]: 1 → 2"#, "c: 2 → -"])
        #expect(text(1, "1") == [#": 1 → "1""#])
    }

    @Test func lines() {
        #expect(text(["t": "a\nb\nc"], ["t": "a\nB\nc"]) == [#"t line 2: "b" → "B""#])
        #expect(text(["t": "a"], ["t": "a\nb"]) == [#"t line 2: - → "b""#])
    }

    @Test func manyAreCounted() {
        let diff = JSONDiff(
            old: .array((0..<50).map { .integer($0) }), new: .array((0..<50).map { .integer(-$0 - 1) }), limit: 20)
        #expect(diff.entries.count == 20)
        #expect(diff.hiddenCount == 30)
    }
}
