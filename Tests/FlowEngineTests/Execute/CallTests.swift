// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import FlowTesting
import Testing

@testable import FlowEngine

struct CallTests {
    private func project(
        _ service: CallingKind.Service, slots: Int = 64, environment: [String: String] = [:]
    ) throws -> TestProject {
        try TestProject(environment: environment, slots: slots, kinds: [CallingKind(service: service)])
    }

    private func calls(_ run: TestRun) async throws -> [CallSummary] {
        try await run.reader.calls(of: run.id)
    }

    @Test func `a call is a fact before it is made, and its answer before it is used`() async throws {
        let service = CallingKind.Service()
        let project = try project(service)
        service.close()
        let run = try await project.start(
            "nodes: {a: {calling: [{ask: one, reserve: 9, cost: 4}, {ask: two}]}}")
        await service.awaitCalls(1)
        let open = try #require(try await calls(run).first)
        #expect(open.end == nil)
        #expect(open.charge == CallCharge(tokens: 9, money: Money(dollars: 0.009)))
        let request = try #require(try await project.engine().store.content(open.start.request))
        #expect(String(decoding: request, as: UTF8.self) == #"{"ask":"one"}"#)
        service.open()
        _ = try await run.outcome()
        #expect(try await run.output("a", "answers") == ["one!", "two!"])
        let all = try await calls(run)
        #expect(all.map(\.index) == [1, 2])
        #expect(all.map { $0.end?.charge.tokens } == [4, 0])
        #expect(all.map { $0.end?.answeredBy } == ["service-1", "service-1"])
        let digest = try #require(all[0].end?.reply)
        let reply = try #require(try await project.engine().store.content(digest))
        #expect(String(decoding: reply, as: UTF8.self) == #""one!""#)
        #expect(try await all == CallSummary.calls(in: run.events))
        let order = try await run.events.map(\.event.typeName).filter { !$0.hasPrefix("run") }
        #expect(
            order == [
                "node_started", "call_started", "call_ended", "call_started", "call_ended", "node_succeeded",
            ])
        await project.close()
        let report = try StoreCheck.run(folder: project.store)
        #expect(report.problems.isEmpty, "\(report.problems)")
    }

    @Test func `fifty nodes share a budget of ten calls`() async throws {
        let service = CallingKind.Service()
        let project = try project(service)
        let nodes = (0..<50).map { "  n\($0): {calling: [{ask: q\($0), reserve: 15, cost: 10}], on_failure: continue}" }
        let run = try await project.run("budget: {tokens: 104}\nnodes:\n\(nodes.joined(separator: "\n"))")
        #expect(try await run.status == .succeeded)
        // The last call does not fit: 9 * 10 + 15 is more than 104.
        #expect(service.asked.count == 9)
        let statuses = try await run.statuses()
        #expect(statuses.values.count { $0 == .succeeded } == 9)
        #expect(statuses.values.count { $0 == .failed } == 41)
        var spent = 0
        var most = 0
        for recorded in try await run.events {
            if case .callEnded(_, _, _, let end) = recorded.event { spent += end.charge.tokens }
            most = max(most, spent)
        }
        #expect(most == 90)
        let failures = try await run.events.compactMap { recorded -> NodeFailure? in
            if case .nodeFailed(_, _, let failure, _) = recorded.event { failure } else { nil }
        }
        let failure = try #require(failures.first)
        #expect(failure.reason == .budget)
        #expect(failure.message.contains("the budget of the run"))
    }

    @Test func `a budget that pauses holds the call until a person grants more`() async throws {
        let service = CallingKind.Service()
        let project = try project(service)
        let run = try await project.start(
            """
            budget: {tokens: 10, on_exceed: pause}
            nodes: {a: {calling: [{ask: one, reserve: 9, cost: 9}, {ask: two, reserve: 9, cost: 9}]}}
            """)
        #expect(try await run.outcome() == .paused)
        #expect(service.asked == ["one"])
        try await run.send(.resume)
        #expect(try await run.end() == .succeeded)
        // The attempt went on where it stood.
        #expect(service.asked == ["one", "two"])
    }

    @Test func `a paused run is taken up by another engine with the same sums`() async throws {
        let service = CallingKind.Service()
        let project = try project(service)
        let run = try await project.start(
            """
            budget: {tokens: 30, on_exceed: pause}
            nodes: {a: {calling: [{ask: one, reserve: 9, cost: 9}, {ask: two, reserve: 29, cost: 9}]}}
            """)
        #expect(try await run.outcome() == .paused)
        await project.close()
        try await run.resume()
        #expect(try await run.end() == .succeeded)
        #expect(service.asked == ["one", "one", "two"])
        #expect(try await calls(run).map(\.index) == [1, 2, 3])
        let executor = try await project.engine().load(run.id, observer: NoObserver())
        #expect(await executor.machine.calls.spent.tokens == 27)
    }

    @Test func `a cancelled attempt gets no more calls`() async throws {
        let service = CallingKind.Service()
        let project = try project(service)
        service.close()
        let run = try await project.start(
            """
            budget: {tokens: 10}
            nodes:
              a: {calling: [{ask: one, reserve: 9, cost: 9}, {ask: never}]}
              b: {calling: [{ask: held, reserve: 9, cost: 9}]}
            """)
        await service.awaitCalls(1)
        try await run.send(.cancel(reason: "enough"))
        service.open()
        #expect(try await run.end() == .cancelled)
        #expect(service.asked.count == 1)
        // What was made was answered, and is charged.
        #expect(try await calls(run).map { $0.end?.charge.tokens } == [9])
    }

    @Test func `no secret lies in a call`() async throws {
        let service = CallingKind.Service()
        let project = try project(service, environment: ["KEY": "sesame-open"])
        let run = try await project.run(
            """
            secrets: {KEY: {from: env}}
            nodes: {a: {calling: [{ask: "the word is sesame-open"}]}}
            """)
        #expect(try await run.status == .succeeded)
        let call = try #require(try await calls(run).first)
        let content = try #require(try await project.engine().store.content(call.start.request))
        #expect(String(decoding: content, as: UTF8.self) == #"{"ask":"the word is ***"}"#)
    }

    @Test func `a collection keeps what calls name`() async throws {
        let service = CallingKind.Service()
        let project = try project(service)
        let run = try await project.run("nodes: {a: {calling: [{ask: one}]}}")
        let call = try #require(try await calls(run).first)
        await project.close()
        _ = try StoreCollector.collect(project.store, StoreCollector.Rules(olderThan: nil, keep: 1))
        #expect(try StoreCheck.run(folder: project.store).problems.isEmpty)
        #expect(try await project.engine().store.content(call.start.request) != nil)
        await project.close()
        let copy = project.file("saved")
        _ = try StoreSalvage.run(project.store, to: copy)
        let saved = try SQLiteRunStore(folder: copy, mode: .reader)
        #expect(try await saved.calls(of: run.id) == [call])
        await saved.close()
        let gone = try StoreCollector.collect(project.store, StoreCollector.Rules(olderThan: nil))
        #expect(gone.runs == [run.id])
        #expect(try await project.engine().store.calls(of: run.id) == [])
        #expect(try await project.engine().store.content(call.start.request) == nil)
    }

    @Test func `a time budget stops a run`() async throws {
        let project = try project(CallingKind.Service())
        let run = try await project.start(
            "budget: {time: 200ms, on_exceed: stop}\nnodes: {a: {run: sleep 30}}")
        #expect(try await run.end() == .cancelled)
        let told = try await run.events.compactMap { recorded in
            if case .budgetReached(nil, .time, let percent) = recorded.event { percent } else { nil }
        }
        #expect(told == [50, 75, 80, 90, 100])
    }

    /// Prints the figure; the floor is wide, because tests run on busy machines without optimisation.
    @Test func `fifty parallel callers cost little for each call`() async throws {
        let service = CallingKind.Service()
        let project = try project(service)
        let asks = (0..<20).map { "{ask: q\($0), reserve: 5, cost: 1}" }.joined(separator: ", ")
        let nodes = (0..<50).map { "  n\($0): {calling: [\(asks)]}" }
        let before = ProcessorTime.used
        let run = try await project.run("nodes:\n\(nodes.joined(separator: "\n"))")
        let used = ProcessorTime.used - before
        #expect(try await run.status == .succeeded)
        #expect(service.asked.count == 1000)
        let each = used / 1000
        print("processor time of a call: \(each)")
        #expect(each < .milliseconds(20))
    }
}
