// SPDX-License-Identifier: Apache-2.0

import FlowEngine

/// `flow gc`: removes old runs.
enum CollectCommandLine {
    static let spec = CommandSpec(
        name: "gc", summary: "Remove old runs that have ended, and files that nothing needs",
        options: [
            .option("older-than", "TIME", "Remove runs that ended so long ago, such as 12h or 7d (30d)."),
            .option("keep", "N", "Keep the newest N that have ended; alone it removes all others."),
            .flag("dry-run", "Only say what would be removed."),
        ],
        discussion: """
            A run that has not ended is never touched, nor one that belongs to such a run. No flow process may work on the
            store meanwhile. What a crash leaves half removed is removed by the next `flow gc`.
            """,
        examples: [
            ("flow gc", "runs that ended 30 days ago and more"),
            ("flow gc --keep 100 --dry-run", "what would be removed"),
        ],
        run: run)

    private static func run(_ invocation: Invocation) throws -> ExitCode {
        let workplace = try Workplace(invocation)
        let keep = try invocation.integer("keep", minimum: 0)
        var age: Milliseconds? = keep == nil ? Milliseconds(30 * 86_400_000) : nil
        if let text = invocation.value("older-than") {
            guard let given = Milliseconds(parsing: text) else {
                throw CommandFailure(.usage, "--older-than takes a time such as 12h or 30d, not `\(text)`")
            }
            age = given
        }
        let rules = StoreCollector.Rules(olderThan: age, keep: keep ?? 0, isDryRun: invocation.flag("dry-run"))
        let result = try StoreCommandLine.failing { () throws(StoreError) in
            try StoreCollector.collect(workplace.storeFolder, rules)
        }
        if invocation.flag("json") {
            var object = JSONObject()
            object["dryRun"] = .bool(rules.isDryRun)
            object["runs"] = .array(result.runs.map { .string($0) })
            object["events"] = .integer(Int64(result.events))
            object["values"] = .integer(Int64(result.contents))
            object["files"] = .integer(Int64(result.files))
            object["bytes"] = .integer(result.bytes)
            try Output.json(object)
        } else {
            let verb = rules.isDryRun ? "would be removed" : "removed"
            try Output.text(
                "\(result.runs.count) runs, \(result.contents) values and \(result.files) files \(verb): "
                    + "\(ByteCount(result.bytes).description)\n")
        }
        return .done
    }
}
