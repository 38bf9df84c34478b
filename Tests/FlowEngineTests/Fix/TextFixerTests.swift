// SPDX-License-Identifier: Apache-2.0

import FlowEngine
import Testing

/// What `flow validate --fix` makes of bad files.
struct TextFixerTests {
    static func fix(_ text: String) -> TextFixer.Outcome {
        TextFixer { bytes in
            Fixtures.compiler.compile(WorkflowSource(name: "test.yaml", bytes: bytes, directory: ""))
        }.fix(Array(text.utf8))
    }

    /// The text becomes exactly what was meant, so that comments stay and no other byte is changed.
    @Test(arguments: FixCases.all) func becomesWhatWasMeant(_ example: FixCases.Case) {
        let before = Fixtures.compile(example.before)
        #expect(before.diagnostics.hasErrors)
        let outcome = Self.fix(example.before)
        #expect(String(decoding: outcome.bytes, as: UTF8.self) == example.after)
        #expect(Fixtures.printer.text(outcome.compilation.diagnostics, in: outcome.compilation.sources) == "")
        #expect(!outcome.applied.isEmpty)
        // Once is enough.
        #expect(Self.fix(example.after).applied.isEmpty)
    }

    @Test func thereAreManyCases() { #expect(FixCases.all.count >= 40) }

    /// Where more than one thing can be meant, or where the cure would do harm, nothing is changed.
    @Test(arguments: [
        "nodes:\n  load_a: {run: echo}\n  load_b: {run: echo}\n  z: {run: echo, needs: [load_c]}\n",
        "nodes:\n  a: {run: echo, runn: echo}\n",
        "nodes:\n  a: {run: echo, timeout: 30}\n",
        "nodes:\n  a: {run: echo, if: always}\n",
        "nodes:\n  a: {run: echo}\n  b: {run: echo, needs: [c]}\n",
        "nodes:\n  a: {needs: [b], set: {x: 1}}\n  b: {set: {y: \"${{ nodes.a.outputs.x }}\"}}\n",
        "inputs: {who: {default: x}}\nnodes:\n  a:\n    run: |\n      cat <<EOF\n      ${{ inputs.who }}\n      EOF\n",
        "inputs: {who: {default: x}}\nnodes:\n  a:\n    run: |\n      echo $(echo ${{ inputs.who }})\n",
        "inputs: {who: {default: x}}\nnodes:\n  a: {run: [echo, \"${{ inputs.who }}\"]}\n",
        "inputs: {p: {type: boolean, default: true}}\nnodes:\n  a: {when: inputs.p, set: {x: 1}}\n"
            + "  b: {needs: [a], set: {y: \"${{ nodes.a.outputs.x }}\"}}\n",
    ])
    func asksWhereItMustAsk(_ body: String) {
        let text = "flow: 1\nname: sample\n" + body
        let outcome = Self.fix(text)
        #expect(outcome.compilation.diagnostics.hasErrors)
        #expect(String(decoding: outcome.bytes, as: UTF8.self) == text)
        #expect(outcome.applied.isEmpty)
    }

    /// Fixes never make a text worse, whatever it is: it stays YAML if it was, and they come to an end.
    @Test func mutantsAreNeverHarmed() {
        var mutator = Mutator(seeds: MutationTests.seeds, random: SplitMix(state: 5))
        for _ in 0..<300 {
            let bytes = mutator.next()
            let before = Fixtures.compiler.compile(WorkflowSource(name: "mutant.yaml", bytes: bytes, directory: ""))
            let outcome = TextFixer { bytes in
                Fixtures.compiler.compile(WorkflowSource(name: "mutant.yaml", bytes: bytes, directory: ""))
            }.fix(bytes)
            let wasYAML = before.document != nil
            #expect(!wasYAML || outcome.compilation.document != nil)
            #expect(outcome.applied.isEmpty == (outcome.bytes == bytes))
        }
    }
}
