// SPDX-License-Identifier: Apache-2.0

import FlowEngine

/// `flow list`: the runs of the store.
enum ListCommandLine {
    static let spec = CommandSpec(
        name: "list", summary: "List runs, the newest first",
        options: [
            .option(
                "status", "STATUS", repeated: true,
                "Only runs that stand so; `interrupted` means left by a dead engine."),
            .option("workflow", "NAME", "Only runs of a workflow."),
            .option("limit", "N", "How many at most (20)."),
        ],
        examples: [
            ("flow list", "the last 20 runs"), ("flow list --status failed --workflow itops", "what went wrong"),
        ],
        run: run)

    private static func run(_ invocation: Invocation) async throws -> ExitCode {
        let workplace = try Workplace(invocation)
        let limit = try invocation.integer("limit", minimum: 1) ?? 20
        var statuses: Set<RunStatus> = []
        var wantsOrphans = false
        for text in invocation.all("status") {
            if text == "interrupted" {
                wantsOrphans = true
            } else if let status = RunStatus(rawValue: text) {
                statuses.insert(status)
            } else {
                let words = RunStatus.allCases.map(\.rawValue) + ["interrupted"]
                throw CommandFailure(
                    .usage, "there is no status `\(text)`",
                    help: [
                        Spelling.nearest(to: text, among: words).map { "did you mean `\($0)`?" }
                            ?? words.joined(separator: ", ")
                    ])
            }
        }
        var runs: [(summary: RunSummary, isOrphaned: Bool)] = []
        if workplace.hasStore {
            let (reader, _, layout) = try workplace.openStore()
            let hasEngine = StoreOwnership.livingOwner(of: layout.folder) != nil
            let isFiltered = wantsOrphans || statuses.contains(.running) || statuses.contains(.created)
            let asked = wantsOrphans ? statuses.union([.running, .created]) : statuses
            let found = try await reader.runs(
                RunQuery(
                    statuses: asked, workflow: invocation.value("workflow"), limit: isFiltered ? 10_000 : limit))
            for summary in found {
                let isOrphaned = StoredRun.isOrphaned(summary, hasEngine: hasEngine)
                if isFiltered, !(isOrphaned ? wantsOrphans : statuses.contains(summary.status)) { continue }
                runs.append((summary, isOrphaned))
                if runs.count == limit { break }
            }
        }
        try print(runs, isJSON: invocation.flag("json"))
        return .done
    }

    private static func print(_ runs: [(summary: RunSummary, isOrphaned: Bool)], isJSON: Bool) throws {
        if isJSON {
            var object = JSONObject()
            object["runs"] = .array(
                runs.map { run in
                    var row = run.summary.json.objectValue ?? JSONObject()
                    if run.isOrphaned { row["status"] = "interrupted" }
                    return .object(row)
                })
            return try Output.json(object)
        }
        guard !runs.isEmpty else { return Talk().say("no runs") }
        var table = Table(header: ["run", "workflow", "status", "nodes", "created", "time", ""])
        for (run, isOrphaned) in runs {
            let status = isOrphaned ? "interrupted" : run.status.rawValue
            let time = run.startedAt.flatMap { start in run.endedAt.map { $0.since(start).description } } ?? ""
            table.add([
                run.id, run.workflow, status, "\(run.endedCount)/\(run.nodeCount)",
                String(run.createdAt.iso8601.prefix(19)) + "Z",
                time, run.failedNode.map { "node \($0) failed" } ?? "",
            ])
        }
        try Output.text(table.text)
    }
}
