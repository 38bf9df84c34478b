// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine

/// A run as text and as JSON: its nodes, outputs, files, and what to do next.
struct RunReport {
    var summary: RunSummary
    /// Its nodes; the rows are all of them, or only those that somebody may have to look at.
    var overview: NodeOverview
    /// What the run was started with.
    var inputs = JSONObject()
    var outputs: JSONObject
    var artifacts: [(node: String, name: String, path: String)]
    /// Approvals that are awaited, with their question.
    var approvals: [(run: String, node: String, request: ApprovalRequest)]
    /// The question that a paused run waits for.
    var pauseQuestion: ApprovalRequest?
    /// What people have answered and changed, the first first.
    var people: [RecordedEvent] = []
    var failures: [(node: String, attempt: Int, failure: NodeFailure)]
    var layout: RunLayout
    /// What its calls to models and tools have cost.
    var cost: CostReport.Row
    /// What the run was expected to cost, and what it has cost with its sub-workflows.
    var estimate: (RunEstimate, cost: Money)?
    /// Whether the row says that the run is running although no engine owns the store.
    var isOrphaned = false

    /// - Parameter mostNodes: with more than so many nodes, those that ended well may be only counted.
    static func make(
        _ summary: RunSummary, reader: RunReader, layout: RunLayout, outputs: JSONObject, isOrphaned: Bool,
        mostNodes: Int = .max
    ) async throws -> RunReport {
        let overview = try await reader.overview(of: summary, mostRows: mostNodes)
        let nodes = overview.rows
        var artifacts: [(String, String, String)] = []
        for node in reader.withFiles(nodes, of: summary.id) {
            let result = try await reader.result(of: node, run: summary.id)
            for member in result?["artifacts"]?.objectValue ?? JSONObject() {
                // The lists of a fan-out are told with its items.
                if let path = member.value.stringValue { artifacts.append((node.node, member.key, path)) }
            }
        }
        var failures: [String: (Int, NodeFailure)] = [:]
        var (people, pause): ([RecordedEvent], ApprovalRequest?) = ([], nil)
        // The events of a long run are read only where a failure is in them.
        if overview.total <= mostReadForPeople || nodes.contains(where: { $0.status == .failed }) {
            for recorded in try await reader.events(of: summary.id) {
                switch recorded.event {
                case .nodeFailed(let node, let attempt, let failure, nil): failures[node] = (attempt, failure)
                case .approvalDecided, .pauseDecided, .intervened, .runRewound: people.append(recorded)
                case .pauseAsked(let request): pause = request
                case .runResumed, .cancelRequested, .runEnded: pause = nil
                default: break
                }
            }
        }
        var cost = CostReport()
        try await reader.add(summary, to: &cost, by: .run)
        var estimate: (RunEstimate, cost: Money)?
        if let expected = try await reader.inputs(of: summary).1.estimate {
            estimate = (expected, try await reader.cost(of: summary))
        }
        return RunReport(
            summary: summary, overview: overview, outputs: outputs, artifacts: artifacts,
            approvals: try await approvals(of: summary.id, nodes, reader: reader, depth: 8), pauseQuestion: pause,
            people: people,
            failures: nodes.compactMap { node in failures[node.node].map { (node.node, $0.0, $0.1) } },
            layout: layout, cost: cost.total, estimate: estimate, isOrphaned: isOrphaned)
    }

    /// What was expected, and how far the cost is from it.
    private var estimateLine: String? {
        guard let (estimate, cost) = estimate else { return nil }
        let range = estimate.low == estimate.high ? "\(estimate.low)" : "\(estimate.low) to \(estimate.high)"
        let part =
            estimate.error(of: cost).map { error in
                error == 0 ? ", just as much" : ", \(abs(error)) % \(error < 0 ? "less" : "more") than expected"
            } ?? ""
        return "expected \(range) \(estimate.source.phrase); the run has cost \(cost)\(part)\n"
    }

    private static let mostReadForPeople = 2000

    /// The questions that a run waits for, those of the runs of its sub-workflows among them.
    private static func approvals(
        of run: String, _ nodes: [NodeSummary], reader: RunReader, depth: Int
    ) async throws -> [(run: String, node: String, request: ApprovalRequest)] {
        let waiting = nodes.filter { $0.status == .waiting }
        guard !waiting.isEmpty else { return [] }
        var waits: [String: NodeWait] = [:]
        for recorded in try await reader.events(of: run) {
            if case .nodeWaiting(let node, _, let wait) = recorded.event { waits[node] = wait }
        }
        var found: [(run: String, node: String, request: ApprovalRequest)] = []
        for node in waiting {
            switch waits[node.node] {
            case .approval(let request)?: found.append((run, node.node, request))
            case .run(let child)? where depth > 0:
                let nodes = try await reader.nodes(of: child)
                found += try await approvals(of: child, nodes, reader: reader, depth: depth - 1)
            default: break
            }
        }
        return found
    }

    private var nodes: [NodeSummary] { overview.rows }

    private var statusText: String { isOrphaned ? "interrupted" : summary.status.rawValue }

    // MARK: Text

    /// Of a table with more than `mostNodes` rows, only those are shown that somebody may have to look at.
    func text(_ talk: Talk, mostNodes: Int = .max) -> String {
        var text = "run \(talk.style(.strong, summary.id))  \(summary.workflow)  \(statusText)"
        if let start = summary.startedAt {
            let end = summary.endedAt ?? WallClock.now
            text += "  \(end.since(start).description)"
        }
        text += "\n"
        if let reason = summary.reason { text += "  \(reason)\n" }
        text += "\n" + nodeTable(talk, most: mostNodes)
        if cost.calls > 0 {
            let calls = cost.calls == 1 ? "1 call" : "\(cost.calls) calls"
            let taped = cost.tapedCalls > 0 ? ", \(cost.tapedCalls) of them answered by a tape" : ""
            text += "\ncost  \(CostText.dollars(cost)), \(cost.totalTokens) tokens, \(calls)\(taped)\n"
        }
        if summary.status.isTerminal, let line = estimateLine { text += line }
        for approval in approvals {
            text += "\n\(approval.node) asks\n" + question(approval.request)
        }
        if let pauseQuestion { text += "\nthe run asks\n" + question(pauseQuestion) }
        if !people.isEmpty {
            text += "\npeople\n"
            for recorded in people { text += "  \(Self.line(recorded.event))\n" }
        }
        if !outputs.isEmpty {
            text += "\noutputs\n"
            for member in outputs { text += "  \(member.key): \(shortened(member.value))\n" }
        }
        if !artifacts.isEmpty {
            text += "\nfiles\n"
            for artifact in artifacts.prefix(mostNodes) {
                text += "  \(artifact.node).\(artifact.name): \(artifact.path)\n"
            }
            if artifacts.count > mostNodes { text += "  and \(artifacts.count - mostNodes) more\n" }
        }
        return text
    }

    private func question(_ request: ApprovalRequest) -> String {
        var text = "  \(request.prompt)\n"
        for member in request.show { text += "  \(member.key): \(shortened(member.value))\n" }
        for field in request.form {
            let type = field.value["type"]?.stringValue ?? "string"
            let isRequired = field.value["required"]?.boolValue == true
            text += "  to fill in: \(field.key), \(type)\(isRequired ? ", required" : "")\n"
        }
        if request.quorum > 1 { text += "  \(request.quorum) people have to say yes\n" }
        if !request.approvers.isEmpty { text += "  to be answered by \(request.approvers.joined(separator: ", "))\n" }
        if !request.barred.isEmpty { text += "  not to be answered by \(request.barred.joined(separator: ", "))\n" }
        if let deadline = request.deadline {
            text += "  until \(deadline.iso8601), then \(request.onDeadline.rawValue)\n"
        }
        return text
    }

    /// What a person did, in a line.
    private static func line(_ event: RunEvent) -> String {
        func said(_ decision: ApprovalDecision) -> String {
            let words = (decision.comment ?? "").prefix { !$0.isNewline }
            return "\(decision.resolution.rawValue) by \(decision.by)\(words.isEmpty ? "" : ": \(words.prefix(160))")"
        }
        return switch event {
        case .approvalDecided(let node, let decision): "\(node): \(said(decision))"
        case .pauseDecided(let decision): "the pause: \(said(decision))"
        case .intervened(let node, let intervention):
            "\(node): " + String(EventText.text(of: intervention).prefix { !$0.isNewline }.prefix(200))
        case .runRewound(let rewind): "back to \(rewind.target): \(rewind.nodes.joined(separator: ", "))"
        default: event.typeName
        }
    }

    func nodeTable(_ talk: Talk, most: Int = .max) -> String {
        var shown = nodes
        let total = overview.total
        if total > most { shown = Array(nodes.lazy.filter { !NodeStatus.settled.contains($0.status) }.prefix(most)) }
        let table = table(of: shown, talk)
        guard shown.count < total else { return table }
        let line = NodeStatus.allCases.compactMap { status in overview.counts[status].map { "\($0) \(status.rawValue)" }
        }
        return (shown.isEmpty ? "" : table + "\n")
            + "\(total) nodes: \(line.joined(separator: ", ")); each of them: flow show \(summary.id)\n"
    }

    private func table(of nodes: [NodeSummary], _ talk: Talk) -> String {
        var table = Table(header: ["node", "kind", "status", "attempts", "time", ""])
        for node in nodes {
            let time: String =
                switch (node.startedAt, node.endedAt) {
                case (let start?, let end?): end.since(start).description
                default: ""
                }
            let attempts = node.attempt > 0 ? String(node.attempt) : ""
            let message = (node.message ?? "").prefix { $0 != "\n" }
            table.add(
                [node.node, node.kind, talk.status(node.status), attempts, time, String(message.prefix(70))])
        }
        return table.text
    }

    private func shortened(_ value: JSONValue) -> String {
        let text = value.stringValue ?? value.jsonText(.compact)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let first = String(lines.first ?? "")
        if lines.count > 1 || first.count > 160 { return "\(first.prefix(160))… (\(text.utf8.count) bytes)" }
        return first
    }

    /// What a person can do now: exact commands.
    func nextSteps(store: String) -> [String] {
        var lines: [String] = []
        for approval in approvals {
            let prompt = approval.request.prompt.prefix { $0 != "\n" }
            let fields = approval.request.form.filter { $0.value["required"]?.boolValue == true }
            let form = fields.map { " --set \($0.key)=…" }.joined()
            lines.append("flow approve \(approval.run) \(ShellWord.quoted(approval.node))\(form)\(store)   # \(prompt)")
        }
        if pauseQuestion != nil { lines.append("flow approve \(summary.id)\(store)   # let it go on") }
        switch summary.status {
        case .failed:
            if let failed = summary.failedNode {
                lines.append("flow logs \(summary.id) \(ShellWord.quoted(failed))\(store)")
            }
        case .paused where pauseQuestion != nil: break
        case .waiting where approvals.isEmpty || approvals.contains { $0.run != summary.id }, .queued, .paused:
            lines.append("flow resume \(summary.id)\(store)")
        case .running where isOrphaned: lines.append("flow resume \(summary.id)\(store)")
        default: break
        }
        return lines
    }

    /// The failures with their last lines, for the end of a run that failed.
    func failureSummary(_ talk: Talk, store: String) -> String {
        var text = ""
        for (node, attempt, failure) in failures {
            let row = nodes.first { $0.node == node }
            let time = row.flatMap { row in row.startedAt.flatMap { start in row.endedAt?.since(start) } }
            text += "\n\(talk.style(.error, "✗ \(node)")): \(failure.message)"
            text += "  (attempt \(attempt)\(time.map { ", \($0.description)" } ?? ""))\n"
            for line in (failure.excerpt ?? "").split(separator: "\n") { text += "    \(line)\n" }
            let log = layout.log(node, attempt: attempt, of: summary.id)
            if File.exists(log) { text += "  the whole log: \(log)\n" }
        }
        return text
    }

    // MARK: JSON

    var json: JSONValue {
        var object = summary.json.objectValue ?? JSONObject()
        object["schemaVersion"] = 1
        if isOrphaned { object["status"] = "interrupted" }
        object["nodes"] = .array(nodes.map(\.json))
        if cost.calls > 0 { object["cost"] = CostText.json(cost) }
        if let (estimate, cost) = estimate {
            object["estimate"] = [
                "low": .number(estimate.low.dollars), "high": .number(estimate.high.dollars),
                "expected": .number(estimate.expected.dollars), "source": .string(estimate.source.rawValue),
                "cost": .number(cost.dollars),
                "errorPercent": estimate.error(of: cost).map { .integer(Int64($0)) } ?? .null,
            ]
        }
        object["inputs"] = .object(inputs)
        object["outputs"] = .object(outputs)
        object["artifacts"] = .array(
            artifacts.map { artifact in
                ["node": .string(artifact.node), "name": .string(artifact.name), "path": .string(artifact.path)]
            })
        object["approvals"] = .array(
            approvals.map { approval in
                var object = approval.request.json.objectValue ?? JSONObject()
                object["run"] = .string(approval.run)
                object["node"] = .string(approval.node)
                object["checkpoint"] = .string(approval.request.checkpoint.rawValue)
                return .object(object)
            })
        if let pauseQuestion { object["pause"] = pauseQuestion.json }
        if !people.isEmpty {
            object["people"] = .array(
                people.map { recorded in
                    var object = recorded.event.json.objectValue ?? JSONObject()
                    object["at"] = .string(recorded.at.iso8601)
                    return .object(object)
                })
        }
        object["failures"] = .array(
            failures.map { failure in
                var object = failure.failure.json.objectValue ?? JSONObject()
                object["node"] = .string(failure.node)
                object["attempt"] = .integer(Int64(failure.attempt))
                return .object(object)
            })
        return .object(object)
    }
}

extension RunSummary {
    /// The row as JSON.
    var json: JSONValue {
        var object = JSONObject()
        object["id"] = .string(id)
        object["workflow"] = .string(workflow)
        object["status"] = .string(status.rawValue)
        object["createdAt"] = .string(createdAt.iso8601)
        object["startedAt"] = startedAt.map { .string($0.iso8601) } ?? .null
        object["endedAt"] = endedAt.map { .string($0.iso8601) } ?? .null
        object["nodeCount"] = .integer(Int64(nodeCount))
        object["endedCount"] = .integer(Int64(endedCount))
        object["failedNode"] = failedNode.map { .string($0) } ?? .null
        object["reason"] = reason.map { .string($0) } ?? .null
        object["interruptions"] = .integer(Int64(interruptions))
        return .object(object)
    }
}

extension NodeSummary {
    /// The row as JSON.
    var json: JSONValue {
        var object = JSONObject()
        object["node"] = .string(node)
        object["kind"] = .string(kind)
        object["status"] = .string(status.rawValue)
        object["attempt"] = .integer(Int64(attempt))
        object["startedAt"] = startedAt.map { .string($0.iso8601) } ?? .null
        object["endedAt"] = endedAt.map { .string($0.iso8601) } ?? .null
        object["result"] = result.map { .string($0.hex) } ?? .null
        object["message"] = message.map { .string($0) } ?? .null
        return .object(object)
    }
}
