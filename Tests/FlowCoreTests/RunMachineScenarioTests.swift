// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowTesting
import Testing

/// Small runs, told by their logs.
struct RunMachineScenarioTests {
    @Test func diamond() throws {
        var run = try RunMachineRun([
            node("a"), node("b", needs: ["a"]), node("c", needs: ["a"]), node("d", needs: ["b", "c"]),
        ])
        try run.succeed("a", "c", "b", "d")
        #expect(
            run.text == """
                0 run started: one
                0 a started #1
                0 a succeeded
                0 b started #1
                0 c started #1
                0 c succeeded
                0 b succeeded
                0 d started #1
                0 d succeeded
                0 run succeeded

                """)
    }

    @Test func aSkippedNodeMeetsTheShortNeedAndNotTheStrictOne() throws {
        var run = try RunMachineRun([
            node("a", kind: "free"), node("b", needs: ["a"]),
            node("c", needs: ["b"]), node("d", needs: ["b"], if: ["b": .succeeded]),
        ])
        run.holdsBack = ["b"]
        try run.succeed("a")
        try run.send(.conditionFalse(run.node("b"), reason: "`false` is false"))
        try run.succeed("c")
        #expect(
            run.text == """
                0 run started: one
                0 a started #1
                0 a succeeded
                0 b skipped: `false` is false
                0 d omitted: `b` ended as skipped
                0 c started #1
                0 c succeeded
                0 run succeeded

                """)
    }

    @Test func aFailureOmitsWhatDependsOnItAndTheRestGoesOn() throws {
        var run = try RunMachineRun([
            node("a"), node("b", needs: ["a"]), node("c", needs: ["b"]), node("other"),
            node("on_failure", needs: ["a"], if: ["a": .failed]),
        ])
        try run.fail("a")
        try run.succeed("other", "on_failure")
        #expect(
            run.text == """
                0 run started: one
                0 a started #1
                0 other started #1
                0 a failed: exit_code
                0 b omitted: `a` ended as failed
                0 c omitted: `b` ended as omitted
                0 on_failure started #1
                0 other succeeded
                0 on_failure succeeded
                0 run failed: node `a` failed

                """)
    }

    @Test func onFailureContinueLetsTheRunSucceed() throws {
        var run = try RunMachineRun([node("a", onFailure: .continue), node("b", needs: ["a"])])
        try run.fail("a")
        try run.succeed("b")
        #expect(
            run.text == """
                0 run started: one
                0 a started #1
                0 a failed: exit_code
                0 b started #1
                0 b succeeded
                0 run succeeded

                """)
    }

    @Test func onFailureSkipDownstreamOmitsAndSucceeds() throws {
        var run = try RunMachineRun([node("a", onFailure: .skipDownstream), node("b", needs: ["a"])])
        try run.fail("a")
        #expect(
            run.text == """
                0 run started: one
                0 a started #1
                0 a failed: exit_code
                0 b omitted: `a` ended as failed
                0 run succeeded

                """)
    }

    @Test func finallyRunsAfterAFailureAndACancellation() throws {
        var run = try RunMachineRun([node("a"), node("b", needs: ["a"])], finally: [node("clean")])
        try run.fail("a")
        try run.succeed("clean")
        #expect(
            run.text == """
                0 run started: one
                0 a started #1
                0 a failed: exit_code
                0 b omitted: `a` ended as failed
                0 clean started #1
                0 clean succeeded
                0 run failed: node `a` failed

                """)
        run = try RunMachineRun(
            [node("a"), node("b", needs: ["a"])],
            finally: [node("clean", retry: RetryPolicy(maxAttempts: 2, delay: Milliseconds(5)))])
        try run.send(.cancel(by: "ann", reason: "enough"))
        #expect(run.effects.contains(.cancel(0, attempt: 1)))
        try run.cancelled("a")
        // The clean-up of a cancelled run is retried and survives the engine like that of any other.
        try run.fail("clean")
        run.wait(5)
        try run.send(.woken(run.node("clean")))
        try run.crash()
        try run.succeed("clean")
        #expect(
            run.text == """
                0 run started: one
                0 a started #1
                0 cancel requested: enough
                0 b cancelled
                0 a cancelled
                0 clean started #1
                0 clean failed: exit_code, again at 5
                5 clean started #2
                5 clean interrupted #2
                5 run started: two
                5 clean started #3
                5 clean succeeded
                5 run cancelled: enough

                """)
    }

    @Test func anApprovalHoldsNoSlotAndGoesOnWhenApproved() throws {
        var run = try RunMachineRun([node("ask"), node("work"), node("next", needs: ["ask"])], slots: 1)
        try run.wait("ask", for: .approval(ApprovalRequest(prompt: "go on?")))
        #expect(run.machine.status == .running)
        try run.succeed("work")
        #expect(run.machine.status == .waiting)
        #expect(run.machine.waitsForPeople == true)
        try run.crash()
        #expect(run.machine.waitsForPeople == true)
        run.wait(7)
        try run.decide("ask", approved: true)
        #expect(throws: RunError.self) { try run.decide("ask", approved: false) }
        try run.succeed("next")
        #expect(
            run.text == """
                0 run started: one
                0 ask started #1
                0 ask waits for approval
                0 work started #1
                0 work succeeded
                0 run started: two
                7 ask approved
                7 ask succeeded
                7 next started #1
                7 next succeeded
                7 run succeeded

                """)
    }

    @Test func aRejectedApprovalFailsTheRun() throws {
        var run = try RunMachineRun([node("ask"), node("next", needs: ["ask"])])
        try run.wait("ask", for: .approval(ApprovalRequest(prompt: "go on?")))
        try run.decide("ask", approved: false)
        #expect(run.machine.nodes[0].status == .rejected)
        #expect(
            run.text == """
                0 run started: one
                0 ask started #1
                0 ask waits for approval
                0 ask rejected by person
                0 ask failed: rejected
                0 next omitted: `ask` ended as rejected
                0 run failed: node `ask` failed

                """)
    }

    @Test(arguments: [
        (ApprovalRequest.DeadlineAction.reject, NodeStatus.rejected, "rejected"), (.fail, .failed, "timeout"),
    ])
    func anApprovalEndsAtItsDeadline(action: ApprovalRequest.DeadlineAction, status: NodeStatus, word: String) throws {
        var run = try RunMachineRun([node("ask")])
        let deadline = Timestamp(milliseconds: 50)
        try run.wait("ask", for: .approval(ApprovalRequest(prompt: "go on?", deadline: deadline, onDeadline: action)))
        #expect(run.effects.last == .wake(0, at: deadline))
        run.wait(49)
        try run.send(.woken(0))
        #expect(run.machine.nodes[0].status == .waiting)
        run.wait(1)
        try run.send(.woken(0))
        #expect(run.machine.nodes[0].status == status)
        #expect(
            run.text == """
                0 run started: one
                0 ask started #1
                0 ask waits for approval
                50 ask failed: \(word)
                50 run failed: node `ask` failed

                """)
    }

    @Test func aProgramThatSaysRejectedHasFailed() throws {
        var run = try RunMachineRun([node("a")])
        try run.fail("a", .rejected)
        #expect(run.machine.nodes[0].status == .failed)
        #expect(run.machine.ended?.status == .failed)
    }

    @Test func aRetryWaitsAndSucceeds() throws {
        var run = try RunMachineRun([node("a", retry: RetryPolicy(maxAttempts: 3))])
        try run.fail("a", .rateLimit, retryAfter: 5000)
        #expect(run.effects.last == .wake(0, at: Timestamp(milliseconds: 5000)))
        run.wait(4999)
        try run.send(.woken(0))
        #expect(run.machine.nodes[0].status == .retrying)
        try run.crash()
        #expect(run.effects.contains(.wake(0, at: Timestamp(milliseconds: 5000))))
        run.wait(1)
        try run.send(.woken(0))
        // The end of the first attempt comes once more: it is not the end of the second.
        try run.send(.succeeded(0, attempt: 1, result: .zero))
        try run.succeed("a")
        #expect(
            run.text == """
                0 run started: one
                0 a started #1
                0 a failed: rate_limit, again at 5000
                4999 run started: two
                5000 a started #2
                5000 a succeeded
                5000 run succeeded

                """)
    }

    @Test func cancellingEndsWhatWaitsAndAsksWhatRuns() throws {
        var run = try RunMachineRun(
            [node("a"), node("b"), node("c"), node("d", needs: ["a"]), node("ask")], slots: 3)
        try run.wait("c", for: .approval(ApprovalRequest(prompt: "go on?")))
        try run.wait("ask", for: .run("child"))
        try run.send(.pause(by: "ann"))
        try run.send(.cancel(by: "ann", reason: "enough"))
        try run.send(.cancel(by: "bob", reason: "twice"))
        // One ends in time after all, one comes to wait, one is a sub-workflow.
        try run.succeed("a")
        try run.wait("b", for: .until(Timestamp(milliseconds: 99)))
        #expect(run.effects.contains(.cancel(run.node("ask"), attempt: 1)))
        try run.send(.childEnded(run.node("ask"), result: nil, failure: nil))
        #expect(
            run.text == """
                0 run started: one
                0 a started #1
                0 b started #1
                0 c started #1
                0 c waits for approval
                0 ask started #1
                0 ask waits for run child
                0 run paused
                0 cancel requested: enough
                0 c cancelled
                0 d cancelled
                0 a succeeded
                0 b waits until 99
                0 b cancelled
                0 ask cancelled
                0 run cancelled: enough

                """)
        #expect(throws: RunError.self) { try run.send(.pause(by: "ann")) }
    }

    @Test func aPausedRunStartsNothingAndLosesNothing() throws {
        var run = try RunMachineRun([node("a"), node("b", needs: ["a"])])
        try run.send(.pause(by: "ann"))
        #expect(throws: RunError.self) { try run.send(.pause(by: "ann")) }
        try run.succeed("a")
        #expect(run.machine.status == .paused)
        try run.crash()
        #expect(run.machine.status == .paused)
        try run.send(.resume(by: "ann"))
        #expect(throws: RunError.self) { try run.send(.resume(by: "ann")) }
        try run.succeed("b")
        #expect(
            run.text == """
                0 run started: one
                0 a started #1
                0 run paused
                0 a succeeded
                0 run started: two
                0 run resumed
                0 b started #1
                0 b succeeded
                0 run succeeded

                """)
    }

    @Test func anInterruptedAttemptRunsAgainOrFails() throws {
        var run = try RunMachineRun([node("again"), node("fails", onInterrupt: .fail)])
        try run.crash()
        try run.send(.succeeded(0, attempt: 1, result: .zero))
        try run.succeed("again")
        #expect(
            run.text == """
                0 run started: one
                0 again started #1
                0 fails started #1
                0 again interrupted #1
                0 fails interrupted #1
                0 fails failed: interrupted
                0 run started: two
                0 again started #2
                0 again succeeded
                0 run failed: node `fails` failed

                """)
    }

    @Test func theUrgentNodesComeFirst() throws {
        var run = try RunMachineRun(
            [
                node("last", priority: -1), node("short"), node("long"), node("behind", needs: ["long"]),
                node("first", priority: 1), node("free", kind: "free"),
            ], slots: 1)
        // The first node to be prepared has taken the slot; the others stand in line.
        for name in ["last", "first", "long", "short", "behind", "free"] { try run.succeed(name) }
        #expect(
            run.log.compactMap { if case .nodeStarted(let name, _) = $0.event { name } else { nil } }
                == ["last", "free", "first", "long", "short", "behind"])
        #expect(run.machine.ended?.status == .succeeded)
    }

    @Test func aRunCancelledBeforeItStartsEndsWhenAnEngineTakesItUp() throws {
        var definition = WorkflowDefinition(name: "early")
        definition.nodes = [node("a")]
        var machine = RunMachine(plan: Plan(definition: definition), slots: 1, emptyResult: .zero)
        let now = Timestamp(milliseconds: 0)
        #expect(
            try machine.advance(.cancel(by: "ann", reason: "no"), at: now).map(\.line) == [
                "cancel requested: no", "a cancelled",
            ])
        #expect(machine.status == .created)
        #expect(
            try machine.advance(.start(engine: "one"), at: now).map(\.line) == [
                "run started: one", "run cancelled: no",
            ])
    }

    @Test func anEmptyRunSucceedsAtOnce() throws {
        #expect(try RunMachineRun([]).text == "0 run started: one\n0 run succeeded\n")
    }
}
