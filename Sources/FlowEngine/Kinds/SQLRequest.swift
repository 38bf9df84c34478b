// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import SQLite

/// What one attempt of a `sql` node is to do.
struct SQLRequest: Sendable {
    /// One table to load.
    struct Table: Sendable {
        var name: String
        var options: TableOptions
        /// Where the file is.
        var path: String
        /// What a spreadsheet was turned into.
        var converted: String?

        /// The format; a name without an ending is decided by the first bytes.
        var format: TableFormat {
            get throws(TableError) {
                if let format = options.format { return format }
                let ending = FilePath.extension(path)
                if let format = TableFormat(extension: ending) { return format }
                let known = FilePath.basename(path)
                guard ending.isEmpty else {
                    throw TableError(
                        known, "the ending `.\(ending)` is no format of tables: set `format` (\(TableFormat.names))")
                }
                var head: [UInt8] = []
                // ISO 8859 takes every byte as it is, so that nothing is refused here.
                _ = try TableByteSource(path, name: known, encoding: .latin1, limit: .max).next(&head, line: 1)
                if head.starts(with: [0xC3, 0xAF, 0xC2, 0xBB, 0xC2, 0xBF]) { head.removeFirst(6) }
                return TableFormat(content: head)
            }
        }

        var isSpreadsheet: Bool { (try? format) == .xlsx }
    }

    var tables: [Table] = []
    /// The name of the SQL text for messages.
    var scriptName = "query"
    /// The text, or nil when it is in a file.
    var script: String?
    var scriptPath: String?
    var parameters: [String: SQLiteValue] = [:]
    var maxRows = 1000

    init(_ context: NodeContext) throws(TableError) {
        let body = context.body
        for member in body["tables"]?.objectValue?.members ?? [] {
            let options = try TableOptions(member.value, table: member.key)
            let path = FilePath.join(context.workflowDirectory, options.file)
            tables.append(Table(name: member.key, options: options, path: path))
        }
        script = body["query"]?.stringValue
        if let file = body["file"]?.stringValue {
            scriptName = FilePath.basename(file)
            scriptPath = FilePath.join(context.workflowDirectory, file)
        }
        guard (script == nil) != (scriptPath == nil) else {
            throw TableError("sql", "exactly one of `query` and `file` is wanted")
        }
        for member in body["params"]?.objectValue?.members ?? [] { parameters[member.key] = Self.value(member.value) }
        maxRows = Int(clamping: max(0, body["max_rows"]?.integerValue ?? 1000))
    }

    private static func value(_ value: JSONValue) -> SQLiteValue {
        switch value {
        case .null: .null
        case .bool(let flag): .integer(flag ? 1 : 0)
        case .integer(let number): .integer(number)
        case .number(let number): .real(number)
        case .string(let text): .text(text)
        case .array, .object: .text(value.jsonText())
        }
    }
}
