// SPDX-License-Identifier: Apache-2.0

import FlowCore

extension Explanation {
    /// `F04xx` and `F05xx`: values, inputs, files, agents and what a kind checks.
    static let values: [Explanation] = [
        Explanation(
            .badInput, "a value that does not fit the input",
            """
            An input has a type and bounds: `min`, `max`, `pattern`, `enum`, `accept`. The value that is given, or the
            default, does not fit them. Where the value comes from the file, it is shown there.
            """,
            bad: """
                flow: 1
                name: hello
                inputs:
                  count: {type: integer, min: 1, default: 0}
                nodes:
                  greet: {set: {count: "${{ inputs.count }}"}}
                """,
            good: """
                flow: 1
                name: hello
                inputs:
                  count: {type: integer, min: 1, default: 1}
                nodes:
                  greet: {set: {count: "${{ inputs.count }}"}}
                """),
        Explanation(
            .missingInput, "a required input is missing",
            """
            The workflow asks for an input that has no default, and the run was started without it. Give it by
            `--input NAME=VALUE`.
            """,
            bad: """
                flow: 1
                name: hello
                inputs:
                  name: {type: string, required: true}
                nodes:
                  greet: {set: {text: "hello ${{ inputs.name }}"}}
                """, given: [:],
            good: """
                flow: 1
                name: hello
                inputs:
                  name: {type: string, default: Ada}
                nodes:
                  greet: {set: {text: "hello ${{ inputs.name }}"}}
                """),
        Explanation(
            .unknownInput, "an input that the workflow does not have",
            """
            The run was started with an input that is not declared under `inputs`. It is refused, because a misspelt
            name would leave the real input at its default.
            """,
            bad: """
                flow: 1
                name: hello
                inputs:
                  name: {type: string, default: Ada}
                nodes:
                  greet: {set: {text: "hello ${{ inputs.name }}"}}
                """, given: ["nmae": "Grace"],
            good: """
                flow: 1
                name: hello
                inputs:
                  name: {type: string, default: Ada}
                nodes:
                  greet: {set: {text: "hello ${{ inputs.name }}"}}
                """),
        Explanation(
            .badSchema, "a schema that cannot be used",
            """
            `output` of an agent is a JSON Schema, and the part that the message names is not one, or is not supported.
            """,
            bad: """
                flow: 1
                name: hello
                nodes:
                  greet:
                    agent: greeter
                    prompt: Say hello
                    output: {type: objekt}
                """,
            good: """
                flow: 1
                name: hello
                nodes:
                  greet:
                    agent: greeter
                    prompt: Say hello
                    output: {type: object, properties: {text: {type: string}}}
                """,
            agent: """
                agent: 1
                name: greeter
                instructions: You greet people.
                """),
        Explanation(
            .missingFile, "a file that is not there",
            """
            The workflow names a file that is not there, or that does not lie in the workflow's folder or below. A run
            keeps copies of these files, so they have to be there when it is checked.
            """,
            bad: """
                flow: 1
                name: hello
                nodes:
                  counts: {sql: {file: no_such.sql}}
                """,
            good: """
                flow: 1
                name: hello
                nodes:
                  counts: {sql: {query: select 1 as one}}
                """),
        Explanation(
            .unknownAgent, "an agent that is not there",
            """
            Agents are files under `agents/` beside the workflow, and none of them has this name.
            """,
            bad: """
                flow: 1
                name: hello
                nodes:
                  greet: {agent: nobody_of_this_name, prompt: Say hello}
                """,
            good: """
                flow: 1
                name: hello
                nodes:
                  greet: {agent: greeter, prompt: Say hello}
                """,
            agent: """
                agent: 1
                name: greeter
                instructions: You greet people.
                """),
        Explanation(
            .faultyWorkflow, "a sub-workflow that has faults itself",
            """
            A node uses another workflow file, and that file does not compile, or is a part of itself. Check it on its
            own first: its faults are told there one by one.
            """,
            bad: """
                flow: 1
                name: hello
                nodes:
                  other: {workflow: part.yaml}
                """,
            good: """
                flow: 1
                name: hello
                nodes:
                  other: {run: echo done}
                """,
            part: """
                flow: 1
                name: part
                nodes:
                  greet: {run: echo hello, needs: [nobody]}
                """),
        Explanation(
            .unknownTool, "a tool that the agent cannot have",
            """
            `tools` names a tool that does not exist, or a node takes a tool that its agent does not have: a node can only
            take some of them. Servers of tools stand under `mcp_servers` of flow.yaml.
            """,
            bad: """
                flow: 1
                name: hello
                agents:
                  greeter: {instructions: You greet people., tools: [read_fiel]}
                nodes:
                  greet: {agent: greeter, prompt: Say hello}
                """,
            good: """
                flow: 1
                name: hello
                agents:
                  greeter: {instructions: You greet people., tools: [read_file]}
                nodes:
                  greet: {agent: greeter, prompt: Say hello}
                """),
        Explanation(
            .badPermission, "a rule of permissions that means nothing",
            """
            A rule is the name of a tool, or `TOOL(PATTERN)`, and it is about a tool that the agent has. A rule that is
            never looked at would look like a protection and be none.
            """,
            bad: """
                flow: 1
                name: hello
                agents:
                  greeter: {instructions: You greet people., tools: [bash], permissions: {deny: ["bash(rm *"]}}
                nodes:
                  greet: {agent: greeter, prompt: Say hello}
                """,
            good: """
                flow: 1
                name: hello
                agents:
                  greeter: {instructions: You greet people., tools: [bash], permissions: {deny: ["bash(rm *)"]}}
                nodes:
                  greet: {agent: greeter, prompt: Say hello}
                """),
        Explanation(
            .badNode, "the node's kind cannot do this",
            """
            What a node is asked to do was checked by its kind, and cannot work: a jq filter with a mistake, a table
            format that is not known, a document that cannot become this type of file, a path that leads out of the
            work directory.
            """,
            bad: """
                flow: 1
                name: hello
                nodes:
                  greet:
                    run: echo hello > ../greeting.txt
                    artifacts: {greeting: ../greeting.txt}
                """,
            good: """
                flow: 1
                name: hello
                nodes:
                  greet:
                    run: echo hello > greeting.txt
                    artifacts: {greeting: greeting.txt}
                """),
    ]
}
