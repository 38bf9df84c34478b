// SPDX-License-Identifier: Apache-2.0

/// How much of one budget is used: of a run, or of a node with all its items and attempts.
public struct BudgetUse: Sendable, Hashable {
    /// The limits, and what happens at them.
    public let budget: BudgetDefinition
    /// The node whose budget it is; nil for that of the run.
    public let node: String?
    /// What ended calls have cost.
    public internal(set) var spent = CallCharge()
    /// What calls that have begun can still cost.
    public internal(set) var reserved = CallCharge()
    /// How often the limits have been granted: once, and again each time a person goes on after a pause at the limit.
    public internal(set) var grants = 1
    /// Whether the limit was reached and nothing is granted any more.
    public internal(set) var isOver = false
    /// The highest percentage that was told, by measure.
    var told: [BudgetMeasure: Int] = [:]
    /// Time that attempts have taken, and since when one runs.
    var workTime = Milliseconds.zero
    var workingSince: Timestamp?
    var running = 0

    /// The percentages of a limit that are told, each once, beside the budget's own `warn_at`.
    public static let percentages = [50, 75, 90, 100]

    init(_ budget: BudgetDefinition, node: String?) {
        self.budget = budget
        self.node = node
    }

    /// The budget in words: `the budget of the run`.
    public var title: String { node.map { "the budget of node `\($0)`" } ?? "the budget of the run" }

    // MARK: Limits

    /// The limits with all that was granted; nil where there is none.
    var dollars: Money? { budget.dollars.map { Money(dollars: $0) * grants } }

    var tokens: Int? {
        budget.tokens.map { limit in
            let (product, overflow) = limit.multipliedReportingOverflow(by: grants)
            return overflow ? .max : product
        }
    }

    var time: Milliseconds? {
        budget.time.map { limit in
            let (product, overflow) = limit.count.multipliedReportingOverflow(by: Int64(grants))
            return Milliseconds(overflow ? .max : product)
        }
    }

    /// The time that was worked, up to a moment.
    public func elapsed(at now: Timestamp) -> Milliseconds {
        guard let workingSince else { return workTime }
        return Milliseconds(workTime.count.addingClamped(Swift.max(0, now.since(workingSince).count)))
    }

    /// What is used of a limit, in percent and rounded down; nil where there is no limit.
    public func percent(of measure: BudgetMeasure, at now: Timestamp) -> Int? {
        switch measure {
        case .dollars: dollars.map { Self.percent(spent.money.picodollars, of: $0.picodollars) }
        case .tokens: tokens.map { Self.percent(Int64(spent.tokens), of: Int64($0)) }
        case .time: time.map { Self.percent(elapsed(at: now).count, of: $0.count) }
        case .calls: nil
        }
    }

    /// What is used of a limit, in percent and rounded down.
    package static func percent(_ used: Int64, of limit: Int64) -> Int {
        if used <= 0 { return 0 }
        if used >= limit { return Int(Swift.min(1000, 100 * (Double(used) / Double(Swift.max(1, limit))))) }
        // Below the limit it is never 100, whatever rounding makes of it.
        return Swift.min(99, Int(100 * (Double(used) / Double(limit))))
    }

    // MARK: Deciding

    /// Why a call does not fit; nil when it does.
    ///
    /// - Parameter countsOpen: whether what is set aside for open calls counts too. Most of them cost less in the end.
    func refusal(of call: CallStart, countsOpen: Bool) -> String? {
        let who = "the call of \(call.kind.rawValue) `\(call.name)`"
        if isOver { return "\(title) is used up: \(who) is not made" }
        if let limit = dollars {
            guard call.reservation.isPriced else {
                return "\(title) is in dollars, and nobody knows what `\(call.name)` costs: give its price in "
                    + "prices.yaml, or the budget in tokens"
            }
            let left = limit - spent.money - (countsOpen ? reserved.money : .zero)
            if call.reservation.money > left {
                return "\(who) may cost \(call.reservation.money), and \(Swift.max(left, .zero)) of \(title) is left "
                    + "(\(limit))"
            }
        }
        if let limit = tokens {
            let left = limit.addingClamped(-spent.tokens.addingClamped(countsOpen ? reserved.tokens : 0))
            if call.reservation.tokens > left {
                return "\(who) may take \(call.reservation.tokens) tokens, and \(Swift.max(left, 0)) of \(title) are "
                    + "left (\(limit))"
            }
        }
        return nil
    }

    /// Whether a refused call is refused because the budget is used, and not because its price is not known.
    func isExhausted(by call: CallStart) -> Bool { isOver || dollars == nil || call.reservation.isPriced }

    /// Whether to grant the limits once more makes any of them larger.
    var canGrow: Bool { budget.dollars != 0 && budget.tokens != 0 }

    /// The next percentage that is to be told.
    func alert(at now: Timestamp) -> (measure: BudgetMeasure, percent: Int)? {
        for measure in BudgetMeasure.allCases {
            guard let percent = percent(of: measure, at: now) else { continue }
            let last = told[measure, default: 0]
            if let next = thresholds.first(where: { $0 > last && $0 <= percent }) { return (measure, next) }
        }
        return nil
    }

    /// Why the budget is over; nil while it is not.
    func excess(at now: Timestamp) -> String? {
        guard !isOver else { return nil }
        if let limit = dollars, spent.money > limit { return "\(title) is used up: \(spent.money) of \(limit)" }
        if let limit = tokens, spent.tokens > limit {
            return "\(title) is used up: \(spent.tokens) of \(limit) tokens"
        }
        if let limit = time, elapsed(at: now) > limit {
            return "\(title) is used up: \(elapsed(at: now).description) of \(limit.description)"
        }
        return nil
    }

    var thresholds: [Int] {
        let own = Int((budget.warnAt * 100).rounded())
        return (Self.percentages.contains(own) ? Self.percentages : Self.percentages + [own]).sorted()
    }

    /// When the time alone leads to the next percentage, or beyond the limit; nil while nothing runs.
    var nextMoment: Timestamp? {
        guard let workingSince, let limit = time else { return nil }
        let last = told[.time, default: 0]
        var wanted = thresholds.first { $0 > last }.map { part in
            Int64(exactly: (Double(limit.count) * Double(part) / 100).rounded(.up)) ?? .max
        }
        if wanted == nil, !isOver { wanted = limit.count.addingClamped(1) }
        guard let wanted else { return nil }
        return workingSince.advanced(by: Milliseconds(Swift.max(0, wanted.addingClamped(-workTime.count))))
    }

    // MARK: Work

    mutating func beginWork(at now: Timestamp) {
        running += 1
        if running == 1 { workingSince = now }
    }

    mutating func endWork(at now: Timestamp) {
        running -= 1
        if running == 0 {
            workTime = elapsed(at: now)
            workingSince = nil
        }
    }
}

extension FixedWidthInteger {
    /// The sum, or the number at the end of the range.
    func addingClamped(_ other: Self) -> Self {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }
}
