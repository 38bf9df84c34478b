// SPDX-License-Identifier: Apache-2.0

import FlowCore

extension PlantedPair {
    private static let maker = """
        nodes:
          maker: {run: 'cp "$HOME/seed" note.txt', artifacts: {note: note.txt}}
          pass: {needs: [maker], set: {path: "${{ nodes.maker.artifacts.note }}"}}
          reader:
            needs: [pass]
            with: {path: "${{ nodes.pass.outputs.path }}"}
            run: echo "text=$(head -c 3 "$FLOW_WITH_PATH")" >> "$FLOW_OUTPUT"
            outputs: {text: string}

        """

    private static let kept = """
        nodes:
          a:
            run: '[ "$(cat "$HOME/seed")" = none ] || cp "$HOME/seed" note.bin'
            artifacts: [{name: note, path: note.bin, optional: true}]

        """

    private static let failing = """
        nodes:
          a: {run: 'exit $(cat "$HOME/seed")'}
          b: {needs: [a], set: {n: 1}}
          c: {set: {n: 1}}

        """

    /// Files, failures, and whatever else comes from outside.
    static let worlds: [PlantedPair] = [
        PlantedPair("paths of runs", maker, finds: []),
        PlantedPair(
            "a file behind a path", maker, seed: ("one\n", "two\n"),
            finds: ["maker nondeterministic first file:note", "reader upstream text"]),
        PlantedPair(
            "a file that is read in part", maker, seed: ("one\n", "one more\n"),
            finds: ["maker nondeterministic first file:note"]),
        PlantedPair(
            "a file more", kept, seed: ("none", "x"), finds: ["a nondeterministic first +file:note"]),
        PlantedPair(
            "a file less", kept, seed: ("x", "none"), finds: ["a nondeterministic first -file:note"]),
        PlantedPair(
            "bytes that are no text", kept, seed: ("\u{0}a", "\u{0}b"), finds: ["a nondeterministic first file:note"]),
        PlantedPair(
            "an output that is a file",
            """
            nodes:
              a:
                run: cp "$HOME/seed" t.csv; echo "t=t.csv" >> "$FLOW_OUTPUT"
                outputs: {t: table}

            """, seed: ("x\n1\n", "x\n2\n"), finds: ["a nondeterministic first file:t"]),
        PlantedPair(
            "a failure", failing, seed: ("0", "1"),
            finds: ["a nondeterministic first succeeded→failed", "b upstream -n succeeded→omitted"]),
        PlantedPair("the same failure", failing, seed: ("1", "1"), finds: []),
        PlantedPair(
            "another failure", failing, seed: ("1", "2"), finds: ["a nondeterministic first"]),
        PlantedPair(
            "a failure that does not matter",
            """
            nodes:
              a: {run: 'exit $(cat "$HOME/seed")', on_failure: continue}
              b: {needs: [a], set: {n: 1}}

            """, seed: ("0", "1"), finds: ["a nondeterministic first succeeded→failed"]),
        PlantedPair(
            "a second attempt",
            """
            nodes:
              a:
                run: '[ "$(cat "$HOME/seed")" = 0 ] || [ "$FLOW_ATTEMPT" = 2 ]'
                retry: {max_attempts: 2, delay: 1ms}
              b: {needs: [a], set: {n: 1}}

            """, seed: ("0", "1"), finds: ["a same attempts:1→2"]),
    ]

    private static let each = """
        inputs: {names: {type: array, default: [a, b]}}
        nodes:
          each:
            foreach: {items: "${{ inputs.names }}"}
            with: {name: "${{ item }}"}
            run: echo "n=$FLOW_WITH_NAME$(grep -c "$FLOW_WITH_NAME" "$HOME/seed")" >> "$FLOW_OUTPUT"
            outputs: {n: string}
          after: {needs: [each], set: {all: "${{ nodes.each.outputs.n }}"}}

        """

    private static let files = """
        nodes:
          each:
            foreach: {items: [p, q]}
            with: {name: "${{ item }}"}
            run: grep "$FLOW_WITH_NAME" "$HOME/seed" > note.txt || true
            artifacts: {note: note.txt}
          after:
            needs: [each]
            with: {paths: "${{ join(nodes.each.artifacts.note, ' ') }}"}
            run: echo "all=$(cat $FLOW_WITH_PATHS | wc -c)" >> "$FLOW_OUTPUT"
            outputs: {all: string}

        """

    private static func samples(_ least: String) -> String {
        """
        nodes:
          tries:
            samples: {count: 4, min_agreement: 0}
            with: {n: "${{ sample }}"}
            run: echo "score=$((\(least) + FLOW_WITH_N))" >> "$FLOW_OUTPUT"
            outputs: {score: integer}

        """
    }

    /// Nodes with several results.
    static let lists: [PlantedPair] = [
        PlantedPair("the same items", each, finds: []),
        PlantedPair(
            "an item's value", each, inputs: ([:], ["names": ["a", "c"]]),
            finds: ["input names[1]", "each patched n[1]", "each[1] patched first n", "after upstream all[1]"]),
        PlantedPair(
            "an item more", each, inputs: ([:], ["names": ["a", "b", "c"]]),
            finds: [
                "input +names[2]", "each patched first +n[2]", "each[2] only_in_other none→succeeded",
                "after upstream +all[2]",
            ]),
        PlantedPair(
            "an item that is not repeatable", each, seed: ("1", "b"),
            finds: ["each upstream n[1]", "each[1] nondeterministic first n", "after upstream all[1]"]),
        edit(
            "the definition of a fan-out", each, "\"n=$FLOW", "\"n=x$FLOW",
            finds: [
                "each patched first def:run n[0] n[1]", "each[0] patched n", "each[1] patched n",
                "after upstream all[0] all[1]",
            ]),
        PlantedPair(
            "a file of an item", files, seed: ("p", "p p"),
            finds: ["each[0] nondeterministic first file:note", "after upstream all"]),
        PlantedPair(
            "samples", samples("1"), other: samples("5"),
            finds: [
                "tries patched first def:run score samples[0].score samples[1].score samples[2].score samples[3].score",
                "tries[0] patched score", "tries[1] patched score", "tries[2] patched score", "tries[3] patched score",
                "samples tries.score exact",
            ]),
        PlantedPair(
            "numbers of a fan-out",
            """
            inputs: {add: {type: integer, default: 0}}
            nodes:
              each: {foreach: {items: [1, 2, 3]}, set: {n: "${{ item + inputs.add }}"}}

            """, inputs: ([:], ["add": 1]),
            finds: [
                "input add", "each patched -n[0] +n[2]", "each[0] patched first n", "each[1] patched first n",
                "each[2] patched first n", "samples each.n exact",
            ]),
        edit(
            "an axis", "nodes: {m: {matrix: {a: [1, 2]}, set: {n: \"${{ matrix.a }}\"}}}\n", "[1, 2]", "[1, 3]",
            finds: [
                "m patched first def:matrix n[1]", "m[1] patched n", "samples m.n exact",
            ]),
        PlantedPair(
            "iterations",
            """
            nodes:
              a:
                repeat: {until: "outputs.n > 1", max: 3}
                with: {i: "${{ iteration }}"}
                run: echo "n=$(($(cat "$HOME/seed") + FLOW_WITH_I))" >> "$FLOW_OUTPUT"
                outputs: {n: integer}

            """, seed: ("0", "1"), finds: []),
    ]
}
