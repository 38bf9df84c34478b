// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import Testing

@testable import FlowEngine

@Suite struct RerunPlannerTests {
    static let text = #"""
        inputs:
          n: {type: integer, default: 2}
          paper: {type: file, required: true}
        nodes:
          read:
            with: {paper: "${{ inputs.paper }}"}
            run: echo "words=$(wc -w < "$FLOW_WITH_PAPER")" >> "$FLOW_OUTPUT"
            outputs: {words: integer}
          count:
            needs: [read]
            set: {total: "${{ nodes.read.outputs.words + inputs.n }}"}
          bad:
            needs: [count]
            run: "false"

        """#

    private func planner(_ project: TestProject) async throws -> RerunPlanner {
        let engine = try await project.engine()
        return RerunPlanner(
            reader: RunReader(store: engine.store, layout: engine.layout), loader: engine.loader)
    }

    private func failed(_ project: TestProject) async throws -> RunSummary {
        let paper = try project.write("paper.txt", "one two three")
        let run = try await project.run(Self.text, inputs: ["paper": .string(paper)])
        let engine = try await project.engine()
        let reader = RunReader(store: engine.store, layout: engine.layout)
        return try #require(try await reader.summary(of: run.id))
    }

    @Test func filesAreComparedByContent() async throws {
        let project = try TestProject()
        let run = try await failed(project)
        let planner = try await planner(project)
        try project.write("copy/paper.txt", "one two three")
        try project.write("other/paper.txt", "one two")
        for (path, expected) in [("copy/paper.txt", ["bad"]), ("other/paper.txt", ["read", "count", "bad"])] {
            var patch = WorkflowPatch(directory: project.folder)
            #expect([patch.set("inputs.paper", to: path)] == [true])
            let planned = try await planner.plan(of: run, request: RerunRequest(), patch: patch)
            #expect(planned.plan.rerun == expected)
        }
        var patch = WorkflowPatch(directory: project.folder)
        _ = patch.set("inputs.paper", to: "none.txt")
        await #expect(throws: RerunFailure.self) {
            try await planner.plan(of: run, request: RerunRequest(), patch: patch)
        }
        await project.close()
    }

    @Test func aNewDefaultIsFollowed() async throws {
        let project = try TestProject()
        let run = try await failed(project)
        let planner = try await planner(project)
        let edited = try await project.load(Self.text.replacing("default: 2", with: "default: 3"))
        let planned = try await planner.plan(of: run, request: RerunRequest(), newWorkflow: edited)
        #expect(planned.inputs["n"] == 3)
        #expect(planned.plan.rerun == ["count", "bad"])
        #expect(planned.plan.decisions[1].reason == .readsInput(["n"]))
        #expect(planned.diff.inputs.map(\.part) == ["n"])
        await project.close()
    }

    @Test func theDigestNamesAllThatCounts() async throws {
        let project = try TestProject()
        let run = try await failed(project)
        let planner = try await planner(project)
        func digest(_ request: RerunRequest = RerunRequest(), _ patch: String = "") async throws -> Digest {
            var changes = WorkflowPatch(directory: project.folder)
            if !patch.isEmpty { changes.add(Array(patch.utf8), name: "patch.yaml") }
            return try await planner.plan(of: run, request: request, patch: changes).digest
        }
        let first = try await digest()
        #expect(try await digest() == first)
        let others = [
            try await digest(RerunRequest(from: ["read"])), try await digest(RerunRequest(), "inputs: {n: 5}"),
            try await digest(RerunRequest(), "inputs: {n: 6}"),
            try await digest(RerunRequest(), "nodes: {bad: {run: 'true'}}"),
            try await digest(RerunRequest(), "pin: {read: {words: 4}}"),
            try await digest(RerunRequest(), "pin: {read: {words: 5}}"),
        ]
        #expect(Set(others + [first]).count == 7)
        await project.close()
    }

    @Test func whatIsMissingInAnEditedWorkflowIsTold() async throws {
        let project = try TestProject()
        let run = try await failed(project)
        let planner = try await planner(project)
        let edited = try await project.load(
            Self.text.replacing(
                "n: {type: integer, default: 2}",
                with: "n: {type: integer, default: 2}\n  k: {type: string, required: true}"))
        let failure = await #expect(throws: RerunFailure.self) {
            try await planner.plan(of: run, request: RerunRequest(), newWorkflow: edited)
        }
        guard case .faults(let faults)? = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(faults.flatMap(\.diagnostics).map(\.message) == ["input `k` is missing"])
        await project.close()
    }
}
