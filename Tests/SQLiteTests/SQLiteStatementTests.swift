// SPDX-License-Identifier: Apache-2.0

import SQLite
import Testing

struct SQLiteStatementTests {
    let connection: SQLiteConnection

    init() throws {
        connection = try SQLiteConnection("", mode: .memory)
    }

    @Test(arguments: [
        SQLiteValue.null, .integer(.min), .integer(.max), .integer(0), .real(-0.5), .real(.infinity), .text(""),
        .text("a\0b"), .text("grüße 🙂"), .blob([]), .blob([0, 255, 0]),
        .text(String(repeating: "x", count: 100_000)), .blob([UInt8](repeating: 7, count: 100_000)),
    ])
    func `every value comes back as it was bound`(value: SQLiteValue) throws {
        let statement = try connection.prepare("SELECT ?1, typeof(?1)")
        try statement.bind(1, value)
        #expect(try statement.step())
        #expect(statement.value(0) == value)
        let type: String =
            switch value {
            case .null: "null"
            case .integer: "integer"
            case .real: "real"
            case .text: "text"
            case .blob: "blob"
            }
        #expect(statement.text(1) == type)
        #expect(statement.isNull(0) == (value == .null))
        #expect(try !statement.step())
    }

    @Test func `binds each type, and null for nil`() throws {
        let statement = try connection.prepare("SELECT ?, ?, ?, ?, ?, ?, ?, ?")
        try statement.bind(1, 5)
        try statement.bind(2, Int64(6))
        try statement.bind(3, 0.5)
        try statement.bind(4, "t")
        try statement.bind(5, [1, 2])
        try [UInt8]([3, 4]).withUnsafeBytes { try statement.bind(6, $0) }
        try statement.bind(7, nil as String?)
        try statement.bind(8, Double.nan)
        let expected: [SQLiteValue] = [
            .integer(5), .integer(6), .real(0.5), .text("t"), .blob([1, 2]), .blob([3, 4]), .null, .null,
        ]
        #expect(try statement.firstRow { $0.values } == expected)
        // Values stay after the reset that firstRow did, until they are cleared.
        #expect(try statement.firstRow { $0.int64(0) } == 5)
        statement.clearBindings()
        #expect(try statement.firstRow { $0.isNull(0) } == true)
    }

    @Test func `a parameter that is not there is an error`() throws {
        let statement = try connection.prepare("SELECT ?")
        #expect(sqliteError { try statement.bind(2, 1) }?.code == 25)
        #expect(sqliteError { try statement.bind(0, 1) }?.code == 25)
    }

    @Test func `binds by name`() throws {
        let statement = try connection.prepare("SELECT :a || @b || $c || :a")
        #expect(statement.parameterNames == [":a", "@b", "$c"])
        #expect(statement.parameterIndex("b") == 2)
        #expect(statement.parameterIndex("$c") == 3)
        #expect(statement.parameterIndex("d") == nil)
        try statement.bind(named: ["a": .text("1"), "b": .text("2"), "c": .text("3"), "unused": .null])
        #expect(try statement.firstRow { $0.text(0) } == "1231")
        let error = sqliteError { try statement.bind(named: ["a": .text("secret"), "b": .null]) }
        #expect(error?.message == "the parameter $c has no value")
        #expect(sqliteError { try connection.prepare("SELECT ?").bind(named: [:]) } != nil)
    }

    @Test func `tells its columns and whether it only reads`() throws {
        try connection.execute("CREATE TABLE t (a, b)")
        let query = try connection.prepare("SELECT a, b AS \"the b\" FROM t")
        #expect(query.columnNames == ["a", "the b"])
        #expect(query.isReadOnly)
        let insert = try connection.prepare("INSERT INTO t VALUES (1, 2)")
        #expect(insert.columnCount == 0)
        #expect(!insert.isReadOnly)
        try insert.run()
        try insert.run()
        #expect(connection.lastInsertRowID == 2)
        #expect(connection.changes == 1)
        try connection.execute("DELETE FROM t")
        #expect(connection.changes == 2)
    }

    @Test func `an error leaves the statement ready for the next values`() throws {
        try connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT NOT NULL) STRICT")
        let insert = try connection.prepare("INSERT INTO t VALUES (?, ?)")
        try insert.bind(1, 1)
        try insert.bind(2, "secret")
        try insert.run()
        let error = try #require(sqliteError { try insert.run() })
        #expect(error.isConstraint)
        #expect(error.isUniqueConstraint)
        #expect(error.extendedCode == 1555)
        #expect(!"\(error) \(String(describing: error.sql))".contains("secret"))
        try insert.bind(1, 2)
        try insert.run()
        try insert.bind(1, 3)
        try insert.bindNull(2)
        let missing = try #require(sqliteError { try insert.run() })
        #expect(missing.isConstraint && !missing.isUniqueConstraint)
        #expect(try connection.one("SELECT count(*) FROM t") == .integer(2))
    }

    @Test func `walks a script with the place of each statement`() throws {
        let sql = "SELECT 'ä'; -- one\n\n SELECT 2;;\n/* end */ "
        var script = SQLiteScript(sql)
        let first = try #require(try script.next(connection))
        #expect(first.sql == "SELECT 'ä';")
        #expect(first.byteRange == 0..<12)
        let second = try #require(try script.next(connection))
        #expect(second.sql.hasSuffix("SELECT 2;"))
        #expect(second.byteRange.upperBound == 31)
        #expect(try second.firstRow { $0.int64(0) } == 2)
        #expect(try script.next(connection) == nil)
        #expect(try script.next(connection) == nil)
    }

    @Test(arguments: [
        ("SELECT 1; SELECT nope; SELECT 2", 17, "no such column: nope"),
        ("SELECT 1;\nSELEC 2", 10, "near \"SELEC\": syntax error"),
        ("SELECT 'ä';\nSELECT \"text\"", 20, "no such column: text"),
        ("SELECT 1;\0 DROP TABLE t", 9, "the text contains a NUL"),
    ])
    func `an error in a script tells its byte`(sql: String, offset: Int, message: String) throws {
        let error = try #require(sqliteError { try connection.execute(sql) })
        #expect(error.offset == offset)
        #expect(error.message == message)
        #expect(error.operation == "prepare")
    }

    @Test func `prepare takes one statement`() throws {
        #expect(sqliteError { _ = try connection.prepare("SELECT 1; SELECT 2") }?.offset == 9)
        #expect(sqliteError { _ = try connection.prepare(" -- none") } != nil)
        #expect(sqliteError { _ = try connection.prepare("") } != nil)
        #expect(try connection.one("SELECT 1 ; -- the end\n") == .integer(1))
    }

    @Test func `the cache gives a statement again, but never one that is between its rows`() throws {
        let first = try connection.cached("SELECT ?1 UNION ALL SELECT 2")
        try first.bind(1, 9)
        #expect(try first.step())
        let second = try connection.cached("SELECT ?1 UNION ALL SELECT 2")
        #expect(second !== first)
        first.reset()
        let third = try connection.cached("SELECT ?1 UNION ALL SELECT 2")
        #expect(third === first)
        #expect(try third.firstRow { $0.isNull(0) } == true)
        for number in 0..<300 { try connection.cached("SELECT \(number)").run() }
        #expect(try connection.cached("SELECT ?1 UNION ALL SELECT 2") !== first)
    }

    @Test func `the cache keeps a statement that is used again and again, whatever comes between`() throws {
        let first = try connection.cached("SELECT 'often'")
        for number in 0..<300 {
            try connection.cached("SELECT \(number)").run()
            #expect(try connection.cached("SELECT 'often'") === first, "after \(number) others")
        }
    }

    @Test func `a statement keeps its connection alive`() throws {
        var connection: SQLiteConnection? = try SQLiteConnection("", mode: .memory)
        let interrupter = connection?.interrupter
        var statement = try connection?.prepare("SELECT 7")
        connection = nil
        #expect(try statement?.firstRow { $0.int64(0) } == 7)
        statement = nil
        interrupter?.interrupt()
    }

    @Test func `lends a blob`() throws {
        let statement = try connection.prepare("SELECT x'010203', NULL")
        #expect(try statement.step())
        #expect(statement.withBlob(0) { $0.count } == 3)
        #expect(statement.withBlob(1) { $0.count } == 0)
        #expect(statement.value(5) == .null)
    }
}
