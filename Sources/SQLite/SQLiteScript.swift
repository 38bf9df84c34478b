// SPDX-License-Identifier: Apache-2.0

import CSQLite

/// Walks through the statements of an SQL text. Each is compiled when the ones before it may have run.
public struct SQLiteScript {
    private let sql: String
    private let bytes: [UInt8]
    private let flags: UInt32

    /// Where the next statement starts, in bytes.
    public private(set) var offset = 0

    /// Starts at the beginning of a text.
    public init(_ sql: String, persistent: Bool = false) {
        self.sql = sql
        bytes = Array(sql.utf8)
        flags = persistent ? UInt32(SQLITE_PREPARE_PERSISTENT) : 0
    }

    /// Compiles the next statement; nil when only blanks and comments are left.
    ///
    /// The offset of an error counts from the beginning of the whole text.
    public mutating func next(_ connection: SQLiteConnection) throws(SQLiteError) -> SQLiteStatement? {
        if offset == 0, let position = bytes.firstIndex(of: 0) {
            // SQLite would end the text there and say nothing.
            throw SQLiteError(
                extendedCode: SQLITE_ERROR, message: "the text contains a NUL", operation: "prepare", sql: sql,
                offset: position)
        }
        while offset < bytes.count {
            let start = offset
            var statement: OpaquePointer?
            var end = start
            let code = bytes.withUnsafeBytes { buffer -> Int32 in
                guard let base = buffer.baseAddress else { return SQLITE_OK }
                let text = base.advanced(by: start).assumingMemoryBound(to: CChar.self)
                var tail: UnsafePointer<CChar>?
                let count = Int32(clamping: buffer.count - start)
                let code = sqlite3_prepare_v3(connection.handle.database, text, count, flags, &statement, &tail)
                end = tail.map { UnsafeRawPointer($0) - base } ?? buffer.count
                return code
            }
            guard code == SQLITE_OK else { throw connection.handle.error("prepare", sql, base: start) }
            offset = end > start ? end : bytes.count
            guard let statement else { continue }
            let text =
                start == 0 && offset == bytes.count ? sql : String(decoding: bytes[start..<offset], as: UTF8.self)
            return SQLiteStatement(statement, connection.handle, text, start..<offset)
        }
        return nil
    }
}
