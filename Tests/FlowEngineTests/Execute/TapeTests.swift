// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import FlowTesting
import Testing

@testable import FlowEngine

struct TapeTests {
    /// Twelve calls: by a fan-out, by a node that is asked twice the same, and by one that uses their answers.
    private static let workflow = """
        inputs: {word: {type: string, default: hello}}
        nodes:
          each:
            foreach: {items: "${{ [0, 1, 2, 3] }}", as: i}
            calling: [{ask: "item ${{ i }}", cost: 3}, {ask: "again ${{ i }}", cost: 3}]
          twice: {calling: [{ask: same}, {ask: same}, {ask: "${{ inputs.word }}"}]}
          program: {needs: [each], run: 'echo "n=${#FLOW_NODE}" >> "$FLOW_OUTPUT"', outputs: {n: integer}}
          last:
            needs: [each, twice, program]
            calling: [{ask: "${{ nodes.twice.outputs.answers[0] }} ${{ nodes.program.outputs.n }}"}]
        """

    private func project(_ service: CallingKind.Service) throws -> TestProject {
        try TestProject(kinds: [CallingKind(service: service)])
    }

    private func results(_ run: TestRun) async throws -> [String: Digest] {
        var results: [String: Digest] = [:]
        for node in try await run.reader.nodes(of: run.id) { results[node.node] = node.result }
        return results
    }

    private func onTape(_ run: TestRun) -> RunOptions {
        var options = RunOptions()
        options.tape = run.id
        return options
    }

    @Test func `a run of twelve calls is the same on its tape`() async throws {
        let service = CallingKind.Service()
        let project = try project(service)
        let run = try await project.run(Self.workflow)
        #expect(try await run.status == .succeeded)
        #expect(service.asked.count == 12)
        let again = try await project.run(Self.workflow, options: onTape(run))
        #expect(try await again.status == .succeeded)
        #expect(service.asked.count == 12, "nobody was asked")
        #expect(try await results(again) == results(run))
        let calls = try await again.reader.calls(of: again.id)
        #expect(calls.count == 12)
        #expect(calls.allSatisfy { $0.end?.isTaped == true && $0.charge == CallCharge() })
        // A tape of a tape.
        let third = try await project.run(Self.workflow, options: onTape(again))
        #expect(try await results(third) == results(run))
        await project.close()
        #expect(try StoreCheck.run(folder: project.store).problems.isEmpty)
    }

    @Test func `the first call that the tape does not have says what is different`() async throws {
        let service = CallingKind.Service()
        let project = try project(service)
        let run = try await project.run(Self.workflow)
        let again = try await project.run(Self.workflow, inputs: ["word": "bye"], options: onTape(run))
        #expect(try await again.status == .failed)
        let failure = try await again.failure(of: "twice")
        #expect(failure.reason == .tape)
        #expect(
            failure.message
                == "the tape of run \(run.id) does not have this call of node `twice` to tool `service`: "
                + #"ask was "hello", is "bye""#)
        #expect(service.asked.count == 12)
        let more = try await project.run(
            "nodes: {twice: {calling: [{ask: same}, {ask: same}, {ask: hello}, {ask: more}]}}", options: onTape(run))
        #expect(try await more.failure(of: "twice").message.contains("all 3 calls of the node are used"))
        let other = try await project.run("nodes: {new: {calling: [{ask: same}]}}", options: onTape(run))
        #expect(try await other.failure(of: "new").message.contains("the node made no calls there"))
    }

    @Test func `a derived run takes the tape of its parent or asks anew`() async throws {
        let service = CallingKind.Service()
        let project = try project(service)
        let run = try await project.run(Self.workflow)
        func derive(_ options: RunOptions) async throws -> TestRun {
            let workflow = try await project.load(Self.workflow)
            let recorder = RunRecorder()
            let id = try await project.engine().derive(
                DerivedRun(parent: run.id, kind: .replay, rerun: ["twice", "last"]), workflow: workflow,
                inputs: JSONObject([JSONObject.Member(key: "word", value: "hello")]), options: options,
                observer: recorder)
            let derived = TestRun(project: project, id: id, recorder: recorder)
            _ = try await derived.outcome()
            return derived
        }
        let taped = try await derive(onTape(run))
        #expect(try await taped.status == .succeeded)
        #expect(service.asked.count == 12)
        #expect(try await taped.reader.calls(of: taped.id).count == 4)
        let live = try await derive(RunOptions())
        #expect(try await live.status == .succeeded)
        #expect(service.asked.count == 16)
        // What the taped run has taken over is on its tape too.
        let whole = try await project.run(Self.workflow, options: onTape(taped))
        #expect(try await whole.status == .succeeded)
        #expect(service.asked.count == 16)
        // The tree of the three: two runs that were paid for.
        let summary = try #require(try await run.reader.summary(of: live.id))
        var report = CostReport()
        for part in try await run.reader.tree(of: summary) { try await run.reader.add(part, to: &report, by: .run) }
        #expect(report.rows.map(\.calls).reduce(0, +) == 20)
        #expect(report.total.tapedCalls == 4)
        #expect(report.total.totalTokens == 24)
    }

    @Test func `a taped run goes on after a stop`() async throws {
        let service = CallingKind.Service()
        let project = try project(service)
        let text = """
            nodes:
              a: {calling: [{ask: one}, {ask: two}]}
              gate: {needs: [a], approval: {prompt: go on?}}
              b: {needs: [gate], calling: [{ask: one}]}
            """
        let run = try await project.run(text)
        try await run.send(.approve(node: "gate", comment: nil))
        #expect(try await run.end() == .succeeded)
        let again = try await project.run(text, options: onTape(run))
        await project.close()
        try await again.send(.approve(node: "gate", comment: nil))
        try await again.resume()
        #expect(try await again.end() == .succeeded)
        #expect(service.asked == ["one", "two", "one"])
    }

    @Test func `a sub-workflow on a tape takes the tape of the run it had`() async throws {
        let service = CallingKind.Service()
        let project = try project(service)
        try project.write("child.yaml", "flow: 1\nname: child\nnodes: {c: {calling: [{ask: deep, cost: 2}]}}\n")
        let text =
            "files: [child.yaml]\nnodes: {sub: {workflow: child.yaml}, a: {needs: [sub], calling: [{ask: flat, cost: 1}]}}"
        let run = try await project.run(text)
        #expect(try await run.end() == .succeeded)
        let again = try await project.run(text, options: onTape(run))
        #expect(try await again.end() == .succeeded)
        #expect(service.asked == ["deep", "flat"])
        let summary = try #require(try await run.reader.summary(of: run.id))
        let parts = try await run.reader.parts(of: summary)
        #expect(parts.count == 2)
        var report = CostReport()
        for part in parts { try await run.reader.add(part, to: &report, by: .node) }
        #expect(report.total.totalTokens == 3)
    }
}
