// SPDX-License-Identifier: Apache-2.0

import CSQLite

// SQLite converts a value to the type that is asked for, and gives NULL for a column that is not there.
extension SQLiteStatement {
    /// The number of columns of the result; 0 for a statement that gives none.
    public var columnCount: Int { Int(sqlite3_column_count(statement)) }

    /// The names of the columns of the result.
    public var columnNames: [String] {
        (0..<columnCount).map { index in
            sqlite3_column_name(statement, Int32(clamping: index)).map { String(cString: $0) } ?? ""
        }
    }

    /// The type of a value of this row.
    public func type(_ index: Int) -> SQLiteType {
        switch sqlite3_column_type(statement, Int32(clamping: index)) {
        case SQLITE_INTEGER: .integer
        case SQLITE_FLOAT: .real
        case SQLITE_TEXT: .text
        case SQLITE_BLOB: .blob
        default: .null
        }
    }

    /// Whether a value of this row is NULL.
    public func isNull(_ index: Int) -> Bool { type(index) == .null }

    /// A value of this row as an integer; 0 for NULL.
    public func int64(_ index: Int) -> Int64 { sqlite3_column_int64(statement, Int32(clamping: index)) }

    /// A value of this row as a number; 0 for NULL.
    public func double(_ index: Int) -> Double { sqlite3_column_double(statement, Int32(clamping: index)) }

    /// A value of this row as a text; empty for NULL. Bytes that are not UTF-8 are replaced.
    public func text(_ index: Int) -> String {
        let column = Int32(clamping: index)
        // "sqlite3_column_text() followed by sqlite3_column_bytes()" is the order the manual asks for.
        guard let start = sqlite3_column_text(statement, column) else { return "" }
        let count = Int(sqlite3_column_bytes(statement, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    /// A value of this row as bytes; none for NULL.
    public func blob(_ index: Int) -> [UInt8] {
        withBlob(index) { Array($0) }
    }

    /// Lends the bytes of a value of this row. They must not be kept, and the statement not be moved meanwhile.
    public func withBlob<Result, Failure: Error>(
        _ index: Int,
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let column = Int32(clamping: index)
        let start = sqlite3_column_blob(statement, column)
        let count = start == nil ? 0 : Int(sqlite3_column_bytes(statement, column))
        return try body(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// A value of this row in the type it is stored in.
    public func value(_ index: Int) -> SQLiteValue {
        switch type(index) {
        case .null: .null
        case .integer: .integer(int64(index))
        case .real: .real(double(index))
        case .text: .text(text(index))
        case .blob: .blob(blob(index))
        }
    }

    /// All values of this row.
    public var values: [SQLiteValue] { (0..<columnCount).map { value($0) } }
}
