// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowTesting
import Testing

struct RunMachineSimulationTests {
    #if DEBUG
        static let seeds: Range<UInt64> = 0..<3000
    #else
        static let seeds: Range<UInt64> = 0..<50_000
    #endif

    /// What the lives of all seeds reach: a simulation that misses a case finds nothing in it.
    private struct Coverage {
        var events: [String: Int] = [:]
        var moves: Set<[NodeStatus]> = []

        mutating func note(_ log: [RecordedEvent]) {
            var statuses: [String: NodeStatus] = [:]
            for recorded in log {
                events[recorded.event.typeName, default: 0] += 1
                // What a run goes back behind begins anew.
                if case .runRewound(let rewind) = recorded.event { for node in rewind.nodes { statuses[node] = nil } }
                guard let node = recorded.event.node, let next = next(recorded.event, statuses[node]) else { continue }
                // `ready` is no fact: what happens to a node first happens to a ready or a pending one.
                moves.insert([statuses[node] ?? .ready, next])
                statuses[node] = next
            }
        }

        private func next(_ event: RunEvent, _ old: NodeStatus?) -> NodeStatus? {
            switch event {
            case .nodeStarted, .nodeExpanded: .running
            case .nodeSucceeded: .succeeded
            case .nodeFailed(_, _, _, .some), .nodeRepeated: .retrying
            case .nodeFailed(_, _, let failure, nil):
                failure.reason == .rejected && old == .waiting ? .rejected : .failed
            case .nodeWaiting: .waiting
            case .nodeReleased: .ready
            case .nodeReused: .reused
            case .nodeSkipped: .skipped
            case .nodeOmitted: .omitted
            case .nodeCancelled: .cancelled
            case .nodeInterrupted: .interrupted
            default: nil
            }
        }
    }

    @Test func everyLifeOfARunKeepsTheRules() {
        var coverage = Coverage()
        var failures = 0
        for seed in Self.seeds where failures < 3 {
            do {
                coverage.note(try RunSimulation.run(seed: seed))
            } catch {
                failures += 1
                Issue.record("\(error)")
            }
        }
        guard failures == 0 else { return }
        for name in [
            "run_started", "run_paused", "run_resumed", "cancel_requested", "run_ended", "node_expanded",
            "node_started", "node_succeeded", "node_failed", "node_waiting", "approval_decided", "node_skipped",
            "node_omitted", "node_cancelled", "node_interrupted", "node_repeated", "call_started", "call_ended",
            "budget_reached", "budget_exceeded", "node_fingerprinted", "node_reused",
            "node_released", "intervened",
        ] {
            #expect(coverage.events[name, default: 0] >= 100, "\(name) hardly happens")
        }
        for name in ["run_rewound", "pause_asked", "pause_decided"] {
            #expect(coverage.events[name, default: 0] >= 5, "\(name) hardly happens")
        }
        for from in NodeStatus.allCases where from != .pending && from != .reused {
            for to in NodeStatus.allCases where from.allows(to) {
                #expect(coverage.moves.contains([from, to]), "no node goes from \(from) to \(to)")
            }
        }
    }

    @Test func theSameSeedGivesTheSameLife() throws {
        for seed in 100..<110 as Range<UInt64> {
            #expect(try RunSimulation.run(seed: seed) == RunSimulation.run(seed: seed))
        }
    }

    /// Facts in an order that no run makes: they may be nonsense, but nothing may trap, and what has ended stays.
    @Test func noLogTraps() {
        for seed in 0..<500 as Range<UInt64> {
            var random = FlowTesting.SeededGenerator(seed: seed)
            var generator = PlanGenerator(seed: seed)
            let plan = generator.plan()
            var machine = RunMachine(plan: plan, slots: 2, emptyResult: .zero)
            var names = plan.nodes.map(\.id) + ["nobody"]
            for id in plan.nodes.map(\.id).prefix(3) { names += ["\(id)[a]", "\(id)[b]"] }
            for _ in 0..<100 {
                let before = machine.nodes
                machine.apply(Self.anyEvent(random.pick(names), &random), at: Timestamp(milliseconds: 5))
                for (index, state) in before.enumerated() where state.status.isTerminal {
                    #expect(machine.nodes[index].status == state.status, "seed \(seed)")
                }
                for (old, new) in zip(before, machine.nodes) where old.status != new.status {
                    let isLawful =
                        old.status.allows(new.status)
                        || (old.status == .pending && NodeStatus.ready.allows(new.status))
                    #expect(isLawful, "seed \(seed): \(old.status) to \(new.status)")
                }
                #expect(machine.endedCount == machine.nodes.count(where: \.status.isTerminal))
                _ = (machine.status, machine.waitsForPeople, machine.takeEffects())
            }
        }
    }

    private static func anyEvent(_ node: String, _ random: inout FlowTesting.SeededGenerator) -> RunEvent {
        let attempt = random.pick([-1, 0, 1, 2, .max])
        let moment = Timestamp(milliseconds: random.pick([.min, 0, 10, .max]))
        let failure = NodeFailure(random.pick(FailureReason.allCases), "x", retryAfter: Milliseconds(.max))
        switch random.below(20) {
        case 0, 1: return .runStarted(engine: "x")
        case 2: return random.chance(50) ? .runPaused(by: "x") : .runResumed(by: "x")
        case 3: return random.chance(10) ? .cancelRequested(by: "x", reason: "x") : .runResumed(by: "x")
        case 4: return random.chance(5) ? .runEnded(.failed, reason: nil) : .runStarted(engine: "x")
        case 5:
            return .nodeExpanded(node: node, keys: random.pick([[], ["a"], ["a", "b"], ["a", "a"]]), items: .zero)
        case 6, 7: return .nodeStarted(node: node, attempt: attempt)
        case 8: return .nodeSucceeded(node: node, attempt: attempt, result: .zero)
        case 9:
            return .nodeFailed(
                node: node, attempt: attempt, failure: failure, retryAt: random.chance(60) ? moment : nil)
        case 10: return .nodeWaiting(node: node, attempt: attempt, wait: random.chance(50) ? .until(moment) : .run("r"))
        case 11:
            return random.chance(50)
                ? .nodeSkipped(node: node, reason: "x")
                : .nodeReused(node: node, from: NodeOrigin(run: "x", node: "y"), result: .zero)
        case 12: return .nodeOmitted(node: node, reason: "x")
        case 13: return .nodeCancelled(node: node)
        case 14: return .nodeInterrupted(node: node, attempt: attempt)
        case 15, 16:
            let charge = CallCharge(tokens: random.pick([.min, 0, 3, .max]), money: Money(picodollars: .max))
            let call = CallStart(kind: .tool, name: "x", request: .zero, reservation: charge)
            return .callStarted(node: node, attempt: attempt, index: random.pick([.min, 0, 1, 2, .max]), call: call)
        case 17:
            let charge = CallCharge(tokens: random.pick([.min, 0, 3, .max]), money: Money(picodollars: .min))
            return .callEnded(
                node: node, attempt: attempt, index: random.pick([1, 2, .max]),
                end: CallEnd(reply: .zero, charge: charge))
        case 18:
            return .budgetReached(
                node: random.chance(50) ? nil : node, measure: random.pick(BudgetMeasure.allCases),
                percent: random.pick([.min, 50, .max]))
        default:
            return .approvalDecided(node: node, decision: ApprovalDecision(approved: true, by: "x", at: moment))
        }
    }
}
