// SPDX-License-Identifier: Apache-2.0

/// How large a table may be.
struct TableLimits: Sendable, Hashable {
    /// Bytes of the file.
    var size: Int = 2 << 30
    /// Bytes of a JSON file, which is held in memory as a whole.
    var jsonSize: Int = 256 << 20
    var rows: Int = 50_000_000
    /// As many as SQLite takes.
    var columns: Int = 2000
    /// Bytes of one cell, as UTF-8.
    var cell: Int = 16 << 20

    static let standard = TableLimits()
}
