// SPDX-License-Identifier: Apache-2.0

extension Plan {
    /// The graph as JSON: `nodes` with id, kind, title, level and status, and `edges` with their condition.
    public func graphJSON(statuses: [String: NodeStatus] = [:]) -> JSONValue {
        var level = [Int](repeating: 0, count: nodes.count)
        for (number, members) in levels.enumerated() { for node in members { level[node] = number } }
        var edges: [JSONValue] = []
        var list: [JSONValue] = []
        for (index, node) in nodes.enumerated() {
            var object = JSONObject()
            object["id"] = .string(node.id)
            object["kind"] = .string(node.kind)
            object["title"] = node.options.title.map { .string($0) }
            object["level"] = .integer(Int64(level[index]))
            object["phase"] = .string(index < finallyStart ? "main" : "finally")
            object["fan_out"] = node.options.foreach.map { .string($0.shape.name) }
            object["fallback"] = fallback(of: index).map { .string(nodes[$0].id) }
            object["status"] = statuses[node.id].map { .string($0.rawValue) }
            list.append(.object(object))
            for edge in needs(of: index) {
                edges.append([
                    "from": .string(nodes[Int(edge.node)].id), "to": .string(node.id),
                    "condition": .string(edge.condition.rawValue),
                ])
            }
        }
        return [
            "schemaVersion": 1, "name": .string(definition.name), "nodes": .array(list), "edges": .array(edges),
        ]
    }
}
