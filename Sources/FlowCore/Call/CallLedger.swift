// SPDX-License-Identifier: Apache-2.0

/// The calls of a run and what they cost, as the run machine keeps them. Each step costs the call and the budgets that it
/// counts for: at most two.
///
/// A call is open from its start to its end. When its attempt ends first, nobody knows whether it was answered, and what
/// was set aside for it becomes its charge. A call of a part, the run of a sub-workflow, is open as long as its node can
/// still hear of it: until the node has ended.
public struct CallLedger: Sendable {
    /// What all ended calls have cost.
    public private(set) var spent = CallCharge()
    /// What the tapes of earlier runs have answered: calls that cost nothing here.
    public private(set) var tapedCount = 0
    /// How many calls have begun.
    public private(set) var count = 0
    /// How many have begun and not ended.
    public private(set) var openCount = 0
    /// That of the run first, if it has one, then those of nodes.
    public internal(set) var budgets: [BudgetUse] = []
    /// The budget of a node of the plan.
    private var budgetOfNode: [Int: Int] = [:]
    private var runBudget: Int?
    /// By the machine's index of the node: the last number of a call, and what is set aside for those that are open.
    private var lastNumbers: [Int: Int] = [:]
    private var open: [Int: [Int: OpenCall]] = [:]
    /// Budgets of which something may have to be told, the last first.
    private(set) var unsettled: [Int] = []
    /// Whether any budget has a limit in time.
    let watchesTime: Bool

    private struct OpenCall {
        var reservation: CallCharge
        var isPart: Bool
    }

    init(plan: Plan) {
        var watchesTime = false
        if let budget = plan.definition.budget {
            runBudget = 0
            budgets.append(BudgetUse(budget, node: nil))
            watchesTime = budget.time != nil
        }
        for (index, node) in plan.nodes.enumerated() {
            guard let budget = node.options.budget else { continue }
            budgetOfNode[index] = budgets.count
            budgets.append(BudgetUse(budget, node: node.id))
            watchesTime = watchesTime || budget.time != nil
        }
        self.watchesTime = watchesTime
    }

    // MARK: Reading

    /// The number of a node's next call: 1 for the first of all its attempts.
    public func nextNumber(of node: Int) -> Int { lastNumbers[node, default: 0].addingClamped(1) }

    /// Whether a call has begun and not ended.
    public func isOpen(_ node: Int, number: Int) -> Bool { open[node]?[number] != nil }

    /// What is set aside for open calls.
    public var reserved: CallCharge {
        open.values.reduce(CallCharge()) { sum, calls in calls.values.reduce(sum) { $0 + $1.reservation } }
    }

    /// Whether a call of a part has begun and not ended.
    public func isOpenPart(_ node: Int, number: Int) -> Bool { open[node]?[number]?.isPart ?? false }

    /// The calls of parts that have begun and not ended, in order.
    public var openParts: [(node: Int, number: Int)] {
        guard openCount > 0 else { return [] }
        return open.flatMap { node, calls in calls.filter(\.value.isPart).keys.map { (node, $0) } }
            .sorted { ($0.node, $0.number) < ($1.node, $1.number) }
    }

    /// The budgets that a call of a node counts for.
    func budgets(of planNode: Int) -> [Int] {
        guard !budgets.isEmpty else { return [] }
        return [runBudget, budgetOfNode[planNode]].compactMap { $0 }
    }

    /// The place of a budget by its node; nil for that of the run.
    func budget(of node: String?) -> Int? {
        guard let node else { return runBudget }
        return budgets.firstIndex { $0.node == node }
    }

    /// The first budget that a call does not fit, with the reason.
    func refusal(of call: CallStart, planNode: Int, countsOpen: Bool) -> (budget: Int, text: String)? {
        for place in budgets(of: planNode) {
            if let text = budgets[place].refusal(of: call, countsOpen: countsOpen) { return (place, text) }
        }
        return nil
    }

    // MARK: Calls

    mutating func begin(_ node: Int, planNode: Int, number: Int, reservation: CallCharge, isPart: Bool) {
        let charge = reservation.clampedToPositive
        lastNumbers[node] = number
        open[node, default: [:]][number] = OpenCall(reservation: charge, isPart: isPart)
        count += 1
        openCount += 1
        for place in budgets(of: planNode) { budgets[place].reserved = budgets[place].reserved + charge }
    }

    mutating func end(_ node: Int, planNode: Int, number: Int, charge: CallCharge, isTaped: Bool) {
        guard let call = open[node]?.removeValue(forKey: number) else { return }
        if open[node]?.isEmpty == true { open[node] = nil }
        if isTaped { tapedCount += 1 }
        settle(call.reservation, as: charge.clampedToPositive, planNode: planNode)
    }

    /// The attempt of a node has ended, or with `parts` the node: open calls will never be known to have ended.
    mutating func close(_ node: Int, planNode: Int, parts: Bool) {
        guard openCount > 0, let calls = open.removeValue(forKey: node) else { return }
        let left = parts ? [:] : calls.filter(\.value.isPart)
        if !left.isEmpty { open[node] = left }
        for (number, call) in calls where left[number] == nil {
            settle(call.reservation, as: call.reservation, planNode: planNode)
        }
    }

    private mutating func settle(_ reservation: CallCharge, as charge: CallCharge, planNode: Int) {
        openCount -= 1
        spent = spent + charge
        for place in budgets(of: planNode) {
            budgets[place].reserved = budgets[place].reserved - reservation
            budgets[place].spent = budgets[place].spent + charge
            unsettled.append(place)
        }
    }

    // MARK: Time

    /// An attempt of a node begins to run; gives the budgets for which time begins to count.
    mutating func beginWork(planNode: Int, at now: Timestamp) -> [Int] {
        guard watchesTime else { return [] }
        let places = budgets(of: planNode).filter { budgets[$0].budget.time != nil }
        for place in places { budgets[place].beginWork(at: now) }
        return places.filter { budgets[$0].running == 1 }
    }

    mutating func endWork(planNode: Int, at now: Timestamp) {
        guard watchesTime else { return }
        for place in budgets(of: planNode) where budgets[place].budget.time != nil {
            budgets[place].endWork(at: now)
            unsettled.append(place)
        }
    }

    // MARK: Limits

    mutating func noteTold(_ place: Int, _ measure: BudgetMeasure, _ percent: Int) {
        budgets[place].told[measure] = Swift.max(percent, budgets[place].told[measure, default: 0])
    }

    mutating func noteOver(_ place: Int) { budgets[place].isOver = true }

    /// A person lets the run go on: what is used up and pauses at its limit is granted once more.
    mutating func grantPaused() {
        for place in budgets.indices where budgets[place].isOver && budgets[place].budget.onExceed == .pause {
            budgets[place].grants += 1
            budgets[place].isOver = false
            budgets[place].told = [:]
            unsettled.append(place)
        }
    }

    /// Forgets budgets of which nothing is to be told.
    mutating func dropSettled(at now: Timestamp) {
        while let place = unsettled.last, budgets[place].alert(at: now) == nil, budgets[place].excess(at: now) == nil {
            unsettled.removeLast()
        }
    }

    mutating func noteUnsettled(_ place: Int) { if budgets.indices.contains(place) { unsettled.append(place) } }
}

extension CallCharge {
    /// No less than nothing: sums must not shrink because of what comes from outside.
    var clampedToPositive: CallCharge {
        CallCharge(tokens: Swift.max(0, tokens), money: Swift.max(.zero, money), isPriced: isPriced)
    }

    static func - (a: CallCharge, b: CallCharge) -> CallCharge {
        CallCharge(
            tokens: Swift.max(0, a.tokens.addingClamped(-b.tokens)), money: Swift.max(.zero, a.money - b.money),
            isPriced: a.isPriced)
    }
}
