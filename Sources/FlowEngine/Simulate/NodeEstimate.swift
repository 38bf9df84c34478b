// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// What an attempt of a node is thought to take: from `mode.estimate.nodes`, else from its kind.
struct NodeEstimate: Sendable {
    var time: ClosedRange<Int64>
    /// Tokens that a model writes; those it reads are counted in the prompt.
    var tokens: ClosedRange<Int64>?
    var usd: ClosedRange<Double>?

    /// By kind, in milliseconds.
    static func standard(_ node: NodeDefinition) -> NodeEstimate {
        switch node.kind {
        case "run": NodeEstimate(time: 1000...30_000)
        case "sql": NodeEstimate(time: 100...3000)
        case "jq": NodeEstimate(time: 20...500)
        case "http": NodeEstimate(time: 200...5000)
        case "agent": NodeEstimate(time: 2000...30_000, tokens: 50...800)
        case "engine": NodeEstimate(time: 30_000...600_000, tokens: 1000...20_000)
        case "render": NodeEstimate(time: 2000...20_000)
        case "approval": NodeEstimate(time: 60_000...3_600_000)
        case "workflow": NodeEstimate(time: 10_000...300_000)
        default: NodeEstimate(time: 1000...10_000)
        }
    }

    /// The estimates that a workflow gives: `mode: {estimate: {nodes: {NODE: {time: 5s-20s, tokens: 100-300, usd:
    /// 0.01-0.02}}}}`, or a time alone.
    static func all(of definition: WorkflowDefinition) -> [String: NodeEstimate] {
        var found: [String: NodeEstimate] = [:]
        for node in definition.allNodes { found[node.id] = standard(node) }
        for member in definition.mode?["estimate"]?["nodes"]?.objectValue ?? JSONObject() {
            guard var estimate = found[member.key] else { continue }
            if let time = range(member.value["time"] ?? member.value, { Milliseconds(parsing: $0)?.count }) {
                estimate.time = time
            }
            if let tokens = range(member.value["tokens"], { Int64($0) }), tokens.lowerBound >= 0,
                tokens.upperBound <= 1_000_000_000
            {
                estimate.tokens = tokens
            }
            if let usd = range(member.value["usd"], { Double($0) }), usd.lowerBound >= 0, usd.upperBound <= 1e9 {
                estimate.usd = usd
            }
            found[member.key] = estimate
        }
        return found
    }

    /// The middle of each time that the workflow itself gives, in milliseconds.
    static func expectedTimes(of definition: WorkflowDefinition) -> [String: Int64] {
        var times: [String: Int64] = [:]
        for member in definition.mode?["estimate"]?["nodes"]?.objectValue ?? JSONObject() {
            guard let time = range(member.value["time"] ?? member.value, { Milliseconds(parsing: $0)?.count }) else {
                continue
            }
            times[member.key] = time.lowerBound + (time.upperBound - time.lowerBound) / 2
        }
        return times
    }

    /// `5s-20s`, or one value.
    private static func range<Bound: Comparable>(
        _ value: JSONValue?, _ read: (String) -> Bound?
    ) -> ClosedRange<Bound>? {
        guard let value, value.objectValue == nil, !value.isNull else { return nil }
        let parts = value.plainText.split(separator: "-", maxSplits: 1).map { String($0.filter { $0 != " " }) }
        guard let first = parts.first.flatMap(read), let last = parts.last.flatMap(read), first <= last else {
            return nil
        }
        return first...last
    }
}
