// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowEngine

extension PlantedPair {
    private static let two = """
        nodes:
          a: {set: {n: 1}, title: First}
          b: {needs: [a], set: {n: "${{ nodes.a.outputs.n }}"}, timeout: 5s}

        """

    private static let program = """
        files: [lib/tool.sh]
        nodes:
          tool:
            with: {dir: "${{ workflow.dir }}"}
            run: sh "$FLOW_WITH_DIR/lib/tool.sh" > out.txt; echo "n=$(cat out.txt)" >> "$FLOW_OUTPUT"
            outputs: {n: string}
          after: {needs: [tool], set: {n: "${{ nodes.tool.outputs.n }}"}}
          beside: {set: {n: 1}}

        """

    private static let environment = """
        inputs: {place: {type: string, default: Oslo}}
        env: {PLACE: "${{ inputs.place }}", FIXED: one}
        nodes:
          a: {run: 'echo "v=$PLACE" >> "$FLOW_OUTPUT"', outputs: {v: string}}
          b: {run: 'echo "v=$FIXED" >> "$FLOW_OUTPUT"', outputs: {v: string}}

        """

    /// What the workflow says.
    static let definitions: [PlantedPair] = [
        edit("a value of the definition", two, "n: 1}", "n: 2}", finds: ["a patched first def:set n", "b upstream n"]),
        PlantedPair(
            "comments, places and the order of keys", two,
            other: """
                # The same.
                nodes:
                  a:
                    title: "First"
                    set: {n: 1}

                  b:
                    timeout: 5000ms
                    set:
                      n: ${{ (nodes.a.outputs.n) }}
                    needs: a

                """, finds: []),
        edit("a title", two, "title: First", "title: Zero", finds: ["a patched def:title"]),
        edit("a time limit", two, "5s", "6s", finds: ["b patched def:timeout"]),
        edit(
            "a need", two + "  c: {needs: [a], set: {n: 1}}\n", "c: {needs: [a]", "c: {needs: [a, b]",
            finds: ["c patched def:needs"]),
        edit(
            "a kind", "nodes:\n  a: {set: {n: 1}}\n  b: {needs: [a], set: {n: 1}}\n", "{set: {n: 1}}", "{wait: 1ms}",
            finds: ["a patched first def:kind def:wait def:set -n"]),
        edit(
            "a declared output", "nodes: {a: {run: 'echo n=1 >> $FLOW_OUTPUT', outputs: {n: integer}}}\n", "n: integer",
            "n: {type: integer, goal: max}", finds: ["a patched def:outputs.n"]),
        edit(
            "the slots", "concurrency: {max_parallel: 2}\n" + two, "max_parallel: 2", "max_parallel: 3",
            finds: ["workflow max_parallel"]),
        edit(
            "a default of the form",
            "inputs: {n: {type: integer, default: 1}}\nnodes: {a: {set: {n: \"${{ inputs.n }}\"}}}\n",
            "default: 1", "default: 2", finds: ["input n", "workflow inputs.n", "a patched first n"]),
        PlantedPair(
            "an environment from an input", environment, inputs: ([:], ["place": "Rome"]),
            finds: ["input place", "a patched first v"]),
        edit(
            "the environment", environment, "FIXED: one", "FIXED: two",
            finds: ["workflow env.FIXED", "b patched first v"]),
        PlantedPair(
            "a file of the workflow", program, tool: ("echo 1", "echo 2"),
            finds: ["file lib/tool.sh", "tool patched first n", "after upstream n"]),
        PlantedPair(
            "a file of the workflow without effect", program, tool: ("echo 1", "echo 1 # one"),
            finds: ["file lib/tool.sh"]),
        PlantedPair(
            "another workflow altogether", two, other: "nodes:\n  x: {set: {n: 1}}\n  y: {needs: [x], set: {n: 1}}\n",
            finds: [
                "a only_in_base first succeeded→none", "b only_in_base succeeded→none",
                "x only_in_other first none→succeeded", "y only_in_other none→succeeded",
            ]),
        PlantedPair(
            "the mode of approvals", "nodes: {gate: {approval: Go?}, after: {needs: [gate], set: {n: 1}}}\n",
            options: (RunOptions(), RunOptions(approval: .none)),
            finds: [
                "option approval", "gate patched first +decision +by +comment waiting→succeeded",
                "after upstream none→succeeded",
            ]),
    ]
}
