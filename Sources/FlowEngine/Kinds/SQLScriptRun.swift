// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import SQLite

/// Runs a script statement by statement and keeps the rows of the last one that gives some.
struct SQLScriptRun {
    let request: SQLRequest
    let script: String
    /// The file for the rows.
    let output: String
    let cancellation: SQLCancellation

    /// Bytes of the file with the rows.
    static let outputLimit = 2 << 30
    /// Bytes of the rows that are put out as a value.
    private static let valueLimit = 16 << 20

    /// What a script gave.
    struct Rows {
        var output: String
        var columns: [String] = []
        var rows: [JSONValue] = []
        var count = 0
        var first = JSONValue.null

        var outputs: JSONObject {
            var outputs = JSONObject()
            outputs["rows"] = .array(rows)
            outputs["row_count"] = .integer(Int64(count))
            outputs["columns"] = .array(columns.map { .string($0) })
            outputs["first"] = first
            outputs["truncated"] = .bool(count > rows.count)
            return outputs
        }
    }

    /// Runs all statements. A script without rows leaves an empty file.
    func run(_ connection: SQLiteConnection) throws -> Rows {
        let source = SourceFile(name: request.scriptName, text: script)
        var rows = Rows(output: output)
        try File.write([], to: output)
        var statements = SQLiteScript(script)
        var start = 0
        while true {
            start = statements.offset
            do {
                if cancellation.isCancelled { throw TableError.cancelled(request.scriptName) }
                guard let statement = try statements.next(connection) else { break }
                start = statement.byteRange.lowerBound
                try statement.bind(named: request.parameters)
                if statement.columnCount > 0 {
                    rows = try collect(statement)
                } else {
                    try statement.run()
                }
            } catch let error as SQLiteError {
                throw SQLFailure(error, in: source, start: start, isCancelled: cancellation.isCancelled)
            }
        }
        return rows
    }

    private func collect(_ statement: SQLiteStatement) throws -> Rows {
        defer { statement.reset() }
        var result = Rows(output: output, columns: ColumnNames.unique(statement.columnNames))
        var writer = try DelimitedWriter(output)
        try writer.write(result.columns)
        let columns = result.columns
        var size = 0
        var isFull = false
        while try statement.step() {
            result.count += 1
            for index in columns.indices { Self.write(statement, index, to: &writer) }
            try writer.endLine(cells: columns.count)
            guard writer.size <= Self.outputLimit else {
                throw SQLFailure(
                    NodeFailure(
                        .badData,
                        "\(request.scriptName): the result is larger than the limit of \(Self.outputLimit) bytes"))
            }
            let isWanted = result.rows.count < request.maxRows && !isFull
            guard isWanted || result.count == 1 else { continue }
            let row = Self.row(statement, columns, &size)
            if result.count == 1 { result.first = row }
            isFull = isFull || size > Self.valueLimit
            if isWanted, !isFull { result.rows.append(row) }
        }
        try writer.close()
        return result
    }

    private static func row(_ statement: SQLiteStatement, _ columns: [String], _ size: inout Int) -> JSONValue {
        var row = JSONObject()
        for (index, column) in columns.enumerated() {
            let value: JSONValue =
                switch statement.type(index) {
                case .null: .null
                case .integer: .integer(statement.int64(index))
                case .real: statement.double(index).isFinite ? .number(statement.double(index)) : .null
                case .text: .string(statement.text(index))
                case .blob: .string(hexadecimal(statement.blob(index)))
                }
            size += column.utf8.count + 8 + (value.stringValue?.utf8.count ?? 8)
            row[column] = value
        }
        return .object(row)
    }

    private static func write(_ statement: SQLiteStatement, _ index: Int, to writer: inout DelimitedWriter) {
        let isFirst = index == 0
        switch statement.type(index) {
        case .null: writer.add([], isFirst: isFirst)
        case .integer: writer.add(String(statement.int64(index)).utf8, isFirst: isFirst)
        case .real:
            let number = statement.double(index)
            writer.add((number.isFinite ? number.description : "").utf8, isFirst: isFirst)
        case .text: statement.withBlob(index) { writer.add($0, isFirst: isFirst) }
        case .blob: writer.add(hexadecimal(statement.blob(index)).utf8, isFirst: isFirst)
        }
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(2 * bytes.count)
        for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}
