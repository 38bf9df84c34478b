// SPDX-License-Identifier: Apache-2.0

/// One step from an older schema to a newer one. Once released, it is never changed, moved or removed.
public struct SQLiteMigration: Sendable, Hashable {
    /// The name, unique in its list, that is kept in the database.
    public let name: String
    /// The statements. They run in one transaction, and may not end it.
    public let sql: String

    /// Makes a migration.
    public init(name: String, sql: String) {
        self.name = name
        self.sql = sql
    }
}

/// Why a database was not brought to the schema of the program.
public enum SQLiteMigrationError: Error, Sendable, Hashable {
    /// The database belongs to another program, by its application id, or by what is in it when that is 0.
    case foreignDatabase(applicationID: Int32)
    /// A newer version of this program has the database: it knows more migrations.
    case newerDatabase(version: Int, known: Int)
    /// The database has a migration that this program does not have at that place.
    case unknownMigration(name: String)
    /// A migration failed; the database is as it was before it.
    case failed(name: String, cause: SQLiteError)
    /// SQLite failed outside of a migration.
    case database(SQLiteError)
}

extension SQLiteMigrationError: CustomStringConvertible {
    /// One line.
    public var description: String {
        switch self {
        case .foreignDatabase(let identifier):
            "the database belongs to another program (application id \(identifier))"
        case .newerDatabase(let version, let known):
            "the database has version \(version), this program knows versions up to \(known)"
        case .unknownMigration(let name): "the database has a migration '\(name)' that this program does not know"
        case .failed(let name, let cause): "the migration '\(name)' failed: \(cause)"
        case .database(let cause): cause.description
        }
    }
}
