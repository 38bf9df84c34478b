// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import FlowTesting
import Testing

@testable import FlowEngine

/// Budgets of sessions and of the project, which several runs share.
struct SharedBudgetTests {
    private func project(_ service: CallingKind.Service, settings: String) throws -> TestProject {
        let project = try TestProject(slots: 64, kinds: [CallingKind(service: service)])
        try project.write("flow.yaml", settings)
        return project
    }

    private static let ten: String = {
        let nodes = (0..<10).map { "  n\($0): {calling: [{ask: q\($0), reserve: 15, cost: 10}], on_failure: continue}" }
        return "nodes:\n" + nodes.joined(separator: "\n")
    }()

    private func told(_ run: TestRun) async throws -> [String] {
        try await run.events.compactMap { recorded in
            if case .sharedBudget(let name, let measure, let percent, let reason) = recorded.event {
                "\(name) \(measure.rawValue) \(percent)\(reason == nil ? "" : " over")"
            } else {
                nil
            }
        }
    }

    @Test func `runs at the same time share a budget, and none of them passes it`() async throws {
        let service = CallingKind.Service()
        let project = try project(
            service, settings: "budgets: [{scope: project, period: day, tokens: 104, on_exceed: stop}]")
        var runs: [TestRun] = []
        for _ in 0..<5 { runs.append(try await project.start(Self.ten)) }
        for run in runs { _ = try await run.end() }
        // 9 * 10 + 15 is more than 104.
        #expect(service.asked.count == 9)
        var alerts: [String] = []
        var over = 0
        for run in runs {
            let told = try await told(run)
            alerts += told.filter { !$0.hasSuffix("over") }
            over += told.count { $0.hasSuffix("over") }
        }
        // Each once in all runs together.
        #expect(alerts.sorted() == ["project/day tokens 50", "project/day tokens 75"])
        #expect(over > 0)
        let budget = SharedBudget(scope: .project, period: .day, tokens: 104)
        let sums = try await project.engine().store.sums(of: budget, at: WallClock.now)
        #expect([sums.calls, sums.tokens] == [9, 90])
        await project.close()
        #expect(try StoreCheck.run(folder: project.store).problems.isEmpty)
    }

    @Test func `a shared budget that pauses holds the call; with more room it is made`() async throws {
        let service = CallingKind.Service()
        let project = try project(
            service, settings: "budgets: [{scope: project, period: total, tokens: 10, on_exceed: pause}]")
        let run = try await project.start(
            "nodes: {a: {calling: [{ask: one, reserve: 9, cost: 9}, {ask: two, reserve: 9, cost: 9}]}}")
        #expect(try await run.outcome() == .paused)
        #expect(service.asked == ["one"])
        try await run.send(.resume)
        #expect(try await run.outcome() == .paused)
        await project.close()
        try project.write("flow.yaml", "budgets: [{scope: project, period: total, tokens: 100, on_exceed: pause}]")
        try await run.resume()
        #expect(try await run.end() == .succeeded)
        #expect(service.asked == ["one", "one", "two"])
        await project.close()
    }

    @Test func `a budget that only warns lets all calls through`() async throws {
        let service = CallingKind.Service()
        let project = try project(
            service, settings: "budgets: [{scope: project, period: month, calls: 4, on_exceed: warn}]")
        let run = try await project.run(Self.ten)
        #expect(try await run.status == .succeeded)
        #expect(service.asked.count == 10)
        #expect(
            Set(try await told(run)) == [
                "project/month calls 50", "project/month calls 75", "project/month calls 90", "project/month calls 100",
            ])
        await project.close()
    }

    @Test func `settings with faults let no call through`() async throws {
        let service = CallingKind.Service()
        let project = try project(service, settings: "budgets: [{scope: project, tokns: 104}]")
        let run = try await project.run("nodes: {a: {calling: [{ask: one}]}}")
        #expect(try await run.failure(of: "a").reason == .budget)
        #expect(service.asked.isEmpty)
        await project.close()
    }

    @Test func `a session has a budget of its own, over all its runs and their parts`() async throws {
        let service = CallingKind.Service()
        let project = try project(service, settings: "{}")
        var limits = SessionLimits()
        limits.tokens = 34
        let engine = try await project.engine()
        try await engine.makeSession("thesis", limits: limits)
        try project.write("child.yaml", "flow: 1\nname: child\n" + Self.ten + "\n")
        var options = RunOptions()
        options.session = "thesis"
        let run = try await project.run(
            "files: [child.yaml]\nnodes: {sub: {workflow: child.yaml}}", options: options)
        #expect(try await run.end() == .cancelled)
        #expect(service.asked.count == 2)
        let other = try await project.run("nodes: {a: {calling: [{ask: free, reserve: 99}]}}")
        #expect(try await other.status == .succeeded)
        let session = try #require(try await engine.store.sessions(named: "thesis").first)
        #expect(session.runs.count == 2)
        #expect([session.used.calls, session.used.tokens] == [2, 20])
        await project.close()
    }

    @Test func `an archived session takes no runs, and a quota bounds how many go on`() async throws {
        let project = try project(CallingKind.Service(), settings: "{}")
        let engine = try await project.engine()
        var limits = SessionLimits()
        limits.runs = 1
        try await engine.makeSession("s", limits: limits)
        var options = RunOptions()
        options.session = "s"
        let first = try await project.start("nodes: {gate: {approval: {prompt: go on?}}}", options: options)
        _ = try await first.outcome()
        await #expect(throws: EngineError.self) {
            try await project.start("nodes: {a: {set: {x: 1}}}", options: options)
        }
        try await first.send(.cancel(reason: "enough"))
        _ = try await first.end()
        _ = try await project.run("nodes: {a: {set: {x: 1}}}", options: options)
        try await engine.setSession("s", to: .archived)
        await #expect(throws: EngineError.self) {
            try await project.start("nodes: {a: {set: {x: 1}}}", options: options)
        }
        await #expect(throws: EngineError.self) { try await engine.makeSession("s") }
        await #expect(throws: EngineError.self) { try await engine.removeSession("s") }
        await project.close()
        let session = try #require(
            try await SQLiteRunStore(folder: project.store, mode: .reader).sessions(named: "s").first)
        #expect(session.runs.count == 2)
        let removed = try StoreCollector.remove(runsOf: session, from: project.store)
        #expect(Set(removed.runs) == Set(session.runs))
        try await project.engine().removeSession("s")
        #expect(try await project.engine().store.sessions().isEmpty)
        await project.close()
        #expect(try StoreCheck.run(folder: project.store).problems.isEmpty)
    }

    @Test func `a run that is expected to cost more than is left does not start`() async throws {
        let project = try project(
            CallingKind.Service(), settings: "budgets: [{scope: project, period: week, usd: 2}]")
        let text = "mode: {estimate: {usd: 1-3}}\nnodes: {a: {calling: [{ask: one, reserve: 500, cost: 500}]}}"
        let workflow = try await project.load(text)
        let definition = try #require(workflow.compilation.definition)
        let estimate = try #require(
            try await project.engine().estimate(of: definition, session: nil))
        #expect([estimate.low.dollars, estimate.expected.dollars, estimate.high.dollars] == [1, 2, 3])
        var options = RunOptions()
        options.estimate = estimate
        await #expect(throws: EngineError.self) { try await project.start(text, options: options) }
        options.ignoresEstimate = true
        let run = try await project.run(text, options: options)
        #expect(try await run.status == .succeeded)
        let reader = try await run.reader
        let summary = try #require(try await reader.summary(of: run.id))
        #expect(try await reader.inputs(of: summary).1.estimate == estimate)
        let cost = try await reader.cost(of: summary)
        #expect(cost == Money(dollars: 0.5))
        #expect(estimate.error(of: cost) == -75)
        let other = try await project.load("nodes: {a: {set: {x: 1}}}")
        let plain = try #require(other.compilation.definition)
        let history = try #require(try await project.engine().estimate(of: plain, session: nil))
        #expect(history.source == .history)
        #expect(history.expected == Money(dollars: 0.5))
        await project.close()
    }

    @Test func `claims of a dead engine count for nothing, and what runs have spent stays when they go`() async throws {
        let service = CallingKind.Service()
        let settings = "budgets: [{scope: project, period: total, tokens: 30}]"
        let project = try project(service, settings: settings)
        let call = CallStart(
            kind: .model, name: "m", request: .zero, reservation: CallCharge(tokens: 25))
        let budget = SharedBudget(scope: .project, period: .total, tokens: 30)
        let store = try await project.engine().store
        let answer = try await store.perform { writer throws(StoreError) in
            try writer.claim(call, budgets: [budget], at: WallClock.now)
        }
        guard case .granted = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(try await store.sums(of: budget, at: WallClock.now).tokens == 25)
        await project.close()
        let run = try await project.run("nodes: {a: {calling: [{ask: one, reserve: 20, cost: 12}]}}")
        #expect(try await run.status == .succeeded)
        await project.close()
        _ = try StoreCollector.remove(run.id, from: project.store)
        #expect(try await project.engine().store.sums(of: budget, at: WallClock.now).tokens == 12)
        await project.close()
    }

    @Test(arguments: [
        (BudgetPeriod.day, "2026-11-21", "2026-11-21"), (.week, "2026-11-16", "2026-11-22"),
        (.month, "2026-11-01", "2026-11-30"),
    ])
    func `periods are those of the calendar`(_ period: BudgetPeriod, _ first: String, _ last: String) {
        // 2026-11-21T12:00:00Z, a Saturday.
        let days = period.days(around: Timestamp(milliseconds: 1_795_262_400_000))
        func date(_ day: Int64) -> String { String(Timestamp(milliseconds: day * 86_400_000).iso8601.prefix(10)) }
        #expect([date(days.lowerBound), date(days.upperBound)] == [first, last])
    }
}
