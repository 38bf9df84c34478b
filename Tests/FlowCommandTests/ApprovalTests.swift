// SPDX-License-Identifier: Apache-2.0

import FlowEngine
import Testing

@Suite struct ApprovalTests {
    private func gated() async throws -> (flow: FlowProgram, run: String, end: FinishedFlow) {
        let flow = try FlowProgram()
        try flow.write("gated.yaml", Workflows.gated)
        let end = try await flow.run("run", "gated.yaml", "-i", "ledger=\(flow.file("ledger"))")
        return (flow, try end.run, end)
    }

    @Test("A run that waits for people says how to answer; an approval lets it go on")
    func approve() async throws {
        let (flow, run, end) = try await gated()
        #expect(end.code == 3)
        #expect(end.errorOutput.contains("next: flow approve \(run) gate   # Is it right?"))
        #expect(end.output.contains("gate asks\n  Is it right?\n  file: \(flow.file("ledger"))\n"))
        let show = try await flow.run("show", run, "--json").object
        #expect(show["status"] == "waiting")
        #expect(show["approvals"]?.arrayValue?.first?["node"] == "gate")
        #expect(try await flow.run("approve", run, "before").code == 64)
        #expect(try await flow.run("approve", run, "gaet").errorOutput.contains("did you mean `gate`?"))
        let answer = try await flow.run("approve", run, "gate", "--comment", "yes", "--json")
        #expect(answer.code == 0)
        #expect(try answer.object["did"] == "approved")
        #expect(try await flow.run("approve", run, "gate").code == 64)
        #expect(flow.lines("ledger") == ["before"])
        #expect(try await flow.run("resume", run).code == 0)
        #expect(flow.lines("ledger") == ["before", "after"])
        let events = try await flow.run("events", run, "--json").json
        let decision = try #require(events.first { $0["type"] == "approval_decided" }?["decision"])
        #expect(decision["by"] == "tester")
        #expect(decision["comment"] == "yes")
    }

    @Test("A rejection fails the run")
    func reject() async throws {
        let (flow, run, _) = try await gated()
        let end = try await flow.run("reject", run, "gate", "--comment", "no", "--resume")
        #expect(end.code == 1, "\(end.errorOutput)")
        #expect(end.output.contains("✗ rejected"))
        #expect(flow.lines("ledger") == ["before"])
        let again = try await flow.run("resume", run)
        #expect(again.code == 1)
        #expect(again.errorOutput.contains("has ended already"))
    }

    @Test("Answering and going on is one command")
    func approveAndResume() async throws {
        let (flow, run, _) = try await gated()
        let end = try await flow.run("approve", run, "gate", "--resume")
        #expect(end.code == 0, "\(end.errorOutput)")
        #expect(flow.lines("ledger") == ["before", "after"])
    }

    @Test("Nobody is asked where approvals pass")
    func none() async throws {
        let flow = try FlowProgram()
        try flow.write("gated.yaml", Workflows.gated)
        let end = try await flow.run(
            "run", "gated.yaml", "-i", "ledger=\(flow.file("ledger"))", "--approval", "none")
        #expect(end.code == 0, "\(end.errorOutput)")
        #expect(flow.lines("ledger") == ["before", "after"])
    }

    @Test("What the run of a sub-workflow asks is said, and its answer lets the parent go on")
    func subworkflow() async throws {
        let flow = try FlowProgram()
        try flow.write("child.yaml", "flow: 1\nname: child\nnodes: {ask: {approval: Go on?}}\n")
        try flow.write("parent.yaml", "flow: 1\nname: parent\nnodes: {sub: {workflow: child.yaml}}\n")
        let end = try await flow.run("run", "parent.yaml")
        #expect(end.code == 3, "\(end.errorOutput)")
        let words = end.errorOutput.split(separator: "flow approve ").last?.split { " \n".contains($0) }.map(
            String.init)
        let answer = try await flow.start(["approve"] + (words ?? []).prefix(2)).end()
        #expect(answer.code == 0, "\(answer.errorOutput)")
        let parent = try #require(end.errorOutput.split { " \n".contains($0) }.dropFirst().first.map(String.init))
        #expect(try await flow.run("resume", parent).code == 0)
    }

    @Test("A run that stays takes the answer of another process")
    func wait() async throws {
        let flow = try FlowProgram()
        try flow.write("gated.yaml", Workflows.gated)
        let running = try flow.start(["run", "gated.yaml", "-i", "ledger=\(flow.file("ledger"))", "--wait"])
        #expect(try await flow.eventually { running.errorText.contains("waiting: flow approve ") })
        let answer = try await flow.run("approve", "@latest", "gate")
        #expect(answer.code == 0, "\(answer.errorOutput)")
        #expect(try await running.end().code == 0)
        #expect(flow.lines("ledger") == ["before", "after"])
    }
}
