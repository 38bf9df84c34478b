// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// The workflow that a plan value stands for. What `with:` gives are its inputs.
struct PlannedWorkflow {
    private let context: NodeContext

    init(_ context: NodeContext) { self.context = context }

    /// The workflow as a document, or why the value is no plan that may run.
    var text: Result<JSONObject, NodeFailureError> {
        do throws(NodeFailureError) { return .success(try make()) } catch { return .failure(error) }
    }

    private func make() throws(NodeFailureError) -> JSONObject {
        let nodes = try self.nodes()
        try checkLimits(nodes)
        var document = JSONObject()
        document["flow"] = 1
        document["name"] = .string(String("\(context.definition.id)_plan".prefix(64)))
        var inputs = JSONObject()
        for entry in context.with {
            inputs[entry.key] = [
                "type": .string(Self.type(of: entry.value)), "required": .bool(!entry.value.isNull),
            ]
        }
        if !inputs.isEmpty { document["inputs"] = .object(inputs) }
        document["nodes"] = .object(nodes)
        if let finally = context.body["finally"] { document["finally"] = finally }
        var outputs = JSONObject()
        if let given = context.body["outputs"]?.objectValue {
            outputs = given
        } else {
            for node in nodes { outputs[node.key] = ["value": .string("${{ nodes.\(node.key).outputs ?? null }}")] }
        }
        document["outputs"] = .object(outputs)
        return document
    }

    private func nodes() throws(NodeFailureError) -> JSONObject {
        let body = context.body
        if let list = body.arrayValue ?? body["nodes"]?.arrayValue {
            var nodes = JSONObject()
            for (place, item) in list.enumerated() {
                guard var node = item.objectValue, let id = node["id"]?.stringValue else {
                    throw refuse("item \(place) of the plan is no object with an `id`")
                }
                guard nodes[id] == nil else { throw refuse("the plan has two nodes `\(id)`") }
                node["id"] = nil
                nodes[id] = .object(node)
            }
            return nodes
        }
        guard let object = body.objectValue else {
            throw refuse("the plan is \(body.typeName), not an object or an array of nodes")
        }
        guard object["nodes"] != nil else { return object }
        for member in object where !["nodes", "outputs", "finally", "title", "description"].contains(member.key) {
            throw refuse("a plan has `nodes`, `outputs` and `finally`, not `\(member.key)`")
        }
        guard let nodes = object["nodes"]?.objectValue else { throw refuse("`nodes` of the plan is no object") }
        return nodes
    }

    private func checkLimits(_ nodes: JSONObject) throws(NodeFailureError) {
        let allow = context.fields["allow"]
        let all =
            nodes.map { ($0.key, $0.value) }
            + (context.body["finally"]?.objectValue ?? JSONObject()).map { ($0.key, $0.value) }
        guard !all.isEmpty else { throw refuse("the plan has no nodes") }
        let most = allow?["max_nodes"]?.integerValue.map { Int(clamping: $0) } ?? PlanKind.mostNodes
        guard all.count <= most else { throw refuse("the plan has \(all.count) nodes, and \(most) are allowed") }
        let kinds = allow?["kinds"]?.arrayValue?.map(\.plainText) ?? PlanKind.harmlessKinds
        let known = Set(BuiltinKinds.names)
        let agents = allow?["agents"]?.arrayValue?.map(\.plainText)
        for (id, node) in all {
            for key in node.objectValue?.keys ?? [] where known.contains(key) && !kinds.contains(key) {
                throw refuse(
                    "node `\(id)` of the plan is of the kind `\(key)`, and only \(kinds.joined(separator: ", ")) are allowed"
                )
            }
            if let agents, let agent = node["agent"], !agents.contains(agent.plainText) {
                throw refuse(
                    "node `\(id)` of the plan uses the agent `\(agent.plainText)`, and only \(agents.joined(separator: ", ")) are allowed"
                )
            }
        }
    }

    private func refuse(_ text: String) -> NodeFailureError {
        NodeFailureError(failure: NodeFailure(.schemaMismatch, text))
    }

    /// The type of an input that takes the value.
    private static func type(of value: JSONValue) -> String {
        switch value {
        case .integer: "integer"
        case .number: "number"
        case .bool: "boolean"
        case .array: "array"
        case .object: "object"
        default: "text"
        }
    }
}
