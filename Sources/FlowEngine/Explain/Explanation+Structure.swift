// SPDX-License-Identifier: Apache-2.0

import FlowCore

extension Explanation {
    /// `F02xx`: keys and their values.
    static let structure: [Explanation] = [
        Explanation(
            .unknownKey, "an unknown key",
            """
            The key has no meaning at this place. It is an error and not a warning, because a misspelt `timeout` would
            otherwise be no time limit at all. `flow help language` lists the keys.
            """,
            bad: """
                flow: 1
                name: hello
                nodes:
                  greet:
                    run: echo hello
                    timout: 5m
                """,
            good: """
                flow: 1
                name: hello
                nodes:
                  greet:
                    run: echo hello
                    timeout: 5m
                """),
        Explanation(
            .missingKey, "a required key is missing",
            """
            The mapping needs a key that is not there: a workflow needs `flow`, `name` and `nodes`, and some kinds of
            nodes have keys that they cannot do without.
            """,
            bad: """
                flow: 1
                nodes:
                  greet: {run: echo hello}
                """,
            good: """
                flow: 1
                name: hello
                nodes:
                  greet: {run: echo hello}
                """),
        Explanation(
            .wrongType, "a value of the wrong type",
            """
            The key takes another type of value: a list where a mapping stands, a text where a number is wanted.
            YAML 1.2 is read, so that `yes`, `no`, `on` and `off` are texts; true and false are written `true` and
            `false`.
            """,
            bad: """
                flow: 1
                name: hello
                inputs:
                  name: {type: string, required: yes}
                nodes:
                  greet:
                    run: echo "hello $NAME"
                    env: {NAME: "${{ inputs.name }}"}
                """,
            good: """
                flow: 1
                name: hello
                inputs:
                  name: {type: string, required: true}
                nodes:
                  greet:
                    run: echo "hello $NAME"
                    env: {NAME: "${{ inputs.name }}"}
                """),
        Explanation(
            .badIdentifier, "a text that cannot be a name",
            """
            Names of workflows, nodes, inputs and artifacts are a letter a–z, then letters, digits and `_`, at most 64;
            they stand in expressions, paths and addresses. Some words are reserved, such as `inputs` and `run`. Names
            of environment variables are letters, digits and `_`.
            """,
            bad: """
                flow: 1
                name: hello
                nodes:
                  greet-all: {run: echo hello}
                """,
            good: """
                flow: 1
                name: hello
                nodes:
                  greet_all: {run: echo hello}
                """),
        Explanation(
            .nodeKind, "a node has no kind, or more than one",
            """
            What a node does is said by one key: `run`, `sql`, `agent`, `approval` and so on. `flow help kinds` lists
            them. Two steps are two nodes.
            """,
            bad: """
                flow: 1
                name: hello
                nodes:
                  greet:
                    title: Say hello
                """,
            good: """
                flow: 1
                name: hello
                nodes:
                  greet:
                    title: Say hello
                    run: echo hello
                """),
        Explanation(
            .badChoice, "a word that is not one of those allowed",
            """
            The key takes one of a few words, which the message lists.
            """,
            bad: """
                flow: 1
                name: hello
                nodes:
                  greet:
                    run: echo hello
                    on_failure: ignore
                """,
            good: """
                flow: 1
                name: hello
                nodes:
                  greet:
                    run: echo hello
                    on_failure: continue
                """),
        Explanation(
            .outOfRange, "a number out of range",
            """
            The number is smaller or greater than the key takes, does not fit into 64 bits, or is not finite. A
            minimum that is greater than its maximum is out of range too.
            """,
            bad: """
                flow: 1
                name: hello
                nodes:
                  greet:
                    run: echo hello
                    retry: {max_attempts: 0}
                """,
            good: """
                flow: 1
                name: hello
                nodes:
                  greet:
                    run: echo hello
                    retry: {max_attempts: 3}
                """),
        Explanation(
            .badDuration, "a text that is no duration",
            """
            A duration is a number with its unit: `500ms`, `10s`, `5m`, `2h`, `1d`, at most ten years. A number without
            a unit could be seconds or milliseconds, so it is refused.
            """,
            bad: """
                flow: 1
                name: hello
                nodes:
                  greet: {run: echo hello, timeout: 30}
                """,
            good: """
                flow: 1
                name: hello
                nodes:
                  greet: {run: echo hello, timeout: 30s}
                """),
        Explanation(
            .badSize, "a text that is no size",
            """
            A size is a number with its unit: `64KiB`, `10MiB`, `2GiB`. Units are powers of 1024.
            """,
            bad: """
                flow: 1
                name: fetch
                nodes:
                  page: {http: {url: "https://example.org/", expect: {max_size: 10 MB}}}
                """,
            good: """
                flow: 1
                name: fetch
                nodes:
                  page: {http: {url: "https://example.org/", expect: {max_size: 10MiB}}}
                """),
        Explanation(
            .formatVersion, "the version of the format is not known",
            """
            `flow: 1` says in which format the file is written. It is the number 1. A file of a later format needs a
            newer flow, because what its keys mean is not known here.
            """,
            bad: """
                flow: "1.0"
                name: hello
                nodes:
                  greet: {run: echo hello}
                """,
            good: """
                flow: 1
                name: hello
                nodes:
                  greet: {run: echo hello}
                """),
        Explanation(
            .noNodes, "the workflow has no nodes",
            """
            `nodes` is there, but empty: a run would end before it began.
            """,
            bad: """
                flow: 1
                name: hello
                nodes: {}
                """,
            good: """
                flow: 1
                name: hello
                nodes:
                  greet: {run: echo hello}
                """),
        Explanation(
            .interpolatedShell, "an expression inside a program's text",
            """
            The value would become part of the script, so that a customer named `$(rm -rf ~)` would run a command. In
            the list form it could become an option. Hand the value over as a variable, and use it in double quotes:
            then it stays a value, whatever is in it.
            """,
            bad: """
                flow: 1
                name: hello
                inputs:
                  name: {type: string, default: Ada}
                nodes:
                  greet:
                    run: echo "hello ${{ inputs.name }}"
                """,
            good: """
                flow: 1
                name: hello
                inputs:
                  name: {type: string, default: Ada}
                nodes:
                  greet:
                    run: echo "hello $NAME"
                    env: {NAME: "${{ inputs.name }}"}
                """),
        Explanation(
            .conflictingKeys, "keys that do not go together",
            """
            Two keys exclude each other, or a key means nothing beside the others: `min` for a text, `query` and `file`
            in one `sql` node, two values of `with` that become the same variable.
            """,
            bad: """
                flow: 1
                name: hello
                inputs:
                  name: {type: string, min: 1, default: Ada}
                nodes:
                  greet:
                    run: echo "hello $NAME"
                    env: {NAME: "${{ inputs.name }}"}
                """,
            good: """
                flow: 1
                name: hello
                inputs:
                  name: {type: string, pattern: ".+", default: Ada}
                nodes:
                  greet:
                    run: echo "hello $NAME"
                    env: {NAME: "${{ inputs.name }}"}
                """),
        Explanation(
            .tooManyNodes, "the workflow has too many nodes",
            """
            A workflow has at most a million nodes. Many like nodes are one node with `foreach`.
            """,
            bad: nil,
            good: """
                flow: 1
                name: hello
                nodes:
                  greet:
                    foreach: {items: "${{ range(0, 1000) }}"}
                    run: echo "hello $NUMBER"
                    env: {NUMBER: "${{ item }}"}
                """),
    ]

    /// `F02xx`: the graph.
    static let graph: [Explanation] = [
        Explanation(
            .unknownNode, "a node that is not there",
            """
            `needs`, or an expression, names a node that the workflow does not have. Nodes of `finally` wait for all
            others by themselves: they are not named in `needs` of other nodes, and name none of those.
            """,
            bad: """
                flow: 1
                name: hello
                nodes:
                  fetch: {run: echo hello > greeting}
                  show: {needs: [fetsh], run: echo done}
                """,
            good: """
                flow: 1
                name: hello
                nodes:
                  fetch: {run: echo hello > greeting}
                  show: {needs: [fetch], run: echo done}
                """),
        Explanation(
            .cycle, "nodes wait for each other",
            """
            Each node of the cycle waits for the next one, so that none could ever start. Remove one of the needs. To
            do something again until it is good, let one node retry.
            """,
            bad: """
                flow: 1
                name: review
                nodes:
                  draft: {needs: [check], run: echo draft}
                  check: {needs: [draft], run: echo check}
                """,
            good: """
                flow: 1
                name: review
                nodes:
                  draft: {run: echo draft}
                  check: {needs: [draft], run: echo check}
                """),
    ]
}
