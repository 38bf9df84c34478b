// SPDX-License-Identifier: Apache-2.0

/// The statements a connection keeps, with the one longest unused dropped first.
struct SQLiteStatementCache {
    private struct Entry {
        let statement: SQLiteStatement
        var lastUse: UInt64
    }

    private static let capacity = 128
    private var entries: [String: Entry] = [:]
    private var uses: UInt64 = 0

    mutating func statement(_ sql: String) -> SQLiteStatement? {
        guard let index = entries.index(forKey: sql) else { return nil }
        uses &+= 1
        entries.values[index].lastUse = uses
        return entries.values[index].statement
    }

    mutating func add(_ statement: SQLiteStatement, _ sql: String) {
        if entries.count >= Self.capacity, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            entries[oldest.key] = nil
        }
        uses &+= 1
        entries[sql] = Entry(statement: statement, lastUse: uses)
    }
}
