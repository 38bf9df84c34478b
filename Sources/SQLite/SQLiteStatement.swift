// SPDX-License-Identifier: Apache-2.0

import CSQLite

/// A compiled statement: bind values, step through the rows, reset, again.
///
/// Parameters are counted from 1 and columns from 0, as SQLite does. Belongs to the thread of its connection.
public final class SQLiteStatement {
    let statement: OpaquePointer
    private let handle: SQLiteHandle

    /// The SQL text of this statement alone.
    public let sql: String
    /// Where the statement is in the text it was taken from, in bytes; blanks and comments before it are included.
    public let byteRange: Range<Int>

    init(_ statement: OpaquePointer, _ handle: SQLiteHandle, _ sql: String, _ byteRange: Range<Int>) {
        self.statement = statement
        self.handle = handle
        self.sql = sql
        self.byteRange = byteRange
    }

    deinit {
        // Before the handle is let go, which closes the connection.
        sqlite3_finalize(statement)
    }

    /// Moves to the next row.
    ///
    /// After an error the statement is reset. A statement that is left on a row keeps its locks until ``reset()``.
    /// - Returns: whether there is a row.
    public func step() throws(SQLiteError) -> Bool {
        switch sqlite3_step(statement) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default:
            let error = handle.error("step", sql)
            sqlite3_reset(statement)
            throw error
        }
    }

    /// Goes back to before the first row and gives up locks. Values stay bound.
    public func reset() {
        // Its result repeats the error of the last step, which was thrown already.
        sqlite3_reset(statement)
    }

    /// Steps to the end, drops all rows, and resets.
    public func run() throws(SQLiteError) {
        while try step() {}
        reset()
    }

    /// Calls a body for each row and resets, also after an error.
    public func forEachRow(_ body: (SQLiteStatement) throws -> Void) throws {
        defer { reset() }
        while try step() { try body(self) }
    }

    /// What a body makes of the first row; nil when there is none. Resets, also after an error.
    public func firstRow<Result>(_ body: (SQLiteStatement) throws -> Result) throws -> Result? {
        defer { reset() }
        return try step() ? try body(self) : nil
    }

    /// Whether the statement changes nothing in the database itself.
    public var isReadOnly: Bool { sqlite3_stmt_readonly(statement) != 0 }

    /// Whether the statement was stepped and is neither at its end nor reset.
    public var isRunning: Bool { sqlite3_stmt_busy(statement) != 0 }

    func check(_ code: Int32) throws(SQLiteError) {
        guard code == SQLITE_OK else { throw handle.error("bind", sql) }
    }
}

@available(*, unavailable, message: "a statement belongs to the thread of its connection")
extension SQLiteStatement: Sendable {}
