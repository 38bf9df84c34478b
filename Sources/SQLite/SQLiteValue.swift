// SPDX-License-Identifier: Apache-2.0

/// A value as SQLite stores it.
public enum SQLiteValue: Sendable, Equatable {
    /// No value.
    case null
    /// A whole number.
    case integer(Int64)
    /// A number with a fraction. SQLite stores NaN as null.
    case real(Double)
    /// A text.
    case text(String)
    /// Bytes.
    case blob([UInt8])
}

/// The type of a value in a row.
public enum SQLiteType: Sendable, Hashable {
    /// See ``SQLiteValue/null``.
    case null
    /// See ``SQLiteValue/integer(_:)``.
    case integer
    /// See ``SQLiteValue/real(_:)``.
    case real
    /// See ``SQLiteValue/text(_:)``.
    case text
    /// See ``SQLiteValue/blob(_:)``.
    case blob
}
