// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import Testing

@testable import FlowEngine

/// A tool that a person has to be asked about: the attempt waits, and goes on where it stood.
@Suite struct ToolQuestionTests {
    private static let workflow = """
        agents:
          worker: {instructions: Work., tools: [bash, write_file], permissions: {ask: [bash]}}
        nodes:
          a: {agent: worker, prompt: Go., retry: 1, isolate: false}
        outputs: {text: "${{ nodes.a.outputs.text }}", calls: "${{ nodes.a.outputs.tool_calls }}"}
        """

    private static func script(_ command: String) -> [ModelReply] {
        [
            .asks(("write_file", ["path": "note.txt", "content": "kept"])),
            .asks(("bash", ["command": .string(command)])), .says("done"),
        ]
    }

    private func questions(_ run: TestRun) async throws -> [ApprovalRequest] {
        try await run.events.compactMap { recorded in
            if case .nodeWaiting(_, _, .approval(let request)) = recorded.event { request } else { nil }
        }
    }

    @Test("The run waits for the answer over a restart; then the call is made once, with what was done before it")
    func allow() async throws {
        let project = try TestProject(models: nil)
        let ledger = project.file("ledger")
        let model = ScriptedModel(Self.script("cat note.txt >> '\(ledger)'; echo >> '\(ledger)'"))
        let asking = try TestProject(models: model)
        let run = try await asking.run(Self.workflow)
        #expect(try await run.outcome() == .waiting(nodes: ["a"]))
        let question = try #require(try await questions(run).first)
        #expect(question.checkpoint == .tool)
        #expect(question.show["tool"] == "bash")
        #expect(question.show["rule"] == "bash")
        #expect(project.lines("ledger").isEmpty)
        await asking.close()
        try await run.resume()
        #expect(try await run.outcome() == .waiting(nodes: ["a"]))
        try await run.send(.approve(node: "a", comment: nil), by: "ann")
        #expect(try await run.outcome() == .ended(.succeeded, reason: nil))
        #expect(project.lines("ledger") == ["kept"], "the file of the first turn is there")
        #expect(model.requests.count == 3, "no turn was asked for twice")
        #expect(try await run.outputs["text"] == "done")
        #expect(try await run.outputs["calls"] == 2)
        let calls = try await run.reader.calls(of: run.id)
        #expect(calls.map(\.start.name) == ["default", "write_file", "default", "bash", "default"])
        var options = RunOptions()
        options.tape = run.id
        let again = try await asking.run(Self.workflow, options: options)
        #expect(try await again.outcome() == .ended(.succeeded, reason: nil), "the tape has the answer")
        #expect(project.lines("ledger") == ["kept"])
        await asking.close()
        #expect(try StoreCheck.run(folder: asking.store).problems.isEmpty)
        await project.close()
    }

    @Test("A refusal reaches the agent with its reason, and the run goes on")
    func deny() async throws {
        let model = ScriptedModel(Self.script("exit 9"))
        let project = try TestProject(models: model)
        let run = try await project.run(Self.workflow)
        try await run.send(.reject(node: "a", comment: "use the note instead"), by: "ann")
        #expect(try await run.outcome() == .ended(.succeeded, reason: nil))
        let last = try #require(model.requests.last?.messages.last)
        #expect(last.role == .tool)
        #expect(last.content.contains("ann does not allow it: use the note instead"))
        #expect(last.isError)
        await project.close()
    }

    @Test("Other arguments are the call's, within what is permitted")
    func modified() async throws {
        let model = ScriptedModel(Self.script("exit 9"))
        let project = try TestProject(models: model)
        let run = try await project.run(Self.workflow)
        let values = JSONObject([.init(key: "command", value: "echo other")])
        try await run.send(.answer(node: "a", ApprovalAnswer(.modified, values: values)), by: "ann")
        #expect(try await run.outcome() == .ended(.succeeded, reason: nil))
        #expect(model.requests.last?.messages.last?.content.contains("other") == true)
        await project.close()
    }

    @Test("Nobody is asked about what is approved by itself")
    func auto() async throws {
        let model = ScriptedModel(Self.script("true"))
        let project = try TestProject(models: model)
        let run = try await project.run("approvals: {auto_approve: [\"tool:bash\"]}\n" + Self.workflow)
        #expect(try await run.outcome() == .ended(.succeeded, reason: nil))
        await project.close()
    }

    @Test("Silence is no consent")
    func silence() async throws {
        let model = ScriptedModel(Self.script("exit 9"))
        let project = try TestProject(models: model)
        let run = try await project.run("approvals: {timeout: 50ms}\n" + Self.workflow)
        #expect(try await run.end() == .succeeded)
        #expect(model.requests.last?.messages.last?.content.contains("nobody allowed it in time") == true)
        await project.close()
    }

    @Test("A call that was allowed and that a crash cut off is not made again")
    func crash() async throws {
        let project = try TestProject()
        let ledger = project.file("ledger")
        let model = ScriptedModel(
            Self.script("echo done >> '\(ledger)'; while [ ! -e '\(ledger).go' ]; do sleep 0.02; done"))
        let first = try TestProject(models: model)
        let run = try await first.run(Self.workflow)
        try await run.send(.approve(node: "a", comment: nil))
        try #require(try await eventually { project.lines("ledger") == ["done"] })
        // The store as a crash in the middle of the call leaves it.
        let copy = project.file("copy")
        try Self.copy(first.store, to: copy)
        try project.write("ledger.go", "")
        await first.close()
        let rest = ScriptedModel([.says("not known")])
        let second = try TestProject(store: copy, models: rest)
        let again = TestRun(project: second, id: run.id, recorder: RunRecorder())
        try await again.resume()
        #expect(try await again.outcome() == .ended(.succeeded, reason: nil))
        #expect(project.lines("ledger") == ["done"])
        #expect(rest.requests.count == 1, "the turns before are told again, not asked for")
        #expect(rest.requests[0].messages.last?.content.contains("nobody knows whether it was done") == true)
        await second.close()
        await project.close()
    }

    private static func copy(_ from: String, to: String) throws {
        try File.createDirectory(to)
        for entry in try File.list(from) where entry.name != "owner.lock" {
            let (source, target) = (FilePath.join(from, entry.name), FilePath.join(to, entry.name))
            switch entry.kind {
            case .directory: try copy(source, to: target)
            case .file: try File.write(try File.read(source, limit: 1 << 28), to: target)
            default: break
            }
        }
    }
}
