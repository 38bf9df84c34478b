// SPDX-License-Identifier: Apache-2.0

import CSQLite

/// When a transaction takes its locks.
public enum SQLiteTransactionKind: Sendable, Hashable {
    /// At the first read or write. A write after a read can fail with `isBusy` at once.
    case deferred
    /// The write lock at the start.
    case immediate
}

extension SQLiteConnection {
    /// Whether a transaction is open.
    public var isInTransaction: Bool { sqlite3_get_autocommit(handle.database) == 0 }

    /// Runs a body in a transaction: all it changes is kept, or nothing when it or the commit fails.
    ///
    /// Transactions do not nest.
    public func transaction<Result>(
        _ kind: SQLiteTransactionKind = .immediate,
        _ body: () throws -> Result
    ) throws -> Result {
        try cached(kind == .immediate ? "BEGIN IMMEDIATE" : "BEGIN DEFERRED").run()
        do {
            let result = try body()
            try cached("COMMIT").run()
            return result
        } catch {
            rollBack()
            throw error
        }
    }

    /// Some errors (a full disk, for one) make SQLite roll back by itself; then there is nothing left to do.
    private func rollBack() {
        guard isInTransaction else { return }
        // A deadline that has passed must not keep the transaction open.
        let deadline = handle.deadline
        handle.deadline = nil
        defer { handle.deadline = deadline }
        try? cached("ROLLBACK").run()
    }
}
