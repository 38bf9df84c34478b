// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowTesting
import Testing

struct RunMachineBudgetTests {
    private static func tokens(
        _ tokens: Int, _ onExceed: BudgetDefinition.Excess = .wrapUp
    ) -> BudgetDefinition {
        BudgetDefinition(tokens: tokens, onExceed: onExceed)
    }

    @Test func aCallIsSetAsideThenCharged() throws {
        var run = try RunMachineRun([node("a")], budget: Self.tokens(100))
        #expect(try run.call("a", tokens: 60) == .admitted(index: 1))
        #expect(run.machine.calls.reserved.tokens == 60)
        // It would fit beside what the first one will really cost.
        #expect(try run.call("a", tokens: 60) == .waits)
        try run.answer("a", 1, tokens: 20)
        #expect(run.machine.calls.spent.tokens == 20)
        #expect(run.machine.calls.reserved.tokens == 0)
        #expect(try run.call("a", tokens: 60) == .admitted(index: 2))
        try run.answer("a", 2, tokens: 60)
        // An answer that comes twice counts once.
        try run.answer("a", 2, tokens: 60)
        #expect(run.machine.calls.spent.tokens == 80)
    }

    @Test func eachPartIsToldOnce() throws {
        var run = try RunMachineRun([node("a")], budget: Self.tokens(100))
        for index in 1...10 {
            _ = try run.call("a", tokens: 10)
            try run.answer("a", index, tokens: 10)
        }
        let told = run.log.compactMap { recorded in
            if case .budgetReached(nil, .tokens, let percent) = recorded.event { percent } else { nil }
        }
        #expect(told == [50, 75, 80, 90, 100])
        #expect(run.machine.ended == nil)
        try run.crash()
        #expect(run.machine.calls.spent.tokens == 100)
        guard case .refused = try run.call("a", tokens: 1) else {
            Issue.record("a call fits into nothing")
            return
        }
        try run.succeed("a")
        #expect(run.machine.ended?.status == .succeeded)
    }

    @Test func aCallWithoutAnEndKeepsWhatWasSetAside() throws {
        var run = try RunMachineRun([node("a"), node("b")], budget: Self.tokens(100))
        _ = try run.call("a", tokens: 30)
        _ = try run.call("b", tokens: 20)
        try run.answer("b", 1, tokens: 5)
        try run.crash()
        #expect(run.machine.calls.spent.tokens == 35)
        #expect(run.machine.calls.openCount == 0)
        // The index goes on, so that no call has the name of another.
        #expect(try run.call("a", tokens: 10) == .admitted(index: 2))
        try run.succeed("a")
        #expect(run.machine.calls.spent.tokens == 45)
    }

    @Test func aNodesBudgetCountsItsItemsAndAttempts() throws {
        var run = try RunMachineRun(
            [node("each", foreach: .continue, budget: Self.tokens(100)), node("free")], slots: 4)
        try run.expand("each", "x", "y")
        _ = try run.call("each[x]", tokens: 50)
        try run.answer("each[x]", 1, tokens: 50)
        guard case .refused(let text) = try run.call("each[y]", tokens: 51) else {
            Issue.record("the second item takes too much")
            return
        }
        #expect(text.contains("the budget of node `each`"))
        #expect(run.text.contains("budget of each is over"))
        // Nothing else is limited.
        #expect(try run.call("free", tokens: 1_000_000) == .admitted(index: 1))
    }

    @Test func aStopEndsTheRun() throws {
        var run = try RunMachineRun([node("a"), node("b", needs: ["a"])], budget: Self.tokens(10, .stop))
        _ = try run.call("a", tokens: 10)
        try run.answer("a", 1, tokens: 11)
        #expect(run.machine.cancellation?.by == "budget")
        try run.cancelled("a")
        #expect(run.machine.ended?.status == .cancelled)
        #expect(run.machine.ended?.reason == "the budget of the run is used up: 11 of 10 tokens")
    }

    @Test func aPauseHoldsTheCallAndAPersonGrantsMore() throws {
        var run = try RunMachineRun([node("a"), node("b", needs: ["a"])], budget: Self.tokens(10, .pause))
        _ = try run.call("a", tokens: 10)
        try run.answer("a", 1, tokens: 8)
        guard case .held = try run.call("a", tokens: 10) else {
            Issue.record("the call is not held")
            return
        }
        #expect(run.machine.status == .paused)
        try run.crash()
        #expect(run.machine.status == .paused)
        try run.send(.resume(by: "ann"))
        #expect(run.machine.calls.budgets[0].grants == 2)
        #expect(try run.call("a", tokens: 10) == .admitted(index: 2))
    }

    @Test func nothingHoldsACallThatNoGrantLetsPass() throws {
        var run = try RunMachineRun([node("a")], budget: Self.tokens(0, .pause))
        guard case .refused = try run.call("a", tokens: 1) else {
            Issue.record("twice nothing is nothing")
            return
        }
        #expect(run.machine.status == .paused)
    }

    @Test func dollarsOfAnUnknownPriceAreRefused() throws {
        var run = try RunMachineRun([node("a")], budget: BudgetDefinition(dollars: 1, onExceed: .stop))
        let call = CallStart(
            kind: .model, name: "nobody-knows", request: .zero, reservation: CallCharge(tokens: 5, isPriced: false))
        guard case .refused(let text) = run.machine.verdict(on: call, of: 0, attempt: 1) else {
            Issue.record("a call of an unknown price is made")
            return
        }
        #expect(text.contains("nobody knows what `nobody-knows` costs"))
        // It is not the budget that is at its end.
        try run.send(.callBegan(0, attempt: 1, call))
        #expect(run.machine.cancellation == nil)
        #expect(run.machine.calls.openCount == 0)
    }

    @Test func timeCountsWhileNodesRun() throws {
        let budget = BudgetDefinition(time: Milliseconds(1000), onExceed: .stop)
        var run = try RunMachineRun([node("a"), node("b", needs: ["a"])], budget: budget)
        run.wait(400)
        // Nobody works while a person is asked.
        try run.wait("a", for: .approval(ApprovalRequest(prompt: "?")))
        run.wait(100_000)
        try run.decide("a", approved: true)
        run.wait(200)
        try run.passTime()
        let told = { (run: borrowing RunMachineRun) in
            run.log.compactMap { recorded in
                if case .budgetReached(nil, .time, let percent) = recorded.event { percent } else { nil }
            }
        }
        #expect(told(run) == [50])
        // The time between an engine's death and the next one is nobody's work.
        run.wait(50_000)
        try run.crash()
        #expect(run.machine.ended == nil)
        #expect(run.machine.calls.budgets[0].elapsed(at: run.clock.now) == Milliseconds(600))
        run.wait(401)
        try run.passTime()
        #expect(told(run) == [50, 75, 80, 90, 100])
        #expect(run.machine.cancellation?.by == "budget")
    }

    @Test func costsOfACallAreIndependentOfTheSizeOfTheRun() throws {
        var times: [Int: Duration] = [:]
        for count in [10, 2000] {
            var run = try RunMachineRun(
                (0..<count).map { node("n\($0)") }, slots: count, budget: Self.tokens(.max / 2))
            for _ in 0..<3 {
                let time = try ContinuousClock().measure {
                    for _ in 0..<200 {
                        _ = try run.call("n1", tokens: 1)
                        try run.answer("n1", run.machine.calls.nextNumber(of: 1) - 1, tokens: 1)
                    }
                }
                times[count] = min(times[count] ?? .seconds(1000), time)
            }
        }
        let small = try #require(times[10])
        let large = try #require(times[2000])
        #expect(large < small * 20, "\(small) with 10 nodes, \(large) with 2000")
    }
}
