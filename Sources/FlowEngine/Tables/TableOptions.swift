// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// What a workflow says about one table: the file, and how to read it.
struct TableOptions: Sendable, Hashable {
    /// The path as the workflow gives it.
    var file: String
    /// Nil: by the name's ending, or by the content when there is none.
    var format: TableFormat?
    var encoding: TableEncoding?
    /// Nil: a comma, for TSV a tab.
    var delimiter: UInt8?
    /// Names of the columns of a file without a header line.
    var header: [String]?
    /// Words that mean null, beside the empty cell.
    var nulls: [String] = []
    var columns: [String: TableColumn] = [:]
    /// The sheet of a spreadsheet; nil for the first that is visible.
    var sheet: String?

    init(file: String) { self.file = file }

    /// Reads a table's part of a workflow: a path, or `{file, format, encoding, …}`.
    init(_ value: JSONValue, table: String) throws(TableError) {
        func fault(_ message: String) -> TableError { TableError("table `\(table)`", message) }
        if let path = Self.path(value) {
            file = path
            return
        }
        guard let object = value.objectValue, let file = object["file"].flatMap(Self.path) else {
            throw fault("the path of a file is wanted")
        }
        self.file = file
        if let name = object["format"]?.stringValue {
            guard let format = TableFormat(rawValue: name) else {
                throw fault("`\(name)` is no format of tables (\(TableFormat.names))")
            }
            self.format = format
        }
        if let name = object["encoding"]?.stringValue {
            guard let encoding = TableEncoding(name: name) else {
                throw fault(
                    "`\(name)` is no encoding (\(TableEncoding.allCases.map(\.rawValue).joined(separator: ", ")))")
            }
            self.encoding = encoding
        }
        if let text = object["delimiter"]?.stringValue {
            guard text.utf8.count == 1, let byte = text.utf8.first, ",;\t|".utf8.contains(byte) else {
                throw fault("the delimiter is `,`, `;`, `|` or a tab (\"\\t\")")
            }
            delimiter = byte
        }
        if let names = object["header"]?.arrayValue?.compactMap(\.stringValue) {
            guard !names.isEmpty else { throw fault("`header` needs at least one name") }
            header = names
        }
        nulls = object["nulls"]?.texts ?? []
        sheet = object["sheet"]?.stringValue
        for member in object["columns"]?.objectValue?.members ?? [] {
            columns[member.key] = try TableColumn(member.value, table: table, column: member.key)
        }
    }

    /// A path, or a file value of the engine: an object with a `path`.
    private static func path(_ value: JSONValue) -> String? {
        switch value {
        case .string(let path): path.isEmpty ? nil : path
        case .object(let object):
            if object["file"] == nil, let path = object["path"]?.stringValue, !path.isEmpty { path } else { nil }
        default: nil
        }
    }
}
