// SPDX-License-Identifier: Apache-2.0

extension SQLiteConnection {
    /// The first value a PRAGMA gives; nil when it gives no row.
    public func pragma(_ name: String) throws(SQLiteError) -> SQLiteValue? {
        try firstValue("PRAGMA \(Self.checked(name))")
    }

    /// Sets a PRAGMA. Some refuse by giving the old value, such as `journal_mode`: look at the answer.
    ///
    /// - Parameters:
    ///   - name: a name of the program, never of a user.
    ///   - value: an integer or a text.
    /// - Returns: the first value it gives; nil when it gives no row.
    @discardableResult
    public func setPragma(_ name: String, _ value: SQLiteValue) throws(SQLiteError) -> SQLiteValue? {
        // A PRAGMA takes no parameters, so the value must become text.
        let literal: String
        switch value {
        case .integer(let number): literal = String(number)
        case .text(let text):
            var quoted = "'"
            for character in text.unicodeScalars {
                if character == "'" { quoted += "'" }
                quoted.unicodeScalars.append(character)
            }
            literal = quoted + "'"
        default: preconditionFailure("a pragma is an integer or a text")
        }
        return try firstValue("PRAGMA \(Self.checked(name)) = \(literal)")
    }

    private func firstValue(_ sql: String) throws(SQLiteError) -> SQLiteValue? {
        let statement = try prepare(sql)
        defer { statement.reset() }
        // All rows, because a few pragmas act while they are stepped.
        guard try statement.step() else { return nil }
        let value = statement.value(0)
        while try statement.step() {}
        return value
    }

    private static func checked(_ name: String) -> String {
        let isName = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == 0x5F || byte == 0x2E
        }
        precondition(isName && !name.isEmpty, "the name of a pragma has letters, digits, _ and . only")
        return name
    }
}
