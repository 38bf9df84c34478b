// SPDX-License-Identifier: Apache-2.0

import FileSystem
import SQLite

/// A folder with a database file of one test, removed at its end.
final class TemporaryDatabase {
    let folder: String
    var path: String { file("test.db") }

    init() throws {
        folder = try File.makeTemporaryDirectory(prefix: "sqlite-tests-")
    }

    deinit {
        try? File.removeTree(folder)
    }

    func file(_ name: String) -> String { FilePath.join(folder, name) }
}

/// The error a body throws; nil when it throws none or another.
func sqliteError(_ body: () throws -> Void) -> SQLiteError? {
    do {
        try body()
        return nil
    } catch {
        return error as? SQLiteError
    }
}

extension SQLiteConnection {
    /// The first value of the first row.
    func one(_ sql: String) throws -> SQLiteValue? {
        try prepare(sql).firstRow { $0.value(0) }
    }
}

/// Counts without end.
let endlessQuery = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
