// SPDX-License-Identifier: Apache-2.0

import FlowCore

extension PlantedPair {
    private static let line = """
        nodes:
          a: {set: {n: 1}}
          b: {needs: [a], set: {n: "${{ nodes.a.outputs.n }}"}}
          c: {needs: [b], set: {n: "${{ nodes.b.outputs.n }}"}}

        """

    /// `left` and `right` read the seed at their places in it; `wall` puts out the same whatever comes.
    private static let diamond = """
        nodes:
          top: {set: {n: 1}}
          left:
            needs: [top]
            run: echo "n=$(cut -c1 "$HOME/seed")" >> "$FLOW_OUTPUT"
            outputs: {n: string}
          right:
            needs: [top]
            run: echo "n=$(cut -c2 "$HOME/seed")" >> "$FLOW_OUTPUT"
            outputs: {n: string}
          join: {needs: [left, right], set: {n: "${{ nodes.left.outputs.n + nodes.right.outputs.n }}"}}
          wall: {needs: [join], set: {n: "${{ length(nodes.join.outputs.n) }}"}}
          below:
            needs: [wall]
            run: echo "n=$(cut -c3 "$HOME/seed")" >> "$FLOW_OUTPUT"
            outputs: {n: string}

        """

    /// Nodes that come and go, and how a divergence spreads.
    static let graphs: [PlantedPair] = [
        PlantedPair(
            "a leaf more", line, other: line + "  d: {needs: [c], set: {n: 1}}\n",
            finds: ["d only_in_other first none→succeeded"]),
        PlantedPair(
            "a node less", line + "  d: {set: {n: 1}}\n", other: line, finds: ["d only_in_base first succeeded→none"]),
        PlantedPair(
            "a node put in between", line,
            other: """
                nodes:
                  a: {set: {n: 1}}
                  half: {needs: [a], set: {n: 2}}
                  b: {needs: [half], set: {n: "${{ nodes.half.outputs.n }}"}}
                  c: {needs: [b], set: {n: "${{ nodes.b.outputs.n }}"}}

                """,
            finds: [
                "b patched def:set def:needs n", "c upstream n", "half only_in_other first none→succeeded",
            ]),
        edit(
            "a node renamed", line, "c: {needs", "z: {needs",
            finds: ["c only_in_base first succeeded→none", "z only_in_other first none→succeeded"]),
        PlantedPair("the same seed", diamond, seed: ("123", "123"), finds: []),
        PlantedPair(
            "one side of a diamond", diamond, seed: ("123", "923"), finds: ["left nondeterministic first n", "join upstream n"]),
        PlantedPair(
            "both sides of a diamond", diamond, seed: ("123", "983"),
            finds: ["left nondeterministic first n", "right nondeterministic first n", "join upstream n"]),
        PlantedPair(
            "two divergences on one path, with the same between", diamond, seed: ("123", "127"),
            finds: ["below nondeterministic first n"]),
        PlantedPair(
            "a divergence above and one below a wall", diamond, seed: ("123", "927"),
            finds: ["left nondeterministic first n", "join upstream n", "below nondeterministic first n"]),
        PlantedPair(
            "a patch below a divergence", diamond,
            other: diamond.split(separator: "set: {n: \"${{ nodes.left", maxSplits: 1)
                .joined(separator: "set: {m: 1, n: \"${{ nodes.left"), seed: ("123", "923"),
            finds: ["left nondeterministic first n", "join patched def:set +m n"]),
        PlantedPair(
            "a patch without effect above a divergence", line.split(separator: "a: {set", maxSplits: 1)
                .joined(separator: "a: {title: One, set"),
            other: line, finds: ["a patched def:title"]),
        PlantedPair(
            "a condition",
            """
            inputs: {go: {type: boolean, default: true}}
            nodes:
              a: {when: inputs.go, set: {n: 1}}
              b: {needs: [a], set: {n: "${{ nodes.a.outputs.n ?? 0 }}"}}

            """, inputs: ([:], ["go": false]),
            finds: ["input go", "a patched first -n succeeded→skipped", "b upstream n"]),
        PlantedPair(
            "a way",
            """
            inputs: {way: {type: string, default: left}}
            nodes:
              route: {switch: "${{ inputs.way }}", cases: {left: one, right: two}}
              one: {set: {n: 1}}
              two: {set: {n: 2}}
              end: {needs: [one, two], set: {n: 3}}

            """, inputs: ([:], ["way": "right"]),
            finds: [
                "input way", "route patched first case value", "one upstream -n succeeded→skipped",
                "two upstream +n skipped→succeeded",
            ]),
        PlantedPair(
            "a stand-in",
            """
            nodes:
              a: {run: 'exit $(cat "$HOME/seed")', outputs: {}, fallback: b}
              b: {set: {n: 2}}
              c: {needs: [a], set: {n: "${{ nodes.a.outputs.n ?? 0 }}"}}

            """, seed: ("0", "3"),
            finds: [
                "a nondeterministic first succeeded→failed", "b upstream +n skipped→succeeded", "c upstream n",
            ]),
        PlantedPair(
            "the end of a run",
            """
            nodes:
              a: {run: 'exit $(cat "$HOME/seed")', on_failure: skip_downstream}
            finally:
              told: {set: {failed: "${{ nodes.a.status }}"}}
              quiet: {set: {n: 1}}

            """, seed: ("0", "1"), finds: ["a nondeterministic first succeeded→failed", "told upstream failed"]),
        PlantedPair(
            "the status of a run",
            """
            nodes:
              a: {run: 'exit $(cat "$HOME/seed")'}
            finally:
              told: {set: {how: "${{ run.status }}"}}

            """, seed: ("0", "1"), finds: ["a nondeterministic first succeeded→failed", "told upstream how"]),
    ]
}
