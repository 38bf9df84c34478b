// SPDX-License-Identifier: Apache-2.0

import FlowCore
import SQLite

/// The row of a call, as an event makes or completes it.
enum CallRow: Sendable {
    case started(node: String, attempt: Int, index: Int, CallStart)
    case ended(node: String, index: Int, CallEnd)

    /// What an event says of a call; nil for one that says nothing.
    init?(_ event: RunEvent) {
        switch event {
        case .callStarted(let node, let attempt, let index, let call):
            self = .started(node: node, attempt: attempt, index: index, call)
        case .callEnded(let node, _, let index, let end): self = .ended(node: node, index: index, end)
        default: return nil
        }
    }
}

extension StoreWriter {
    // A log that tells twice of one call keeps what it told first, as whoever reads the events does.
    private static let insertCall = """
        INSERT INTO call (run, node, number, attempt, kind, name, request, reserved_tokens, reserved_money,
            is_reservation_priced, started_at, heard)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (run, node, number) DO NOTHING
        """

    private static let endCall = """
        UPDATE call SET ended_at = ?, reply = ?, failed = ?, answered_by = ?, prompt_tokens = ?,
            completion_tokens = ?, cached_tokens = ?, reasoning_tokens = ?, is_estimated = ?, tokens = ?, money = ?,
            is_priced = ?, latency = ?, is_taped = ?, provider = ?
        WHERE run = ? AND node = ? AND number = ? AND ended_at IS NULL
        """

    /// Writes what an event says of a call.
    func write(_ row: CallRow, at time: Int64, run: Int64) throws(SQLiteError) {
        switch row {
        case .started(let node, let attempt, let index, let call):
            let statement = try connection.cached(Self.insertCall)
            try statement.bind(1, run)
            try statement.bind(2, node)
            try statement.bind(3, index)
            try statement.bind(4, attempt)
            try statement.bind(5, call.kind.rawValue)
            try statement.bind(6, call.name)
            try statement.bind(7, call.request)
            try statement.bind(8, call.reservation.tokens)
            try statement.bind(9, call.reservation.money.picodollars)
            try statement.bind(10, call.reservation.isPriced ? 1 : 0)
            try statement.bind(11, time)
            try statement.bind(12, call.heard)
            try statement.run()
            if connection.changes > 0 { try countStart(call, at: time, run: run) }
        case .ended(let node, let index, let end):
            try countEnd(end, node: node, index: index, run: run)
            let statement = try connection.cached(Self.endCall)
            try statement.bind(1, time)
            try statement.bind(2, end.reply)
            try statement.bind(3, end.failed ? 1 : 0)
            try statement.bind(4, end.answeredBy)
            try statement.bind(5, end.usage.promptTokens)
            try statement.bind(6, end.usage.completionTokens)
            try statement.bind(7, end.usage.cachedTokens)
            try statement.bind(8, end.usage.reasoningTokens)
            try statement.bind(9, end.usage.estimated ? 1 : 0)
            try statement.bind(10, end.charge.tokens)
            try statement.bind(11, end.charge.money.picodollars)
            try statement.bind(12, end.charge.isPriced ? 1 : 0)
            try statement.bind(13, end.latency.count)
            try statement.bind(14, end.isTaped ? 1 : 0)
            try statement.bind(15, end.provider)
            try statement.bind(16, run)
            try statement.bind(17, node)
            try statement.bind(18, index)
            try statement.run()
        }
    }
}

extension StoreReader {
    /// The calls of a run, in the order in which they began.
    func calls(of run: String) throws(StoreError) -> [CallSummary] {
        try read("read the calls of run '\(run)'") { connection in
            let statement = try connection.cached(
                """
                SELECT node, attempt, number, kind, name, request, reserved_tokens, reserved_money,
                    is_reservation_priced, started_at, ended_at, reply, failed, answered_by, prompt_tokens,
                    completion_tokens, cached_tokens, reasoning_tokens, is_estimated, tokens, money, is_priced, latency,
                    is_taped, heard, provider
                FROM call WHERE run = (SELECT key FROM run WHERE id = ?) ORDER BY position
                """)
            try statement.bind(1, run)
            var calls: [CallSummary] = []
            try statement.forEachRow { row in
                guard let call = Self.call(row) else {
                    throw self.damaged("call \(row.int64(2)) of node '\(row.text(0))' of run '\(run)'")
                }
                calls.append(call)
            }
            return calls
        }
    }

    private static func call(_ row: SQLiteStatement) -> CallSummary? {
        guard let kind = CallIntent.Kind(rawValue: row.text(3)), let request = row.digest(5) else { return nil }
        var call = CallSummary(
            node: row.text(0), attempt: Int(row.int64(1)), index: Int(row.int64(2)),
            start: CallStart(
                kind: kind, name: row.text(4), request: request,
                reservation: CallCharge(
                    tokens: Int(row.int64(6)), money: Money(picodollars: row.int64(7)), isPriced: row.int64(8) != 0),
                heard: Int(row.int64(24))),
            startedAt: Timestamp(milliseconds: row.int64(9)))
        guard !row.isNull(10) else { return call }
        guard let reply = row.digest(11) else { return nil }
        call.endedAt = Timestamp(milliseconds: row.int64(10))
        call.end = CallEnd(
            reply: reply, failed: row.int64(12) != 0, answeredBy: row.isNull(13) ? nil : row.text(13),
            provider: row.isNull(25) ? nil : row.text(25),
            usage: ModelUsage(
                promptTokens: Int(row.int64(14)), completionTokens: Int(row.int64(15)),
                cachedTokens: Int(row.int64(16)), reasoningTokens: Int(row.int64(17)),
                estimated: row.int64(18) != 0),
            charge: CallCharge(
                tokens: Int(row.int64(19)), money: Money(picodollars: row.int64(20)), isPriced: row.int64(21) != 0),
            latency: Milliseconds(row.int64(22)), isTaped: row.int64(23) != 0)
        return call
    }
}
