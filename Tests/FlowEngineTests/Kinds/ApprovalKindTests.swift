// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

@testable import FlowEngine

@Suite struct ApprovalKindTests {
    private let gated = """
        outputs: {who: {value: "${{ nodes.after.outputs.who }}"}}
        nodes:
          before: {set: {x: 7}}
          gate: {needs: [before], approval: {prompt: "Is ${{ nodes.before.outputs.x }} right?"}}
          after:
            needs: [gate]
            set: {who: "${{ nodes.gate.outputs.by }}: ${{ nodes.gate.outputs.comment }}"}
          beside: {run: "true"}
        """

    @Test("A gate holds up only what depends on it, and opens for an answer")
    func approve() async throws {
        let project = try TestProject()
        let run = try await project.run(gated)
        #expect(try await run.outcome() == .waiting(nodes: ["gate"]))
        #expect(try await run.statuses() == ["before": .succeeded, "gate": .waiting, "beside": .succeeded])
        let prompts = try await run.events.compactMap { recorded -> String? in
            if case .nodeWaiting(_, _, .approval(let request)) = recorded.event { request.prompt } else { nil }
        }
        #expect(prompts == ["Is 7 right?"])
        try await run.send(.approve(node: "gate", comment: "fine"), by: "ada")
        #expect(try await run.end() == .succeeded)
        #expect(try await run.outputs["who"] == "ada: fine")
        await project.close()
    }

    @Test("A rejection fails what depends on it, with the words of who rejected")
    func reject() async throws {
        let project = try TestProject()
        let run = try await project.run(gated)
        try await run.send(.reject(node: "gate", comment: "too old"), by: "bob")
        #expect(try await run.end() == .failed)
        #expect(try await run.statuses()["gate"] == .rejected)
        #expect(try await run.statuses()["after"] == .omitted)
        #expect(try await run.failure(of: "gate").message == "rejected by bob: too old")
        await project.close()
    }

    @Test("A second answer is refused and changes nothing; so is one to a node that asks nothing")
    func second() async throws {
        let project = try TestProject()
        let run = try await project.run(
            """
            nodes:
              gate: {approval: "Go on?"}
              other: {needs: [gate], approval: "Really?"}
              after: {needs: [gate, other], set: {who: "${{ nodes.gate.outputs.by }}"}}
            """)
        try await run.send(.approve(node: "gate", comment: nil), by: "ada")
        for request in [RunCommand.Request.approve(node: "gate", comment: nil), .reject(node: "gate", comment: nil)] {
            let error = await #expect(throws: EngineError.self) { try await run.send(request, by: "eve") }
            #expect(error?.code == .refused)
        }
        let unknown = await #expect(throws: EngineError.self) {
            try await run.send(.approve(node: "gat", comment: nil))
        }
        #expect(unknown?.code == .noSuchNode)
        try await run.send(.approve(node: "other", comment: nil), by: "ada")
        #expect(try await run.end() == .succeeded)
        #expect(try await run.output("after", "who") == "ada")
        await project.close()
    }

    @Test(
        "When nobody answers in time the gate is rejected, or fails",
        arguments: [
            ("reject", NodeStatus.rejected), ("fail", .failed),
        ])
    func deadline(_ action: String, _ status: NodeStatus) async throws {
        let project = try TestProject()
        let run = try await project.run(
            "nodes: {gate: {approval: {prompt: \"Go on?\", deadline: 80ms, on_deadline: \(action)}}}")
        #expect(try await run.end() == .failed)
        #expect(try await run.status(of: "gate") == status)
        #expect(try await run.failure(of: "gate").message.contains("nobody answered"))
        await project.close()
    }

    @Test("Without approvals gates open by themselves, also in sub-workflows")
    func none() async throws {
        let project = try TestProject()
        try project.write("child.yaml", "flow: 1\nname: child\nnodes: {gate: {approval: \"Go on?\"}}\n")
        let run = try await project.run(
            "files: [child.yaml]\nnodes: {gate: {approval: \"Go on?\"}, sub: {needs: [gate], workflow: child.yaml}}",
            options: RunOptions(approval: .none))
        #expect(try await run.outcome() == .ended(.succeeded, reason: nil))
        #expect(try await run.output("gate", "decision") == "approved")
        await project.close()
    }
}
