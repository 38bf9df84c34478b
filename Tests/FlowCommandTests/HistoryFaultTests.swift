// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Testing

/// Requests that cannot be: each is told with its place, and nothing has changed after it.
@Suite struct HistoryFaultTests {
    private func finished() async throws -> (flow: FlowProgram, run: String) {
        let flow = try FlowProgram()
        try flow.write("fit.yaml", HistoryTests.fit)
        let end = try await flow.run("run", "fit.yaml", "--approval", "none")
        try #require(end.code == 0, "\(end.errorOutput)")
        return (flow, try end.run)
    }

    /// All that is said of the runs of a store.
    private func state(_ flow: FlowProgram, _ run: String) async throws -> [String] {
        [
            try await flow.run("list", "--json").output, try await flow.run("tree", "--json").output,
            try await flow.run("events", run, "--json").output,
        ]
    }

    @Test("Wrong patches, pins, plans and workflows are refused, and nothing changes")
    func refused() async throws {
        let (flow, run) = try await finished()
        try flow.write("missing.yaml", "nodes:\n  lod: {with: {rows: 4}}\n")
        try flow.write("pin.yaml", "pin:\n  fit: {score: high}\n")
        try flow.write("unpin.yaml", "pin:\n  fit: {scores: 3}\n")
        // `fit` is gone, and `send` still needs `gate`, which needs it.
        let lines = HistoryTests.fit.split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex { $0.hasPrefix("  fit:") })
        let end = try #require(lines.firstIndex { $0.hasPrefix("  check:") })
        try flow.write("dropped.yaml", (lines[..<start] + lines[end...]).joined(separator: "\n"))
        let plan = try await flow.run("plan", run, "--from", "fit", "--json").object["plan"]?.stringValue ?? ""
        let before = try await state(flow, run)
        let cases: [(arguments: [String], code: Int32, message: String)] = [
            (["--patch", "missing.yaml"], 65, "there is no node `lod` in `fit`"),
            (["--patch", "missing.yaml"], 65, "missing.yaml:2:3"),
            (["--set", "nodes.lod.with.rows=4"], 65, "did you mean `load`?"),
            (["--patch", "pin.yaml"], 65, "the output `score` of `fit` is integer, not string"),
            (["--patch", "pin.yaml"], 65, "pin.yaml:2"),
            (["--pin", "fit={\"score\": \"high\"}"], 65, "the output `score` of `fit` is integer, not string"),
            (["--patch", "unpin.yaml"], 65, "scores"),
            (["--pin", "nobody={\"x\": 1}"], 65, "nobody"),
            (["--set", "inputs.rows=many"], 65, "rows"),
            (["--from", "lod"], 66, "there is no node `lod`"),
            (["--workflow", "dropped.yaml"], 65, "`fit`"),
            (["--workflow", "dropped.yaml"], 65, "dropped.yaml:"),
            (["--workflow", "nothing.yaml"], 66, "nothing.yaml"),
            (["--from", "load", "--plan", plan], 66, "the plan is not the one that was agreed to"),
            (
                ["--from", "fit", "--plan", String(plan.dropLast()) + (plan.hasSuffix("0") ? "1" : "0")], 66,
                "look at it again"
            ),
        ]
        for (arguments, code, message) in cases {
            for command in [["replay", run], ["branch", run, "--name", "new", "--hypothesis", "h"]] {
                let end = try await flow.start(command + arguments).end()
                #expect(end.code == code, "\(command[0]) \(arguments): \(end.errorOutput)")
                #expect(end.errorOutput.contains(message), "\(command[0]) \(arguments): \(end.errorOutput)")
                #expect(end.output.isEmpty)
            }
        }
        #expect(try await state(flow, run) == before)
        #expect(try await flow.run("db", "check").code == 0)
        // The plan that was agreed to still holds.
        #expect(try await flow.run("replay", run, "--from", "fit", "--plan", plan).code == 0)
    }

    @Test("A plan is another one when the run has gone on since")
    func stalePlan() async throws {
        let flow = try FlowProgram()
        try flow.write("fit.yaml", HistoryTests.fit)
        let end = try await flow.run("run", "fit.yaml")
        try #require(end.code == 3, "\(end.errorOutput)")
        let run = try end.run
        let plan = try await flow.run("plan", run, "--set", "nodes.fit.with.degree=3", "--json").object["plan"]
        #expect(try await flow.run("approve", run, "gate").code == 0)
        _ = try await flow.run("resume", run)
        let before = try await state(flow, run)
        let stale = try await flow.run(
            "replay", run, "--set", "nodes.fit.with.degree=3", "--plan", plan?.stringValue ?? "")
        #expect(stale.code == 66)
        #expect(stale.errorOutput.contains("the plan is not the one that was agreed to"))
        #expect(try await state(flow, run) == before)
    }

    @Test("What cannot be concluded, promoted or deleted stays")
    func branches() async throws {
        let (flow, run) = try await finished()
        let made = try await flow.run("branch", run, "--name", "one", "--hypothesis", "h", "--set", "inputs.title=x")
        #expect(made.code == 0 || made.code == 3, "\(made.errorOutput)")
        let child = try await flow.run("replay", "one", "--from", "chart")
        #expect(child.code == 0 || child.code == 3, "\(child.errorOutput)")
        let before = try await state(flow, run)
        for (arguments, code, message) in [
            (["branch", "delete", "one"], 66, "stays"), (["branch", "delete", run], 66, "is no branch"),
            (["branch", "promote", run], 66, "is no branch"), (["branch", "promote", "nobody"], 66, "nobody"),
            (["branch", "conclude", "one", "maybe"], 64, "there is no verdict `maybe`"),
            (
                ["branch", run, "--name", "one", "--hypothesis", "again", "--set", "inputs.title=y"], 64,
                "`one` already"
            ),
        ] as [([String], Int32, String)] {
            let end = try await flow.start(arguments).end()
            #expect(end.code == code, "\(arguments): \(end.errorOutput)")
            #expect(end.errorOutput.contains(message), "\(arguments): \(end.errorOutput)")
        }
        #expect(try await state(flow, run) == before)
    }
}
