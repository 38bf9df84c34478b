// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import SQLite

/// Loads the tables of a `sql` node and runs its script, on one thread that may block.
struct SQLQuery: Sendable {
    let request: SQLRequest
    let directory: String
    let limits: TableLimits
    let cancellation: SQLCancellation
    let log: @Sendable (NodeLogLine) -> Void

    /// Tables of more bytes than this are loaded into a file.
    private static let memoryLimit: Int64 = 64 << 20
    private static let scriptLimit = 1 << 20
    /// Bytes of the largest text or row that SQL may make.
    private static let valueLimit = 64 << 20

    /// Runs to the end.
    func outcome() -> NodeOutcome {
        let database = FilePath.join(directory, ".tables.db")
        defer {
            for suffix in ["", "-journal"] where File.exists(database + suffix) { try? File.remove(database + suffix) }
            for path in request.tables.compactMap(\.converted) { try? File.remove(path) }
        }
        do {
            return .succeeded(try result(database))
        } catch let failure as SQLFailure {
            return .failed(failure.failure)
        } catch let error as TableError {
            return .failed(NodeFailure(error.isCancelled ? .cancelled : .badData, error.description))
        } catch let error as FileError {
            return .failed(NodeFailure(.storage, error.description))
        } catch let error as SQLiteError {
            return .failed(SQLFailure(error, cancellation.isCancelled).failure)
        } catch {
            return .failed(NodeFailure(.badData, "\(error)"))
        }
    }

    private func result(_ database: String) throws -> NodeResult {
        let script = try scriptText()
        let size = request.tables.reduce(into: Int64(0)) { sum, table in
            sum = sum.addingReportingOverflow((try? File.size(of: table.path)) ?? 0).partialValue
        }
        let isInMemory = size <= Self.memoryLimit
        let connection = try SQLiteConnection(database, mode: isInMemory ? .memory : .readWriteCreate)
        try connection.setPragma("synchronous", .text("OFF"))
        try connection.setPragma("journal_mode", .text("MEMORY"))
        cancellation.attach(connection.interrupter)
        // "Any new SQL statements that are started after the sqlite3_interrupt() call and before the running statement
        // count reaches zero are interrupted": one statement always runs, so that no interrupt is lost.
        let running = try connection.prepare("VALUES (1), (2)")
        _ = try running.step()
        var usage = JSONObject()
        if !request.tables.isEmpty {
            try connection.transaction {
                for table in request.tables { usage[table.name] = .integer(Int64(try load(table, connection).rows)) }
            }
        }
        connection.setLimit(.length, Self.valueLimit)
        connection.setLimit(.attached, 0)
        connection.restrict()
        let rows = try SQLScriptRun(
            request: request, script: script, output: FilePath.join(directory, "table.csv"), cancellation: cancellation
        ).run(connection)
        let artifact = ProducedArtifact(name: "table", path: rows.output, mediaType: "text/csv")
        return NodeResult(
            outputs: rows.outputs, artifacts: [artifact],
            usage: JSONObject([JSONObject.Member(key: "rows_read", value: .object(usage))]))
    }

    private func scriptText() throws -> String {
        guard let path = request.scriptPath else { return request.script ?? "" }
        do throws(FileError) {
            return try File.readText(path, limit: Self.scriptLimit)
        } catch {
            throw TableError(request.scriptName, "cannot be read: \(error.reason)")
        }
    }

    private func load(_ table: SQLRequest.Table, _ connection: SQLiteConnection) throws -> TableLoadReport {
        let file = FilePath.basename(table.path)
        guard !table.name.isEmpty, !table.name.utf8.contains(0), !table.name.lowercased().hasPrefix("sqlite_") else {
            throw TableError(file, "a table cannot be named `\(table.name)`")
        }
        let cancellation = cancellation
        let format: TableFormat = table.converted == nil ? try table.format : .csv
        let reader = try table.options.reader(
            table.converted ?? table.path, name: file, format: format, limits: limits)
        let loader = TableLoader(
            name: table.name, file: file, options: table.options, isCancelled: { cancellation.isCancelled })
        let report = try loader.load(reader, into: connection)
        for (column, count) in report.nulled.sorted(by: { $0.key < $1.key }) {
            let kind = table.options.columns[column]?.kind?.rawValue ?? "value"
            let values = count == 1 ? "1 value is" : "\(count) values are"
            log(NodeLogLine(.engine, "\(file): column `\(column)`: \(values) no \(kind) and became null"))
        }
        return report
    }
}
