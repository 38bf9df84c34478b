// SPDX-License-Identifier: Apache-2.0

import FlowCore
import SQLite

// What calls have used up, by day and session. Calls that have begun count with what was set aside for them until their end
// is written, in the transaction that writes them. A claim counts from before its call begins; the transaction that writes
// the call removes it.
extension StoreWriter {
    // Sums of what comes from outside must not leave the range of the column.
    private static let largest: Int64 = 1 << 62

    private static let add = """
        INSERT INTO spending (day, session, calls, tokens, money, unpriced) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (day, session) DO UPDATE SET calls = max(0, calls + excluded.calls),
            tokens = max(0, min(\(largest), tokens + excluded.tokens)),
            money = max(0, min(\(largest), money + excluded.money)), unpriced = max(0, unpriced + excluded.unpriced)
        """

    private static let findCall = """
        SELECT started_at, kind, reserved_tokens, reserved_money, is_reservation_priced FROM call
        WHERE run = ? AND node = ? AND number = ? AND ended_at IS NULL
        """

    /// Counts a call that begins.
    func countStart(_ call: CallStart, at time: Int64, run: Int64) throws(SQLiteError) {
        guard call.kind != .part else { return }
        let reserved = call.reservation
        try count(
            on: time, run: run, calls: 1, tokens: Int64(reserved.tokens), money: reserved.money.picodollars,
            unpriced: reserved.isPriced ? 0 : 1)
    }

    /// Puts the charge of a call in the place of what was set aside for it. Called before the end is written.
    func countEnd(_ end: CallEnd, node: String, index: Int, run: Int64) throws(SQLiteError) {
        let statement = try connection.cached(Self.findCall)
        try statement.bind(1, run)
        try statement.bind(2, node)
        try statement.bind(3, index)
        guard try statement.step() else { return statement.reset() }
        let (time, isPart) = (statement.int64(0), statement.text(1) == CallIntent.Kind.part.rawValue)
        let reserved = (tokens: statement.int64(2), money: statement.int64(3), isPriced: statement.int64(4) != 0)
        statement.reset()
        guard !isPart else { return }
        func difference(_ new: Int64, _ old: Int64) -> Int64 {
            min(max(0, new), Self.largest) - min(max(0, old), Self.largest)
        }
        // What a tape answers is no call.
        let wasUnpriced = reserved.isPriced ? 0 : 1
        try count(
            on: time, run: run, calls: end.isTaped ? -1 : 0,
            tokens: difference(Int64(end.charge.tokens), reserved.tokens),
            money: difference(end.charge.money.picodollars, reserved.money),
            unpriced: (end.charge.isPriced ? 0 : 1) - wasUnpriced)
    }

    private func count(
        on time: Int64, run: Int64, calls: Int, tokens: Int64, money: Int64, unpriced: Int
    ) throws(SQLiteError) {
        guard countsSpending else { return }
        let session = try sessionKey(ofRun: run)
        let statement = try connection.cached(Self.add)
        try statement.bind(1, BudgetPeriod.day(of: Timestamp(milliseconds: time)))
        try statement.bind(2, session)
        try statement.bind(3, calls)
        // A row that is new has nothing to be taken from.
        try statement.bind(4, min(tokens, Self.largest))
        try statement.bind(5, min(money, Self.largest))
        try statement.bind(6, unpriced)
        try statement.run()
    }

    /// The key of the session of a run; 0 for a run without one.
    private func sessionKey(ofRun run: Int64) throws(SQLiteError) -> Int64 {
        let statement = try connection.cached("SELECT session FROM session_run WHERE run = ?")
        try statement.bind(1, run)
        let key = try statement.step() ? statement.int64(0) : 0
        statement.reset()
        return key
    }

    // MARK: Claims

    /// What becomes of a claim.
    enum ClaimAnswer: Sendable {
        /// The claim is kept under this key until its call begins.
        case granted(Int64)
        /// It does not fit these budgets, with what is used of each.
        case exceeded([(place: Int, used: SpendingSums)])
    }

    /// Sets something aside for a call, if it fits all budgets: decided and kept in one transaction.
    func claim(
        _ call: CallStart, budgets: [SharedBudget], at moment: Timestamp
    ) throws(StoreError) -> ClaimAnswer {
        try transact { () throws -> ClaimAnswer in
            var exceeded: [(Int, SpendingSums)] = []
            for (place, budget) in budgets.enumerated() where budget.onExceed != .warn {
                let used = try self.sums(of: budget, at: moment)
                if budget.refusal(of: call, used: used) != nil { exceeded.append((place, used)) }
            }
            if !exceeded.isEmpty { return .exceeded(exceeded) }
            var session: Int64 = 0
            for budget in budgets {
                if case .session(let name?) = budget.scope { session = try self.sessionKey(named: name) }
            }
            let statement = try self.connection.cached(
                "INSERT INTO claim (day, session, tokens, money) VALUES (?, ?, ?, ?)")
            try statement.bind(1, BudgetPeriod.day(of: moment))
            try statement.bind(2, session)
            try statement.bind(3, min(max(0, Int64(call.reservation.tokens)), Self.largest))
            try statement.bind(4, min(max(0, call.reservation.money.picodollars), Self.largest))
            try statement.run()
            return .granted(self.connection.lastInsertRowID)
        }
    }

    /// Removes claims: their calls have begun, or will not.
    func take(_ claims: [Int64]) throws(SQLiteError) {
        for claim in claims {
            let statement = try connection.cached("DELETE FROM claim WHERE key = ?")
            try statement.bind(1, claim)
            try statement.run()
        }
    }

    /// Removes a claim whose call is not made.
    func drop(claim: Int64) throws(StoreError) {
        try transact { try self.take([claim]) }
    }

    /// Removes the claims of an engine that has died: their calls have not begun. Only the owner of the store may do it.
    func dropClaims() throws(StoreError) {
        try transact { try self.connection.cached("DELETE FROM claim").run() }
    }

    /// What is used of a budget in the period of a moment, with what is set aside.
    func sums(of budget: SharedBudget, at moment: Timestamp) throws -> SpendingSums {
        var session: Int64?
        if case .session(let name?) = budget.scope { session = try sessionKey(named: name) }
        return try SpendingSums.read(connection, days: budget.period.days(around: moment), session: session)
    }

    private func sessionKey(named name: String) throws -> Int64 {
        let statement = try connection.cached("SELECT key FROM session WHERE name = ?")
        try statement.bind(1, name)
        // No row has it, so that a session that is gone has no sums.
        return try statement.firstRow { $0.int64(0) } ?? -1
    }

    // MARK: Alerts

    /// Notes what is to be told of budgets and was not yet in their periods; gives that.
    ///
    /// - Parameter used: what is used of each budget, without what is only set aside.
    func alerts(
        _ budgets: [SharedBudget], used: (SharedBudget, SpendingSums) -> SpendingSums, at moment: Timestamp
    ) throws(StoreError) -> [(budget: SharedBudget, measure: BudgetMeasure, percent: Int)] {
        try transact { () throws -> [(budget: SharedBudget, measure: BudgetMeasure, percent: Int)] in
            var told: [(SharedBudget, BudgetMeasure, Int)] = []
            for budget in budgets {
                let sums = used(budget, try self.sums(of: budget, at: moment))
                for (measure, percent) in budget.percentages(of: sums) {
                    for step in BudgetUse.percentages where step <= percent {
                        let statement = try self.connection.cached(
                            """
                            INSERT INTO budget_alert (budget, period, measure, percent, at) VALUES (?, ?, ?, ?, ?)
                            ON CONFLICT DO NOTHING
                            """)
                        try statement.bind(1, budget.name)
                        try statement.bind(2, budget.period.days(around: moment).lowerBound)
                        try statement.bind(3, measure.rawValue)
                        try statement.bind(4, step)
                        try statement.bind(5, moment.milliseconds)
                        try statement.run()
                        if self.connection.changes > 0 { told.append((budget, measure, step)) }
                    }
                }
            }
            return told
        }
    }
}

extension SpendingSums {
    /// The sums of some days, of one session or of all.
    static func read(
        _ connection: SQLiteConnection, days: ClosedRange<Int64>, session: Int64?
    ) throws -> SpendingSums {
        var sums = SpendingSums()
        let filter = "WHERE day BETWEEN ? AND ?\(session == nil ? "" : " AND session = ?")"
        for (table, calls, unpriced) in [("spending", "calls", "unpriced"), ("claim", "1", "0")] {
            let statement = try connection.cached(
                """
                SELECT coalesce(sum(\(calls)), 0), coalesce(sum(tokens), 0), coalesce(sum(money), 0),
                    coalesce(sum(\(unpriced)), 0) FROM \(table) \(filter)
                """)
            try statement.bind(1, days.lowerBound)
            try statement.bind(2, days.upperBound)
            if let session { try statement.bind(3, session) }
            _ = try statement.firstRow { row in
                sums.calls += Int(clamping: row.int64(0))
                sums.tokens = Int(clamping: row.int64(1)).addingClamped(sums.tokens)
                sums.money = sums.money + Money(picodollars: row.int64(2))
                sums.unpricedCalls += Int(clamping: row.int64(3))
            }
        }
        return sums
    }
}

extension Int {
    fileprivate func addingClamped(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
