// SPDX-License-Identifier: Apache-2.0

public import ChildProcess
import FileSystem
public import FlowCore

/// Queries files as tables with SQL, in a database of the attempt's own.
public struct SQLKind: NodeKind {
    public let name = "sql"
    public let summary = "Runs SQL over files: CSV, TSV, JSON, JSON Lines and spreadsheets."
    private let tools: ToolPaths
    private let processes: ChildProcesses
    private let limits = TableLimits.standard

    /// A kind that reads spreadsheets with the given tools.
    public init(tools: ToolPaths, processes: ChildProcesses) {
        self.tools = tools
        self.processes = processes
    }

    public var body: FieldType {
        let column = FieldType.object([
            FieldSchema(
                "type", .choice(TableColumn.Kind.allCases.map(\.rawValue)), templates: false, fallback: "inferred",
                "The type of the values."),
            FieldSchema(
                "format", .string, templates: false, fallback: "ISO 8601",
                "How a datetime or date is written: %d %m %Y %y %H %I %M %S %b %p."),
            FieldSchema("as", .string, templates: false, "The name of the column in the database."),
            FieldSchema("nulls", .oneOrMany(.string), templates: false, "Words that mean null in this column."),
            FieldSchema(
                "on_error", .choice(["fail", "null"]), templates: false, fallback: "fail",
                "What a value that is not of the type does."),
        ])
        let table = FieldType.object([
            FieldSchema("file", .any, required: true, "The path of the file."),
            FieldSchema(
                "format", .choice(TableFormat.allCases.map(\.rawValue)), fallback: "by the name of the file",
                "How the file holds the table."),
            FieldSchema(
                "encoding", .choice(TableEncoding.allCases.map(\.rawValue)), fallback: "utf-8", "The encoding."),
            FieldSchema("delimiter", .string, fallback: "a comma, for TSV a tab", "What stands between cells."),
            FieldSchema("header", .list(.string), "The names of the columns of a file without a header line."),
            FieldSchema("nulls", .oneOrMany(.string), "Words that mean null, beside the empty cell."),
            FieldSchema("sheet", .string, fallback: "the first that is visible", "The sheet of a spreadsheet."),
            FieldSchema(
                "columns", .map(.oneOf([.string, column])), "Types of columns; others are inferred."),
        ])
        return .object([
            FieldSchema("tables", .map(.oneOf([.string, table])), "The tables, by their names in the query."),
            FieldSchema("query", .string, "The SQL. Values reach it as `:name` from `params`."),
            FieldSchema("file", .file, templates: false, "A file with the SQL, instead of `query`."),
            FieldSchema("params", .map(.any), "Values for `:name` in the SQL. Lists and mappings become JSON."),
            FieldSchema(
                "max_rows", .integer(0...100_000), fallback: "1000", "How many rows are put out; the file has all."),
        ])
    }

    public func outputType(of node: NodeDefinition, in site: KindSite) -> ValueType {
        node.outputType([
            "rows": .array(.anyObject), "row_count": .integer, "columns": .array(.string),
            "first": .optional(.anyObject), "truncated": .boolean,
        ])
    }

    public func artifactNames(of node: NodeDefinition) -> [String] { ["table"] }

    public func run(_ context: NodeContext) async -> NodeOutcome {
        let directory = context.directory
        var request: SQLRequest
        do throws(TableError) {
            request = try SQLRequest(context)
        } catch {
            return .failed(NodeFailure(.badData, error.description))
        }
        for index in request.tables.indices where request.tables[index].isSpreadsheet {
            let sheet = SpreadsheetReader(tools: tools, processes: processes, limits: limits)
            let target = FilePath.join(directory, ".sheet-\(index).csv")
            if let failure = await sheet.convert(request.tables[index], to: target, directory: directory) {
                return .failed(failure)
            }
            request.tables[index].converted = target
        }
        let cancellation = SQLCancellation()
        let query = SQLQuery(
            request: request, directory: directory, limits: limits, cancellation: cancellation, log: context.log)
        return await withTaskCancellationHandler {
            await onOwnThread { query.outcome() }
        } onCancel: {
            cancellation.cancel()
        }
    }
}
