// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FileSystem
import FlowCore
import SQLite

/// `sql`: a query over table files or a SQLite database of the work folder. Neither can be changed by it.
struct SQLTool: AgentTool {
    private static let mostRows: Int64 = 100

    let processes: ChildProcesses
    let paths: ToolPaths
    let reference = BuiltinTool.sql.rawValue

    var spec: ToolSpec {
        ToolSpec(
            name: reference,
            description:
                "Runs an SQL query (SQLite) over table files of the work folder (CSV, TSV, JSON, JSON Lines, xlsx) or "
                + "over a SQLite database there.",
            parameters: ToolSchema.object(
                [
                    ("query", ToolSchema.string("The SQL.")),
                    (
                        "tables",
                        [
                            "type": "object", "additionalProperties": ["type": "string"],
                            "description": "The tables: the name in the query, and the file.",
                        ]
                    ),
                    ("database", ToolSchema.string("A SQLite database, instead of tables.")),
                    ("max_rows", ToolSchema.integer(1...1000, "The most rows to give; \(Self.mostRows) by default.")),
                ], required: ["query"]))
    }

    func subject(of arguments: JSONObject) -> ToolSubject {
        ToolSubject(.text, arguments["query"]?.stringValue ?? "", arguments)
    }

    func run(_ arguments: JSONObject, _ site: ToolSite) async -> ToolResult {
        let folder = site.folder
        var body = JSONObject()
        body["query"] = arguments["query"] ?? ""
        body["max_rows"] = arguments["max_rows"] ?? .integer(Self.mostRows)
        let tables = arguments["tables"]?.objectValue ?? JSONObject()
        let scratch: String
        var database: String?
        do {
            var files = JSONObject()
            for table in tables { files[table.key] = .string(try folder.file(table.value.plainText)) }
            if !files.isEmpty { body["tables"] = .object(files) }
            if let path = arguments["database"]?.stringValue { database = try folder.file(path) }
            guard files.isEmpty || database == nil else { return .failed("give `tables` or `database`, not both") }
            scratch = try File.makeTemporaryDirectory(prefix: ".sql-", in: site.context.directory)
        } catch let refusal as WorkFolder.Refusal {
            return .failed(refusal.message)
        } catch {
            return .failed("\(error)")
        }
        defer { try? File.removeTree(scratch) }
        var context = site.context
        context.body = .object(body)
        context.directory = scratch
        let outcome: NodeOutcome
        if let database {
            outcome = await Self.query(database, context)
        } else {
            outcome = await SQLKind(tools: paths, processes: processes).run(context)
        }
        switch outcome {
        case .failed(let failure):
            return .failed(failure.message + (failure.excerpt.map { "\n\($0)" } ?? ""))
        case .waiting: return .failed("the query waits, which it cannot")
        case .succeeded(let result):
            var value = JSONObject()
            for key in ["columns", "row_count", "truncated", "rows"] { value[key] = result.outputs[key] }
            return ToolResult(JSONValue.object(value).jsonText(), value: .object(value))
        }
    }

    /// Runs the query over a database that is only read.
    private static func query(_ path: String, _ context: NodeContext) async -> NodeOutcome {
        let cancellation = SQLCancellation()
        return await withTaskCancellationHandler {
            await onOwnThread {
                do {
                    let request = try SQLRequest(context)
                    let connection = try SQLiteConnection(path, mode: .readOnly)
                    cancellation.attach(connection.interrupter)
                    connection.setLimit(.length, 16 << 20)
                    connection.setLimit(.attached, 0)
                    connection.restrict(SQLiteRestriction(isReadOnly: true, allowsTransactions: false))
                    let rows = try SQLScriptRun(
                        request: request, script: request.script ?? "",
                        output: FilePath.join(context.directory, "table.csv"), cancellation: cancellation
                    ).run(connection)
                    return .succeeded(NodeResult(outputs: rows.outputs))
                } catch let failure as SQLFailure {
                    return .failed(failure.failure)
                } catch {
                    return .failed(NodeFailure(.badData, "\(error)"))
                }
            }
        } onCancel: {
            cancellation.cancel()
        }
    }
}
