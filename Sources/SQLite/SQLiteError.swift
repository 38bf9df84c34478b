// SPDX-License-Identifier: Apache-2.0

import CSQLite

/// A failed call of SQLite: what was being done, to which SQL, and what SQLite says. Never holds a bound value.
public struct SQLiteError: Error, Sendable, Hashable {
    /// The extended result code, such as 2067 for a violated UNIQUE constraint.
    public let extendedCode: Int32
    /// The message of SQLite, in English.
    public let message: String
    /// What was being done, such as `open` or `step`.
    public let operation: String
    /// The SQL text; for `open` nil.
    public let sql: String?
    /// Where in the SQL text given by the caller the mistake is, in bytes from its start; nil when SQLite does not say.
    public let offset: Int?

    /// Makes an error.
    public init(extendedCode: Int32, message: String, operation: String, sql: String? = nil, offset: Int? = nil) {
        self.extendedCode = extendedCode
        self.message = message
        self.operation = operation
        self.sql = sql
        self.offset = offset
    }

    /// The primary result code, such as 19 for a violated constraint.
    public var code: Int32 { extendedCode & 0xFF }

    /// Another connection has the database or a table locked, and the busy timeout is over.
    public var isBusy: Bool { code == SQLITE_BUSY || code == SQLITE_LOCKED }
    /// The disk is full, or the database may not grow.
    public var isFull: Bool { code == SQLITE_FULL }
    /// The content of the file is damaged.
    public var isCorrupt: Bool { code == SQLITE_CORRUPT }
    /// The file or the connection may not be written.
    public var isReadOnly: Bool { code == SQLITE_READONLY }
    /// The disk failed.
    public var isIOError: Bool { code == SQLITE_IOERR }
    /// The file is not a database.
    public var isNotADatabase: Bool { code == SQLITE_NOTADB }
    /// A constraint of the schema is violated.
    public var isConstraint: Bool { code == SQLITE_CONSTRAINT }
    /// A UNIQUE or PRIMARY KEY constraint is violated.
    public var isUniqueConstraint: Bool {
        // SQLITE_CONSTRAINT_UNIQUE, _PRIMARYKEY and _ROWID; expression macros are not imported.
        [8, 6, 10].contains { extendedCode == SQLITE_CONSTRAINT | $0 << 8 }
    }
    /// The call was stopped, by an interrupter or because the deadline has passed.
    public var isInterrupted: Bool { code == SQLITE_INTERRUPT }
    /// The file cannot be opened.
    public var isCannotOpen: Bool { code == SQLITE_CANTOPEN }
    /// The SQL does what a restricted connection may not do.
    public var isDenied: Bool { code == SQLITE_AUTH }
    /// A value or a text is larger than the limit.
    public var isTooBig: Bool { code == SQLITE_TOOBIG }
}

extension SQLiteError: CustomStringConvertible {
    /// One line without the SQL.
    public var description: String {
        let place = offset.map { " at byte \($0)" } ?? ""
        return "SQLite cannot \(operation): \(message)\(place) (code \(extendedCode))"
    }
}
