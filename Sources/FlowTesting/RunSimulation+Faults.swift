// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// What the world does when not all is well.
extension RunSimulation {
    mutating func disturb() {
        switch random.below(12) {
        case 10: decidePause()
        case 11: intervene()
        case 0, 1: crash()
        case 2:
            guard pauses < 4 else { return }
            pauses += 1
            send(.pause(by: "test"))
        case 3, 4: send(.resume(by: "test"))
        case 5: if mayCancel { send(.cancel(by: "test", reason: "enough")) }
        case 6: send(.woken(random.below(machine.nodes.count + 2)))
        case 7:
            send(
                .decided(
                    random.below(machine.nodes.count + 2),
                    ApprovalDecision(approved: true, by: "nobody", at: clock.now), result: .zero))
        default: repeatAnswer()
        }
    }

    /// A person changes something of any node.
    private mutating func intervene() {
        let action: Intervention.Action =
            switch random.below(4) {
            case 0: .redirect(.otherValue)
            case 1: .modify(.otherValue)
            case 2: .pin(.zero)
            default: .inject("look at it")
            }
        send(.intervened(random.below(machine.nodes.count + 2), Intervention(action, by: "test")))
    }

    /// An answer that was given already changes nothing.
    private mutating func repeatAnswer() {
        guard !stale.isEmpty else { return }
        let before = pending.count
        let input = random.pick(stale)
        switch input {
        case .decided(let node, _, _) where approvals.contains(node): return
        // What was asked before a way back, or before a person wanted to be asked anew, is asked again.
        case .asked(let node, _):
            guard oracle.status(of: node) != .ready else { return }
        case .childEnded(let node, _, _) where machine.nodes[node].status == .waiting: return
        case .prepared(let node):
            // After a crash the node may be ready and not prepared yet; then this is no repetition.
            guard oracle.nodes[node].wantsSlot || oracle.status(of: node) != .ready else { return }
        case .conditionFalse(let node, _), .evaluationFailed(let node, _), .expanded(let node, _, _),
            .fingerprinted(let node, _), .reused(let node, _, _):
            guard oracle.status(of: node) != .ready else { return }
        case .joined(let node, _), .joinFailed(let node, _):
            if let items = oracle.nodes[node].items, items.allSatisfy({ oracle.nodes[$0].status.isTerminal }),
                oracle.nodes[node].status == .running
            {
                return
            }
        default: break
        }
        send(input)
        if pending.count > before { problems.append("\(input) counts although it comes late") }
    }

    /// The engine ends, with or without the last commit, and another takes the run up.
    private mutating func crash() {
        guard crashes < 4 else { return }
        crashes += 1
        let isCommitted = random.chance(50) || pending.isEmpty
        if isCommitted { log += pending }
        // Some answers of lost attempts come to the next engine, which must not take them for its own.
        for (node, attempt) in attempts where stale.count < 40 {
            stale.append(.succeeded(node, attempt: attempt, result: .zero))
        }
        pending.removeAll()
        outbox.removeAll()
        attempts.removeAll()
        cancelling.removeAll()
        wakes.removeAll()
        watches.removeAll()
        unwanted.removeAll()
        restarting.removeAll()
        // Answers may be new again when their facts were lost.
        if !isCommitted { stale.removeAll() }

        let next = replayed()
        if isCommitted {
            checkReplay(next, "the machine made from the log")
        } else {
            oracle = RunSimulationOracle(plan: plan, slots: slots, approvals: approvalPolicy, log: log)
        }
        machine = next
        oracle.crash()
        clock.advance(by: Milliseconds(Int64(random.below(2000))))
        chores.removeAll()
        take([])
        guard machine.ended == nil else { return }
        for (node, state) in machine.nodes.enumerated() where state.isAttemptRunning {
            answer(.interrupted(node, attempt: Int(state.attempt)))
        }
        send(.start(engine: "engine \(crashes)"))
    }
}
