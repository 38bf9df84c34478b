// SPDX-License-Identifier: Apache-2.0

/// What people change of a run that goes on.
///
/// | change | allowed while the node is |
/// |---|---|
/// | redirect | pending, ready, running (it begins anew), retrying, interrupted, waiting for an answer before it begins or after it failed |
/// | modify | the same, but not running |
/// | pin | pending, ready, waiting for an answer before it begins |
/// | inject | not ended, and an agent |
extension RunMachine {
    /// The fact that a change makes, or why it is not allowed.
    func intervened(_ node: Int, _ intervention: Intervention) throws(RunError) -> RunEvent {
        try checkNotEnded()
        guard nodes.indices.contains(node) else { throw RunError(.unknownNode, "there is no such node") }
        let name = "`\(name(of: node))`"
        let state = nodes[node]
        func refuse(_ text: String) -> RunError { RunError(.notAllowed, text) }
        if state.status.isTerminal { throw refuse("\(name) has ended: \(state.status.rawValue)") }
        if isStopped(node) { throw refuse("\(name) is being cancelled") }
        switch intervention.action {
        case .inject:
            guard kind(of: node) == "agent" else { throw refuse("\(name) is no agent, and hears nothing") }
        case .redirect:
            if let text = obstacle(to: node) { throw refuse(text) }
            if state.isAttemptRunning, options(of: node).onInterrupt == .fail {
                throw refuse("\(name) runs, and may not be interrupted: its `on_interrupt` is `fail`")
            }
        case .modify:
            if let text = obstacle(to: node) { throw refuse(text) }
            if state.status == .running { throw refuse("\(name) runs: redirect it, or wait until it has ended") }
        case .pin:
            if plan.nodes[Int(state.planNode)].options.foreach != nil {
                throw refuse("\(name) belongs to a fan-out, whose outputs are those of its items")
            }
            switch state.status {
            case .pending, .ready: break
            case .waiting where isAskedBefore(node): break
            default: throw refuse("\(name) has begun: it is \(state.status.rawValue)")
            }
        }
        return .intervened(node: self.name(of: node), intervention)
    }

    /// Why another task or other parameters would not reach a node.
    private func obstacle(to node: Int) -> String? {
        let name = "`\(name(of: node))`"
        guard case .waiting = nodes[node].status, let wait = waits[node] else { return nil }
        switch wait {
        case .run(let run): return "\(name) waits for its sub-workflow: change the nodes of run \(run)"
        case .until: return "\(name) waits until a moment"
        case .approval(let request):
            let isOpen = request.checkpoint.isBeforeNode || request.checkpoint == .onError
            return isOpen ? nil : "\(name) waits for an answer: answer it, or send the run back"
        }
    }

    private func isAskedBefore(_ node: Int) -> Bool {
        if case .approval(let request) = waits[node] { request.checkpoint.isBeforeNode } else { false }
    }

    mutating func note(_ intervention: Intervention, of node: Int) {
        guard !nodes[node].status.isTerminal, ended == nil else { return }
        switch intervention.action {
        case .redirect(let change):
            notes[node, default: NodeNotes()].change.take(change)
            let all = expansions[node].map { $0.first..<$0.first + $0.keys.count } ?? node..<node + 1
            for each in all where nodes[each].isAttemptRunning {
                effects.append(.restart(each, attempt: Int(nodes[each].attempt)))
            }
            for each in all { closeConversation(each) }
        case .modify(let change): notes[node, default: NodeNotes()].change.take(change)
        case .pin(let result): notes[node, default: NodeNotes()].pinned = result
        case .inject(let text): notes[node, default: NodeNotes()].messages.append(text)
        }
    }
}
