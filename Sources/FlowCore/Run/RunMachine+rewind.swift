// SPDX-License-Identifier: Apache-2.0

/// The way back to an earlier node. What follows from that node is as if it had not run; all else stays.
extension RunMachine {
    /// A node and all that follows from it, in the order of the plan.
    func descendants(of target: Int) -> [Int] {
        var found: Set<Int> = [target]
        var open = [target]
        while let node = open.popLast() {
            var next = plan.successors(of: node).map { Int($0.node) }
            // What needs a failed node waits for the one that stands in for it.
            if let rescued = plan.rescued(by: node) { next += plan.successors(of: rescued).map { Int($0.node) } }
            for other in next where found.insert(other).inserted { open.append(other) }
        }
        return found.sorted()
    }

    /// The way back that an answer asks for.
    ///
    /// - Parameter gate: the node whose question is answered; nil for that of the run.
    func rewind(
        for decision: ApprovalDecision, _ request: ApprovalRequest, at gate: Int?
    ) throws(RunError) -> RunRewind {
        guard let name = decision.target ?? request.rewindTo else {
            throw RunError(.notAllowed, "say which node to go back to: the question names none")
        }
        guard let target = plan.index(of: name) else {
            throw RunError(.unknownNode, "there is no node `\(name)` to go back to")
        }
        if cancellation != nil { throw RunError(.notAllowed, "the run is cancelled") }
        if target < plan.finallyStart, finallyIsOpen {
            throw RunError(.notAllowed, "`\(name)` has ended for good: the nodes of `finally` run")
        }
        let all = descendants(of: target)
        if let gate, target == Int(nodes[gate].planNode) || !all.contains(Int(nodes[gate].planNode)) {
            throw RunError(.notAllowed, "`\(self.name(of: gate))` does not follow from `\(name)`")
        }
        for node in all {
            if let text = obstacle(to: node) {
                throw RunError(.notAllowed, "the run cannot go back to `\(name)`: \(text)")
            }
        }
        return RunRewind(
            target: name, nodes: all.map { plan.nodes[$0].id }, by: decision.by, feedback: decision.word)
    }

    /// Why a node cannot be as if it had not run.
    private func obstacle(to node: Int) -> String? {
        let name = "`\(plan.nodes[node].id)`"
        let state = nodes[node]
        if state.isExpanded { return "\(name) is a fan-out that has begun" }
        switch state.status {
        case .running: return "\(name) runs"
        case .reused: return "\(name) is taken over from another run"
        case .waiting: if case .run = waits[node] { return "\(name) waits for its sub-workflow" }
        default: break
        }
        if plan.nodes[node].options.effects == .external, state.attempt > 0 {
            return "\(name) has acted on the world outside"
        }
        return nil
    }

    /// The status with which a node counts for those that need it; nil while that is open.
    private func counted(_ node: Int) -> NodeStatus? {
        let status = nodes[node].status
        guard status.isTerminal else { return nil }
        guard status == .failed || status == .rejected, let other = plan.fallback(of: node) else { return status }
        guard let end = counted(other) else { return nil }
        return end == .succeeded || end == .reused ? .succeeded : status
    }

    mutating func goBack(_ rewind: RunRewind) {
        guard ended == nil else { return }
        let back = rewind.nodes.compactMap { plan.index(of: $0) }.filter {
            nodes[$0].status != .running && nodes[$0].status != .reused && !nodes[$0].isExpanded
        }
        for node in back { reset(node, rewind) }
        // A node that stands in for a failed one may make good now what it did not before.
        if failedNode != nil {
            failedNode = plan.nodes.indices.first {
                let status = counted($0)
                return (status == .failed || status == .rejected) && plan.nodes[$0].options.onFailure == .fail
            }
        }
        for node in back { reopen(node) }
    }

    private mutating func reset(_ node: Int, _ rewind: RunRewind) {
        if nodes[node].status.isTerminal {
            endedCount -= 1
            if node < plan.finallyStart { openMain += 1 } else { openFinally += 1 }
        }
        nodes[node].isParked = false
        release(node)
        setWait(node, nil)
        set(node, .pending)
        nodes[node].failures = 0
        nodes[node].repeats = 0
        nodes[node].isDoomed = false
        nodes[node].isGateOpen = false
        retryTimes[node] = nil
        firstStarts[node] = nil
        closeConversation(node)
        notes[node, default: NodeNotes()].rounds += 1
        if let text = rewind.feedback { tell(node, NodeFeedback(by: rewind.by, text: text)) }
    }

    /// Counts what a node waits for now, and lets it go on if that is nothing.
    private mutating func reopen(_ node: Int) {
        var open: Int32 = 0
        var lost: Int?
        for edge in plan.needs(of: node) {
            let need = Int(edge.node)
            let status =
                plan.fallback(of: need) == node
                ? (nodes[need].status.isTerminal ? nodes[need].status : nil) : counted(need)
            guard let status else {
                open += 1
                continue
            }
            let continues = plan.nodes[need].options.onFailure == .continue
            if !edge.condition.accepts(status, continues: continues) { lost = lost ?? need }
        }
        nodes[node].open = open
        if let lost {
            nodes[node].isDoomed = true
            doomed.append((node, lost))
        } else if open == 0, node < plan.finallyStart ? isStarted : finallyIsOpen {
            makeReady(node)
        }
    }
}
