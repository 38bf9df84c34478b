// SPDX-License-Identifier: Apache-2.0

/// The statements a connection keeps, with the one longest unused dropped first.
struct SQLiteStatementCache {
    private struct Entry {
        let statement: SQLiteStatement
        var lastUse: UInt64
    }

    private static let capacity = 128
    private static let mostRecent = 16
    private var entries: [String: Entry] = [:]
    private var uses: UInt64 = 0
    /// The last ones that were looked up. A text that stands in the program is the same piece of memory each time, which
    /// is seen at once; to hash it takes longer than to bind its values.
    private var recent: [(sql: String, statement: SQLiteStatement)] = []
    private var nextRecent = 0

    mutating func statement(_ sql: String) -> SQLiteStatement? {
        for entry in recent where entry.sql == sql { return entry.statement }
        guard let statement = kept(sql) else { return nil }
        if recent.count < Self.mostRecent {
            recent.append((sql, statement))
        } else {
            recent[nextRecent] = (sql, statement)
            nextRecent = (nextRecent + 1) % Self.mostRecent
        }
        return statement
    }

    private mutating func kept(_ sql: String) -> SQLiteStatement? {
        guard let index = entries.index(forKey: sql) else { return nil }
        uses &+= 1
        entries.values[index].lastUse = uses
        return entries.values[index].statement
    }

    mutating func add(_ statement: SQLiteStatement, _ sql: String) {
        if entries.count >= Self.capacity, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            entries[oldest.key] = nil
            recent.removeAll { $0.statement === oldest.value.statement }
            nextRecent = 0
        }
        uses &+= 1
        entries[sql] = Entry(statement: statement, lastUse: uses)
    }
}
