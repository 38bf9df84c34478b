// SPDX-License-Identifier: Apache-2.0

import FlowCore

extension Explanation {
    /// `F09xx`: warnings. A workflow with them runs; `flow validate --strict` refuses it.
    static let warnings: [Explanation] = [
        Explanation(
            .unusedInput, "an input that nothing uses",
            """
            The form asks for a value that no expression refers to. Use it as `inputs.NAME`, or remove it.
            """,
            bad: """
                flow: 1
                name: hello
                inputs:
                  name: {type: string, default: Ada}
                nodes:
                  greet: {run: echo hello}
                """,
            good: """
                flow: 1
                name: hello
                inputs:
                  name: {type: string, default: Ada}
                nodes:
                  greet: {run: 'echo "hello $NAME"', env: {NAME: "${{ inputs.name }}"}}
                """),
        Explanation(
            .constantCondition, "a condition that is always the same",
            """
            Whatever the inputs are, the condition gives the same answer: it has no names in it, or compares an input
            with a value that it can never have. Remove the condition, or compare with what was meant.
            """,
            bad: """
                flow: 1
                name: hello
                nodes:
                  greet: {run: echo hello, when: 1 + 1 == 2}
                """,
            good: """
                flow: 1
                name: hello
                nodes:
                  greet: {run: echo hello}
                """),
        Explanation(
            .neverRuns, "a node that can never run",
            """
            What the node waits for cannot happen: another node that is never skipped, one that never runs, or two ends
            of the same node at once. Wait for `done` or `any`, or make two nodes of it.
            """,
            bad: """
                flow: 1
                name: hello
                nodes:
                  fetch: {run: echo hello}
                  show: {needs: [fetch], run: echo shown}
                  tell: {needs: {fetch: failed, show: succeeded}, run: echo failed}
                """,
            good: """
                flow: 1
                name: hello
                nodes:
                  fetch: {run: echo hello}
                  show: {needs: [fetch], run: echo shown}
                  tell: {needs: {fetch: failed}, run: echo failed}
                """),
        Explanation(
            .unreadOutput, "outputs that nothing reads",
            """
            The workflow says under `outputs` what its results are, other nodes wait for this node, and yet nothing reads
            a value of it. Most often a name was forgotten where it should be used. When one output of a node is read, the
            others are not told.
            """,
            bad: """
                flow: 1
                name: hello
                outputs: {text: "${{ nodes.show.outputs.text }}"}
                nodes:
                  fetch:
                    run: echo count=2 >> "$FLOW_OUTPUT"
                    outputs: {count: integer}
                  show: {needs: [fetch], set: {text: hello}}
                """,
            good: """
                flow: 1
                name: hello
                outputs: {text: "${{ nodes.show.outputs.text }}"}
                nodes:
                  fetch:
                    run: echo count=2 >> "$FLOW_OUTPUT"
                    outputs: {count: integer}
                  show: {needs: [fetch], set: {text: "hello ${{ nodes.fetch.outputs.count }}"}}
                """),
    ]
}
