// SPDX-License-Identifier: Apache-2.0

/// The statements a connection keeps, with the one longest unused dropped first.
struct SQLiteStatementCache {
    private final class Entry {
        let sql: String
        let statement: SQLiteStatement
        var lastUse: UInt64

        init(_ sql: String, _ statement: SQLiteStatement, use: UInt64) {
            (self.sql, self.statement, lastUse) = (sql, statement, use)
        }
    }

    private static let capacity = 128
    private static let mostRecent = 16
    private var entries: [String: Entry] = [:]
    private var uses: UInt64 = 0
    /// The last ones that were looked up. A text that stands in the program is the same piece of memory each time, which
    /// is seen at once; to hash it takes longer than to bind its values.
    private var recent: [Entry] = []
    private var nextRecent = 0

    mutating func statement(_ sql: String) -> SQLiteStatement? {
        uses &+= 1
        if let entry = recent.first(where: { $0.sql == sql }) {
            entry.lastUse = uses
            return entry.statement
        }
        guard let entry = entries[sql] else { return nil }
        entry.lastUse = uses
        if recent.count < Self.mostRecent {
            recent.append(entry)
        } else {
            recent[nextRecent] = entry
            nextRecent = (nextRecent + 1) % Self.mostRecent
        }
        return entry.statement
    }

    mutating func add(_ statement: SQLiteStatement, _ sql: String) {
        if entries.count >= Self.capacity, let oldest = entries.values.min(by: { $0.lastUse < $1.lastUse }) {
            entries[oldest.sql] = nil
            recent.removeAll { $0 === oldest }
            nextRecent = 0
        }
        uses &+= 1
        entries[sql] = Entry(sql, statement, use: uses)
    }
}
