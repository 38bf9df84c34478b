// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

/// What becomes of a node with one or two needs, for every condition and every end that a node can come to by itself.
struct JoinTableTests {
    /// How the node that is waited for ends.
    struct Case: CustomStringConvertible {
        var condition: NeedCondition
        var end: NodeStatus
        var policy: FailurePolicy

        var isMet: Bool { condition.accepts(end, continues: policy == .continue) }
        var description: String { "\(condition) of \(end) with \(policy.rawValue)" }
    }

    static let ends: [NodeStatus] = [.succeeded, .failed, .rejected, .skipped, .omitted]

    static let cases: [Case] = NeedCondition.allCases.flatMap { condition in
        ends.flatMap { end in FailurePolicy.allCases.map { Case(condition: condition, end: end, policy: $0) } }
    }

    /// The nodes `x` and, before it when it is to be omitted, one that fails.
    private static func nodes(_ name: String, _ wanted: Case) -> [NodeDefinition] {
        guard wanted.end == .omitted else { return [node(name, onFailure: wanted.policy)] }
        return [node("before_\(name)"), node(name, needs: ["before_\(name)"], onFailure: wanted.policy)]
    }

    private static func end(_ name: String, _ wanted: Case, _ run: inout RunMachineRun) throws {
        switch wanted.end {
        case .succeeded: try run.succeed(name)
        case .failed: try run.fail(name)
        case .rejected:
            try run.wait(name, for: .approval(ApprovalRequest(prompt: "Go on?")))
            try run.decide(name, approved: false)
        case .omitted: try run.fail("before_\(name)")
        default: break
        }
        #expect(run.machine.nodes[run.node(name)].status == wanted.end, "\(name): \(wanted)")
    }

    @Test func everyEndOfOneNeed() throws {
        for wanted in Self.cases where wanted.end != .skipped {
            var run = try RunMachineRun(
                Self.nodes("a", wanted) + [node("join", needs: ["a"], if: ["a": wanted.condition])], slots: 8)
            try Self.end("a", wanted, &run)
            #expect(
                run.machine.nodes[run.node("join")].status == (wanted.isMet ? .running : .omitted), "\(wanted)")
        }
    }

    /// Both needs must be met, whichever ends first; a join is never left hanging.
    @Test func everyPairOfEnds() throws {
        var count = 0
        var met = 0
        for first in Self.cases where first.end != .skipped {
            for second in Self.cases where second.end != .skipped {
                var run = try RunMachineRun(
                    Self.nodes("a", first) + Self.nodes("b", second)
                        + [node("join", needs: ["a", "b"], if: ["a": first.condition, "b": second.condition])],
                    slots: 8)
                try Self.end("a", first, &run)
                let between = run.machine.nodes[run.node("join")].status
                #expect(between == (first.isMet ? .pending : .omitted), "\(first), the other is open")
                try Self.end("b", second, &run)
                let isMet = first.isMet && second.isMet
                let status = run.machine.nodes[run.node("join")].status
                guard status == (isMet ? .running : .omitted) else {
                    Issue.record("\(first) and \(second) give \(status)")
                    return
                }
                if isMet { met += 1 }
                if status == .running { try run.succeed("join") }
                #expect(run.machine.ended != nil, "\(first) and \(second): the run has not ended")
                count += 1
            }
        }
        #expect(count == 72 * 72)
        #expect(met > 0 && met < count)
    }

    /// A need that is skipped: its condition is false when it is ready.
    @Test(arguments: NeedCondition.allCases, NeedCondition.allCases)
    func skippedNeeds(first: NeedCondition, second: NeedCondition) throws {
        var definition = WorkflowDefinition(name: "table")
        definition.nodes = [
            node("a"), node("b"), node("join", needs: ["a", "b"], if: ["a": first, "b": second]),
        ]
        let now = Timestamp(milliseconds: 0)
        var machine = RunMachine(plan: Plan(definition: definition), slots: 4, emptyResult: .zero)
        _ = try machine.advance(.start(engine: "x"), at: now)
        _ = try machine.advance(.conditionFalse(0, reason: "x"), at: now)
        _ = try machine.advance(.conditionFalse(1, reason: "x"), at: now)
        let isMet = first.accepts(.skipped, continues: false) && second.accepts(.skipped, continues: false)
        #expect(machine.nodes[2].status == (isMet ? .ready : .omitted))
    }

    /// A node that is cancelled takes what waits for it along, whatever the condition: the whole run is.
    @Test(arguments: NeedCondition.allCases) func aCancelledRunCancelsItsJoins(condition: NeedCondition) throws {
        var run = try RunMachineRun([node("a"), node("join", needs: ["a"], if: ["a": condition])])
        try run.send(.cancel(by: "ann", reason: "x"))
        try run.cancelled("a")
        #expect(run.machine.nodes.map(\.status) == [.cancelled, .cancelled])
        #expect(run.machine.ended?.status == .cancelled)
    }
}
