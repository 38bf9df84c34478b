// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowTesting
import Testing

/// The way back to an earlier node, and what people change of a run that goes on.
struct RewindTests {
    private func gated(_ extra: [NodeDefinition] = []) throws -> RunMachineRun {
        var run = try RunMachineRun(
            [
                node("look"), node("draft", needs: ["look"]), node("check", needs: ["draft"]),
                node("gate", kind: "approval", needs: ["check"]), node("after", needs: ["gate"]), node("beside"),
            ] + extra, slots: 9)
        try run.succeed("look", "beside", "draft", "check")
        try run.wait("gate", for: .approval(ApprovalRequest(prompt: "?", rewindTo: "draft")))
        return run
    }

    @Test("What follows from the node runs again, and nothing else")
    func back() throws {
        var run = try gated()
        let count = run.log.count
        try run.answer("gate", .sendBack, comment: "shorter")
        try run.crash()
        try run.succeed("draft", "check")
        try run.wait("gate", for: .approval(ApprovalRequest(prompt: "?")))
        try run.answer("gate", .approved)
        try run.succeed("after")
        #expect(
            run.lines(after: count) == [
                "gate answered: send_back", "run goes back to draft: draft check gate after", "draft started #2",
                "draft interrupted #2", "run started: two", "draft started #3", "draft succeeded",
                "check started #2", "check succeeded", "gate started #2", "gate waits for approval", "gate approved",
                "gate succeeded", "after started #1", "after succeeded", "run succeeded",
            ])
        #expect(run.machine.rounds(of: run.node("draft")) == 1)
        #expect(run.machine.rounds(of: run.node("beside")) == 0)
        #expect(run.machine.endedCount == 6)
    }

    @Test("A failure behind the node is forgotten with it")
    func failure() throws {
        var run = try gated([node("side", needs: ["draft"])])
        try run.fail("side")
        #expect(run.machine.failedNode == run.node("side"))
        try run.answer("gate", .sendBack, comment: "again")
        #expect(run.machine.failedNode == nil)
        try run.succeed("draft", "check", "side")
        try run.wait("gate", for: .approval(ApprovalRequest(prompt: "?")))
        try run.answer("gate", .approved)
        try run.succeed("after")
        #expect(run.machine.ended?.status == .succeeded)
    }

    @Test("A way back that cannot be gone is refused with the reason")
    func refused() throws {
        func refusal(_ run: inout RunMachineRun, to target: String?) -> String {
            do {
                try run.answer("gate", .sendBack, target: target)
                return "not refused"
            } catch {
                return (error as? RunError)?.message ?? ""
            }
        }
        var run = try gated([node("side", needs: ["draft"])])
        #expect(refusal(&run, to: "draft") == "the run cannot go back to `draft`: `side` runs")
        #expect(refusal(&run, to: "beside") == "`gate` does not follow from `beside`")
        #expect(refusal(&run, to: "gate") == "`gate` does not follow from `gate`")
        #expect(refusal(&run, to: "nobody") == "there is no node `nobody` to go back to")
        var fan = try gated([node("each", needs: ["draft"], foreach: .failFast)])
        try fan.expand("each", "k")
        try fan.succeed("each[k]")
        #expect(refusal(&fan, to: "draft") == "the run cannot go back to `draft`: `each` is a fan-out that has begun")
        let external = NodeDefinition(
            id: "mail", kind: "run", needs: [NeedDefinition(node: "draft")], options: NodeOptions(effects: .external))
        var mailed = try gated([external])
        try mailed.succeed("mail")
        #expect(refusal(&mailed, to: "draft").hasSuffix("`mail` has acted on the world outside"))
        var named = try RunMachineRun([node("gate", kind: "approval")])
        try named.wait("gate", for: .approval(ApprovalRequest(prompt: "?")))
        #expect(refusal(&named, to: nil) == "say which node to go back to: the question names none")
    }

    @Test("Changes are refused where they would come to nothing")
    func changes() throws {
        let change = JSONObject([.init(key: "with", value: ["x": 1])])
        var run = try gated([
            node("each", foreach: .failFast), node("tied", onInterrupt: .fail), node("agent", kind: "agent"),
        ])
        func refusal(_ name: String, _ action: Intervention.Action) -> String? {
            do {
                try run.send(.intervened(run.node(name), Intervention(action, by: "ann")))
                return nil
            } catch {
                return (error as? RunError)?.message
            }
        }
        #expect(refusal("look", .redirect(change)) == "`look` has ended: succeeded")
        #expect(refusal("tied", .modify(change)) == "`tied` runs: redirect it, or wait until it has ended")
        #expect(refusal("tied", .redirect(change))?.contains("may not be interrupted") == true)
        #expect(refusal("tied", .pin(.zero)) == "`tied` has begun: it is running")
        #expect(refusal("each", .pin(.zero))?.contains("fan-out") == true)
        #expect(refusal("gate", .redirect(change))?.contains("waits for an answer") == true)
        #expect(refusal("tied", .inject("hello")) == "`tied` is no agent, and hears nothing")
        #expect(refusal("agent", .inject("hello")) == nil)
        #expect(refusal("after", .pin(.zero)) == nil)
        #expect(refusal("after", .modify(change)) == nil)
        #expect(run.machine.messages(for: run.node("agent")) == ["hello"])
        #expect(run.machine.pinnedResult(of: run.node("after")) == .zero)
        try run.crash()
        #expect(run.machine.messages(for: run.node("agent")) == ["hello"])
        #expect(run.machine.change(of: run.node("after")) == change)
    }

    @Test("Another task ends the attempt that runs, and another one begins")
    func redirect() throws {
        var run = try RunMachineRun([node("a")])
        let change = JSONObject([.init(key: "run", value: "echo other")])
        try run.send(.intervened(0, Intervention(.redirect(change), by: "ann")))
        #expect(run.effects.contains(.restart(0, attempt: 1)))
        try run.send(.interrupted(0, attempt: 1))
        #expect(run.machine.nodes[0].attempt == 2)
        #expect(run.machine.change(of: 0) == change)
        try run.succeed("a")
        #expect(run.machine.ended?.status == .succeeded)
    }

    @Test("A question in the middle of an attempt keeps the conversation, also over a crash; a failure ends it")
    func conversation() throws {
        var run = try RunMachineRun([
            node("a", kind: "agent", retry: RetryPolicy(maxAttempts: 3, delay: .zero))
        ])
        let question = ApprovalRequest(prompt: "may it?", checkpoint: .tool, call: "1.0/x")
        try run.wait("a", for: .approval(question))
        #expect(throws: RunError.self) { try run.answer("a", .retry) }
        try run.answer("a", .rejected, comment: "not that")
        #expect(run.machine.nodes[0].attempt == 2)
        #expect(run.machine.conversation(of: 0) == 1)
        #expect(run.machine.answer(to: "1.0/x", of: 0)?.comment == "not that")
        try run.crash()
        #expect(run.machine.nodes[0].attempt == 3)
        #expect(run.machine.conversation(of: 0) == 1)
        #expect(run.machine.answer(to: "1.0/x", of: 0)?.resolution == .rejected)
        try run.fail("a")
        #expect(run.machine.conversation(of: 0) == nil)
        #expect(run.machine.answer(to: "1.0/x", of: 0) == nil)
    }
}
