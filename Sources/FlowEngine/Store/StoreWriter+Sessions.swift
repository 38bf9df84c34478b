// SPDX-License-Identifier: Apache-2.0

import FlowCore
import SQLite

extension StoreWriter {
    /// Refuses a new run of a session that is not there, or is archived. A part of a run goes where that run is.
    func checkSession(of batch: EncodedBatch) throws {
        guard let session = batch.session else { return }
        let statement = try connection.cached("SELECT status FROM session WHERE name = ?")
        try statement.bind(1, session)
        guard let status = try statement.firstRow({ $0.text(0) }) else {
            throw StoreError(.missing, "there is no session `\(session)`; `flow session new \(session)` makes it")
        }
        guard batch.isPart || status == SessionSummary.Status.active.rawValue else {
            throw StoreError(.conflict, "the session `\(session)` is archived: it takes no new runs")
        }
    }

    /// Puts a run into a session.
    func enter(_ run: Int64, into session: String) throws(SQLiteError) {
        let statement = try connection.cached(
            """
            INSERT INTO session_run (run, session) SELECT ?, key FROM session WHERE name = ?
            ON CONFLICT (run) DO NOTHING
            """)
        try statement.bind(1, run)
        try statement.bind(2, session)
        try statement.run()
    }

    /// Makes a session. Throws `conflict` when there is one of its name.
    func make(_ session: SessionSummary) throws(StoreError) {
        try transact {
            let statement = try self.connection.cached(
                """
                INSERT INTO session (name, title, status, created_at, limits) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (name) DO NOTHING
                """)
            try statement.bind(1, session.name)
            try statement.bind(2, session.title)
            try statement.bind(3, session.status.rawValue)
            try statement.bind(4, session.createdAt.milliseconds)
            try statement.bind(5, session.limits.json.jsonText(.compact))
            try statement.run()
            guard self.connection.changes > 0 else {
                throw StoreError(.conflict, "there is a session `\(session.name)` already")
            }
        }
    }

    /// Changes whether a session takes new runs.
    func set(_ status: SessionSummary.Status, of session: String) throws(StoreError) {
        try transact {
            let statement = try self.connection.cached("UPDATE session SET status = ? WHERE name = ?")
            try statement.bind(1, status.rawValue)
            try statement.bind(2, session)
            try statement.run()
            guard self.connection.changes > 0 else {
                throw StoreError(.missing, "there is no session `\(session)`")
            }
        }
    }

    /// Removes a session that has no runs any more. What it has used up still counts for the project.
    func remove(session: String) throws(StoreError) {
        try transact {
            let find = try self.connection.cached("SELECT key FROM session WHERE name = ?")
            try find.bind(1, session)
            guard let key = try find.firstRow({ $0.int64(0) }) else {
                throw StoreError(.missing, "there is no session `\(session)`")
            }
            let runs = try self.connection.cached("SELECT count(*) FROM session_run WHERE session = ?")
            try runs.bind(1, key)
            guard try runs.firstRow({ $0.int64(0) }) == 0 else {
                throw StoreError(.conflict, "the session `\(session)` has runs")
            }
            // A later session may get the same key.
            for sql in [
                """
                INSERT INTO spending (day, session, calls, tokens, money, unpriced)
                SELECT day, 0, calls, tokens, money, unpriced FROM spending WHERE session = ?
                ON CONFLICT (day, session) DO UPDATE SET calls = calls + excluded.calls,
                    tokens = min(\(Int64(1) << 62), tokens + excluded.tokens),
                    money = min(\(Int64(1) << 62), money + excluded.money), unpriced = unpriced + excluded.unpriced
                """,
                "DELETE FROM spending WHERE session = ?", "DELETE FROM session WHERE key = ?",
            ] {
                let statement = try self.connection.cached(sql)
                try statement.bind(1, key)
                try statement.run()
            }
            let alerts = try self.connection.cached("DELETE FROM budget_alert WHERE budget LIKE ?")
            // A name has no letter that means more, but for `_`.
            try alerts.bind(1, "session \(session)/%")
            try alerts.run()
        }
    }
}

extension StoreReader {
    /// Sessions by name: one, or all.
    func sessions(named name: String? = nil) throws(StoreError) -> [SessionSummary] {
        try read("read the sessions") { connection in
            let statement = try connection.prepare(
                "SELECT key, name, title, status, created_at, limits FROM session "
                    + (name == nil ? "" : "WHERE name = ? ") + "ORDER BY name")
            if let name { try statement.bind(1, name) }
            var found: [(Int64, SessionSummary)] = []
            try statement.forEachRow { row in
                guard let status = SessionSummary.Status(rawValue: row.text(3)) else {
                    throw self.damaged("the session '\(row.text(1))'")
                }
                let limits = (try? JSONValue.parse(Array(row.text(5).utf8))) ?? .null
                found.append(
                    (
                        row.int64(0),
                        SessionSummary(
                            name: row.text(1), title: row.isNull(2) ? nil : row.text(2), status: status,
                            createdAt: Timestamp(milliseconds: row.int64(4)), limits: SessionLimits(json: limits))
                    ))
            }
            let runs = try connection.prepare(
                "SELECT id FROM run JOIN session_run ON run.key = session_run.run WHERE session = ? ORDER BY run.key")
            return try found.map { key, session in
                var session = session
                try runs.bind(1, key)
                try runs.forEachRow { session.runs.append($0.text(0)) }
                session.used = try SpendingSums.read(connection, days: .min ... .max, session: key)
                return session
            }
        }
    }

    /// What is used of a budget in the period of a moment.
    func sums(of budget: SharedBudget, at moment: Timestamp) throws(StoreError) -> SpendingSums {
        try read("add up what calls have used") { connection in
            var session: Int64?
            if case .session(let name?) = budget.scope {
                let statement = try connection.prepare("SELECT key FROM session WHERE name = ?")
                try statement.bind(1, name)
                session = try statement.firstRow { $0.int64(0) } ?? -1
            }
            return try SpendingSums.read(connection, days: budget.period.days(around: moment), session: session)
        }
    }
}

extension SQLiteRunStore {
    /// All sessions by name, or the one of a name.
    public func sessions(named name: String? = nil) async throws(StoreError) -> [SessionSummary] {
        try await readers.run { reader throws(StoreError) in try reader.sessions(named: name) }
    }

    /// What is used of a budget now, with what is set aside for calls.
    public func sums(of budget: SharedBudget, at moment: Timestamp) async throws(StoreError) -> SpendingSums {
        try await readers.run { reader throws(StoreError) in try reader.sums(of: budget, at: moment) }
    }
}
