// SPDX-License-Identifier: Apache-2.0

import FlowCore

extension PlantedPair {
    private static let chain = """
        inputs:
          days: {type: integer, default: 7}
          unread: {type: string, default: x}
        nodes:
          first: {set: {n: "${{ inputs.days }}", text: "a"}}
          second: {needs: [first], set: {n: "${{ nodes.first.outputs.n + 1 }}"}}
          beside: {set: {n: 5}}

        """

    private static func data(_ json: String) -> String { "nodes:\n  a: {set: {items: \(json)}}\n" }

    private static let items = #"[{"id": 1, "price": 3}, {"id": 2, "price": 4}, {"id": 3, "price": 5}]"#

    /// Inputs, and what nodes put out.
    static let values: [PlantedPair] = [
        PlantedPair("nothing", chain, finds: []),
        PlantedPair(
            "an input", chain, inputs: (["days": 7], ["days": 9]),
            finds: ["input days", "first patched first n", "second upstream n"]),
        PlantedPair("an input that nothing reads", chain, inputs: ([:], ["unread": "y"]), finds: ["input unread"]),
        PlantedPair(
            "an input that changes nothing",
            "inputs: {days: {type: integer, default: 7}}\nnodes: {a: {set: {many: \"${{ inputs.days > 5 }}\"}}}\n",
            inputs: (["days": 7], ["days": 9]), finds: ["input days"]),
        PlantedPair(
            "an element of an input",
            "inputs: {list: {type: array, default: []}}\nnodes: {a: {set: {n: \"${{ sum(inputs.list) }}\"}}}\n",
            inputs: (["list": [1, 2, 3]], ["list": [1, 5, 3]]), finds: ["input list[1]", "a patched first n"]),
        edit(
            "a nested value", data(items), "\"price\": 4", "\"price\": 4.5",
            finds: ["a patched first def:set items[1].price"]),
        edit(
            "an element put in", data(items), "{\"id\": 2,", "{\"id\": 9, \"price\": 1}, {\"id\": 2,",
            finds: ["a patched first def:set +items[1]"]),
        edit(
            "an element taken out", data(items), "{\"id\": 2, \"price\": 4}, ", "",
            finds: ["a patched first def:set -items[1]"]),
        edit(
            "one taken out and one changed", data(items), "{\"id\": 1, \"price\": 3}, {\"id\": 2, \"price\": 4}",
            "{\"id\": 2, \"price\": 8}", finds: ["a patched first def:set -items[0] items[0].price"]),
        edit("a type", data("7"), "7", "[7]", finds: ["a patched first def:set items"]),
        edit(
            "a member added and one removed", data("{a: 1, b: 2}"), "b: 2", "c: 2",
            finds: ["a patched first def:set -items.b +items.c"]),
        edit("an odd key", data("{\"a b\": 1}"), "1}", "2}", finds: ["a patched first def:set items[\"a b\"]"]),
        edit(
            "a text of many lines", "nodes:\n  a: {set: {t: \"one\\ntwo\\nthree\"}}\n", "two", "2",
            finds: ["a patched first def:set t"]),
        edit(
            "an output of the workflow",
            "outputs: {n: \"${{ nodes.a.outputs.n }}\", m: 1}\nnodes: {a: {set: {n: 1}}}\n", "{set: {n: 1}}",
            "{set: {n: 2}}", finds: ["a patched first def:set n", "output n"]),
        edit(
            "metrics with goals",
            """
            outputs:
              loss: {type: number, value: "${{ nodes.a.outputs.loss }}", goal: min}
              score: {type: number, value: "${{ nodes.a.outputs.score }}", goal: max}
              plain: {type: number, value: "${{ nodes.a.outputs.score }}"}
            nodes:
              a: {set: {loss: 3, score: 5}}

            """, "score: 5}}", "score: 4.5, more: 1}}",
            finds: [
                "a patched first def:set score +more", "output score", "output plain", "metric outputs.score worse",
            ]),
        edit(
            "a metric of a node",
            """
            nodes:
              a:
                run: echo "loss=3" >> "$FLOW_OUTPUT"
                outputs: {loss: {type: number, goal: min}}

            """, "loss=3", "loss=2.5", finds: ["a patched first def:run loss", "metric a.loss better"]),
        edit(
            "a use of tokens", data("1").replacing("items: 1", with: "usage: {prompt_tokens: 3, completion_tokens: 4}"),
            "4}", "8}", finds: ["a patched first def:set usage.completion_tokens"]),
    ]
}

extension String {
    fileprivate func replacing(_ part: String, with other: String) -> String {
        split(separator: part, omittingEmptySubsequences: false).joined(separator: other)
    }
}
