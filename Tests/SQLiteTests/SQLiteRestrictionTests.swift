// SPDX-License-Identifier: Apache-2.0

import FileSystem
import SQLite
import Testing

struct SQLiteRestrictionTests {
    let database: TemporaryDatabase
    let connection: SQLiteConnection

    init() throws {
        database = try TemporaryDatabase()
        connection = try SQLiteConnection(database.path)
        try connection.execute("CREATE TABLE t (a); INSERT INTO t VALUES (1)")
    }

    @Test(arguments: [
        "ATTACH 'FOLDER/other.db' AS other", "DETACH main", "VACUUM INTO 'FOLDER/copy.db'",
        "SELECT load_extension('x')", "PRAGMA journal_mode = OFF", "PRAGMA writable_schema = 1",
        "PRAGMA query_only(0)", "PRAGMA wal_checkpoint", "PRAGMA temp_store_directory = '/'",
    ])
    func `denies what leaves the database or changes a setting`(sql: String) throws {
        connection.restrict()
        let sql = sql.split(separator: "FOLDER", omittingEmptySubsequences: false).joined(separator: database.folder)
        let error = try #require(sqliteError { try connection.execute(sql) })
        #expect(error.isDenied, "\(error)")
        #expect(!File.exists(database.file("other.db")))
        #expect(!File.exists(database.file("copy.db")))
    }

    @Test(arguments: [
        "SELECT * FROM t", "INSERT INTO t VALUES (2)", "CREATE TABLE u (b)", "PRAGMA table_info(t)",
        "PRAGMA user_version", "BEGIN; COMMIT", "WITH RECURSIVE n(i) AS (VALUES (1)) SELECT upper(i) FROM n",
        "SELECT name FROM pragma_table_info('t')",
    ])
    func `allows ordinary statements`(sql: String) throws {
        connection.restrict()
        try connection.execute(sql)
        // An earlier denial does not colour a later mistake.
        #expect(sqliteError { try connection.execute("DETACH main") }?.isDenied == true)
        #expect(sqliteError { try connection.execute("SELECT nope") }?.isDenied == false)
    }

    @Test(arguments: ["INSERT INTO t VALUES (2)", "CREATE TEMP TABLE u (b)", "DROP TABLE t", "UPDATE t SET a = 2"])
    func `read only means that`(sql: String) throws {
        connection.restrict(SQLiteRestriction(isReadOnly: true))
        #expect(sqliteError { try connection.execute(sql) }?.isDenied == true)
        try connection.execute("SELECT max(a), count(*) FROM t GROUP BY a; PRAGMA table_info(t)")
        connection.restriction = nil
        try connection.execute(sql)
    }

    @Test func `transactions can be kept from users`() {
        connection.restrict(SQLiteRestriction(allowsTransactions: false))
        for sql in ["BEGIN", "COMMIT", "SAVEPOINT a"] {
            #expect(sqliteError { try connection.execute(sql) }?.isDenied == true)
        }
    }

    @Test func `the schema cannot be written even without a restriction`() {
        #expect(
            sqliteError { try connection.execute("PRAGMA writable_schema = 1; DELETE FROM sqlite_schema") } != nil)
    }
}
