// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

@testable import FlowEngine

@Suite struct CompositionTests {
    @Test("An included file gives nodes, inputs and defaults; what the workflow says itself wins")
    func includes() async throws {
        let project = try TestProject()
        try project.write(
            "common.yaml",
            #"""
            inputs: {who: {type: string, default: you}}
            env: {A: common, B: common}
            defaults: {retry: {max_attempts: 2, delay: 0s}}
            nodes:
              greet: {run: 'echo "v=$A $B $WHO" >> $FLOW_OUTPUT', env: {WHO: "${{ inputs.who }}"}, outputs: {v: string}}
            """#)
        let run = try await project.run(
            #"""
            include: common.yaml
            env: {A: own}
            outputs: {v: {value: "${{ nodes.after.outputs.v }}"}}
            nodes:
              after:
                needs: [greet]
                env: {V: "${{ nodes.greet.outputs.v }}", N: "${{ attempt }}"}
                run: 'test "$N" -eq 2; echo "v=$V" >> $FLOW_OUTPUT'
                outputs: {v: string}
            """#)
        #expect(try await run.outputs["v"] == "own common you")
        await project.close()
    }

    @Test("A fault in an included file is shown in that file; a name in two files is one")
    func includedFaults() throws {
        let common = "nodes:\n  a: {run: [}\n"
        let twice = "nodes:\n  x: {run: 'true', retries: 3}\n  a: {run: 'true'}\n"
        for (text, words) in [(common, "common.yaml:2"), (twice, "common.yaml:3:3: node `a` is defined in two files")] {
            let source = WorkflowSource(
                name: "w.yaml",
                bytes: Array("flow: 1\nname: w\ninclude: [common.yaml]\nnodes: {a: {run: 'true'}}\n".utf8),
                directory: "/", readFile: { $0 == "/common.yaml" ? Array(text.utf8) : nil })
            let compilation = Compiler(kinds: BuiltinKinds.forCompiling(environment: [:])).compile(source)
            let found = compilation.diagnostics.map { "\(compilation.sources.place(of: $0.span)): \($0.message)" }
            #expect(found.contains { $0.hasPrefix(words) }, "\(found)")
        }
    }

    @Test("Planned nodes run through the same compiler, with what `with` gives as their inputs")
    func plan() async throws {
        let project = try TestProject()
        let run = try await project.run(
            #"""
            inputs: {p: {type: text, required: true}}
            outputs: {sum: {value: "${{ nodes.do.outputs.b.n }}"}}
            nodes:
              think: {set: {plan: "${{ from_json(inputs.p) }}"}}
              do: {needs: [think], plan: "${{ nodes.think.outputs.plan }}", with: {more: 22}}
            """#,
            inputs: [
                "p": #"""
                [{"id": "a", "set": {"n": 20}},
                 {"id": "b", "needs": ["a"], "set": {"n": "${{ nodes.a.outputs.n + inputs.more }}"}}]
                """#
            ])
        #expect(try await run.outputs["sum"] == 42)
        await project.close()
    }

    @Test(
        "A plan that is none, asks for too much, or has faults is refused before any of it runs",
        arguments: [
            ("[]", "no nodes"), ("[1]", "no object with an `id`"), ("{a: {run: touch x}}", "of the kind `run`"),
            ("{a: {set: {}, needs: [b]}}", "unknown node `b`"), ("{a: {set: {v: '${{ secrets.X }}'}}}", "fault"),
            ("{a: {set: {}}, b: {set: {}}, c: {set: {}}}", "3 nodes, and 2 are allowed"), ("7", "not an object"),
        ])
    func refusedPlans(_ plan: String, _ words: String) async throws {
        let project = try TestProject()
        // The plan is data here: the expressions in it are of its own.
        let run = try await project.run(
            #"""
            inputs: {p: {type: text, default: ""}}
            nodes:
              read:
                set: {plan: "${{ from_json(inputs.p) }}"}
              do: {needs: [read], plan: "${{ nodes.read.outputs.plan }}", allow: {max_nodes: 2}}
            """#, inputs: ["p": .string(try Self.json(plan))])
        let failure = try await run.failure(of: "do")
        #expect((failure.message + (failure.excerpt ?? "")).contains(words), "\(failure)")
        await project.close()
    }

    private static func json(_ yaml: String) throws -> String {
        let text = "flow: 1\nname: t\nmode: {p: \(yaml)}\nnodes: {a: {set: {}}}\n"
        let source = WorkflowSource(name: "t", bytes: Array(text.utf8), directory: "/")
        let compilation = Compiler(kinds: BuiltinKinds.forCompiling(environment: [:])).compile(source)
        return try #require(compilation.definition?.mode?["p"]).jsonText(.compact)
    }

    @Test("A sub-workflow's inputs, outputs and faults are known to the one that uses it")
    func interfaces() throws {
        let files = [
            "/sub.yaml":
                "flow: 1\nname: s\ninputs: {n: {type: integer, required: true}}\noutputs: {m: {type: integer, value: \"${{ inputs.n }}\"}}\nnodes: {a: {run: 'true'}}\n",
            "/bad.yaml": "flow: 1\nname: s\nnodes: {a: {run: 'true', needs: [b]}}\n",
            "/self.yaml": "flow: 1\nname: s\nnodes: {a: {workflow: self.yaml}}\n",
        ]
        func faults(_ nodes: String) -> [String] {
            let source = WorkflowSource(
                name: "w.yaml", bytes: Array("flow: 1\nname: w\nnodes:\n  \(nodes)\n".utf8), directory: "/",
                readFile: { files[$0].map { Array($0.utf8) } })
            return Compiler(kinds: BuiltinKinds.forCompiling(environment: [:])).compile(source).diagnostics
                .filter { $0.severity == .error }.map(\.message)
        }
        #expect(faults("s: {workflow: sub.yaml, with: {n: 1}}").isEmpty)
        #expect(faults("s: {workflow: sub.yaml}").first?.contains("needs the input `n`") == true)
        #expect(faults("s: {workflow: sub.yaml, with: {n: 1, x: 2}}").first?.contains("no input `x`") == true)
        #expect(faults("s: {workflow: bad.yaml}").first?.contains("bad.yaml:3") == true)
        #expect(faults("s: {workflow: self.yaml}").first?.contains("part of itself") == true)
        #expect(
            faults("s: {workflow: sub.yaml, with: {n: 1}}\n  t: {needs: [s], set: {v: '${{ nodes.s.outputs.x }}'}}")
                .first?.contains("x") == true)
        #expect(faults("s: {workflow: sub.yaml, with: {n: 1}, digest: abc}").first?.contains("digest") == true)
    }

    @Test("An agent may be written in the workflow, and a node of it is checked like any other")
    func inlineAgents() throws {
        func faults(_ text: String) -> [String] {
            let source = WorkflowSource(
                name: "w.yaml", bytes: Array("flow: 1\nname: w\n\(text)\n".utf8), directory: "/")
            return Compiler(kinds: BuiltinKinds.forCompiling(environment: [:])).compile(source).diagnostics
                .filter { $0.severity == .error }.map(\.message)
        }
        #expect(faults("agents: {poet: {instructions: rhyme}}\nnodes: {a: {agent: poet, prompt: go}}").isEmpty)
        #expect(faults("agents: {poet: {}}\nnodes: {a: {agent: poet, prompt: go}}").count == 1)
        #expect(faults("agents: {poet: {instructions: x, modle: y}}\nnodes: {a: {agent: poet, prompt: go}}").count == 1)
    }
}
