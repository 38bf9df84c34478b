// SPDX-License-Identifier: Apache-2.0

import FlowCore

extension Explanation {
    /// `F01xx`: the text and its YAML.
    static let text: [Explanation] = [
        Explanation(
            .syntax, "the text is not YAML",
            """
            The file cannot be read: a bracket or a quote is not closed, a line is indented by a tab or does not fit the
            lines above it, or a value begins with a character that means something else in YAML. A value that holds
            `: `, ` #` or begins with one of `{ [ & * ! | > % @` or a quote stands in quotes.
            """,
            bad: """
                flow: 1
                name: hello
                title: Say hello: once
                nodes:
                  greet: {run: echo hello}
                """,
            good: """
                flow: 1
                name: hello
                title: "Say hello: once"
                nodes:
                  greet: {run: echo hello}
                """),
        Explanation(
            .encoding, "the text is not UTF-8",
            """
            A workflow file is UTF-8. A byte that cannot be part of UTF-8 comes from another encoding, such as Latin-1
            or UTF-16. Save the file as UTF-8.
            """,
            bad: """
                flow: 1
                name: hello
                title: Caf\\xE9
                nodes:
                  greet: {run: echo hello}
                """,
            good: """
                flow: 1
                name: hello
                title: Café
                nodes:
                  greet: {run: echo hello}
                """),
        Explanation(
            .duplicateKey, "a key or a name stands twice",
            """
            In a mapping each key stands once. Other tools take the last of two and forget the first without a word;
            flow shows both places. The same goes for a node in `needs`, for artifacts, and for a node that stands in
            `nodes` and in `finally`.
            """,
            bad: """
                flow: 1
                name: hello
                nodes:
                  greet:
                    run: echo hello
                    run: echo good morning
                """,
            good: """
                flow: 1
                name: hello
                nodes:
                  greet:
                    run: |
                      echo hello
                      echo good morning
                """),
        Explanation(
            .emptyDocument, "the file is empty",
            """
            There is nothing in the file but comments and empty lines. The smallest workflow has the version of the
            format, a name and one node.
            """,
            bad: """
                # to be written
                """,
            good: """
                flow: 1
                name: hello
                nodes: {greet: {run: echo hello}}
                """),
        Explanation(
            .multipleDocuments, "the file holds more than one document",
            """
            A line `---` begins another YAML document, and a file is one workflow. Put the other one into a file of its
            own; a node can start it by `workflow:`.
            """,
            bad: """
                flow: 1
                name: hello
                nodes: {greet: {run: echo hello}}
                ---
                flow: 1
                name: goodbye
                nodes: {leave: {run: echo goodbye}}
                """,
            good: """
                flow: 1
                name: hello
                nodes: {greet: {run: echo hello}}
                """),
        Explanation(
            .unsupportedYAML, "a part of YAML that is not taken",
            """
            Tags (`!!binary`, `!include`), merge keys (`<<`), directives (`%YAML`) and keys that are lists or mappings
            are refused: they make a file mean something else than it shows. An anchor and an alias as a value are
            allowed.
            """,
            bad: """
                flow: 1
                name: hello
                nodes:
                  greet: &base {run: echo hello}
                  leave:
                    <<: *base
                    timeout: 5m
                """,
            good: """
                flow: 1
                name: hello
                nodes:
                  greet: {run: echo hello}
                  leave:
                    run: echo hello
                    timeout: 5m
                """),
        Explanation(
            .tooDeep, "lists and mappings are nested too deep",
            """
            More than 64 lists and mappings stand inside each other. No workflow needs that many; the limit keeps a
            damaged or hostile file from using up memory.
            """,
            bad: """
                flow: 1
                name: hello
                mode:
                  tags: \(String(repeating: "[", count: 70) + String(repeating: "]", count: 70))
                nodes: {greet: {run: echo hello}}
                """,
            good: """
                flow: 1
                name: hello
                mode:
                  tags: [greeting]
                nodes: {greet: {run: echo hello}}
                """),
        Explanation(
            .aliasBudget, "aliases repeat too much",
            """
            An alias stands for the whole value of its anchor, so that aliases of aliases grow without bound. Together
            they may stand for 10,000 values. Write large values out, or keep them in a file.
            """,
            bad: """
                flow: 1
                name: hello
                mode:
                  a: &a [x, x, x, x, x, x, x, x, x, x]
                  b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
                  c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
                  d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]
                  e: [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]
                nodes: {greet: {run: echo hello}}
                """,
            good: """
                flow: 1
                name: hello
                mode:
                  a: &a [x, x, x, x, x, x, x, x, x, x]
                  b: [*a, *a]
                nodes: {greet: {run: echo hello}}
                """),
        Explanation(
            .badAlias, "an alias that stands for nothing",
            """
            `*name` stands for the value that `&name` marks, which has to come before it and must not hold the alias
            itself. A text that begins with `*` needs quotes.
            """,
            bad: """
                flow: 1
                name: hello
                env: {PATTERN: *csv}
                nodes: {greet: {run: echo hello}}
                """,
            good: """
                flow: 1
                name: hello
                env: {PATTERN: "*csv"}
                nodes: {greet: {run: echo hello}}
                """),
        Explanation(
            .tooLarge, "the file is too large",
            """
            A workflow file has at most 64 MiB and 16 million values. Keep data in files beside the workflow, and fan
            out over them by `foreach`.
            """,
            bad: nil,
            good: """
                flow: 1
                name: hello
                inputs:
                  names: {type: array, default: [Ada, Grace]}
                nodes:
                  greet:
                    foreach: {items: "${{ inputs.names }}"}
                    run: echo "hello $NAME"
                    env: {NAME: "${{ item }}"}
                """),
        Explanation(
            .hiddenCharacter, "a character that cannot be seen",
            """
            Control characters, and those that turn the direction of writing, make a text look like another one. They
            are refused. Inside double quotes they can be written as `\\u202E`.
            """,
            bad: """
                flow: 1
                name: hello
                nodes:
                  greet: {run: "echo \\x07hello"}
                """,
            good: """
                flow: 1
                name: hello
                nodes:
                  greet: {run: "echo hello"}
                """),
    ]
}
