// SPDX-License-Identifier: Apache-2.0

import FlowEngine

/// `flow logs`: what the nodes of a run have written.
enum LogsCommandLine {
    static let spec = CommandSpec(
        name: "logs", summary: "Show what the nodes of a run have written", arguments: "RUN [NODE]",
        options: [
            .option("attempt", "N", "Only this attempt; by default all."),
            .flag("follow", short: "f", "Go on until the run has ended."),
        ],
        discussion: """
            Without NODE each line begins with its node. With --json each line is an object with `node`, `attempt`,
            `stream` (output, error, engine) and `text`.
            """,
        examples: [
            ("flow logs @latest-failed", "all that was written"),
            ("flow logs @latest build --follow", "one node, live"),
        ],
        run: run)

    private static func run(_ invocation: Invocation) async throws -> ExitCode {
        let workplace = try Workplace(invocation)
        var run = try await workplace.openRun(invocation.argument(0))
        let attempt = try invocation.integer("attempt", minimum: 1)
        let node = invocation.optionalArgument(1)
        if let node { try await check(node, of: run, workplace) }
        let printer = LogPrinter(isJSON: invocation.flag("json"), showsNode: node == nil)
        var tails: [String: LogTail] = [:]
        while true {
            let isAtRest = run.isAtRest
            for row in try await run.reader.nodes(of: run.id) where row.attempt > 0 && (node ?? row.node) == row.node {
                for number in attempt.map({ $0...$0 }) ?? 1...row.attempt {
                    let path = run.layout.log(row.node, attempt: number, of: run.id)
                    var tail = tails[path] ?? LogTail(path)
                    try printer.print(tail.lines(), node: row.node, attempt: number)
                    tails[path] = tail
                }
            }
            if !invocation.flag("follow") || isAtRest { return .done }
            try await Task.sleep(for: .milliseconds(100))
            try await run.refresh()
        }
    }

    /// Refuses a node that the run does not have.
    private static func check(_ node: String, of run: StoredRun, _ workplace: Workplace) async throws {
        var names = try await run.reader.nodes(of: run.id).map(\.node)
        if names.contains(node) { return }
        names += (try? await run.plan(workplace))?.nodes.map(\.id) ?? []
        if names.contains(node) { return }
        throw CommandFailure(
            .badInput, "run \(run.id) has no node `\(node)`",
            help: Spelling.nearest(to: node, among: names).map { ["did you mean `\($0)`?"] } ?? [])
    }
}

/// Writes lines of logs, which begin with their stream.
private struct LogPrinter {
    var isJSON: Bool
    var showsNode: Bool

    func print(_ lines: [String], node: String, attempt: Int) throws {
        var text = ""
        for line in lines {
            let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            let stream = String(parts[0])
            let content = parts.count > 1 ? String(parts[1]) : ""
            if isJSON {
                var object = JSONObject()
                object["schemaVersion"] = Output.schemaVersion
                object["node"] = .string(node)
                object["attempt"] = .integer(Int64(attempt))
                object["stream"] = .string(stream)
                object["text"] = .string(content)
                text += JSONValue.object(object).jsonText(.compact) + "\n"
            } else {
                text += "\(showsNode ? "\(node)  " : "")\(stream == "engine" ? "flow: " : "")\(content)\n"
            }
        }
        try Output.text(text)
    }
}
