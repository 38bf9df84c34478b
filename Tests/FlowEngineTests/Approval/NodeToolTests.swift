// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

@testable import FlowEngine

/// Nodes of the workflow as tools of its agents.
@Suite struct NodeToolTests {
    private static func workflow(_ tools: String, extra: String = "") -> String {
        """
        agents:
          worker: {instructions: Work., tools: [list_files]}
          expert: {instructions: Know.}
        nodes:
          base: {set: {factor: 3}}
          times:
            needs: [base]
            description: Multiplies a number.
            with: {n: null, note: none}
            env: {FACTOR: "${{ nodes.base.outputs.factor }}"}
            run: echo "n=$((FLOW_WITH_N * FACTOR))" >> "$FLOW_OUTPUT"
            outputs: {n: integer}
          ask_expert: {agent: expert, prompt: "", description: Knows it all.}
          a:
            needs: [base]
            agent: worker
            prompt: Go.
            tools: [\(tools)]
            \(extra)
        outputs: {text: "${{ nodes.a.outputs.text }}"}
        """
    }

    @Test("A call runs the node with the arguments as its values; by itself the node does not run")
    func call() async throws {
        let model = ScriptedModel([
            .asks(("node_times", ["n": "14"]), ("node_times", .object(JSONObject()))),
            .asks(("node_ask_expert", ["prompt": "Is it 42?"])), .says("Yes, it is."), .says("42"),
        ])
        let project = try TestProject(models: model)
        let run = try await project.run(Self.workflow(#""node:times", "node:ask_expert", list_files"#))
        #expect(try await run.outcome() == .ended(.succeeded, reason: nil))
        #expect(try await run.status(of: "times") == .skipped)
        #expect(try await run.outputs["text"] == "42")
        let tools = try #require(model.requests.first?.tools)
        #expect(tools.map(\.name) == ["node_times", "node_ask_expert", "list_files"])
        #expect(tools[0].description == "Multiplies a number.")
        #expect(tools[0].parameters["required"] == ["n"])
        let results = model.requests[1].messages.filter { $0.role == .tool }.map(\.content)
        #expect(results[0].contains(#"{"n":42}"#) || results[0].contains(#""n": 42"#), "\(results)")
        #expect(results[1].contains("do not fit"))
        // The expert's own call is one of the node that uses it.
        #expect(model.requests[2].messages.first?.content.hasPrefix("Know.") == true)
        #expect(model.requests[2].messages.last?.content == "Is it 42?")
        let calls = try await run.reader.calls(of: run.id)
        #expect(
            calls.map(\.start.name) == ["default", "node:times", "default", "node:ask_expert", "default", "default"])
        #expect(Set(calls.map(\.node)) == ["a"])
        await project.close()
    }

    @Test("Permissions hold for nodes as for all tools, and a failure is an answer")
    func permissions() async throws {
        let model = ScriptedModel([
            .asks(("node_times", ["n": "x y"])), .asks(("node_ask_expert", ["prompt": "?"])), .says("so be it"),
        ])
        let project = try TestProject(models: model)
        let run = try await project.run(
            Self.workflow(#""node:times", "node:ask_expert""#, extra: #"permissions: {deny: ["node:ask*"]}"#))
        #expect(try await run.outcome() == .ended(.succeeded, reason: nil))
        let results = try #require(model.requests.last).messages.filter { $0.role == .tool }
        #expect(results.count == 2)
        #expect(results.allSatisfy { $0.isError })
        #expect(results[1].content.contains("not permitted"))
        await project.close()
    }

    @Test(
        "Faults are found before the run",
        arguments: [
            ("node:tmes", "there is no node `tmes` for a tool"), ("node:a", "cannot be a tool of itself"),
            ("node:gate", "a node of kind `approval` cannot be a tool"), ("node:late", "which may not have run"),
            ("node:base", "`base` is a tool of `a`, and does not run by itself"), ("node:many", "more than once"),
        ])
    func faults(_ tool: String, _ message: String) {
        let text = """
            flow: 1
            name: test
            agents: {worker: {instructions: Work.}}
            nodes:
              base: {set: {factor: 3}}
              gate: {approval: "?"}
              many: {foreach: {items: [1]}, set: {x: 1}}
              other: {set: {x: 1}}
              late: {needs: [other], set: {x: 1}}
              a: {needs: [base], agent: worker, prompt: Go., tools: ["\(tool)"]}
            """
        let compilation = Compiler(kinds: BuiltinKinds.forCompiling(environment: [:])).compile(
            WorkflowSource(name: "test.yaml", bytes: Array(text.utf8), directory: "/", readFile: { _ in nil }))
        let messages = compilation.diagnostics.map(\.message)
        #expect(messages.contains { $0.contains(message) }, "\(messages)")
    }

    @Test("The way of offering tools is the node's, else the agent's")
    func toolMode() async throws {
        let model = ScriptedModel([.says("one"), .says("two"), .says("three")])
        let project = try TestProject(models: model)
        let run = try await project.run(
            """
            agents:
              plain: {instructions: Work., tools: [list_files]}
              worded: {instructions: Work., tools: [list_files], tool_mode: json}
            nodes:
              a: {agent: plain, prompt: Go.}
              b: {needs: [a], agent: worded, prompt: Go.}
              c: {needs: [b], agent: worded, prompt: Go., tool_mode: native}
            """)
        #expect(try await run.outcome() == .ended(.succeeded, reason: nil))
        #expect(model.requests.map(\.toolMode) == [nil, .json, .native])
        await project.close()
    }
}
