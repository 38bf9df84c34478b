// SPDX-License-Identifier: Apache-2.0

/// A table that cannot be read: which file, where in it, and why.
struct TableError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file as the user named it.
    var file: String
    /// The line of the file, from 1.
    var line: Int?
    /// The name of the column in the file.
    var column: String?
    /// What is wrong: lower case, no full stop.
    var message: String
    /// Whether the reading was stopped from outside.
    var isCancelled = false

    init(_ file: String, line: Int? = nil, column: String? = nil, _ message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
    }

    static func cancelled(_ file: String) -> TableError {
        var error = TableError(file, "reading was cancelled")
        error.isCancelled = true
        return error
    }

    /// `file:line: column `name`: message`.
    var description: String {
        let place = line.map { "\(file):\($0)" } ?? file
        return "\(place): \(column.map { "column `\($0)`: " } ?? "")\(message)"
    }
}
