// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// A limit of what several runs may use up together: those of a session, or all of the project.
public struct SharedBudget: Sendable, Hashable {
    /// Which runs count.
    public enum Scope: Sendable, Hashable {
        /// All runs of the store.
        case project
        /// The runs of a session; without a name those of each session by itself.
        case session(String?)
    }

    /// What happens to a call that does not fit.
    public enum Excess: String, Sendable, Hashable, CaseIterable {
        /// It is not made, and its run is cancelled.
        case stop
        /// Its run pauses, and the call waits until somebody lets the run go on.
        case pause
        /// It is made; only the alerts say so.
        case warn
    }

    public var scope: Scope
    public var period: BudgetPeriod
    /// US dollars.
    public var dollars: Double?
    public var tokens: Int?
    /// Questions to models and uses of tools.
    public var calls: Int?
    public var onExceed: Excess

    /// A budget.
    public init(
        scope: Scope, period: BudgetPeriod, dollars: Double? = nil, tokens: Int? = nil, calls: Int? = nil,
        onExceed: Excess = .stop
    ) {
        self.scope = scope
        self.period = period
        self.dollars = dollars
        self.tokens = tokens
        self.calls = calls
        self.onExceed = onExceed
    }

    /// The budget's name in the log: `project/day`, `session thesis/month`.
    public var name: String {
        switch scope {
        case .project: "project/\(period.rawValue)"
        case .session(let name): "session\(name.map { " \($0)" } ?? "")/\(period.rawValue)"
        }
    }

    /// The budget in words.
    var title: String {
        let time = period == .total ? "" : " for the \(period.rawValue)"
        return switch scope {
        case .project: "the budget of the project\(time)"
        case .session(let name): "the budget of the session\(name.map { " `\($0)`" } ?? "")\(time)"
        }
    }

    /// The budget for a run of a session; nil when it is not one of that run.
    public func forRun(ofSession session: String?) -> SharedBudget? {
        guard case .session(let name) = scope else { return self }
        guard let session, name == nil || name == session else { return nil }
        var budget = self
        budget.scope = .session(session)
        return budget
    }

    /// Why a call does not fit beside what is used; nil when it does.
    func refusal(of call: CallStart, used: SpendingSums) -> String? {
        let who = "the call of \(call.kind.rawValue) `\(call.name)`"
        if let limit = dollars.map({ Money(dollars: $0) }) {
            guard call.reservation.isPriced else {
                return "\(title) is in dollars, and nobody knows what `\(call.name)` costs: give its price in "
                    + "prices.yaml, or the budget in tokens"
            }
            let left = Swift.max(.zero, limit - used.money)
            if call.reservation.money > left {
                return "\(who) may cost \(call.reservation.money), and \(left) of \(title) is left (\(limit))"
            }
        }
        if let limit = tokens {
            let (rest, overflow) = limit.subtractingReportingOverflow(used.tokens)
            let left = overflow ? 0 : Swift.max(0, rest)
            if call.reservation.tokens > left {
                return "\(who) may take \(call.reservation.tokens) tokens, and \(left) of \(title) are left (\(limit))"
            }
        }
        if let limit = calls, used.calls >= limit { return "all \(limit) calls of \(title) have been made" }
        return nil
    }

    /// Its limits, with what is used of each in percent and rounded down.
    public func percentages(of used: SpendingSums) -> [(measure: BudgetMeasure, percent: Int)] {
        var found: [(BudgetMeasure, Int)] = []
        if let dollars {
            let limit = Money(dollars: dollars).picodollars
            found.append((.dollars, BudgetUse.percent(used.money.picodollars, of: limit)))
        }
        if let tokens { found.append((.tokens, BudgetUse.percent(Int64(used.tokens), of: Int64(tokens)))) }
        if let calls { found.append((.calls, BudgetUse.percent(Int64(used.calls), of: Int64(calls)))) }
        return found
    }
}

/// What calls have used up together.
public struct SpendingSums: Sendable, Hashable {
    public var calls = 0
    public var tokens = 0
    public var money = Money.zero
    /// Calls whose price nobody knows.
    public var unpricedCalls = 0

    /// No calls.
    public init() {}

    /// These sums without some calls that are open.
    func without(_ open: [CallCharge]) -> SpendingSums {
        var sums = self
        for charge in open {
            sums.tokens = Swift.max(0, sums.tokens &- charge.tokens)
            sums.money = Swift.max(.zero, sums.money - charge.money)
        }
        return sums
    }
}

/// How many runs may go on at the same time, and what they may take of the disk.
public struct RunQuota: Sendable, Hashable {
    /// For the project, or for each session, or for one.
    public var scope: SharedBudget.Scope
    /// The most runs that have not ended, without those that are parts of others.
    public var runs: Int?
    /// Bytes of the runs' folders.
    public var disk: Int64?

    /// A quota.
    public init(scope: SharedBudget.Scope, runs: Int? = nil, disk: Int64? = nil) {
        self.scope = scope
        self.runs = runs
        self.disk = disk
    }
}

/// How much of a limit is used.
public enum QuotaStatus: String, Sendable, Hashable {
    case ok
    /// From 75 % on.
    case warning
    case exceeded

    /// By the part that is used, in percent.
    public init(percent: Int) { self = percent >= 100 ? .exceeded : percent >= 75 ? .warning : .ok }
}
