// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

@testable import FlowEngine

extension ScriptedModel {
    /// The first words of a person's side that each request holds: its prompt.
    var prompts: [String] { requests.map { $0.messages.first { $0.role == .user }?.content ?? "" } }
}

/// Modes of asking in a real engine: a run stands at its gate over restarts, and what people say reaches prompts.
@Suite struct ApprovalModeTests {
    private static let agents = "agents: {worker: {instructions: Work.}, planner: {instructions: Plan.}}\n"

    @Test("before_each_step: the run stands at each step over restarts, and the word of the person is in the prompt")
    func step() async throws {
        let model = ScriptedModel([.says("one"), .says("two")])
        let project = try TestProject(models: model)
        let run = try await project.run(
            Self.agents + """
                approvals: before_each_step
                nodes:
                  a: {agent: worker, prompt: First.}
                  b: {needs: [a], agent: worker, prompt: "After ${{ nodes.a.outputs.text }}."}
                """)
        #expect(try await run.outcome() == .waiting(nodes: ["a"]))
        #expect(model.requests.isEmpty)
        await project.close()
        try await run.resume()
        #expect(try await run.outcome() == .waiting(nodes: ["a"]), "nothing goes on by itself")
        try await run.send(.answer(node: "a", ApprovalAnswer(.approved, comment: "use metres")), by: "ann")
        #expect(try await run.outcome() == .waiting(nodes: ["b"]))
        #expect(model.prompts.count == 1)
        #expect(model.prompts[0].contains("ann says: use metres"))
        let shown = try await run.events.compactMap { recorded -> JSONObject? in
            if case .nodeWaiting("b", _, .approval(let request)) = recorded.event { request.show } else { nil }
        }
        #expect(shown.last?["prompt"] == "After one.")
        let change = JSONObject([.init(key: "prompt", value: "Something else.")])
        try await run.send(.answer(node: "b", ApprovalAnswer(.modified, values: change)), by: "ann")
        #expect(try await run.outcome() == .ended(.succeeded, reason: nil))
        #expect(model.prompts[1] == "Something else.")
        await project.close()
    }

    @Test("after_planning: a plan is sent back to its planner with a word, and the second one is carried out")
    func plan() async throws {
        func plan(_ prompt: String) -> ModelReply {
            .says(#"{"nodes": {"s": {"agent": "worker", "prompt": "\#(prompt)"}}}"#)
        }
        let model = ScriptedModel([plan("badly"), plan("well"), .says("done")])
        let project = try TestProject(models: model)
        let run = try await project.run(
            Self.agents + """
                approvals: {mode: review_plan}
                nodes:
                  think: {agent: planner, prompt: Plan it., output: {type: object}}
                  work: {needs: [think], plan: "${{ nodes.think.outputs.json }}"}
                """)
        #expect(try await run.outcome() == .waiting(nodes: ["work"]))
        let silent = await #expect(throws: EngineError.self) { try await run.send(.reject(node: "work", comment: nil)) }
        #expect(silent?.description.contains("reason") == true)
        try await run.send(
            .answer(node: "work", ApprovalAnswer(.sendBack, comment: "do it well", target: "think")), by: "ann")
        #expect(try await run.outcome() == .waiting(nodes: ["work"]))
        #expect(model.prompts.count == 2)
        #expect(model.prompts[1].contains("ann says: do it well"))
        await project.close()
        try await run.resume()
        try await run.send(.approve(node: "work", comment: "quickly"), by: "bob")
        #expect(try await run.outcome() == .ended(.succeeded, reason: nil))
        #expect(model.prompts.count == 3)
        #expect(model.prompts[2].hasPrefix("well"))
        #expect(model.prompts[2].contains("bob says: quickly"), "the word on the plan is in its steps' prompts")
        #expect(!model.prompts[2].contains("do it well") || model.prompts[2].contains("ann says"))
        #expect(try await run.output("work", "s") != .null)
        await project.close()
    }

    @Test("on_error: the next attempt hears what went wrong and what the person says")
    func error() async throws {
        let model = ScriptedModel([
            .says("no json"), .says("no json"), .says("no json"), .says(#"{"n": 1}"#),
        ])
        let project = try TestProject(models: model)
        let run = try await project.run(
            Self.agents + """
                approvals: on_error
                nodes:
                  a: {agent: worker, prompt: Count., output: {type: object, required: [n]}}
                  b: {needs: [a], set: {n: "${{ nodes.a.outputs.json.n }}"}}
                """)
        #expect(try await run.outcome() == .waiting(nodes: ["a"]))
        #expect(try await run.status == .waiting)
        await project.close()
        try await run.resume()
        try await run.send(.answer(node: "a", ApprovalAnswer(.retry, comment: "only JSON, please")), by: "ann")
        #expect(try await run.outcome() == .ended(.succeeded, reason: nil))
        let last = try #require(model.prompts.last)
        #expect(last.contains("Attempt 1 of"))
        #expect(last.contains("ann says: only JSON, please"))
        #expect(try await run.output("b", "n") == 1)
        await project.close()
    }

    @Test("on_error: a failed node is skipped, and what needs it goes on")
    func skip() async throws {
        let project = try TestProject()
        let run = try await project.run(
            "approvals: on_error\nnodes: {a: {run: exit 3}, b: {needs: [a], run: \"true\"}}")
        #expect(try await run.outcome() == .waiting(nodes: ["a"]))
        try await run.send(.answer(node: "a", ApprovalAnswer(.skip)))
        #expect(try await run.outcome() == .ended(.succeeded, reason: nil))
        #expect(try await run.statuses() == ["a": .skipped, "b": .succeeded])
        await project.close()
    }

    @Test("on_error: a condition that cannot be evaluated is evaluated anew")
    func condition() async throws {
        let project = try TestProject()
        let run = try await project.run(
            """
            approvals: error_recovery
            nodes:
              a: {set: {n: 1}}
              b: {needs: [a], when: "${{ 1 / (nodes.a.outputs.n - 1) > 0 }}", set: {ok: true}}
            """)
        #expect(try await run.outcome() == .waiting(nodes: ["b"]))
        try await run.send(.answer(node: "b", ApprovalAnswer(.retry)))
        #expect(try await run.outcome() == .waiting(nodes: ["b"]), "it fails again, and is asked about again")
        try await run.send(.answer(node: "b", ApprovalAnswer(.abort, comment: "enough")), by: "ann")
        #expect(try await run.end() == .cancelled)
        await project.close()
    }

    @Test("manual: a paused run goes on by an answer, over a restart too")
    func manual() async throws {
        let project = try TestProject()
        let run = try await project.start(
            """
            approvals: manual
            nodes:
              a: {approval: "Begin?"}
              b: {needs: [a], run: "true"}
            """)
        try await run.send(.pause, by: "ann")
        try await run.send(.approve(node: "a", comment: nil), by: "ann")
        #expect(try await run.outcome() == .paused)
        await project.close()
        try await run.resume()
        #expect(try await run.outcome() == .paused)
        let refused = await #expect(throws: EngineError.self) { try await run.send(.resume) }
        #expect(refused?.description.contains("waits for an answer") == true)
        try await run.send(.answer(node: "", ApprovalAnswer(.approved)), by: "bob")
        #expect(try await run.outcome() == .ended(.succeeded, reason: nil))
        await project.close()
    }

    @Test("custom: rules with questions of their own, also for what sub-workflows do")
    func custom() async throws {
        let project = try TestProject()
        try project.write(
            "child.yaml", "flow: 1\nname: child\nnodes: {publish_it: {run: \"true\"}, other: {run: \"true\"}}\n")
        let run = try await project.run(
            """
            files: [child.yaml]
            approvals:
              checkpoints: [{nodes: ["publish*"], prompt: "May it be published?"}]
              auto_approve: [publish_draft]
            nodes:
              publish_draft: {run: "true"}
              sub: {needs: [publish_draft], workflow: child.yaml}
            """)
        #expect(try await run.outcome() == .waiting(nodes: ["sub/publish_it"]))
        try await run.send(.approve(node: "sub/publish_it", comment: nil))
        #expect(try await run.outcome() == .ended(.succeeded, reason: nil))
        await project.close()
    }

    @Test("A choice for the run goes before the workflow's; what else the workflow says holds")
    func override() async throws {
        let project = try TestProject()
        let text = "approvals: {mode: before_each_step, timeout: 1h}\nnodes: {a: {run: \"true\"}}"
        let free = try await project.run(text, options: RunOptions(approval: .none))
        #expect(try await free.outcome() == .ended(.succeeded, reason: nil))
        let asked = try await project.run("nodes: {a: {run: \"true\"}}", options: RunOptions(approval: .beforeEachStep))
        #expect(try await asked.outcome() == .waiting(nodes: ["a"]))
        await project.close()
    }

    @Test("A rewind in a real engine: files and values of the second round count")
    func rewind() async throws {
        let project = try TestProject()
        let run = try await project.run(
            """
            inputs: {ledger: {type: string}}
            env: {LEDGER: "${{ inputs.ledger }}"}
            nodes:
              draft:
                run: |
                  echo x >> "$LEDGER"; wc -l < "$LEDGER" > n.txt
                  echo "n=$(wc -l < "$LEDGER")" >> "$FLOW_OUTPUT"
                outputs: {n: integer}
                artifacts: [{name: n, path: n.txt}]
              twice: {needs: [draft], set: {n: "${{ nodes.draft.outputs.n * 2 }}"}}
              gate: {needs: [twice], approval: {prompt: "${{ nodes.twice.outputs.n }}?", rewind_to: draft}}
              last: {needs: [gate], set: {n: "${{ nodes.twice.outputs.n }}"}}
            """, inputs: ["ledger": .string(project.file("ledger"))])
        #expect(try await run.outcome() == .waiting(nodes: ["gate"]))
        await project.close()
        try await run.resume()
        try await run.send(.answer(node: "gate", ApprovalAnswer(.sendBack, comment: "more")))
        #expect(try await run.outcome() == .waiting(nodes: ["gate"]))
        await project.close()
        try await run.resume()
        try await run.send(.approve(node: "gate", comment: nil))
        #expect(try await run.outcome() == .ended(.succeeded, reason: nil))
        #expect(try await run.output("last", "n") == 4)
        #expect(project.lines("ledger") == ["x", "x"])
        let summary = try #require(try await run.reader.summary(of: run.id))
        let plan = try await run.reader.workflow(of: summary, loader: try await project.engine().loader).compilation
            .plan
        let replay = RunReplay(plan: try #require(plan), events: try await run.events, inherited: [])
        #expect(replay.difference(from: summary, events: try await run.events) == nil)
        #expect(replay.differences(from: try await run.reader.nodes(of: run.id)) == [])
        await project.close()
    }
}
