// SPDX-License-Identifier: Apache-2.0

extension RunMachine {
    /// The facts that an input makes by itself.
    public func decide(_ input: RunInput, at now: Timestamp) throws(RunError) -> [RunEvent] {
        switch input {
        case .start(let engine):
            return ended == nil ? [.runStarted(engine: engine)] : []
        case .pause(let by):
            try checkNotEnded()
            if isPaused { throw RunError(.alreadyPaused, "the run is paused already") }
            return [.runPaused(by: by)] + (approvals.asksAtPause ? [.pauseAsked(pauseRequest(by: by))] : [])
        case .resume(let by):
            try checkNotEnded()
            if !isPaused { throw RunError(.notPaused, "the run is not paused") }
            if pauseQuestion != nil { throw RunError(.notAllowed, "the run waits for an answer before it goes on") }
            return [.runResumed(by: by)]
        case .cancel(let by, let reason):
            try checkNotEnded()
            return cancellation == nil || isPaused ? [.cancelRequested(by: by, reason: reason)] : []
        case .prepared: return []
        case .conditionFalse(let node, let reason):
            return has(node, .ready) ? [.nodeSkipped(node: name(of: node), reason: reason)] : []
        case .fingerprinted(let node, let fingerprint):
            guard has(node, .ready), !nodes[node].isExpanded else { return [] }
            return [.nodeFingerprinted(node: name(of: node), fingerprint: fingerprint)]
        case .reused(let node, let origin, let result):
            // A node that stands in line for a slot is ready too, and may still be spared.
            // What has run already, or is to be asked about first, is not.
            guard has(node, .ready), !nodes[node].isExpanded, !isStopped(node), nodes[node].attempt == 0,
                gate(before: node) == nil
            else { return [] }
            return [.nodeReused(node: name(of: node), from: origin, result: result)]
        case .expanded(let node, let keys, let items):
            guard has(node, .ready), !nodes[node].isExpanded else { return [] }
            return [.nodeExpanded(node: name(of: node), keys: keys, items: items)]
        case .evaluationFailed(let node, let failure):
            guard has(node, .ready) else { return [] }
            return [final(node, attempt: 0, failure, at: now)]
        case .asked(let node, let request):
            guard has(node, .ready), gate(before: node) != nil else { return [] }
            return [
                .nodeWaiting(node: name(of: node), attempt: Int(nodes[node].attempt), wait: .approval(request))
            ]
        case .succeeded(let node, let attempt, let result):
            return isRunning(node, attempt)
                ? [.nodeSucceeded(node: name(of: node), attempt: attempt, result: result)] : []
        case .repeated(let node, let attempt, let result, let moment):
            let isAwaited = has(node, .waiting) && Int(nodes[node].attempt) == attempt
            guard isRunning(node, attempt) || isAwaited else { return [] }
            if isStopped(node) { return [.nodeCancelled(node: name(of: node))] }
            return [.nodeRepeated(node: name(of: node), attempt: attempt, result: result, at: moment)]
        case .failed(let node, let attempt, let failure):
            return isRunning(node, attempt) ? [failed(node, attempt: attempt, failure: failure, at: now)] : []
        case .waiting(let node, let attempt, let wait):
            return isRunning(node, attempt)
                ? [.nodeWaiting(node: name(of: node), attempt: attempt, wait: wait)] : []
        case .cancelled(let node, let attempt):
            return isRunning(node, attempt) ? [.nodeCancelled(node: name(of: node))] : []
        case .interrupted(let node, let attempt):
            // Who recovers a store after a crash notes the fact without deciding what follows from it.
            let isNoted = has(node, .interrupted) && Int(nodes[node].attempt) == attempt
            guard isNoted || isRunning(node, attempt) else { return [] }
            let facts = isNoted ? [] : [RunEvent.nodeInterrupted(node: name(of: node), attempt: attempt)]
            guard !isStopped(node), options(of: node).onInterrupt == .fail else { return facts }
            let failure = NodeFailure(.interrupted, "the engine ended while attempt \(attempt) ran")
            return facts + [final(node, attempt: attempt, failure, at: now)]
        case .timePassed: return []
        case .callBegan(let node, let attempt, let call): return callBegan(node, attempt: attempt, call)
        case .callEnded(let node, let attempt, let index, let end):
            let isAwaited = isRunning(node, attempt) || calls.isOpenPart(node, number: index)
            guard isAwaited, calls.isOpen(node, number: index) else { return [] }
            return [.callEnded(node: name(of: node), attempt: attempt, index: index, end: end)]
        case .sharedBudget(let name, let measure, let percent, let reason):
            guard ended == nil else { return [] }
            return [.sharedBudget(name: name, measure: measure, percent: percent, reason: reason)]
        case .woken(let node): return woken(node, at: now)
        case .expired(let node, let result):
            guard has(node, .waiting), case .approval(let request) = waits[node] else { return [] }
            return unanswered(node, request, result: result, at: now)
        case .decided(let node, let decision, let result):
            guard nodes.indices.contains(node), case .approval(let request) = waits[node] else {
                throw RunError(.notWaitingForApproval, "no answer is awaited there")
            }
            return try decided(node, request, decision, result: result, at: now)
        case .pauseDecided(let decision): return try pauseDecided(decision)
        case .intervened(let node, let intervention): return [try intervened(node, intervention)]
        case .joined(let node, let result): return joined(node, result: result)
        case .joinFailed(let node, let failure):
            guard has(node, .running), let expansion = expansions[node], expansion.open == 0 else { return [] }
            if isStopped(node) { return [.nodeCancelled(node: name(of: node))] }
            return [.nodeFailed(node: name(of: node), attempt: 1, failure: failure, retryAt: nil)]
        case .childEnded(let node, let result, let failure):
            guard has(node, .waiting), case .run = waits[node] else { return [] }
            let attempt = Int(nodes[node].attempt)
            if let failure { return [failed(node, attempt: attempt, failure: failure, at: now)] }
            guard let result else { return [.nodeCancelled(node: name(of: node))] }
            return [.nodeSucceeded(node: name(of: node), attempt: attempt, result: result)]
        }
    }

    func checkNotEnded() throws(RunError) {
        if let ended { throw RunError(.runEnded, "the run has ended: \(ended.status.rawValue)") }
    }

    func isRunning(_ node: Int, _ attempt: Int) -> Bool {
        has(node, .running) && Int(nodes[node].attempt) == attempt && !nodes[node].isExpanded
    }

    private func failed(_ node: Int, attempt: Int, failure: NodeFailure, at now: Timestamp) -> RunEvent {
        let policy = options(of: node).retry ?? .none
        let failures = Int(nodes[node].failures) + 1
        var retryAt: Timestamp?
        if failures < policy.maxAttempts, !isStopped(node), policy.covers(failure) {
            let wait = policy.wait(
                afterFailure: failures, asked: failure.retryAfter, chance: chance(node: node, failures: failures))
            let at = now.advanced(by: wait)
            if let total = policy.maxTotal, let first = firstStarts[node], at.since(first) > total {
                retryAt = nil
            } else {
                retryAt = at
            }
        }
        guard retryAt == nil else {
            return .nodeFailed(node: name(of: node), attempt: attempt, failure: failure, retryAt: retryAt)
        }
        return final(node, attempt: attempt, failure, at: now)
    }

    /// A number from 0 up to 1 that is the same each time (SplitMix64).
    private func chance(node: Int, failures: Int) -> Double {
        var z = seed &+ UInt64(node) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(failures) &* 0xD1B5_4A32_D192_ED03
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((z ^ (z >> 31)) >> 11) / 9_007_199_254_740_992
    }

    private func woken(_ node: Int, at now: Timestamp) -> [RunEvent] {
        guard has(node, .waiting) else { return [] }
        let attempt = Int(nodes[node].attempt)
        switch waits[node] {
        case .until(let moment) where moment <= now:
            return [.nodeSucceeded(node: name(of: node), attempt: attempt, result: emptyResult)]
        case .approval(let request): return unanswered(node, request, result: emptyResult, at: now)
        default: return []
        }
    }

    private func joined(_ node: Int, result: Digest) -> [RunEvent] {
        guard has(node, .running), let expansion = expansions[node], expansion.open == 0 else { return [] }
        if isStopped(node) { return [.nodeCancelled(node: name(of: node))] }
        if let failed = expansion.firstFailed, options(of: node).foreach?.failureMode != .continue {
            let failure = NodeFailure(.child, "`\(name(of: failed))` failed")
            return [.nodeFailed(node: name(of: node), attempt: 1, failure: failure, retryAt: nil)]
        }
        return [.nodeSucceeded(node: name(of: node), attempt: 1, result: result)]
    }

    /// The next fact that follows from the state alone.
    func consequence() -> RunEvent? {
        if let next = doomed.last {
            return .nodeOmitted(
                node: name(of: next.node),
                reason: "`\(name(of: next.need))` ended as \(nodes[next.need].status.rawValue)")
        }
        if let next = condemned.last { return .nodeCancelled(node: name(of: next)) }
        guard ended == nil, isEngaged else { return nil }
        if let fact = budgetConsequence() { return fact }
        if !isPaused {
            if let next = freed.last {
                return .nodeStarted(node: name(of: next), attempt: Int(nodes[next].attempt) + 1)
            }
            if usedSlots < slots, let next = queue.first {
                return .nodeStarted(node: name(of: next), attempt: Int(nodes[next].attempt) + 1)
            }
        }
        guard openMain + openFinally == 0 else { return nil }
        if let cancellation { return .runEnded(.cancelled, reason: cancellation.reason) }
        if let failedNode { return .runEnded(.failed, reason: "node `\(name(of: failedNode))` failed") }
        return .runEnded(.succeeded, reason: nil)
    }
}
