// SPDX-License-Identifier: Apache-2.0

/// Questions to people, and what their answers do.
///
/// | answer | gate | after_planning, before_step, custom | on_error | tool | manual_pause |
/// |---|---|---|---|---|---|
/// | approved | succeeds | begins | fails as it did | the call is made | the run goes on |
/// | modified | succeeds, with other values | begins, changed | again, changed | the call is made, changed | goes on, with a word to all agents |
/// | rejected | rejected | rejected | rejected | the call is refused, with the reason | the run is cancelled |
/// | retry | is asked anew | is prepared and asked anew | again | – | – |
/// | skip | skipped | skipped | skipped | the node is skipped | – |
/// | abort | the run is cancelled | the same | the same | the same | the same |
/// | send_back | an earlier node runs again | the same | the same | the same | the same, and the run goes on |
extension RunMachine {
    /// What has to be answered before a node may begin; nil for nothing.
    public func gate(before node: Int) -> ApprovalPolicy.Gate? {
        guard approvals.mode != .ask, nodes[node].status == .ready, !nodes[node].isGateOpen else { return nil }
        let planNode = Int(nodes[node].planNode)
        // What cleans up is not held up.
        guard planNode < plan.finallyStart else { return nil }
        return approvals.gate(before: plan.nodes[planNode], works: plan.needsSlot(planNode))
    }

    /// A failure that no attempt follows: people are asked first, where they want to be.
    func final(_ node: Int, attempt: Int, _ failure: NodeFailure, at now: Timestamp) -> RunEvent {
        let planNode = Int(nodes[node].planNode)
        guard approvals.mode != .ask, planNode < plan.finallyStart, !isStopped(node), failure.reason != .cancelled,
            let gate = approvals.gate(onErrorOf: plan.nodes[planNode])
        else {
            return .nodeFailed(node: name(of: node), attempt: attempt, failure: failure, retryAt: nil)
        }
        var show = JSONObject()
        show["error"] = .string(failure.message)
        show["reason"] = .string(failure.reason.rawValue)
        show["attempt"] = .integer(Int64(attempt))
        show["last_lines"] = failure.excerpt.map { .string($0) }
        let request = approvals.completed(
            ApprovalRequest(
                prompt: gate.prompt
                    ?? "`\(name(of: node))` failed. Again (retry), without it (skip), or is that the end?",
                show: show, checkpoint: .onError, failure: failure), submitter: submitter, at: now)
        // The attempt of the wait is that of the node, which has none when its condition could not be evaluated.
        return .nodeWaiting(node: name(of: node), attempt: Int(nodes[node].attempt), wait: .approval(request))
    }

    func pauseRequest(by: String) -> ApprovalRequest {
        var request = approvals.completed(
            ApprovalRequest(prompt: "The run was paused by \(by). Shall it go on?", checkpoint: .manualPause),
            submitter: submitter, at: moment)
        // A pause lasts as long as a person wants it to.
        request.deadline = nil
        return request
    }

    // MARK: Answers

    /// The facts that an answer to a node's question makes.
    func decided(
        _ node: Int, _ request: ApprovalRequest, _ decision: ApprovalDecision, result: Digest, at now: Timestamp
    ) throws(RunError) -> [RunEvent] {
        let votes = votes[node] ?? []
        if let text = request.refusal(of: decision, votes: votes) { throw RunError(.notAllowed, text) }
        let name = name(of: node)
        let fact = RunEvent.approvalDecided(node: name, decision: decision)
        // A way back has to be open when it is asked for, not only when the last one agrees.
        let rewind = try decision.resolution == .sendBack ? self.rewind(for: decision, request, at: node) : nil
        guard request.isCarried(by: decision, votes: votes) else { return [fact] }
        if let rewind { return [fact, .runRewound(rewind)] }
        return [fact] + consequences(of: decision, request, node, result: result, at: now)
    }

    private func consequences(
        of decision: ApprovalDecision, _ request: ApprovalRequest, _ node: Int, result: Digest, at now: Timestamp
    ) -> [RunEvent] {
        let name = name(of: node)
        let attempt = Int(nodes[node].attempt)
        func failed(_ failure: NodeFailure, retryAt: Timestamp? = nil) -> [RunEvent] {
            [.nodeFailed(node: name, attempt: attempt, failure: failure, retryAt: retryAt)]
        }
        let said = decision.comment.map { ": \($0)" } ?? ""
        switch (decision.resolution, request.checkpoint) {
        case (.abort, _):
            let fact = RunEvent.cancelRequested(by: decision.by, reason: "aborted by \(decision.by)\(said)")
            // A cancelled run goes on with what cleans up, so that the node that asked has to end by itself.
            return [fact] + (nodes[node].planNode < plan.finallyStart ? [] : [.nodeCancelled(node: name)])
        case (.skip, _): return [.nodeSkipped(node: name, reason: "skipped by \(decision.by)\(said)")]
        case (.rejected, .tool): return [.nodeReleased(node: name, opens: true)]
        case (.rejected, .onError):
            let text = request.failure.map { "\($0.message); " } ?? ""
            return failed(NodeFailure(.rejected, "\(text)rejected by \(decision.by)\(said)"))
        case (.rejected, _): return failed(NodeFailure(.rejected, "rejected by \(decision.by)\(said)"))
        case (.approved, .gate), (.modified, .gate):
            return [.nodeSucceeded(node: name, attempt: attempt, result: result)]
        case (.approved, .onError): return failed(request.failure ?? NodeFailure(.rejected, "failed"))
        case (.retry, .onError), (.modified, .onError):
            // Nothing of it has run: its condition is to be evaluated again.
            if attempt == 0 { return [.nodeReleased(node: name, opens: true)] }
            return failed(request.failure ?? NodeFailure(.rejected, "failed"), retryAt: now)
        case (.retry, _): return [.nodeReleased(node: name, opens: false)]
        case (.approved, _), (.modified, _): return [.nodeReleased(node: name, opens: true)]
        // The way back was found before.
        case (.sendBack, _): return []
        }
    }

    /// What follows when nobody has answered in time. Silence is no answer: where it leaves a trace of its own, that says
    /// `deadline`.
    func unanswered(_ node: Int, _ request: ApprovalRequest, result: Digest, at now: Timestamp) -> [RunEvent] {
        guard let deadline = request.deadline, deadline <= now else { return [] }
        let text = "nobody answered before \(deadline.iso8601)"
        let attempt = Int(nodes[node].attempt)
        func answered(_ resolution: ApprovalDecision.Resolution) -> [RunEvent] {
            let decision = ApprovalDecision(resolution, by: "deadline", comment: text, at: now)
            return [.approvalDecided(node: name(of: node), decision: decision)]
                + consequences(of: decision, request, node, result: result, at: now)
        }
        switch (request.onDeadline, request.checkpoint) {
        case (.approve, _): return answered(.approved)
        case (.skip, _): return answered(.skip)
        case (.abort, _): return answered(.abort)
        case (.reject, .tool): return answered(.rejected)
        case (.reject, _):
            let failure = NodeFailure(.rejected, text)
            return [.nodeFailed(node: name(of: node), attempt: attempt, failure: failure, retryAt: nil)]
        case (.fail, _):
            let failure = NodeFailure(.timeout, text)
            return [.nodeFailed(node: name(of: node), attempt: attempt, failure: failure, retryAt: nil)]
        }
    }

    /// The facts that an answer to the question of a paused run makes.
    func pauseDecided(_ decision: ApprovalDecision) throws(RunError) -> [RunEvent] {
        try checkNotEnded()
        guard let request = pauseQuestion else {
            throw RunError(.notWaitingForApproval, "the run as a whole waits for no answer")
        }
        if let text = request.refusal(of: decision, votes: []) { throw RunError(.notAllowed, text) }
        let fact = RunEvent.pauseDecided(decision)
        let said = decision.comment.map { ": \($0)" } ?? ""
        switch decision.resolution {
        case .approved, .modified: return [fact, .runResumed(by: decision.by)]
        case .rejected:
            return [fact, .cancelRequested(by: decision.by, reason: "rejected by \(decision.by)\(said)")]
        case .abort: return [fact, .cancelRequested(by: decision.by, reason: "aborted by \(decision.by)\(said)")]
        case .sendBack:
            let rewind = try rewind(for: decision, request, at: nil)
            return [fact, .runRewound(rewind), .runResumed(by: decision.by)]
        // Refused before: they are about one node.
        case .retry, .skip: return []
        }
    }

    // MARK: Facts

    /// The question of a node is answered.
    mutating func releaseWait(_ node: Int, opens: Bool) {
        guard nodes[node].status == .waiting, nodes[node].status.allows(.ready) else { return }
        release(node)
        setWait(node, nil)
        set(node, .ready)
        nodes[node].isGateOpen = opens
        effects.append(.prepare(node))
        if isStopped(node) { condemned.append(node) }
    }
}
