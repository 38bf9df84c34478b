// SPDX-License-Identifier: Apache-2.0

/// What the machine says to a call that an attempt wants to make.
public enum CallVerdict: Sendable, Hashable {
    /// It may be made, under this index.
    case admitted(index: Int)
    /// It does not fit beside the calls that are open; most of them will cost less than what is set aside for them.
    case waits
    /// It does not fit, and will not; the text names the budget.
    case refused(String)
    /// The same, but the run pauses at that limit, and a person may grant more.
    case held(String)
    /// The attempt does not run any more.
    case stale
}

/// Calls and budgets.
extension RunMachine {
    /// What becomes of a call that an attempt wants to make.
    public func verdict(on call: CallStart, of node: Int, attempt: Int) -> CallVerdict {
        guard takesCall(call.kind, of: node, attempt) else { return .stale }
        let planNode = Int(nodes[node].planNode)
        if let refusal = calls.refusal(of: call, planNode: planNode, countsOpen: false) {
            let budget = calls.budgets[refusal.budget]
            let isHeld =
                budget.budget.onExceed == .pause && budget.canGrow && budget.isExhausted(by: call)
                && cancellation == nil
            return isHeld ? .held(refusal.text) : .refused(refusal.text)
        }
        if calls.refusal(of: call, planNode: planNode, countsOpen: true) != nil { return .waits }
        return .admitted(index: calls.nextNumber(of: node))
    }

    /// Whether what a node's sub-workflow spends counts for a budget here.
    public func hasBudget(_ node: Int) -> Bool {
        nodes.indices.contains(node) && !calls.budgets(of: Int(nodes[node].planNode)).isEmpty
    }

    /// Whether the parts of a node can still make calls that count for it.
    public func takesParts(_ node: Int) -> Bool {
        guard ended == nil, nodes.indices.contains(node) else { return false }
        let state = nodes[node]
        return state.attempt > 0 && !state.status.isTerminal && !state.isExpanded
    }

    /// Whether an attempt may make calls. What a node's sub-workflow does goes on while the node waits for it, and also
    /// when the engine that ran the node has died.
    func takesCall(_ kind: CallIntent.Kind, of node: Int, _ attempt: Int) -> Bool {
        kind == .part ? takesParts(node) && Int(nodes[node].attempt) == attempt : isRunning(node, attempt)
    }

    /// Why the agent of a node should come to its end: a budget that wraps up is past its warning. Nil while none is.
    public func budgetWarning(of node: Int) -> String? {
        for place in calls.budgets(of: Int(nodes[node].planNode)) {
            let use = calls.budgets[place]
            guard use.budget.onExceed == .wrapUp else { continue }
            let own = Int((use.budget.warnAt * 100).rounded())
            if use.isOver || use.told.values.contains(where: { $0 >= own }) { return "\(use.title) is nearly used up" }
        }
        return nil
    }

    /// A call that is made is a fact; the first one that does not fit makes its budget's end one.
    func callBegan(_ node: Int, attempt: Int, _ call: CallStart) -> [RunEvent] {
        switch verdict(on: call, of: node, attempt: attempt) {
        case .admitted(let index):
            return [.callStarted(node: name(of: node), attempt: attempt, index: index, call: call)]
        case .refused(let text), .held(let text):
            guard ended == nil,
                let refusal = calls.refusal(of: call, planNode: Int(nodes[node].planNode), countsOpen: false)
            else { return [] }
            let budget = calls.budgets[refusal.budget]
            guard !budget.isOver, budget.isExhausted(by: call) else { return [] }
            return [.budgetExceeded(node: budget.node, reason: text)]
        case .waits, .stale: return []
        }
    }

    /// The next fact that follows from what budgets say.
    func budgetConsequence() -> RunEvent? {
        if let place = calls.unsettled.last {
            let budget = calls.budgets[place]
            if let alert = budget.alert(at: moment) {
                return .budgetReached(node: budget.node, measure: alert.measure, percent: alert.percent)
            }
            if let text = budget.excess(at: moment) { return .budgetExceeded(node: budget.node, reason: text) }
        }
        if let stopReason, cancellation == nil { return .cancelRequested(by: "budget", reason: stopReason) }
        if wantsPause, !isPaused, cancellation == nil { return .runPaused(by: "budget") }
        return nil
    }

    mutating func beginCall(_ node: Int, attempt: Int, index: Int, _ call: CallStart) {
        guard takesCall(call.kind, of: node, attempt), index == calls.nextNumber(of: node) else { return }
        calls.begin(
            node, planNode: Int(nodes[node].planNode), number: index, reservation: call.reservation,
            isPart: call.kind == .part)
    }

    /// The attempt of a node has ended.
    mutating func endWork(of node: Int) {
        let planNode = Int(nodes[node].planNode)
        calls.close(node, planNode: planNode, parts: false)
        if calls.watchesTime { calls.endWork(planNode: planNode, at: lastFact) }
    }

    mutating func exceed(_ budget: Int, reason: String) {
        guard !calls.budgets[budget].isOver else { return }
        calls.noteOver(budget)
        guard cancellation == nil, ended == nil else { return }
        switch calls.budgets[budget].budget.onExceed {
        case .wrapUp: break
        case .pause: wantsPause = !isPaused
        case .stop: stopReason = stopReason ?? reason
        }
    }

    mutating func grantBudgets() {
        wantsPause = false
        calls.grantPaused()
        guard calls.watchesTime else { return }
        for budget in calls.budgets.indices { watchTime(of: budget) }
    }

    mutating func watchTime(of budget: Int, after earliest: Timestamp? = nil) {
        guard calls.budgets.indices.contains(budget), let next = calls.budgets[budget].nextMoment else { return }
        effects.append(.watchTime(budget: budget, at: earliest.map { Swift.max($0, next) } ?? next))
    }
}
