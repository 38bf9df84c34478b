// SPDX-License-Identifier: Apache-2.0

import FlowEngine
import Glibc
import Testing

/// People in the loop, on the command line.
@Suite struct PeopleTests {
    private static let steps = """
        flow: 1
        name: steps
        inputs: {ledger: {type: string}}
        env: {LEDGER: "${{ inputs.ledger }}"}
        nodes:
          a: {run: echo a >> "$LEDGER"}
          b: {needs: [a], run: echo b >> "$LEDGER"}

        """

    @Test("A run stands at its gate although its process is killed, and goes on by an answer")
    func killed() async throws {
        let flow = try FlowProgram()
        try flow.write("steps.yaml", Self.steps)
        let running = try flow.start([
            "run", "steps.yaml", "-i", "ledger=\(flow.file("ledger"))", "--approval", "step_by_step", "--wait",
        ])
        try #require(try await flow.eventually { running.errorText.contains("waiting: flow approve ") })
        running.signal(SIGKILL)
        _ = try await running.end()
        let run = try #require(running.errorText.split { " \n".contains($0) }.dropFirst().first.map(String.init))
        let show = try await flow.run("show", run, "--json").object
        #expect(show["approvals"]?.arrayValue?.first?["checkpoint"] == "before_step")
        #expect(try await flow.run("resume", run).code == 3)
        #expect(flow.lines("ledger") == [])
        #expect(try await flow.run("approve", run, "a", "--resume").code == 3)
        #expect(flow.lines("ledger") == ["a"])
        let end = try await flow.run("answer", run, "skip", "b", "--comment", "not today", "--resume")
        #expect(end.code == 0, "\(end.errorOutput)")
        #expect(flow.lines("ledger") == ["a"])
        let text = try await flow.run("show", run).output
        #expect(text.contains("people\n  a: approved by tester\n  b: skip by tester: not today\n"), "\(text)")
    }

    @Test("A failed node runs again when a person says so, and a changed one as it was changed")
    func errors() async throws {
        let flow = try FlowProgram()
        try flow.write(
            "bad.yaml",
            "flow: 1\nname: bad\napprovals: on_error\nnodes: {a: {run: exit 3}, b: {needs: [a], run: exit 4}}\n")
        let end = try await flow.run("run", "bad.yaml")
        #expect(end.code == 3)
        let run = try end.run
        let again = try await flow.run("answer", run, "retry", "a", "--resume")
        #expect(again.code == 3)
        let changed = try await flow.run("answer", run, "modified", "a", "--set", "run=true", "--resume")
        #expect(changed.code == 3, "\(changed.errorOutput)")
        #expect(changed.output.contains("b asks"))
        let last = try await flow.run("answer", run, "abort", "b", "--resume")
        #expect(last.code == 2, "\(last.errorOutput)")
        #expect(try await flow.run("answer", run, "retri", "b").errorOutput.contains("did you mean `retry`?"))
    }

    @Test("In the mode manual a pause is a question")
    func manual() async throws {
        let flow = try FlowProgram()
        try flow.write("gated.yaml", Workflows.gated)
        let end = try await flow.run(
            "run", "gated.yaml", "-i", "ledger=\(flow.file("ledger"))", "--approval", "manual")
        let run = try end.run
        #expect(try await flow.run("pause", run).code == 0)
        #expect(try await flow.run("approve", run, "gate").code == 0)
        let stands = try await flow.run("resume", run)
        #expect(stands.code == 3)
        #expect(stands.errorOutput.contains("next: flow approve \(run)   # let it go on"), "\(stands.errorOutput)")
        #expect(flow.lines("ledger") == ["before"])
        let goes = try await flow.run("approve", run, "--resume")
        #expect(goes.code == 0, "\(goes.errorOutput)")
        #expect(flow.lines("ledger") == ["before", "after"])
    }

    @Test("Changes from the command line: parameters, outputs, and what is refused")
    func changes() async throws {
        let flow = try FlowProgram()
        try flow.write(
            "change.yaml",
            """
            flow: 1
            name: change
            nodes:
              gate: {approval: "Go?"}
              a: {needs: [gate], with: {n: 1}, run: 'echo "n=$FLOW_WITH_N" >> "$FLOW_OUTPUT"', outputs: {n: integer}}
              b: {needs: [gate], run: exit 1, outputs: {n: integer}}
            outputs: {sum: "${{ nodes.a.outputs.n + nodes.b.outputs.n }}"}

            """)
        let run = try await flow.run("run", "change.yaml").run
        #expect(try await flow.run("modify", run, "a", "--set", "with.n=5").code == 0)
        #expect(try await flow.run("modify", run, "b", "--output", "n=7", "--comment", "measured by hand").code == 0)
        #expect(try await flow.run("modify", run, "b").code == 64)
        #expect(try await flow.run("inject", run, "a", "hello").errorOutput.contains("no agent"))
        #expect(try await flow.run("redirect", run, "gate", "--prompt", "x").code != 0)
        let end = try await flow.run("approve", run, "gate", "--resume", "--json")
        #expect(end.code == 0, "\(end.errorOutput)")
        #expect(try end.json.last?["outputs"]?["sum"] == 12)
        let people = try #require(try await flow.run("show", run, "--json").object["people"]?.arrayValue)
        #expect(people.map { $0["type"] } == ["intervened", "intervened", "approval_decided"])
        let events = try await flow.run("events", run).output
        #expect(events.contains("intervened  a  modify by tester: {\"with\":{\"n\":5}}"), "\(events)")
    }

    @Test("A form is filled in on the command line")
    func form() async throws {
        let flow = try FlowProgram()
        try flow.write(
            "form.yaml",
            """
            flow: 1
            name: form
            nodes:
              ask: {approval: {prompt: "How many?", form: {n: {type: integer, required: true, max: 9}}}}
            outputs: {n: "${{ nodes.ask.outputs.values.n }}"}

            """)
        let end = try await flow.run("run", "form.yaml")
        #expect(end.output.contains("to fill in: n, integer, required"))
        let run = try end.run
        #expect(end.errorOutput.contains("flow approve \(run) ask --set n=…"))
        let wrong = try await flow.run("approve", run, "ask", "--set", "n=10")
        #expect(wrong.code != 0)
        #expect(wrong.errorOutput.contains("greater than 9"))
        let right = try await flow.run("approve", run, "ask", "--set", "n=9", "--resume", "--json")
        #expect(try right.json.last?["outputs"]?["n"] == 9)
        let unknown = try await flow.run("run", "form.yaml", "--approval", "sometimes")
        #expect(unknown.code == 64)
        #expect(try await flow.run("run", "form.yaml", "--approval", "custom").code == 64)
    }
}
