// SPDX-License-Identifier: Apache-2.0

import CSQLite

/// Owns the C connection. The connection and each of its statements hold it, so it is closed after the last of them.
final class SQLiteHandle {
    let database: OpaquePointer
    let interrupter: SQLiteInterrupter
    /// Read by the progress handler.
    var deadline: ContinuousClock.Instant? {
        didSet { installProgressHandler() }
    }
    /// Read by the authorizer.
    var restriction: SQLiteRestriction? {
        didSet { installAuthorizer() }
    }

    /// Set by the authorizer: SQLite reports a denied function as a plain error.
    private var isDenied = false

    /// Set up before the first connection of the process.
    private static let isSetUp = flow_sqlite3_count_no_memory() == SQLITE_OK

    init(_ path: String, flags: Int32) throws(SQLiteError) {
        _ = Self.isSetUp
        var database: OpaquePointer?
        let code = sqlite3_open_v2(path, &database, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        // "Whether or not an error occurs when it is opened, resources associated with the database connection
        // handle should be released by passing it to sqlite3_close()". Only without memory there is none.
        guard code == SQLITE_OK, let database else {
            let message = String(cString: database.map { sqlite3_errmsg($0) } ?? sqlite3_errstr(code))
            sqlite3_close_v2(database)
            throw SQLiteError(extendedCode: code, message: message, operation: "open")
        }
        self.database = database
        interrupter = SQLiteInterrupter(database)
    }

    deinit {
        interrupter.invalidate()
        sqlite3_close_v2(database)
    }

    /// The error of the last call on this connection.
    ///
    /// - Parameter base: where in the text of the caller the SQL starts that SQLite saw.
    func error(_ operation: String, _ sql: String?, base: Int = 0) -> SQLiteError {
        defer { isDenied = false }
        let offset = sqlite3_error_offset(database)
        return SQLiteError(
            extendedCode: isDenied ? SQLITE_AUTH : sqlite3_extended_errcode(database),
            message: String(cString: sqlite3_errmsg(database)),
            operation: operation,
            sql: sql,
            offset: offset < 0 ? nil : base + Int(offset)
        )
    }

    /// How many instructions run between two looks at the clock: some ten microseconds.
    private static let instructionsPerCheck: Int32 = 1000

    private func installProgressHandler() {
        guard deadline != nil else {
            sqlite3_progress_handler(database, 0, nil, nil)
            return
        }
        // Not retained: the handler goes with the connection, and the connection goes with this object.
        let context = Unmanaged.passUnretained(self).toOpaque()
        sqlite3_progress_handler(
            database, Self.instructionsPerCheck,
            { context in
                guard let context else { return 0 }
                let handle = Unmanaged<SQLiteHandle>.fromOpaque(context).takeUnretainedValue()
                guard let deadline = handle.deadline else { return 0 }
                return ContinuousClock.now >= deadline ? 1 : 0
            }, context)
    }

    private func installAuthorizer() {
        guard restriction != nil else {
            sqlite3_set_authorizer(database, nil, nil)
            return
        }
        let context = Unmanaged.passUnretained(self).toOpaque()
        sqlite3_set_authorizer(
            database,
            { context, action, first, second, _, _ in
                guard let context else { return SQLITE_DENY }
                let handle = Unmanaged<SQLiteHandle>.fromOpaque(context).takeUnretainedValue()
                guard let restriction = handle.restriction else { return SQLITE_OK }
                let isAllowed = restriction.allows(
                    action, first.map { String(cString: $0) }, second.map { String(cString: $0) })
                if !isAllowed { handle.isDenied = true }
                return isAllowed ? SQLITE_OK : SQLITE_DENY
            }, context)
    }
}
