// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Synchronization
import Testing

@testable import FlowEngine

/// A model that answers as a closure says, and keeps what it was asked.
final class TalkingModel: ModelProvider {
    private let asked = Mutex<[ModelRequest]>([])
    private let answer: @Sendable (ModelRequest, Int) async -> ModelReply

    init(_ answer: @escaping @Sendable (ModelRequest, Int) async -> ModelReply) { self.answer = answer }

    var requests: [ModelRequest] { asked.withLock { $0 } }

    func complete(_ request: ModelRequest) async throws(ModelError) -> ModelReply {
        let count = asked.withLock { asked in
            asked.append(request)
            return asked.count
        }
        let reply = await answer(request, count)
        if Task.isCancelled { throw ModelError(.cancelled, "cancelled") }
        return reply
    }
}

/// A door that a test opens.
final class Door: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for each in waiting { each.resume() }
    }

    /// Waits until it is open; returns at once when the task is cancelled.
    func pass() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOpen = state.withLock { state in
                    if state.isOpen || Task.isCancelled { return true }
                    state.waiting.append(continuation)
                    return false
                }
                if isOpen { continuation.resume() }
            }
        } onCancel: {
            open()
        }
    }
}

/// What people change of a run that goes on.
@Suite struct InterventionTests {
    private static let agents =
        "agents: {worker: {instructions: Work., tools: [list_files]}, other: {instructions: Other.}}\n"

    private func object(_ members: (String, JSONValue)...) -> JSONObject {
        JSONObject(members.map { JSONObject.Member(key: $0.0, value: $0.1) })
    }

    @Test("redirect: an agent that works begins anew with the other task, and the change is in the log")
    func redirect() async throws {
        let door = Door()
        let model = TalkingModel { request, count in
            if count == 1 { await door.pass() }
            return .says("answer to: \(request.messages.last?.content ?? "")")
        }
        let project = try TestProject(models: model)
        let run = try await project.start(Self.agents + "nodes: {a: {agent: worker, prompt: Old task.}}")
        try #require(try await eventually { model.requests.count == 1 })
        try await run.send(
            .intervene(
                node: "a",
                InterventionRequest(.redirect(object(("prompt", "New task."), ("agent", "other"))), comment: "better")),
            by: "ann")
        #expect(try await run.outcome() == .ended(.succeeded, reason: nil))
        #expect(try await run.output("a", "text") == "answer to: New task.")
        #expect(model.requests.count == 2)
        #expect(model.requests[1].messages.first?.content.hasPrefix("Other.") == true)
        let changes = try await run.events.compactMap { recorded -> Intervention? in
            if case .intervened("a", let intervention) = recorded.event { intervention } else { nil }
        }
        #expect(changes.map(\.by) == ["ann"])
        #expect(changes.first?.comment == "better")
        let late = await #expect(throws: EngineError.self) {
            try await run.send(.intervene(node: "a", InterventionRequest(.redirect(object(("prompt", "x"))))))
        }
        #expect(late?.description.contains("has ended") == true)
        await project.close()
        #expect(try StoreCheck.run(folder: project.store).problems.isEmpty)
    }

    @Test("inject: an agent hears the word at its next turn, and the tape of the run tells it at the same place")
    func inject() async throws {
        let door = Door()
        let model = TalkingModel { request, count in
            switch count {
            case 1: return .asks(("list_files", .object(JSONObject())))
            case 2:
                await door.pass()
                return .asks(("list_files", ["path": "."]))
            default: return .says("heard \(request.messages.count { $0.content.contains("in metres") })")
            }
        }
        let project = try TestProject(models: model)
        let run = try await project.start(Self.agents + "nodes: {a: {agent: worker, prompt: Measure.}}")
        try #require(try await eventually { model.requests.count == 2 })
        try await run.send(.intervene(node: "a", InterventionRequest(.inject("give it in metres"))), by: "ann")
        door.open()
        #expect(try await run.outcome() == .ended(.succeeded, reason: nil))
        #expect(try await run.output("a", "text") == "heard 1")
        #expect(model.requests[1].messages.allSatisfy { !$0.content.contains("in metres") })
        let heard = try await run.reader.calls(of: run.id).filter { $0.start.kind == .model }.map(\.start.heard)
        #expect(heard == [0, 0, 1])
        var options = RunOptions()
        options.tape = run.id
        let again = try await project.run(
            Self.agents + "nodes: {a: {agent: worker, prompt: Measure.}}", options: options)
        #expect(try await again.outcome() == .ended(.succeeded, reason: nil))
        #expect(try await again.output("a", "text") == "heard 1")
        #expect(model.requests.count == 3, "nobody was asked")
        await project.close()
        #expect(try StoreCheck.run(folder: project.store).problems.isEmpty)
    }

    @Test("inject: a node that has not begun hears it at its first turn; what is no agent hears nothing")
    func injectEarly() async throws {
        let model = TalkingModel { request, _ in .says(request.messages.map(\.content).joined(separator: "|")) }
        let project = try TestProject(models: model)
        let run = try await project.run(
            Self.agents + "nodes: {gate: {approval: Go?}, a: {needs: [gate], agent: worker, prompt: Measure.}}")
        try await run.send(.intervene(node: "a", InterventionRequest(.inject("in metres"))))
        let deaf = await #expect(throws: EngineError.self) {
            try await run.send(.intervene(node: "gate", InterventionRequest(.inject("hello"))))
        }
        #expect(deaf?.description == "`gate` is no agent, and hears nothing")
        await project.close()
        try await run.resume()
        try await run.send(.approve(node: "gate", comment: nil))
        #expect(try await run.outcome() == .ended(.succeeded, reason: nil))
        #expect(try await run.output("a", "text").stringValue?.contains("says: in metres") == true)
        await project.close()
    }

    @Test("modify: other parameters and given outputs count when the node's turn comes, over a restart")
    func modify() async throws {
        let project = try TestProject()
        let run = try await project.run(
            """
            nodes:
              gate: {approval: "Go?"}
              a: {needs: [gate], with: {n: 1, m: 5}, run: 'echo "n=$FLOW_WITH_N$FLOW_WITH_M" >> "$FLOW_OUTPUT"', outputs: {n: integer}}
              b: {needs: [gate], run: exit 1, outputs: {n: integer}}
              c: {needs: [a, b], set: {sum: "${{ nodes.a.outputs.n + nodes.b.outputs.n }}"}}
            """)
        func refusal(_ node: String, _ action: InterventionRequest.Action) async -> String? {
            do {
                try await run.send(.intervene(node: node, InterventionRequest(action)))
                return nil
            } catch {
                return (error as? EngineError)?.description
            }
        }
        #expect(
            await refusal("a", .modify(object(("wth", .object(JSONObject())))))?.contains("did you mean `with`?")
                == true)
        #expect(await refusal("a", .modify(JSONObject())) == "nothing is changed")
        #expect(await refusal("b", .pin(JSONObject())) == "the output `n` is missing")
        #expect(await refusal("b", .pin(object(("n", "x"))))?.contains("`integer` is declared") == true)
        #expect(await refusal("nobody", .pin(JSONObject()))?.contains("no node `nobody`") == true)
        #expect(await refusal("a", .modify(object(("with", ["n": 2])))) == nil)
        #expect(await refusal("b", .pin(object(("n", 100)))) == nil)
        await project.close()
        try await run.resume()
        try await run.send(.approve(node: "gate", comment: nil))
        #expect(try await run.outcome() == .ended(.succeeded, reason: nil))
        #expect(try await run.output("c", "sum") == 125)
        #expect(await refusal("c", .modify(object(("with", ["n": 2]))))?.contains("the run has ended") == true)
        await project.close()
        #expect(try StoreCheck.run(folder: project.store).problems.isEmpty)
    }

    @Test("A node in a sub-workflow is changed by its path")
    func path() async throws {
        let project = try TestProject()
        try project.write(
            "child.yaml",
            """
            flow: 1
            name: child
            nodes:
              gate: {approval: "Go?"}
              x: {needs: [gate], run: exit 1, outputs: {n: integer}}
            outputs: {n: "${{ nodes.x.outputs.n }}"}
            """)
        let run = try await project.run("files: [child.yaml]\nnodes: {sub: {workflow: child.yaml}}")
        try await run.send(.intervene(node: "sub/x", InterventionRequest(.pin(object(("n", 4))))))
        #expect(try await run.outcome() == .waiting(nodes: ["sub/gate"]), "a change leaves the question open")
        try await run.send(.approve(node: "sub/gate", comment: nil))
        #expect(try await run.outcome() == .ended(.succeeded, reason: nil))
        #expect(try await run.output("sub", "n") == 4)
        await project.close()
    }
}
