// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// Calls and budgets by the slow way: all sums are made anew each time.
extension RunSimulationOracle {
    /// The indices of a node's calls that have begun and not ended.
    func openCalls(of node: Int) -> [Int] { calls.filter { $0.node == node && $0.charge == nil }.map(\.index) }

    /// Whether an attempt may make calls, or the parts of its node.
    func takesCall(_ kind: CallIntent.Kind, of node: Int, _ attempt: Int) -> Bool {
        guard nodes[node].attempt == attempt else { return false }
        guard kind == .part else { return runs(node) }
        return ended == nil && attempt > 0 && !nodes[node].status.isTerminal && nodes[node].items == nil
    }

    /// The budget of a node, or of the run.
    func budget(of name: String?) -> BudgetDefinition? {
        guard let name else { return plan.definition.budget }
        return plan.index(of: name).flatMap { plan.nodes[$0].options.budget }
    }

    /// The names of the budgets that calls of a node count for; nil for that of the run.
    private func budgets(of planNode: Int) -> [String?] {
        let names: [String?] = [nil, plan.nodes[planNode].id]
        return names.filter { budget(of: $0) != nil }
    }

    /// What calls have cost, and what is set aside for those that are open.
    private func sums(of name: String?) -> (spent: CallCharge, reserved: CallCharge) {
        var sums = (CallCharge(), CallCharge())
        for call in calls where name == nil || plan.nodes[call.planNode].id == name {
            if let charge = call.charge { sums.0 = sums.0 + charge } else { sums.1 = sums.1 + call.reservation }
        }
        return sums
    }

    /// The first budget that a call does not fit, nil when it fits all; an inner nil stands for the run.
    func refusal(of call: CallStart, planNode: Int, countsOpen: Bool) -> String?? {
        for name in budgets(of: planNode) {
            guard let budget = budget(of: name) else { continue }
            if over.contains(name) { return .some(name) }
            let (spent, reserved) = sums(of: name)
            let factor = grants[name, default: 1]
            if let limit = budget.dollars {
                let used = spent.money + (countsOpen ? reserved.money : .zero) + call.reservation.money
                if !call.reservation.isPriced || used > Money(dollars: limit) * factor { return .some(name) }
            }
            if let limit = budget.tokens {
                let used = spent.tokens + (countsOpen ? reserved.tokens : 0) + call.reservation.tokens
                if used > limit * factor { return .some(name) }
            }
        }
        return nil
    }

    /// Compares what the machine says to a call with the sums.
    func check(_ verdict: CallVerdict, on call: CallStart, of node: Int, attempt: Int) {
        let planNode = nodes[node].planNode
        let isHopeless = refusal(of: call, planNode: planNode, countsOpen: false) != nil
        let fits = refusal(of: call, planNode: planNode, countsOpen: true) == nil
        let isRunning = takesCall(call.kind, of: node, attempt)
        let isRight =
            switch verdict {
            case .stale: !isRunning
            case .admitted: isRunning && fits
            case .waits: isRunning && !fits && !isHopeless
            case .refused, .held: isRunning && isHopeless
            }
        expect(isRight, "a call is \(verdict), which the sums do not say")
    }

    mutating func noteTold(_ event: RunEvent, _ name: String?, _ measure: BudgetMeasure, _ percent: Int) {
        expect(told[name, default: []].insert("\(measure) \(percent)").inserted, "`\(event.line)` comes twice")
        guard let part = part(of: measure, name) else {
            return expect(false, "`\(event.line)` without a limit")
        }
        expect(part >= Double(percent) - 0.001, "`\(event.line)` at \(part) %")
    }

    /// What is used of a limit, in percent.
    private func part(of measure: BudgetMeasure, _ name: String?) -> Double? {
        guard let budget = budget(of: name) else { return nil }
        let spent = sums(of: name).spent
        let factor = Double(grants[name, default: 1])
        switch measure {
        case .dollars:
            return budget.dollars.map { spent.money.dollars <= 0 ? 0 : 100 * spent.money.dollars / ($0 * factor) }
        case .tokens:
            return budget.tokens.map { spent.tokens <= 0 ? 0 : 100 * Double(spent.tokens) / (Double($0) * factor) }
        case .time, .calls: return nil
        }
    }

    func checkCalls(_ machine: borrowing RunMachine) {
        let open = calls.filter { $0.charge == nil }
        let areAwaited = open.allSatisfy { runs($0.node) || $0.isPart && !nodes[$0.node].status.isTerminal }
        expect(areAwaited, "a call is open whose attempt has ended")
        expect(machine.calls.openCount == open.count, "\(machine.calls.openCount) calls are open, not \(open.count)")
        let (spent, reserved) = sums(of: nil)
        expect(
            machine.calls.spent.tokens == spent.tokens && machine.calls.spent.money == spent.money,
            "the run has spent \(machine.calls.spent), not \(spent)")
        expect(
            machine.calls.reserved.tokens == reserved.tokens && machine.calls.reserved.money == reserved.money,
            "the run has set aside \(machine.calls.reserved), not \(reserved)")
        for use in machine.calls.budgets {
            let (spent, reserved) = sums(of: use.node)
            expect(
                use.spent.tokens == spent.tokens && use.spent.money == spent.money
                    && use.reserved.tokens == reserved.tokens && use.reserved.money == reserved.money,
                "\(use.title): \(use.spent) and \(use.reserved), not \(spent) and \(reserved)")
            expect(use.isOver == over.contains(use.node), "\(use.title) is over: \(use.isOver)")
            expect(use.grants == grants[use.node, default: 1], "\(use.title) is granted \(use.grants) times")
            guard isEngaged, ended == nil else { continue }
            for measure in [BudgetMeasure.dollars, .tokens] {
                guard let part = part(of: measure, use.node) else { continue }
                for percent in BudgetUse.percentages where part >= Double(percent) + 0.001 {
                    expect(
                        told[use.node, default: []].contains("\(measure) \(percent)"),
                        "\(use.title): nobody is told of \(percent) % of \(measure)")
                }
            }
        }
    }
}
