// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowTesting
import Testing

/// Who may answer, how many have to, what has to be said, and what happens when nobody does.
struct ApprovalRuleTests {
    private func gate(_ request: ApprovalRequest) throws -> RunMachineRun {
        var run = try RunMachineRun([
            node("draft"), node("gate", kind: "approval", needs: ["draft"]), node("after", needs: ["gate"]),
        ])
        try run.succeed("draft")
        try run.wait("gate", for: .approval(request))
        return run
    }

    private func refusal(_ run: inout RunMachineRun, _ body: (inout RunMachineRun) throws -> Void) -> String? {
        let count = run.log.count
        do {
            try body(&run)
            return nil
        } catch {
            #expect(run.log.count == count)
            return (error as? RunError)?.message
        }
    }

    @Test("Two of three have to say yes, each once; the first alone changes nothing")
    func quorum() throws {
        var run = try gate(ApprovalRequest(prompt: "?", approvers: ["ann", "bob", "cid"], quorum: 2))
        #expect(
            refusal(&run) { try $0.answer("gate", .approved, by: "eve") } == "only ann, bob, cid may answer, not eve")
        try run.answer("gate", .approved, by: "ann")
        #expect(run.machine.nodes[1].status == .waiting)
        #expect(refusal(&run) { try $0.answer("gate", .approved, by: "ann") } == "ann has answered already")
        try run.crash()
        #expect(run.machine.votes[1]?.map(\.by) == ["ann"])
        let count = run.log.count
        try run.answer("gate", .modified, by: "cid", values: JSONObject([.init(key: "x", value: 1)]))
        #expect(run.lines(after: count) == ["gate answered: modified", "gate succeeded", "after started #1"])
    }

    @Test("Yes and skip are two opinions, and one no ends the question")
    func opinions() throws {
        var run = try gate(ApprovalRequest(prompt: "?", quorum: 2))
        try run.answer("gate", .approved, by: "ann")
        try run.answer("gate", .skip, by: "bob")
        #expect(run.machine.nodes[1].status == .waiting)
        try run.answer("gate", .rejected, by: "cid")
        #expect(run.machine.nodes[1].status == .rejected)
    }

    @Test("Who started the run may not answer where that is said")
    func distinct() throws {
        var run = try gate(ApprovalRequest(prompt: "?", barred: ["ann"]))
        #expect(
            refusal(&run) { try $0.answer("gate", .approved, by: "ann") }
                == "ann started the run, and somebody else has to answer")
        try run.answer("gate", .approved, by: "bob")
        #expect(run.machine.nodes[1].status == .succeeded)
        var policy = ApprovalPolicy(mode: .beforeEachStep)
        policy.isDistinct = true
        var asked = try RunMachineRun([node("a")], approvals: policy, submitter: "ann")
        #expect(refusal(&asked) { try $0.answer("a", .approved, by: "ann") } != nil)
        try asked.answer("a", .approved, by: "bob")
        #expect(asked.machine.nodes[0].status == .running)
    }

    @Test("A no has to say why where that is said; going back always has to")
    func feedback() throws {
        var run = try gate(ApprovalRequest(prompt: "?", requiresFeedback: true, rewindTo: "draft"))
        for comment in [nil, "", "  \n"] {
            #expect(refusal(&run) { try $0.answer("gate", .rejected, comment: comment) }?.contains("reason") == true)
            #expect(refusal(&run) { try $0.answer("gate", .sendBack, comment: comment) }?.contains("reason") == true)
            #expect(refusal(&run) { try $0.answer("gate", .modified, comment: comment) }?.contains("changed") == true)
        }
        try run.answer("gate", .sendBack, comment: "shorter")
        #expect(run.machine.feedback(for: 0) == [NodeFeedback(by: "ann", text: "shorter")])
    }

    @Test(
        "When nobody answers, what the question says happens, with a verdict of its own",
        arguments: [
            (
                ApprovalRequest.DeadlineAction.reject,
                ["gate failed: rejected", "after omitted: `gate` ended as rejected"]
            ),
            (.fail, ["gate failed: timeout", "after omitted: `gate` ended as failed"]),
            (.skip, ["gate answered: skip", "gate skipped: skipped by deadline"]),
            (.abort, ["gate answered: abort", "cancel requested: aborted by deadline"]),
            (.approve, ["gate approved", "gate succeeded", "after started #1"]),
        ])
    func deadline(_ action: ApprovalRequest.DeadlineAction, _ facts: [String]) throws {
        var run = try gate(
            ApprovalRequest(prompt: "?", deadline: Timestamp(milliseconds: 50), onDeadline: action))
        try run.send(.woken(run.node("gate")))
        #expect(run.machine.nodes[1].status == .waiting, "it is too early")
        run.wait(50)
        try run.crash()
        let count = run.log.count
        try run.send(.woken(run.node("gate")))
        let lines = run.lines(after: count)
        for (line, fact) in zip(lines, facts) { #expect(line.hasPrefix(fact), "\(lines)") }
        #expect(lines.count >= facts.count)
        #expect(throws: RunError.self) { try run.answer("gate", .approved) }
    }

    @Test("Who aborts at a question of what cleans up ends that node; the rest is cleaned up, paused or not")
    func abortedCleaning() throws {
        for isCancelled in [false, true] {
            var run = try RunMachineRun(
                [node("a")], finally: [node("ask", kind: "approval"), node("clean")], slots: 2)
            if isCancelled { try run.send(.cancel(by: "ann", reason: "enough")) }
            if isCancelled { try run.send(.cancelled(0, attempt: 1)) } else { try run.succeed("a") }
            try run.wait("ask", for: .approval(ApprovalRequest(prompt: "?")))
            try run.send(.pause(by: "ann"))
            let count = run.log.count
            try run.answer("ask", .abort)
            #expect(
                run.lines(after: count) == [
                    "ask answered: abort", "cancel requested: aborted by ann: why", "ask cancelled",
                ])
            #expect(run.machine.status == .running)
            try run.succeed("clean")
            #expect(run.machine.status == .cancelled)
        }
    }

    @Test("A cancelled run that was paused while it cleaned up is released by a second word")
    func cancelledTwice() throws {
        var run = try RunMachineRun([node("a")], finally: [node("clean")])
        try run.send(.cancel(by: "ann", reason: "enough"))
        try run.send(.cancelled(0, attempt: 1))
        try run.send(.pause(by: "bob"))
        #expect(run.machine.status == .paused)
        try run.send(.cancel(by: "ann", reason: "now"))
        #expect(run.machine.status == .running)
        let count = run.log.count
        try run.send(.cancel(by: "ann", reason: "now"))
        #expect(run.log.count == count)
        try run.succeed("clean")
        #expect(run.lines(after: count).last == "run cancelled: enough")
    }

    @Test("What a policy says of time holds for what it asks")
    func timeout() throws {
        var run = try RunMachineRun(
            [node("a")],
            approvals: ApprovalPolicy(mode: .beforeEachStep, timeout: Milliseconds(10), onTimeout: .skip))
        run.wait(10)
        try run.send(.woken(0))
        #expect(run.machine.nodes[0].status == .skipped)
    }

    @Test("Patterns name what is not asked about, by id and by kind")
    func autoApprove() throws {
        let run = try RunMachineRun(
            [node("look_a"), node("b", kind: "sql"), node("c")], slots: 5,
            approvals: ApprovalPolicy(
                mode: .beforeEachStep, autoApprove: [NamePattern("look_*"), NamePattern("kind:sq?")]))
        #expect(run.machine.nodes.map(\.status) == [.running, .running, .waiting])
        let policy = ApprovalPolicy(mode: .ask, autoApprove: [NamePattern("tool:read_*")])
        #expect(policy.autoApproves(tool: "read_file"))
        #expect(!policy.autoApproves(tool: "bash"))
    }

    @Test("What the workflow makes good itself is not asked about, nor what cleans up")
    func notAsked() throws {
        var run = try RunMachineRun(
            [node("a", onFailure: .continue)], finally: [node("clean")], approvals: ApprovalPolicy(mode: .onError))
        try run.fail("a")
        #expect(run.machine.nodes[0].status == .failed)
        try run.fail("clean")
        #expect(run.machine.nodes[1].status == .failed)
        let other = try RunMachineRun(
            [node("a", kind: "free")], finally: [node("clean")], approvals: ApprovalPolicy(mode: .beforeEachStep))
        #expect(other.machine.nodes[0].status == .running, "what does no work is no step")
    }

    @Test("A failure is asked about when no attempt is left, and a person may give more")
    func onError() throws {
        var run = try RunMachineRun(
            [node("a", retry: RetryPolicy(maxAttempts: 2, delay: .zero))], approvals: ApprovalPolicy(mode: .onError))
        try run.fail("a")
        try run.send(.woken(0))
        try run.fail("a")
        #expect(run.machine.nodes[0].status == .waiting)
        try run.answer("a", .retry, comment: "the disk has room now")
        try run.send(.woken(0))
        #expect(run.machine.nodes[0].attempt == 3)
        #expect(run.machine.feedback(for: 0).map(\.text) == ["the disk has room now"])
        try run.fail("a")
        #expect(run.machine.nodes[0].status == .waiting, "it is asked again")
        try run.answer("a", .retry)
        try run.send(.woken(0))
        try run.succeed("a")
        #expect(run.machine.ended?.status == .succeeded)
    }

    @Test("A paused run in the mode manual goes on by an answer only")
    func manual() throws {
        var run = try RunMachineRun([node("a"), node("b", needs: ["a"])], approvals: ApprovalPolicy(mode: .manual))
        #expect(throws: RunError.self) { try run.answer(nil, .approved) }
        try run.send(.pause(by: "ann"))
        try run.succeed("a")
        try run.crash()
        #expect(throws: RunError.self) { try run.send(.resume(by: "bob")) }
        #expect(run.machine.status == .paused)
        try run.answer(nil, .modified, comment: "use metres")
        #expect(run.machine.feedback(for: run.node("b")).map(\.text) == ["use metres"])
        #expect(run.machine.nodes[1].status == .running)
    }

    @Test("Policies and presets by their names, and through JSON")
    func names() throws {
        let modes = Dictionary(
            ApprovalPolicy.Preset.allCases.map { ($0.rawValue, $0.policy.mode) }, uniquingKeysWith: { a, _ in a })
        #expect(
            modes == [
                "autonomous": .none, "review_plan": .afterPlanning, "step_by_step": .beforeEachStep,
                "error_recovery": .onError,
            ])
        #expect(ApprovalPolicy(named: "step_by_step")?.mode == .beforeEachStep)
        #expect(ApprovalPolicy(named: "on_error")?.mode == .onError)
        #expect(ApprovalPolicy(named: "never") == nil)
        let policy = ApprovalPolicy(
            mode: .custom,
            rules: [ApprovalPolicy.Rule(at: .onError, nodes: [NamePattern("a*")], kinds: ["sql"], prompt: "Well?")],
            timeout: Milliseconds(5), onTimeout: .skip, requiresFeedback: true, autoApprove: [NamePattern("x")],
            approvers: ["ann"], quorum: 2, isDistinct: true)
        #expect(ApprovalPolicy(json: policy.json) == policy)
        #expect(ApprovalPolicy(json: ApprovalPolicy.standard.json) == .standard)
    }

    @Test(
        "Patterns",
        arguments: [
            ("*", "", true), ("*", "any", true), ("a*c", "abc", true), ("a*c", "ac", true), ("a*c", "abd", false),
            ("a?c", "abc", true), ("a?c", "ac", false), ("abc", "abc", true), ("abc", "ab", false), ("", "", true),
            ("", "a", false), ("*a*b*", "xxaxxbxx", true), ("*a*b", "xxaxxbxx", false), ("kind:*", "kind:sql", true),
        ])
    func pattern(_ pattern: String, _ name: String, _ fits: Bool) {
        #expect(NamePattern(pattern).matches(name) == fits)
    }

    @Test("A pattern of many stars takes no time")
    func patternTime() {
        let name = String(repeating: "a", count: 2000)
        #expect(!NamePattern(String(repeating: "*a", count: 90) + "*b").matches(name))
    }
}
