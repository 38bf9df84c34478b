// SPDX-License-Identifier: Apache-2.0

import FlowEngine

/// The report of a simulation for people.
enum SimulationText {
    static func text(_ report: SimulationReport) -> String {
        var text = "\(report.workflow)  \(report.runs) \(report.runs == 1 ? "run" : "runs"), seed \(report.seed), "
        text += "\(report.slots) slots\n\n"
        let ends = report.ends.map { "\($0.status) \($0.count) (first: run \($0.first))" }
        text += "ends:      \(ends.joined(separator: ", "))\n"
        text += line("time", report.time) { $0.description }
        text += line("parallel", report.parallel) { String($0) }
        text += line("tokens", report.tokens) { String($0) }
        text += line("usd", report.usd) { dollars($0) }
        text += "\n" + nodes(report).text
        text += "\nlongest chain when all goes well:\n" + path(report.criticalPath).text
        if let time = report.time, time.run != 0 {
            text += "\nlongest chain of the slowest run, \(time.run):\n" + path(report.slowestPath).text
        }
        if !report.gaps.isEmpty { text += "\nin no run:\n" + report.gaps.map { "  \($0)\n" }.joined() }
        if !report.violations.isEmpty {
            text += "\nwrong:\n" + report.violations.map { "  run \($0.run): \($0.text)\n" }.joined()
        }
        return text
    }

    private static func line<Value>(
        _ name: String, _ range: SimulationReport.Range<Value>?, _ text: (Value) -> String
    ) -> String {
        guard let range else { return "" }
        let label = name + ":" + String(repeating: " ", count: 10 - name.count)
        if range.least == range.most { return "\(label)\(text(range.most))\n" }
        return "\(label)\(text(range.typical)) when all goes well, \(text(range.least)) to \(text(range.most)) "
            + "(run \(range.run))\n"
    }

    private static func dollars(_ value: Double) -> String {
        let cents = Int64(exactly: (value * 10_000).rounded()) ?? 0
        let fraction = String(cents % 10_000)
        return "\(cents / 10_000)." + String(repeating: "0", count: 4 - fraction.count) + fraction
    }

    private static func nodes(_ report: SimulationReport) -> Table {
        var table = Table(header: ["node", "kind", "ended as", "attempts", "time"])
        for node in report.nodes {
            let statuses = node.statuses.sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }
                .map { "\($0.key.rawValue) \($0.value)" }.joined(separator: ", ")
            let items = node.items.map { " of \(span($0) { String($0) }) items" } ?? ""
            let attempts =
                node.attempts.map { span($0) { String($0) } + items } ?? (node.items == nil ? "-" : "-" + items)
            table.add([node.id, node.kind, statuses, attempts, node.time.map { span($0) { $0.description } } ?? "-"])
        }
        return table
    }

    private static func span<Value>(_ range: SimulationReport.Range<Value>, _ text: (Value) -> String) -> String {
        range.least == range.most ? text(range.most) : "\(text(range.least))..\(text(range.most))"
    }

    private static func path(_ steps: [SimulationReport.Step]) -> Table {
        var table = Table(header: ["  from", "for", "node"])
        for step in steps { table.add(["  " + step.start.description, step.time.description, step.node]) }
        return table
    }

    /// A fact without what is made up in it: digests and moments.
    static func line(_ event: RunEvent, _ start: Timestamp) -> String {
        let node = event.node ?? ""
        switch event {
        case .runStarted: return "run started"
        case .runEnded(let status, let reason): return "run \(status.rawValue)" + (reason.map { ": \($0)" } ?? "")
        case .nodeStarted(_, let attempt): return "\(node): attempt \(attempt)"
        case .nodeSucceeded: return "\(node): succeeded"
        case .nodeExpanded(_, let keys, _): return "\(node): \(keys.count) items"
        case .nodeFailed(_, let attempt, let failure, let retryAt):
            let next = retryAt.map { ", again at \($0.since(start).description)" } ?? ""
            return "\(node): attempt \(attempt) failed: \(failure.reason.rawValue): \(failure.message)\(next)"
        case .nodeRepeated(_, _, _, let next): return "\(node): goes on at \(next.since(start).description)"
        case .nodeWaiting(_, _, .until(let moment)):
            return "\(node): waits until \(moment.since(start).description)"
        case .nodeWaiting(_, _, .approval): return "\(node): waits for people"
        case .nodeWaiting(_, _, .run): return "\(node): waits for its run"
        case .approvalDecided(_, let decision): return "\(node): \(decision.resolution.rawValue)"
        case .nodeSkipped(_, let reason): return "\(node): skipped: \(reason)"
        case .nodeOmitted(_, let reason): return "\(node): omitted: \(reason)"
        default: return (node.isEmpty ? "" : "\(node): ") + event.typeName
        }
    }
}
