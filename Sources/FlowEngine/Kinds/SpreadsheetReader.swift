// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FileSystem
import FlowCore

/// Turns a sheet of a spreadsheet file into CSV, by a program of its own.
struct SpreadsheetReader {
    let tools: ToolPaths
    let processes: ChildProcesses
    let limits: TableLimits

    /// The most rows that a sheet can have.
    private static let rowLimit = 1_048_576

    /// Writes the CSV; gives what went wrong.
    func convert(_ table: SQLRequest.Table, to target: String, directory: String) async -> NodeFailure? {
        let name = FilePath.basename(table.path)
        if let size = try? File.size(of: table.path), size > limits.jsonSize {
            return NodeFailure(
                .badData, "\(name): is larger than the limit of \(limits.jsonSize) bytes of spreadsheets")
        }
        // Absolute, so that no name of a file is taken for an option.
        guard FilePath.isAbsolute(table.path) else {
            return NodeFailure(.badData, "\(name): the path is not absolute")
        }
        var arguments = [table.path, "--max-rows", String(min(limits.rows, Self.rowLimit))]
        if let sheet = table.options.sheet { arguments.append("--sheet=\(sheet)") }
        let program = ToolProgram(
            name: "table_reader.py", source: PackageResources.table_reader_py, arguments: arguments,
            directory: directory, output: .spool(to: target, cap: limits.size),
            limits: ResourceLimits(addressSpace: 8 << 30, cpuSeconds: 600, coreSize: 0))
        return await program.run(tools, processes, source: name)
    }
}
