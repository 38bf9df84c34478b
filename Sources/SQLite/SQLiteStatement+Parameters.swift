// SPDX-License-Identifier: Apache-2.0

import CSQLite

extension SQLiteStatement {
    /// Binds NULL.
    public func bindNull(_ index: Int) throws(SQLiteError) {
        try check(sqlite3_bind_null(statement, Int32(clamping: index)))
    }

    /// Binds an integer.
    public func bind(_ index: Int, _ value: Int64) throws(SQLiteError) {
        try check(sqlite3_bind_int64(statement, Int32(clamping: index), value))
    }

    /// Binds an integer.
    public func bind(_ index: Int, _ value: Int) throws(SQLiteError) {
        try bind(index, Int64(value))
    }

    /// Binds a number. NaN becomes NULL.
    public func bind(_ index: Int, _ value: Double) throws(SQLiteError) {
        try check(sqlite3_bind_double(statement, Int32(clamping: index), value))
    }

    /// Binds a text, by its length: a NUL in it does not end it.
    public func bind(_ index: Int, _ value: String) throws(SQLiteError) {
        var value = value
        try check(
            value.withUTF8 { text in
                flow_sqlite3_bind_text(statement, Int32(clamping: index), text.baseAddress, UInt64(text.count))
            })
    }

    /// Binds bytes.
    public func bind(_ index: Int, _ value: [UInt8]) throws(SQLiteError) {
        try check(
            value.withUnsafeBytes { bytes in
                flow_sqlite3_bind_blob(statement, Int32(clamping: index), bytes.baseAddress, UInt64(bytes.count))
            })
    }

    /// Binds bytes, which are copied.
    public func bind(_ index: Int, _ value: UnsafeRawBufferPointer) throws(SQLiteError) {
        try check(flow_sqlite3_bind_blob(statement, Int32(clamping: index), value.baseAddress, UInt64(value.count)))
    }

    /// Binds a text, or NULL for nil.
    public func bind(_ index: Int, _ value: String?) throws(SQLiteError) {
        if let value { try bind(index, value) } else { try bindNull(index) }
    }

    /// Binds an integer, or NULL for nil.
    public func bind(_ index: Int, _ value: Int64?) throws(SQLiteError) {
        if let value { try bind(index, value) } else { try bindNull(index) }
    }

    /// Binds a number, or NULL for nil.
    public func bind(_ index: Int, _ value: Double?) throws(SQLiteError) {
        if let value { try bind(index, value) } else { try bindNull(index) }
    }

    /// Binds bytes, or NULL for nil.
    public func bind(_ index: Int, _ value: [UInt8]?) throws(SQLiteError) {
        if let value { try bind(index, value) } else { try bindNull(index) }
    }

    /// Binds a value of any type.
    public func bind(_ index: Int, _ value: SQLiteValue) throws(SQLiteError) {
        switch value {
        case .null: try bindNull(index)
        case .integer(let number): try bind(index, number)
        case .real(let number): try bind(index, number)
        case .text(let text): try bind(index, text)
        case .blob(let bytes): try bind(index, bytes)
        }
    }

    /// Binds all parameters by name, without the sign before it; a value that no parameter has is left out.
    ///
    /// A parameter without a value or without a name is an error, and nothing is guessed.
    public func bind(named values: [String: SQLiteValue]) throws(SQLiteError) {
        for (position, name) in parameterNames.enumerated() {
            guard let name, let value = values[String(name.dropFirst())] else {
                throw SQLiteError(
                    extendedCode: SQLITE_RANGE,
                    message: "the parameter \(name ?? "?\(position + 1)") has no value",
                    operation: "bind",
                    sql: sql
                )
            }
            try bind(position + 1, value)
        }
    }

    /// Makes all parameters NULL.
    public func clearBindings() {
        sqlite3_clear_bindings(statement)
    }

    /// The highest number of a parameter.
    public var parameterCount: Int { Int(sqlite3_bind_parameter_count(statement)) }

    /// The names of the parameters in order, with the sign before it (`:a`, `@a`, `$a`, `?1`); nil for a plain `?`.
    public var parameterNames: [String?] {
        (0..<parameterCount).map { position in
            sqlite3_bind_parameter_name(statement, Int32(clamping: position + 1)).map { String(cString: $0) }
        }
    }

    /// The number of a named parameter; nil when there is none. Without a sign, `:`, `@` and `$` are tried.
    public func parameterIndex(_ name: String) -> Int? {
        let isSigned = name.utf8.first.map { ":@$?".utf8.contains($0) } ?? false
        for candidate in isSigned ? [name] : [":" + name, "@" + name, "$" + name] {
            let index = sqlite3_bind_parameter_index(statement, candidate)
            if index > 0 { return Int(index) }
        }
        return nil
    }
}
