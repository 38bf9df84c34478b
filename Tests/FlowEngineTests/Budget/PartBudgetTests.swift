// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import FlowTesting
import Testing

@testable import FlowEngine

/// Budgets of a run and its nodes hold what the runs of sub-workflows spend.
struct PartBudgetTests {
    private func project(
        _ service: CallingKind.Service, child: String = Self.fifty, slots: Int = 64
    ) throws -> TestProject {
        let project = try TestProject(slots: slots, kinds: [CallingKind(service: service)])
        try project.write("child.yaml", "flow: 1\nname: child\n" + child + "\n")
        return project
    }

    /// Fifty calls at the same time, each of 10 tokens of which 15 are set aside.
    private static let fifty: String = {
        let nodes = (0..<50).map { "  n\($0): {calling: [{ask: q\($0), reserve: 15, cost: 10}], on_failure: continue}" }
        return "nodes:\n" + nodes.joined(separator: "\n")
    }()

    private func children(_ run: TestRun) async throws -> [String] {
        try await run.events.compactMap { recorded in
            if case .nodeWaiting(_, _, .run(let child)) = recorded.event { child } else { nil }
        }
    }

    private func spent(_ run: TestRun) async throws -> Int {
        var spent = 0
        for child in try await children(run) {
            for call in try await run.reader.calls(of: child) where call.start.kind != .part {
                spent += call.charge.tokens
            }
        }
        return spent
    }

    @Test func `two parts at once share the budget of the run they are parts of`() async throws {
        let service = CallingKind.Service()
        let project = try project(service)
        let run = try await project.run(
            """
            files: [child.yaml]
            budget: {tokens: 104}
            nodes: {a: {workflow: child.yaml}, b: {workflow: child.yaml}}
            """)
        #expect(try await run.status == .succeeded)
        #expect(service.asked.count == 9)
        #expect(try await spent(run) == 90)
        let executor = try await project.engine().load(run.id, observer: NoObserver())
        #expect(await executor.machine.calls.spent.tokens == 90)
        #expect(await executor.machine.calls.openCount == 0)
        let told = try await run.events.compactMap { recorded in
            if case .budgetReached(nil, .tokens, let percent) = recorded.event { percent } else { nil }
        }
        #expect(told == [50, 75, 80])
        // What parts spend is told once, where it is made.
        let reader = try await run.reader
        var report = CostReport()
        let summary = try #require(try await reader.summary(of: run.id))
        for part in try await reader.parts(of: summary) { try await reader.add(part, to: &report, by: .run) }
        #expect(report.total.totalTokens == 90)
        await project.close()
        #expect(try StoreCheck.run(folder: project.store).problems.isEmpty)
    }

    @Test func `a node's budget holds its part, and a run between them passes on what is below it`() async throws {
        let service = CallingKind.Service()
        let project = try project(service)
        try project.write(
            "middle.yaml", "flow: 1\nname: middle\nfiles: [child.yaml]\nnodes: {sub: {workflow: child.yaml}}\n")
        let run = try await project.run(
            """
            files: [middle.yaml, child.yaml]
            nodes:
              a: {workflow: middle.yaml, budget: {tokens: 44}}
              b: {calling: [{ask: own, reserve: 500, cost: 400}]}
            """)
        #expect(try await run.status == .succeeded)
        #expect(service.asked.count { $0 != "own" } == 3)
        let executor = try await project.engine().load(run.id, observer: NoObserver())
        #expect(await executor.machine.calls.budgets.map(\.spent.tokens) == [30])
        await project.close()
    }

    @Test func `a run that pauses at its budget holds the call of its part until a person grants more`() async throws {
        let service = CallingKind.Service()
        let child = "nodes: {a: {calling: [{ask: one, reserve: 9, cost: 9}, {ask: two, reserve: 9, cost: 9}]}}"
        let project = try project(service, child: child)
        let run = try await project.start(
            "files: [child.yaml]\nbudget: {tokens: 10, on_exceed: pause}\nnodes: {sub: {workflow: child.yaml}}")
        #expect(try await run.outcome() == .paused)
        #expect(service.asked == ["one"])
        // Also over another engine: the part asks again, and what it had spent is known.
        await project.close()
        try await run.resume()
        #expect(try await run.outcome() == .paused)
        #expect(service.asked == ["one", "one"])
        try await run.send(.resume)
        #expect(try await run.end() == .succeeded)
        #expect(service.asked == ["one", "one", "two"])
        await project.close()
    }

    @Test func `a run that stops at its budget ends its part`() async throws {
        let service = CallingKind.Service()
        let child = "nodes: {a: {calling: [{ask: one, reserve: 9, cost: 9}, {ask: two, reserve: 9, cost: 9}]}}"
        let project = try project(service, child: child)
        let run = try await project.run(
            "files: [child.yaml]\nbudget: {tokens: 10, on_exceed: stop}\nnodes: {sub: {workflow: child.yaml}}")
        #expect(try await run.end() == .cancelled)
        #expect(service.asked == ["one"])
        await project.close()
    }

    @Test func `what was open when the engine ended is settled by what the part says`() async throws {
        let service = CallingKind.Service()
        let project = try project(service, child: "nodes: {a: {calling: [{ask: one, reserve: 50, cost: 9}]}}")
        service.close()
        let run = try await project.start(
            "files: [child.yaml]\nbudget: {tokens: 100}\nnodes: {sub: {workflow: child.yaml}}")
        await service.awaitCalls(1)
        // The run above is gone before its part hears the answer.
        let executor = try await project.engine().load(run.id, observer: NoObserver())
        async let closing: Void = project.close()
        #expect(await executor.final() == .stopped)
        service.open()
        await closing
        let other = try await project.engine().load(run.id, observer: NoObserver())
        #expect(await other.machine.calls.reserved.tokens == 50)
        try await run.resume()
        #expect(try await run.end() == .succeeded)
        // The part has heard the answer, and what it cost is told from there.
        #expect(service.asked.count == 1)
        #expect(await other.machine.calls.spent.tokens == 9)
        #expect(await other.machine.calls.openCount == 0)
        await project.close()
        #expect(try StoreCheck.run(folder: project.store).problems.isEmpty)
    }
}
