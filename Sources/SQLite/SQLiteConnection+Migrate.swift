// SPDX-License-Identifier: Apache-2.0

extension SQLiteConnection {
    /// Brings the database to the newest schema, one transaction for each migration that is missing.
    ///
    /// Several processes may do it at once. A database that is up to date is only read.
    /// - Parameters:
    ///   - migrations: all migrations ever released, oldest first.
    ///   - applicationID: the number that marks databases of this program; not 0.
    /// - Returns: the names of the migrations that were applied now.
    @discardableResult
    public func migrate(
        _ migrations: [SQLiteMigration],
        applicationID: Int32
    ) throws(SQLiteMigrationError) -> [String] {
        precondition(applicationID != 0, "0 marks a database that belongs to nobody")
        precondition(Set(migrations.map(\.name)).count == migrations.count, "two migrations have one name")
        var applied: [String] = []
        do {
            while try transaction(.deferred, { try appliedCount(migrations, applicationID) }) < migrations.count {
                // Counted again under the write lock: another process may have been quicker.
                let name = try transaction(.immediate) { try applyNext(migrations, applicationID) }
                if let name { applied.append(name) }
            }
        } catch let error as SQLiteMigrationError {
            throw error
        } catch let error as SQLiteError {
            throw .database(error)
        } catch {
            preconditionFailure("a transaction throws only what its body throws")
        }
        return applied
    }

    /// How many of the migrations the database has, after the check that it is ours.
    private func appliedCount(_ migrations: [SQLiteMigration], _ applicationID: Int32) throws -> Int {
        let found = try integerPragma("application_id")
        let version = try integerPragma("user_version")
        if found == 0 {
            let isEmpty = try prepare("SELECT 1 FROM sqlite_schema LIMIT 1").firstRow { _ in true } == nil
            guard isEmpty, version == 0 else { throw SQLiteMigrationError.foreignDatabase(applicationID: 0) }
            return 0
        }
        guard found == Int64(applicationID) else {
            throw SQLiteMigrationError.foreignDatabase(applicationID: Int32(clamping: found))
        }
        guard version <= migrations.count else {
            throw SQLiteMigrationError.newerDatabase(version: Int(version), known: migrations.count)
        }
        var names: [String] = []
        try prepare("SELECT name FROM schema_migration ORDER BY position").forEachRow { names.append($0.text(0)) }
        for (position, name) in names.enumerated() {
            guard position < migrations.count, migrations[position].name == name else {
                throw SQLiteMigrationError.unknownMigration(name: name)
            }
        }
        return names.count
    }

    private func applyNext(_ migrations: [SQLiteMigration], _ applicationID: Int32) throws -> String? {
        let count = try appliedCount(migrations, applicationID)
        guard count < migrations.count else { return nil }
        let migration = migrations[count]
        if count == 0 {
            try setPragma("application_id", .integer(Int64(applicationID)))
            try execute(
                """
                CREATE TABLE schema_migration (
                    position INTEGER PRIMARY KEY,
                    name TEXT NOT NULL UNIQUE,
                    applied_at TEXT NOT NULL
                ) STRICT
                """)
        }
        do throws(SQLiteError) {
            var script = SQLiteScript(migration.sql)
            while let statement = try script.next(self) {
                try statement.run()
                // The rest would be kept piece by piece.
                precondition(isInTransaction, "the migration '\(migration.name)' ends its transaction")
            }
        } catch {
            throw SQLiteMigrationError.failed(name: migration.name, cause: error)
        }
        let record = try prepare(
            "INSERT INTO schema_migration VALUES (?, ?, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))")
        try record.bind(1, count + 1)
        try record.bind(2, migration.name)
        try record.run()
        try setPragma("user_version", .integer(Int64(count + 1)))
        return migration.name
    }

    private func integerPragma(_ name: String) throws(SQLiteError) -> Int64 {
        guard case .integer(let number) = try pragma(name) else { return 0 }
        return number
    }
}
