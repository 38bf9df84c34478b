// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowTesting
import Testing

struct RunMachineForeachTests {
    @Test func itemsRunAsNodesOfTheirOwn() throws {
        var run = try RunMachineRun([node("each", foreach: .failFast), node("next", needs: ["each"])])
        try run.expand("each", "x", "y")
        try run.succeed("each[y]", "each[x]", "next")
        #expect(
            run.text == """
                0 run started: one
                0 each expanded: x y
                0 each[x] started #1
                0 each[y] started #1
                0 each[y] succeeded
                0 each[x] succeeded
                0 each succeeded
                0 next started #1
                0 next succeeded
                0 run succeeded

                """)
    }

    @Test func noItemsAreNoWork() throws {
        var run = try RunMachineRun([node("each", foreach: .allOrNothing), node("next", needs: ["each"])])
        try run.expand("each")
        try run.succeed("next")
        #expect(
            run.text == """
                0 run started: one
                0 each expanded:\u{20}
                0 each succeeded
                0 next started #1
                0 next succeeded
                0 run succeeded

                """)
    }

    @Test func failFastEndsTheOtherItems() throws {
        let retry = RetryPolicy(maxAttempts: 5, delay: .zero)
        var run = try RunMachineRun([node("each", retry: retry, foreach: .failFast)], slots: 3)
        try run.expand("each", "a", "b", "c", "d")
        try run.fail("each[a]", .expression)
        #expect(run.effects.contains(.cancel(run.node("each[b]"), attempt: 1)))
        #expect(run.effects.contains(.cancel(run.node("each[c]"), attempt: 1)))
        // One fails by itself before it hears of it; that is no reason for another attempt.
        try run.fail("each[b]")
        try run.cancelled("each[c]")
        #expect(
            run.text == """
                0 run started: one
                0 each expanded: a b c d
                0 each[a] started #1
                0 each[b] started #1
                0 each[c] started #1
                0 each[a] failed: expression
                0 each[d] cancelled
                0 each[b] failed: exit_code
                0 each[c] cancelled
                0 each failed: child
                0 run failed: node `each` failed

                """)
    }

    @Test func failFastHoldsAfterTheEngineHasEnded() throws {
        var run = try RunMachineRun([node("each", foreach: .failFast)])
        try run.expand("each", "a", "b")
        try run.fail("each[a]")
        try run.crash()
        #expect(
            run.text == """
                0 run started: one
                0 each expanded: a b
                0 each[a] started #1
                0 each[b] started #1
                0 each[a] failed: exit_code
                0 each[b] interrupted #1
                0 each[b] cancelled
                0 each failed: child
                0 run started: two
                0 run failed: node `each` failed

                """)
    }

    @Test(arguments: [
        (ForeachDefinition.FailureMode.continue, "0 each succeeded\n0 run succeeded\n"),
        (.allOrNothing, "0 each failed: child\n0 run failed: node `each` failed\n"),
    ])
    func theOtherItemsGoOn(mode: ForeachDefinition.FailureMode, end: String) throws {
        var run = try RunMachineRun([node("each", foreach: mode)], slots: 1)
        try run.expand("each", "a", "b")
        try run.fail("each[a]")
        try run.succeed("each[b]")
        #expect(
            run.text == """
                0 run started: one
                0 each expanded: a b
                0 each[a] started #1
                0 each[a] failed: exit_code
                0 each[b] started #1
                0 each[b] succeeded

                """ + end)
    }

    @Test func atMostMaxParallelItemsRunAndTheNextTakesThePlace() throws {
        var run = try RunMachineRun([node("each", foreach: .continue, maxParallel: 2), node("other")], slots: 9)
        try run.expand("each", "a", "b", "c", "d", "e")
        // Preparing an item twice gives it no second place in line.
        try run.send(.prepared(run.node("each[c]")))
        func running(_ run: borrowing RunMachineRun) -> [String] {
            run.machine.nodes.indices.filter { run.machine.nodes[$0].isAttemptRunning }.map { run.machine.name(of: $0) }
        }
        #expect(running(run) == ["other", "each[a]", "each[b]"])
        try run.succeed("each[a]")
        #expect(running(run) == ["other", "each[b]", "each[c]"])
        // Waiting gives the place to the next one.
        try run.wait("each[c]", for: .approval(ApprovalRequest(prompt: "go on?")))
        #expect(running(run) == ["other", "each[b]", "each[d]"])
        try run.fail("each[b]")
        #expect(running(run) == ["other", "each[d]", "each[e]"])
        try run.crash()
        #expect(running(run) == ["other", "each[d]", "each[e]"])
        try run.succeed("each[d]", "each[e]", "other")
        #expect(run.machine.waitsForPeople == true)
        try run.decide("each[c]", approved: true)
        #expect(run.machine.ended?.status == .succeeded)
    }

    @Test func twiceInLineIsOnce() throws {
        var run = try RunMachineRun([node("each", foreach: .continue, maxParallel: 2)], slots: 9)
        try run.expand("each", "a", "b", "c", "d")
        for _ in 0..<3 { try run.send(.prepared(run.node("each[c]"))) }
        try run.send(.pause(by: "ann"))
        try run.succeed("each[a]", "each[b]")
        try run.send(.resume(by: "ann"))
        #expect(run.machine.nodes[run.node("each[c]")].status == .running)
        #expect(run.machine.nodes[run.node("each[d]")].status == .running)
    }

    @Test func aFanOutThatCollectsItsOutputsDoesNotWaitForPeople() throws {
        var definition = WorkflowDefinition(name: "join")
        definition.nodes = [node("each", foreach: .continue), node("ask")]
        var machine = RunMachine(plan: Plan(definition: definition), slots: 9, emptyResult: .zero)
        let now = Timestamp(milliseconds: 0)
        for input in [
            .start(engine: "one"), .prepared(1), .waiting(1, attempt: 1, .approval(ApprovalRequest(prompt: "?"))),
            .expanded(0, keys: ["a"], items: .zero), .prepared(2), .succeeded(2, attempt: 1, result: .zero),
        ] as [RunInput] {
            _ = try machine.advance(input, at: now)
        }
        #expect(machine.takeEffects().last == .join(0))
        #expect(machine.status == .running)
        #expect(machine.waitsForPeople == false)
        _ = try machine.advance(.joined(0, result: .zero), at: now)
        #expect(machine.status == .waiting)
        #expect(machine.waitsForPeople == true)
    }
}
