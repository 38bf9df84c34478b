// SPDX-License-Identifier: Apache-2.0

import FlowEngine
import Testing

/// What is told of workflows that run, but hardly as they were meant.
struct WarningTests {
    static let head = """
        flow: 1
        name: sample
        inputs:
          mode: {type: string, enum: [fast, deep], default: fast}
          level: {type: integer, enum: [1, 2, 3], default: 1}
          count: {type: integer, min: 1, max: 10, default: 2}
          free: {type: string, default: x}
          flag: {type: boolean, default: true}

        """
    /// So that no input is unused.
    static let use =
        "  use: {set: {a: ['${{ inputs.mode }}', '${{ inputs.level }}', '${{ inputs.count }}', "
        + "'${{ inputs.free }}', '${{ inputs.flag }}']}}\n"

    static func told(_ nodes: String) -> [String] {
        let compilation = Fixtures.compile(head + "nodes:\n" + use + nodes)
        return compilation.diagnostics.map { "\($0.severity.rawValue)[\($0.code)] \($0.message)" }
    }

    @Test(arguments: [
        ("inputs.mode == 'fats'", "the comparison is always false"),
        ("'slow' != inputs.mode", "the comparison is always true"),
        ("inputs.level == 7", "the comparison is always false"),
        ("inputs.count > 10", "the comparison is always false"),
        ("inputs.count >= 1", "the comparison is always true"),
        ("0 < inputs.count", "the comparison is always true"),
        ("inputs.count == 11", "the comparison is always false"),
        ("inputs.free == inputs.free", "the comparison is always true"),
        ("inputs.count < inputs.count", "the comparison is always false"),
        ("inputs.flag && inputs.mode == 'slow'", "the comparison is always false"),
        ("length(filter(['a'], inputs.mode == 'slow')) > 0", "the comparison is always false"),
        ("nodes.use.status == 'suceeded'", "the comparison is always false"),
        ("nodes.use.status == 'running'", "the comparison is always false"),
        ("1 + 1 == 2", "the condition is always the same"),
        ("inputs.flag && false", "the condition is always the same"),
        ("inputs.flag || true", "the condition is always the same"),
    ])
    func aConditionThatIsAlwaysTheSame(_ condition: String, _ message: String) {
        let told = Self.told("  a: {needs: [use], run: echo, when: \"\(condition)\"}\n")
        #expect(told == ["warning[F0902] \(message)"])
    }

    @Test(arguments: [
        "inputs.mode == 'fast'", "inputs.mode != 'deep'", "inputs.level == 2", "inputs.level == 2.0",
        "inputs.count > 9",
        "inputs.count < 10", "inputs.count == 10", "inputs.free == 'anything'", "inputs.mode == inputs.free",
        "inputs.flag", "!inputs.flag", "inputs.flag && inputs.mode == 'deep'", "nodes.use.status == 'succeeded'",
        "inputs.mode != null", "inputs.flag ? inputs.count > 5 : inputs.count > 6",
    ])
    func aConditionThatDepends(_ condition: String) {
        #expect(Self.told("  a: {needs: [use], run: echo, when: \"\(condition)\"}\n").isEmpty)
    }

    @Test func comparisonsInValuesCount() {
        let told = Self.told("  a: {set: {x: \"${{ inputs.mode == 'fats' ? 1 : 2 }}\"}}\n")
        #expect(told == ["warning[F0902] the comparison is always false"])
    }

    @Test func theChoiceThatWasMeantIsPutIn() {
        let text =
            Self.head + "nodes:\n" + Self.use + "  a: {needs: [use], run: echo, when: \"inputs.mode == 'deeep'\"} # c\n"
        let outcome = TextFixerTests.fix(text)
        #expect(String(decoding: outcome.bytes, as: UTF8.self) == text.replacing("deeep", with: "deep"))
        #expect(outcome.compilation.diagnostics.isEmpty)
    }

    @Test(arguments: [
        // A need that the other node never meets.
        ("  a: {run: echo}\n  b: {needs: {a: skipped}, run: echo}\n", 1),
        ("  a: {run: echo, when: \"false\"}\n  b: {needs: {a: succeeded}, run: echo}\n", 1),
        ("  a: {run: echo, when: \"false\"}\n  b: {needs: {a: failed}, run: echo}\n  c: {needs: [b], run: echo}\n", 1),
        // Needs that exclude each other.
        ("  a: {run: echo}\n  b: {needs: [a], run: echo}\n  c: {needs: {a: failed, b: met}, run: echo}\n", 1),
        ("  a: {run: echo}\n  b: {needs: {a: failed}, run: echo}\n  c: {needs: {a: met, b: met}, run: echo}\n", 1),
        (
            "  a: {run: echo}\n  b: {needs: [a], run: echo}\n  c: {needs: [b], run: echo}\n"
                + "  d: {needs: {a: failed, c: succeeded}, run: echo}\n  e: {needs: [d], run: echo}\n", 1
        ),
        // What can happen.
        ("  a: {run: echo}\n  b: {needs: {a: failed}, run: echo}\n  c: {needs: {a: done, b: any}, run: echo}\n", 0),
        ("  a: {run: echo, when: inputs.flag}\n  b: {needs: {a: skipped}, run: echo}\n", 0),
        ("  a: {run: echo, when: \"false\"}\n  b: {needs: [a], run: echo}\n  c: {needs: {a: any}, run: echo}\n", 0),
        ("  a: {run: echo, when: \"false\"}\n  b: {needs: {a: skipped}, run: echo}\n", 0),
        (
            "  a: {run: echo, on_failure: continue}\n  b: {needs: [a], run: echo}\n"
                + "  c: {needs: {a: failed, b: met}, run: echo}\n", 0
        ),
        ("  a: {run: echo}\n  b: {needs: [a], run: echo}\n  c: {needs: {b: skipped, a: failed}, run: echo}\n", 0),
        ("  a: {run: echo}\n  b: {needs: {a: any}, run: echo}\n  c: {needs: {a: failed, b: met}, run: echo}\n", 0),
        ("  g: {approval: \"Go on?\"}\n  b: {needs: {g: failed}, run: echo}\n", 0),
    ])
    func nodesThatCanNeverRun(_ nodes: String, _ count: Int) {
        let told = Self.told(nodes)
        #expect(told.filter { $0.contains("F0903") }.count == count, "\(told)")
        #expect(told.allSatisfy { $0.contains("F0903") || $0.contains("F0902") })
    }

    @Test func outputsThatNothingReadsAreToldOnlyBesideResults() {
        func nodes(_ read: String) -> String {
            """
            nodes:
              a: {run: echo, outputs: {x: integer, y: integer}}
              b: {needs: [a], set: {s: "\(read)"}}
              c: {needs: [b], run: echo, outputs: {z: integer}}

            """
        }
        let head = "flow: 1\nname: sample\n"
        let results = head + "outputs: {s: \"${{ nodes.b.outputs.s }}\"}\n"
        #expect(Fixtures.compile(head + nodes("none")).diagnostics.isEmpty)
        let none = Fixtures.compile(results + nodes("none"))
        #expect(none.diagnostics.map(\.message) == ["nothing reads the outputs `x`, `y` of node `a`"])
        #expect(none.diagnostics.map(\.severity) == [.warning])
        #expect(Fixtures.compile(results + nodes("${{ nodes.a.outputs.x }}")).diagnostics.isEmpty)
        #expect(Fixtures.compile(results + nodes("${{ nodes.a.outputs }}")).diagnostics.isEmpty)
    }

    /// A warning never comes with an error: what it rests on may be what is wrong.
    @Test func warningsWaitForTheErrors() {
        let told = Self.told("  a: {run: echo}\n  b: {needs: {a: skipped}, runn: echo}\n")
        #expect(told.filter { $0.hasPrefix("warning") }.isEmpty)
    }
}
