// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// What the world does when all is well.
extension RunSimulation {
    /// Nodes that wait for an answer, in order.
    var approvals: [Int] {
        machine.waits.filter { if case .approval = $0.value { true } else { false } }.keys.sorted()
    }

    mutating func doChore() {
        // Mostly in order, sometimes not.
        let effect = chores.remove(at: random.chance(70) ? 0 : random.below(chores.count))
        switch effect {
        case .prepare(let node):
            guard machine.nodes[node].status == .ready else { return }
            let prepared = preparation(of: node)
            if case .prepared = prepared, let gate = machine.gate(before: node) {
                let request = ApprovalRequest(prompt: "may it?", checkpoint: gate.checkpoint)
                answer(.asked(node, approvalPolicy.completed(request, submitter: nil, at: clock.now)))
            } else if case .prepared = prepared, machine.nodes[node].attempt == 0, random.chance(10) {
                answer(.fingerprinted(node, .zero))
                guard random.chance(60) else { return answer(prepared) }
                answer(.reused(node, from: NodeOrigin(run: "other", node: "n"), result: .zero))
            } else {
                answer(prepared)
            }
        case .join(let node):
            let isSample = machine.definition(of: node).options.foreach?.keepsOutputTypes == true
            if isSample, random.chance(30) {
                answer(.joinFailed(node, NodeFailure(.disagreement, "chance")))
            } else {
                answer(.joined(node, result: .zero))
            }
        default: break
        }
    }

    /// Gives an answer and keeps it, to give it again later.
    mutating func answer(_ input: RunInput) {
        send(input)
        if stale.count < 40 { stale.append(input) }
    }

    private mutating func preparation(of node: Int) -> RunInput {
        if random.chance(8) { return .conditionFalse(node, reason: "chance") }
        if random.chance(4) {
            return .evaluationFailed(node, NodeFailure(random.pick([.expression, .rejected]), "chance"))
        }
        let isItem = machine.nodes[node].item >= 0
        guard machine.definition(of: node).options.foreach != nil, !isItem else { return .prepared(node) }
        return .expanded(node, keys: (0..<random.below(6)).map { "k\($0)" }, items: .zero)
    }

    /// Makes the pending facts durable, then lets the world see the effects.
    mutating func commit() {
        log += pending
        pending.removeAll()
        let effects = outbox
        outbox.removeAll()
        for effect in effects where problems.isEmpty { perform(effect) }
        checkCancelling()
    }

    private mutating func perform(_ effect: RunEffect) {
        switch effect {
        case .run(let node, let attempt):
            if let other = attempts[node] { problems.append("attempts \(other) and \(attempt) of node \(node) run") }
            attempts[node] = attempt
            cancelling.remove(node)
            restarting.remove(node)
        case .cancel(let node, let attempt):
            if attempts[node] == attempt {
                cancelling.insert(node)
            } else if watches.contains(node) {
                unwanted.insert(node)
            } else {
                send(.cancelled(node, attempt: attempt))
            }
        case .restart(let node, let attempt): if attempts[node] == attempt { restarting.insert(node) }
        case .wake(let node, let moment): wakes[node] = moment
        case .watch(let node, _): watches.insert(node)
        case .prepare, .join, .close, .watchTime: break
        }
    }

    /// An attempt begins a call, or the sub-workflow that a node waits for, or one of their calls ends.
    mutating func moveCall() {
        let node = random.pick(attempts.keys.sorted() + watches.sorted())
        let attempt = attempts[node] ?? oracle.nodes[node].attempt
        let kind: CallIntent.Kind = attempts[node] == nil ? .part : random.pick(CallIntent.Kind.allCases)
        let open = oracle.openCalls(of: node)
        if !open.isEmpty, random.chance(60) {
            let index = random.pick(open)
            let end = CallEnd(reply: .zero, charge: charge(), isTaped: random.chance(10))
            return answer(.callEnded(node, attempt: attempt, index: index, end))
        }
        let call = CallStart(
            kind: kind, name: "m", request: .zero, reservation: charge())
        let verdict = machine.verdict(on: call, of: node, attempt: attempt)
        oracle.check(verdict, on: call, of: node, attempt: attempt)
        let before = pending.count
        send(.callBegan(node, attempt: attempt, call))
        let isStarted = pending.dropFirst(before).contains {
            if case .callStarted = $0.event { true } else { false }
        }
        if case .admitted = verdict, !isStarted { problems.append("a call that is admitted does not start") }
        if isStarted, case .admitted = verdict {
        } else if isStarted {
            problems.append("a call starts after \(verdict)")
        }
    }

    private mutating func charge() -> CallCharge {
        CallCharge(
            tokens: random.below(60), money: Money(dollars: Double(random.below(40)) / 100),
            isPriced: random.chance(95))
    }

    /// Whatever must stop has been told to.
    private mutating func checkCancelling() {
        guard pending.isEmpty, outbox.isEmpty else { return }
        for node in attempts.keys where oracle.isStopped(node) && oracle.runs(node) && !cancelling.contains(node) {
            problems.append("`\(machine.name(of: node))` runs on although it is cancelled")
        }
        for node in watches where oracle.isStopped(node) && !unwanted.contains(node) {
            problems.append("the sub-workflow of `\(machine.name(of: node))` runs on although it is cancelled")
        }
    }

    mutating func endAttempt() {
        let node = random.pick(attempts.keys.sorted())
        guard let attempt = attempts[node] else { return }
        let wasCancelled = cancelling.contains(node)
        attempts[node] = nil
        cancelling.remove(node)
        clock.advance(by: Milliseconds(Int64(random.below(30))))
        if restarting.remove(node) != nil, !wasCancelled {
            return answer(.interrupted(node, attempt: attempt))
        }
        if wasCancelled, random.chance(60) { return answer(.cancelled(node, attempt: attempt)) }
        if machine.definition(of: node).options.repetition != nil, random.chance(50) {
            let next = clock.now.advanced(by: Milliseconds(Int64(random.below(100))))
            return answer(.repeated(node, attempt: attempt, result: .zero, at: next))
        }
        switch random.below(100) {
        case ..<60: answer(.succeeded(node, attempt: attempt, result: .zero))
        case ..<80: answer(.failed(node, attempt: attempt, randomFailure()))
        case ..<88:
            answer(
                .waiting(node, attempt: attempt, .until(clock.now.advanced(by: Milliseconds(Int64(random.below(500))))))
            )
        case ..<95: answer(.waiting(node, attempt: attempt, .approval(question())))
        default: answer(.waiting(node, attempt: attempt, .run("child")))
        }
    }

    private mutating func randomFailure() -> NodeFailure {
        NodeFailure(
            random.pick(FailureReason.allCases), "chance",
            retryAfter: random.chance(20) ? Milliseconds(Int64(random.below(3000))) : nil)
    }

    private mutating func question() -> ApprovalRequest {
        let deadline = random.chance(50) ? clock.now.advanced(by: Milliseconds(Int64(random.below(2000)))) : nil
        return ApprovalRequest(
            prompt: "go on?", deadline: deadline,
            onDeadline: random.pick(ApprovalRequest.DeadlineAction.allCases))
    }

    mutating func endChild() {
        let node = random.pick(watches.sorted())
        watches.remove(node)
        if unwanted.remove(node) != nil, random.chance(70) {
            return answer(.childEnded(node, result: nil, failure: nil))
        }
        let failure = random.chance(40) ? NodeFailure(.child, "chance") : nil
        send(.childEnded(node, result: failure == nil ? .zero : nil, failure: failure))
    }

    mutating func decide() {
        let node = random.pick(approvals)
        answer(.decided(node, decision(), result: .zero))
    }

    mutating func decidePause() { send(.pauseDecided(decision())) }

    private mutating func decision() -> ApprovalDecision {
        let targets = rewinds < 3 ? plan.nodes.map(\.id) : []
        let decision = random.decision(
            by: "person \(random.below(6))", at: clock.now, mayAbort: mayCancel, targets: targets)
        if decision.resolution == .sendBack { rewinds += 1 }
        return decision
    }

    mutating func passTime() {
        guard let next = wakes.values.min() else { return }
        if random.chance(80) { clock.advance(to: next) } else { clock.advance(by: Milliseconds(1)) }
        for node in wakes.keys.sorted() {
            guard let moment = wakes[node], moment <= clock.now else { continue }
            wakes[node] = nil
            send(.woken(node))
        }
    }
}
