// SPDX-License-Identifier: Apache-2.0

import FileSystem
import SQLite
import Testing

struct SQLiteConnectionTests {
    let database: TemporaryDatabase

    init() throws {
        database = try TemporaryDatabase()
    }

    @Test func `opens as it is told to`() throws {
        #expect(sqliteError { _ = try SQLiteConnection(database.path, mode: .readWrite) }?.isCannotOpen == true)
        #expect(sqliteError { _ = try SQLiteConnection(database.path, mode: .readOnly) }?.isCannotOpen == true)
        #expect(!File.exists(database.path))
        try SQLiteConnection(database.path).execute("CREATE TABLE t (a)")
        let reader = try SQLiteConnection(database.path, mode: .readOnly)
        let error = try #require(sqliteError { try reader.execute("INSERT INTO t VALUES (1)") })
        #expect(error.isReadOnly)
        #expect(error.description == "SQLite cannot step: attempt to write a readonly database (code 8)")
        #expect(SQLiteConnection.libraryVersion.hasPrefix("3."))
    }

    @Test(arguments: ["", "a\0b"])
    func `refuses what is no path`(path: String) {
        #expect(sqliteError { _ = try SQLiteConnection(path) }?.isCannotOpen == true)
    }

    @Test func `a file that is no database is told at the open`() throws {
        try File.write(String(repeating: "not a database. ", count: 100), to: database.path)
        let error = try #require(sqliteError { _ = try SQLiteConnection(database.path) })
        #expect(error.isNotADatabase)
        #expect(error.operation == "open")
        #expect(sqliteError { _ = try SQLiteConnection(database.folder) }?.isCannotOpen == true)
    }

    @Test func `a damaged file is told`() throws {
        do {
            let connection = try SQLiteConnection(database.path)
            try connection.execute("CREATE TABLE t (a); CREATE INDEX i ON t (a)")
            let insert = try connection.prepare("INSERT INTO t VALUES (randomblob(500))")
            try connection.transaction { for _ in 0..<200 { try insert.run() } }
        }
        var bytes = try File.read(database.path, limit: .max)
        for index in 4096..<bytes.count { bytes[index] = 0xAA }
        try File.write(bytes, to: database.path)
        let connection = try SQLiteConnection(database.path)
        #expect(sqliteError { try connection.execute("SELECT sum(length(a)) FROM t") }?.isCorrupt == true)
    }

    @Test func `waits for a lock no longer than it was told`() throws {
        let writer = try SQLiteConnection(database.path)
        try writer.execute("PRAGMA journal_mode = WAL; CREATE TABLE t (a)")
        let other = try SQLiteConnection(database.path, busyTimeoutMilliseconds: 20)
        try writer.transaction {
            let error = sqliteError { try other.transaction {} }
            #expect(error?.isBusy == true)
            #expect(!other.isInTransaction)
            try writer.execute("INSERT INTO t VALUES (1)")
            // A reader is not in the way of a writer, and sees the state before.
            #expect(try other.one("SELECT count(*) FROM t") == .integer(0))
        }
        #expect(try other.one("SELECT count(*) FROM t") == .integer(1))
    }

    @Test func `a full database is told, and the transaction is gone`() throws {
        let connection = try SQLiteConnection(database.path)
        try connection.execute("CREATE TABLE t (a)")
        try connection.setPragma("max_page_count", .integer(10))
        let error = sqliteError {
            try connection.transaction {
                let insert = try connection.prepare("INSERT INTO t VALUES (randomblob(3000))")
                while true { try insert.run() }
            }
        }
        #expect(error?.isFull == true)
        #expect(!connection.isInTransaction)
        #expect(try connection.one("SELECT count(*) FROM t") == .integer(0))
        try connection.execute("INSERT INTO t VALUES (1)")
    }

    @Test func `a transaction keeps all or nothing`() throws {
        struct Stop: Error {}
        let connection = try SQLiteConnection(database.path)
        try connection.execute("CREATE TABLE t (a)")
        #expect(throws: Stop.self) {
            try connection.transaction {
                try connection.execute("INSERT INTO t VALUES (1)")
                throw Stop()
            }
        }
        let count = try connection.transaction(.deferred) {
            try connection.execute("INSERT INTO t VALUES (2)")
            #expect(connection.isInTransaction)
            return connection.changes
        }
        #expect(count == 1)
        #expect(try connection.one("SELECT group_concat(a) FROM t") == .text("2"))
        #expect(throws: SQLiteError.self) { try connection.transaction { try connection.transaction {} } }
        #expect(!connection.isInTransaction)
    }

    @Test(.timeLimit(.minutes(1))) func `a deadline stops an endless query`() throws {
        let connection = try SQLiteConnection(database.path)
        let error = sqliteError {
            try connection.withDeadline(.now + .milliseconds(20)) { try connection.execute(endlessQuery) }
        }
        #expect(error?.isInterrupted == true)
        #expect(connection.deadline == nil)
        #expect(try connection.one("SELECT 1") == .integer(1))
    }

    @Test(.timeLimit(.minutes(1))) func `a deadline in a transaction rolls it back`() throws {
        let connection = try SQLiteConnection(database.path)
        try connection.execute("CREATE TABLE t (a)")
        #expect(throws: SQLiteError.self) {
            try connection.withDeadline(.now + .milliseconds(20)) {
                try connection.transaction {
                    try connection.execute("INSERT INTO t VALUES (1)")
                    // The outer deadline is the earlier one.
                    try connection.withDeadline(.now + .seconds(100)) { try connection.execute(endlessQuery) }
                }
            }
        }
        #expect(!connection.isInTransaction)
        #expect(try connection.one("SELECT count(*) FROM t") == .integer(0))
    }

    @Test(.timeLimit(.minutes(1))) func `another thread can interrupt`() async throws {
        let connection = try SQLiteConnection(database.path)
        let interrupter = connection.interrupter
        let task = Task.detached {
            // An interrupt before the query runs has no effect, so repeat it until the query has ended.
            while !Task.isCancelled {
                interrupter.interrupt()
                await Task.yield()
            }
        }
        #expect(sqliteError { try connection.execute(endlessQuery) }?.isInterrupted == true)
        task.cancel()
        await task.value
    }

    @Test func `sets and reads pragmas`() throws {
        let connection = try SQLiteConnection(database.path)
        #expect(try connection.setPragma("journal_mode", .text("wal")) == .text("wal"))
        try connection.setPragma("user_version", .integer(7))
        #expect(try connection.pragma("user_version") == .integer(7))
        #expect(try connection.pragma("no_such_pragma") == nil)
    }

    @Test func `limits what a statement may be`() throws {
        let connection = try SQLiteConnection(database.path)
        #expect(connection.setLimit(.length, 1000) > 1000)
        #expect(sqliteError { try connection.execute("SELECT randomblob(2000)") }?.isTooBig == true)
        for limit in SQLiteLimit.allCases { #expect(connection.setLimit(limit, 50) >= 0) }
        #expect(connection.setLimit(.columns, 50) == 50)
    }

    @Test func `backs up a database that is in use`() throws {
        let connection = try SQLiteConnection(database.path)
        try connection.execute("PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (42)")
        let path = database.file("copy.db")
        try connection.backup(to: path)
        try connection.execute("DELETE FROM t")
        #expect(try SQLiteConnection(path, mode: .readOnly).one("SELECT a FROM t") == .integer(42))
        try connection.backup(to: path)
        #expect(try SQLiteConnection(path, mode: .readOnly).one("SELECT count(*) FROM t") == .integer(0))
        #expect(sqliteError { try connection.backup(to: database.file("none/x.db")) }?.isCannotOpen == true)
    }

    @Test func `special names are plain files`() throws {
        let previous = try File.currentDirectory()
        #expect(!File.exists(FilePath.join(previous, ":memory:")))
        let path = FilePath.join(database.folder, "file:x?mode=memory")
        try SQLiteConnection(path).execute("CREATE TABLE t (a)")
        #expect(try File.list(database.folder).map(\.name) == ["file:x?mode=memory"])
    }
}
