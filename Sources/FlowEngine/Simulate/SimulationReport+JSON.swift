// SPDX-License-Identifier: Apache-2.0

public import FlowCore

extension SimulationReport {
    /// The report as JSON; times in milliseconds.
    public var json: JSONObject {
        var object = JSONObject()
        object["workflow"] = .string(workflow)
        object["sound"] = .bool(isSound)
        object["runs"] = .integer(Int64(runs))
        object["seed"] = .string(String(seed))
        object["slots"] = .integer(Int64(slots))
        object["ends"] = .array(
            ends.map {
                ["status": .string($0.status), "count": .integer(Int64($0.count)), "first": .integer(Int64($0.first))]
            })
        object["time"] = Self.json(time) { .integer($0.count) }
        object["parallel"] = Self.json(parallel) { .integer(Int64($0)) }
        object["tokens"] = Self.json(tokens) { .integer($0) }
        object["usd"] = Self.json(usd) { .number($0) }
        object["criticalPath"] = .array(criticalPath.map(Self.json))
        object["slowestPath"] = .array(slowestPath.map(Self.json))
        object["nodes"] = .array(nodes.map(Self.json))
        object["gaps"] = .array(gaps.map { .string($0) })
        object["violations"] = .array(
            violations.map { ["run": .integer(Int64($0.run)), "message": .string($0.text)] })
        return object
    }

    private static func json<Value>(_ range: Range<Value>?, _ value: (Value) -> JSONValue) -> JSONValue {
        guard let range else { return .null }
        return [
            "typical": value(range.typical), "least": value(range.least), "most": value(range.most),
            "mostInRun": .integer(Int64(range.run)),
        ]
    }

    private static func json(_ step: Step) -> JSONValue {
        ["node": .string(step.node), "start": .integer(step.start.count), "time": .integer(step.time.count)]
    }

    private static func json(_ node: Node) -> JSONValue {
        var statuses = JSONObject()
        for (status, count) in node.statuses.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            statuses[status.rawValue] = .integer(Int64(count))
        }
        var row = JSONObject()
        row["node"] = .string(node.id)
        row["kind"] = .string(node.kind)
        row["statuses"] = .object(statuses)
        row["attempts"] = json(node.attempts) { .integer(Int64($0)) }
        row["mostAttempts"] = .integer(Int64(node.mostAttempts))
        row["time"] = json(node.time) { .integer($0.count) }
        row["items"] = json(node.items) { .integer(Int64($0)) }
        row["tokens"] = json(node.tokens) { .integer($0) }
        return .object(row)
    }
}
