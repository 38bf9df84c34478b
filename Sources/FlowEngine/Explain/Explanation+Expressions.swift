// SPDX-License-Identifier: Apache-2.0

import FlowCore

extension Explanation {
    /// `F03xx`: expressions.
    static let expressions: [Explanation] = [
        Explanation(
            .expressionSyntax, "an expression that cannot be read",
            """
            What stands in `${{ }}` or in `when` is not an expression of this language. The operators are
            `?? || && ! == != < <= > >= + - * / %` and `c ? a : b`. A text in `${{` that is meant as it is written is
            `$${{`.
            """,
            bad: """
                flow: 1
                name: hello
                inputs:
                  polite: {type: boolean, default: true}
                nodes:
                  greet: {run: echo hello, when: inputs.polite and true}
                """,
            good: """
                flow: 1
                name: hello
                inputs:
                  polite: {type: boolean, default: true}
                  early: {type: boolean, default: true}
                nodes:
                  greet: {run: echo hello, when: inputs.polite && inputs.early}
                """),
        Explanation(
            .unknownName, "an unknown name in an expression",
            """
            Expressions know `inputs`, `nodes`, `env`, `secrets`, `run` and `workflow`, in a `foreach` the item, and the
            members that these have. The outputs of a program are declared under `outputs` of its node.
            """,
            bad: """
                flow: 1
                name: hello
                inputs:
                  name: {type: string, default: Ada}
                nodes:
                  greet: {set: {text: "hello ${{ inputs.nmae }}"}}
                """,
            good: """
                flow: 1
                name: hello
                inputs:
                  name: {type: string, default: Ada}
                nodes:
                  greet: {set: {text: "hello ${{ inputs.name }}"}}
                """),
        Explanation(
            .notAnAncestor, "a reference to a node that is not waited for",
            """
            The node uses a result of another one, but may start before it has ended. Add the other one to `needs`. A
            node's own results can be used in its `outputs` only.
            """,
            bad: """
                flow: 1
                name: hello
                nodes:
                  name: {set: {text: Ada}}
                  greet: {set: {text: "hello ${{ nodes.name.outputs.text }}"}}
                """,
            good: """
                flow: 1
                name: hello
                nodes:
                  name: {set: {text: Ada}}
                  greet: {needs: [name], set: {text: "hello ${{ nodes.name.outputs.text }}"}}
                """),
        Explanation(
            .expressionType, "types that do not fit",
            """
            The types of inputs and outputs are known before the run, and the expression does with a value what its
            type does not allow: it compares a number with a text, or takes a member of a list. Convert by `to_number`,
            `to_string` or `from_json`, and give a default for what may be null by `??`.
            """,
            bad: """
                flow: 1
                name: hello
                inputs:
                  count: {type: integer, default: 2}
                nodes:
                  greet: {run: echo hello, when: inputs.count == '2'}
                """,
            good: """
                flow: 1
                name: hello
                inputs:
                  count: {type: integer, default: 2}
                nodes:
                  greet: {run: echo hello, when: inputs.count == 2}
                """),
        Explanation(
            .unknownFunction, "an unknown function",
            """
            There is no function of this name. `flow help functions` lists them all.
            """,
            bad: """
                flow: 1
                name: hello
                nodes:
                  greet: {set: {text: "${{ uper('hello') }}"}}
                """,
            good: """
                flow: 1
                name: hello
                nodes:
                  greet: {set: {text: "${{ upper('hello') }}"}}
                """),
        Explanation(
            .wrongArguments, "arguments that do not fit the function",
            """
            The function takes another number of arguments, or other types. The message shows how it is called.
            """,
            bad: """
                flow: 1
                name: hello
                nodes:
                  greet: {set: {names: "${{ split('Ada, Grace') }}"}}
                """,
            good: """
                flow: 1
                name: hello
                nodes:
                  greet: {set: {names: "${{ split('Ada, Grace', ', ') }}"}}
                """),
        Explanation(
            .maybeSkipped, "an output that may not be there",
            """
            The other node is skipped when its `when` is false, may fail without ending the run, or has not run when
            this is evaluated. Say what is used then: `… ?? default`.
            """,
            bad: """
                flow: 1
                name: hello
                inputs:
                  polite: {type: boolean, default: false}
                nodes:
                  title: {when: inputs.polite, set: {text: Countess}}
                  greet: {needs: [title], set: {text: "hello ${{ nodes.title.outputs.text }}"}}
                """,
            good: """
                flow: 1
                name: hello
                inputs:
                  polite: {type: boolean, default: false}
                nodes:
                  title: {when: inputs.polite, set: {text: Countess}}
                  greet: {needs: [title], set: {text: "hello ${{ nodes.title.outputs.text ?? 'you' }}"}}
                """),
        Explanation(
            .secretNotAllowed, "a secret where it could be seen",
            """
            Secrets can be used in `env` and `with` only. Prompts, conditions, outputs and titles are stored and shown,
            and a secret in them could be read by everyone who sees the run.
            """,
            bad: """
                flow: 1
                name: hello
                secrets: {TOKEN: {}}
                nodes:
                  ask: {approval: "Send ${{ secrets.TOKEN }}?"}
                """,
            good: """
                flow: 1
                name: hello
                secrets: {TOKEN: {}}
                nodes:
                  ask: {approval: "Send it?"}
                  send: {needs: [ask], run: echo sent, env: {TOKEN: "${{ secrets.TOKEN }}"}}
                """),
    ]
}
