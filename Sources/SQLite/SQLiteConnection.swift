// SPDX-License-Identifier: Apache-2.0

import CSQLite

/// A connection to one database.
///
/// One thread at a time may use a connection and its statements: SQLite takes no lock on them. Only
/// ``interrupter`` may be used from other threads. The connection is closed when it and all its statements are gone.
public final class SQLiteConnection {
    /// How a database is opened.
    public enum Mode: Sendable, Hashable {
        /// Read and write; made if it is not there.
        case readWriteCreate
        /// Read and write; must be there.
        case readWrite
        /// Only read; must be there.
        case readOnly
        /// A database in memory that goes with the connection; the path does not matter.
        case memory
    }

    let handle: SQLiteHandle
    private var cache = SQLiteStatementCache()

    /// Opens a database and reads its first page.
    ///
    /// The connection is defensive: SQL cannot damage the file, functions in the schema are not trusted, and a text
    /// in double quotes is never a value.
    /// - Parameters:
    ///   - path: a path of the file system, never a URI.
    ///   - mode: what may be done.
    ///   - busyTimeoutMilliseconds: how long to wait for the lock of another connection.
    public init(
        _ path: String,
        mode: Mode = .readWriteCreate,
        busyTimeoutMilliseconds: Int = 5000
    ) throws(SQLiteError) {
        let flags =
            switch mode {
            case .readWriteCreate: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            case .readWrite: SQLITE_OPEN_READWRITE
            case .readOnly: SQLITE_OPEN_READONLY
            case .memory: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY
            }
        handle = try SQLiteHandle(mode == .memory ? ":memory:" : Self.plainPath(path), flags: flags)
        sqlite3_busy_timeout(handle.database, Int32(clamping: busyTimeoutMilliseconds))
        for (option, value) in [
            (SQLITE_DBCONFIG_DEFENSIVE, 1), (SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0),
            (SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0),
            (SQLITE_DBCONFIG_DQS_DML, 0), (SQLITE_DBCONFIG_DQS_DDL, 0),
        ] as [(Int32, Int32)] {
            guard flow_sqlite3_db_config(handle.database, option, value) == SQLITE_OK else {
                throw handle.error("open", nil)
            }
        }
        // Only a read tells whether the file is a database.
        do throws(SQLiteError) {
            _ = try pragma("schema_version")
        } catch {
            throw SQLiteError(extendedCode: error.extendedCode, message: error.message, operation: "open")
        }
    }

    /// SQLite gives a meaning of its own to an empty name, to `:memory:` and, as built by some, to `file:`.
    private static func plainPath(_ path: String) throws(SQLiteError) -> String {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw SQLiteError(extendedCode: SQLITE_CANTOPEN, message: "not a path", operation: "open")
        }
        return path.hasPrefix(":") || path.hasPrefix("file:") ? "./" + path : path
    }

    /// The version of SQLite that runs, such as `3.40.1`.
    public static var libraryVersion: String { String(cString: sqlite3_libversion()) }

    /// Stops what this connection is doing; for other threads.
    public var interrupter: SQLiteInterrupter { handle.interrupter }

    /// Runs all statements of a text, and drops the rows they give.
    public func execute(_ sql: String) throws(SQLiteError) {
        var script = SQLiteScript(sql)
        while let statement = try script.next(self) {
            try statement.run()
        }
    }

    /// Compiles one statement.
    ///
    /// - Parameters:
    ///   - sql: one statement; more than one, or none, is an error.
    ///   - persistent: it will be kept and used often.
    public func prepare(_ sql: String, persistent: Bool = false) throws(SQLiteError) -> SQLiteStatement {
        var script = SQLiteScript(sql, persistent: persistent)
        guard let statement = try script.next(self) else {
            throw SQLiteError(
                extendedCode: SQLITE_ERROR, message: "there is no statement", operation: "prepare", sql: sql)
        }
        let end = script.offset
        guard try script.next(self) == nil else {
            throw SQLiteError(
                extendedCode: SQLITE_ERROR, message: "there is more than one statement", operation: "prepare",
                sql: sql, offset: end)
        }
        return statement
    }

    /// A statement of this connection that was compiled before, or is now and is kept; reset and without values.
    ///
    /// While the kept one is between its rows, a new one is given. For the fixed SQL of a program, not for texts of
    /// users.
    public func cached(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
        if let statement = cache.statement(sql) {
            guard !statement.isRunning else { return try prepare(sql) }
            statement.reset()
            statement.clearBindings()
            return statement
        }
        let statement = try prepare(sql, persistent: true)
        cache.add(statement, sql)
        return statement
    }

    /// The rowid of the last row this connection inserted; 0 when there is none.
    public var lastInsertRowID: Int64 { sqlite3_last_insert_rowid(handle.database) }

    /// The rows that the last INSERT, UPDATE or DELETE changed.
    public var changes: Int64 { sqlite3_changes64(handle.database) }

    /// The pages this connection has written, to the database file or in WAL mode to the log.
    public var pagesWritten: Int {
        var count: Int32 = 0
        var highest: Int32 = 0
        sqlite3_db_status(handle.database, SQLITE_DBSTATUS_CACHE_WRITE, &count, &highest, 0)
        return Int(count)
    }

    /// Limits something; a value above what SQLite was built with becomes that.
    ///
    /// - Returns: the value before.
    @discardableResult
    public func setLimit(_ limit: SQLiteLimit, _ value: Int) -> Int {
        Int(sqlite3_limit(handle.database, limit.rawValue, Int32(clamping: max(0, value))))
    }

    /// The time at which running statements are stopped with `isInterrupted`; nil for never.
    ///
    /// Waiting for the lock of another connection is not stopped by it, see the busy timeout.
    public var deadline: ContinuousClock.Instant? {
        get { handle.deadline }
        set { handle.deadline = newValue }
    }

    /// Runs a body under a deadline; an earlier one that is in force stays in force.
    public func withDeadline<Result, Failure: Error>(
        _ deadline: ContinuousClock.Instant,
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let outer = handle.deadline
        handle.deadline = outer.map { min($0, deadline) } ?? deadline
        defer { handle.deadline = outer }
        return try body()
    }

    /// What SQL may not do on this connection, checked when it is compiled; nil allows everything.
    public var restriction: SQLiteRestriction? {
        get { handle.restriction }
        set { handle.restriction = newValue }
    }

    /// Restricts the connection before SQL of a user is compiled.
    public func restrict(_ restriction: SQLiteRestriction = SQLiteRestriction()) {
        handle.restriction = restriction
    }
}

@available(*, unavailable, message: "one thread at a time may use a connection")
extension SQLiteConnection: Sendable {}
