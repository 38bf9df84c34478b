// SPDX-License-Identifier: Apache-2.0

import FlowEngine

/// `flow stats`: how often nodes were tried again, and with what success.
enum StatsCommandLine {
    static let spec = CommandSpec(
        name: "stats", summary: "Show how often nodes were tried again, and why", arguments: "[RUN]",
        options: [.option("workflow", "NAME", "Only runs of this workflow.")],
        discussion: "Without RUN over the newest 1000 runs of the store.",
        examples: [("flow stats", "all runs"), ("flow stats @latest --json", "one run, as JSON")],
        run: run)

    private static func run(_ invocation: Invocation) async throws -> ExitCode {
        let workplace = try Workplace(invocation)
        var statistics = RetryStatistics()
        let (reader, _, _) = try workplace.openStore()
        let runs: [RunSummary]
        if let name = invocation.optionalArgument(0) {
            runs = [try await reader.find(name)]
        } else {
            runs = try await reader.runs(RunQuery(workflow: invocation.value("workflow"), limit: 1000))
        }
        for run in runs { statistics.add(try await reader.events(of: run.id).map(\.event)) }
        let categories = statistics.categories.sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }
        if invocation.flag("json") {
            var object = JSONObject()
            object["runs"] = .integer(Int64(runs.count))
            object["steps"] = .integer(Int64(statistics.steps))
            object["retried"] = .integer(Int64(statistics.retried))
            object["retriedAndSucceeded"] = .integer(Int64(statistics.retriedAndSucceeded))
            object["attempts"] = .integer(Int64(statistics.attempts))
            object["successRate"] = statistics.successRate.map { .number($0) } ?? .null
            object["meanAttempts"] = statistics.meanAttempts.map { .number($0) } ?? .null
            var counts = JSONObject()
            for (category, count) in categories { counts[category.rawValue] = .integer(Int64(count)) }
            object["categories"] = .object(counts)
            try Output.json(object)
            return .done
        }
        var text = "\(runs.count) runs, \(statistics.steps) steps, \(statistics.attempts) attempts"
        if let mean = statistics.meanAttempts { text += " (\(hundredths(mean)) a step)" }
        text += "\n\(statistics.retried) steps tried again"
        if let rate = statistics.successRate {
            text += ", \(statistics.retriedAndSucceeded) of them with success (\(Int((rate * 100).rounded())) %)"
        }
        text += "\n"
        if !categories.isEmpty {
            var table = Table(header: ["error", "attempts"])
            for (category, count) in categories { table.add([category.rawValue, String(count)]) }
            text += "\n" + table.text
        }
        try Output.text(text)
        return .done
    }

    private static func hundredths(_ number: Double) -> String {
        let all = Int((number * 100).rounded())
        return "\(all / 100).\(all % 100 < 10 ? "0" : "")\(all % 100)"
    }
}
