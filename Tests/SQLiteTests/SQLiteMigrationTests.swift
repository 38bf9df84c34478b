// SPDX-License-Identifier: Apache-2.0

import SQLite
import Testing

struct SQLiteMigrationTests {
    private let database: TemporaryDatabase
    private let one = SQLiteMigration(name: "one", sql: "CREATE TABLE a (x); INSERT INTO a VALUES (1)")
    private let two = SQLiteMigration(name: "two", sql: "CREATE TABLE b (x); INSERT INTO b SELECT x FROM a")
    private let applicationID: Int32 = 0x464C_4F57

    init() throws {
        database = try TemporaryDatabase()
    }

    private func migrate(_ migrations: [SQLiteMigration], id: Int32? = nil) -> Result<[String], SQLiteMigrationError> {
        Result { () throws(SQLiteMigrationError) in
            let connection: SQLiteConnection
            do throws(SQLiteError) {
                connection = try SQLiteConnection(database.path)
            } catch {
                throw .database(error)
            }
            return try connection.migrate(migrations, applicationID: id ?? applicationID)
        }
    }

    @Test func `applies what is missing, once`() throws {
        #expect(migrate([one]) == .success(["one"]))
        #expect(migrate([one, two]) == .success(["two"]))
        #expect(migrate([one, two]) == .success([]))
        let connection = try SQLiteConnection(database.path, mode: .readOnly)
        #expect(try connection.migrate([one, two], applicationID: applicationID) == [])
        #expect(try connection.pragma("user_version") == .integer(2))
        #expect(try connection.pragma("application_id") == .integer(Int64(applicationID)))
        #expect(try connection.one("SELECT x FROM b") == .integer(1))
        let times = "SELECT count(*) FROM schema_migration WHERE datetime(applied_at) IS NOT NULL"
        #expect(try connection.one(times) == .integer(2))
    }

    @Test func `a migration that fails half-way leaves the version before it`() throws {
        #expect(migrate([one]) == .success(["one"]))
        let broken = SQLiteMigration(name: "two", sql: "CREATE TABLE b (x); INSERT INTO b SELECT y FROM a")
        guard case .failure(.failed("two", let cause)) = migrate([one, broken]) else {
            Issue.record("the migration did not fail")
            return
        }
        #expect(cause.message == "no such column: y")
        #expect(cause.offset == 41)
        let connection = try SQLiteConnection(database.path)
        #expect(try connection.pragma("user_version") == .integer(1))
        #expect(try connection.one("SELECT count(*) FROM sqlite_schema WHERE name = 'b'") == .integer(0))
        #expect(migrate([one, two]) == .success(["two"]))
    }

    @Test func `the first migration failing leaves an empty database`() throws {
        guard
            case .failure(.failed("bad", _)) = migrate([SQLiteMigration(name: "bad", sql: "CREATE TABLE a (x); nope")])
        else {
            Issue.record("the migration did not fail")
            return
        }
        #expect(try SQLiteConnection(database.path).pragma("application_id") == .integer(0))
        #expect(migrate([one]) == .success(["one"]))
    }

    @Test func `refuses a newer database`() {
        #expect(migrate([one, two]) == .success(["one", "two"]))
        #expect(migrate([one]) == .failure(.newerDatabase(version: 2, known: 1)))
    }

    @Test func `refuses another order and other names`() {
        #expect(migrate([one, two]) == .success(["one", "two"]))
        #expect(migrate([two, one]) == .failure(.unknownMigration(name: "one")))
        let other = SQLiteMigration(name: "other", sql: "")
        #expect(migrate([one, other]) == .failure(.unknownMigration(name: "two")))
    }

    @Test func `refuses the database of another program`() throws {
        #expect(migrate([one]) == .success(["one"]))
        #expect(migrate([one], id: 5) == .failure(.foreignDatabase(applicationID: applicationID)))
        let connection = try SQLiteConnection(database.file("unmarked.db"))
        try connection.execute("CREATE TABLE theirs (x)")
        #expect(throws: SQLiteMigrationError.foreignDatabase(applicationID: 0)) {
            try connection.migrate([one], applicationID: applicationID)
        }
    }

    @Test func `many at once end with one schema`() async throws {
        let (path, migrations, id) = (database.path, [one, two], applicationID)
        try SQLiteConnection(path).execute("PRAGMA journal_mode = WAL")
        let applied = try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<8 {
                group.addTask { try SQLiteConnection(path).migrate(migrations, applicationID: id) }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(applied.sorted() == ["one", "two"])
    }
}
