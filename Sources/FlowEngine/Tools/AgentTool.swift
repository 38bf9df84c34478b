// SPDX-License-Identifier: Apache-2.0

package import FlowCore

/// Something that an agent may do beside answering. Its arguments come from a model, and so from whoever wrote what the
/// model has read: a tool checks them as it would a stranger's.
package protocol AgentTool: Sendable {
    /// The tool as `tools:` and permissions name it.
    var reference: String { get }
    /// The tool as the model is told of it.
    var spec: ToolSpec { get }
    /// What the patterns of permissions are matched with; asked before each call.
    func subject(of arguments: JSONObject) -> ToolSubject
    /// Makes a call. The arguments fit the schema, and the permissions allow it. Cancellation of the task ends it.
    func run(_ arguments: JSONObject, _ site: ToolSite) async -> ToolResult
}

/// What a call of a tool is given.
package struct ToolSite: Sendable {
    /// The node that asks.
    package var context: NodeContext
    /// Variables for programs; no secret is among them.
    package var environment: [String: String]
    /// The same for the same call of an attempt that runs again after a crash.
    package var idempotencyKey: String

    /// The attempt's own folder.
    var folder: WorkFolder { WorkFolder(root: context.directory) }

    /// A site of a node.
    package init(context: NodeContext, environment: [String: String] = [:], idempotencyKey: String = "") {
        self.context = context
        self.environment = environment
        self.idempotencyKey = idempotencyKey
    }
}

/// What a call gave. All of it is data from outside.
package struct ToolResult: Sendable, Hashable {
    package var text: String
    package var isError: Bool
    /// The result as a value, if it is one.
    package var value: JSONValue?
    /// Who answered, where that is somebody else: the server and what it speaks.
    package var answeredBy: String?
    /// Why nobody answered, where that is no answer of the tool.
    package var loss: ToolLoss?

    /// A result.
    package init(
        _ text: String, isError: Bool = false, value: JSONValue? = nil, answeredBy: String? = nil, loss: ToolLoss? = nil
    ) {
        self.text = text
        self.isError = isError
        self.value = value
        self.answeredBy = answeredBy
        self.loss = loss
    }

    /// The result of a call that failed.
    static func failed(_ text: String) -> ToolResult { ToolResult(text, isError: true) }

    /// The result as the desk keeps it.
    var reply: JSONValue {
        var object = JSONObject()
        object["text"] = .string(text)
        if isError { object["is_error"] = true }
        object["value"] = value
        object["loss"] = loss?.json
        return .object(object)
    }

    /// The result that was kept.
    init(reply: JSONValue) {
        text = reply["text"]?.stringValue ?? ""
        isError = reply["is_error"]?.boolValue ?? false
        value = reply["value"]
        loss = reply["loss"].map { ToolLoss(json: $0) }
    }
}

/// A call to which nobody answered: the server died in the middle, the connection broke, or its time was over.
package struct ToolLoss: Sendable, Hashable {
    /// `connection` or `timeout`.
    package var reason: ModelError.Kind
    /// Whether the node fails with this reason; else the model is told, and goes on.
    package var endsNode: Bool

    /// A loss.
    package init(_ reason: ModelError.Kind, endsNode: Bool) {
        self.reason = reason
        self.endsNode = endsNode
    }

    var json: JSONValue {
        ["reason": reason == .timeout ? "timeout" : "connection", "ends_node": .bool(endsNode)]
    }

    init(json: JSONValue) {
        reason = json["reason"] == "timeout" ? .timeout : .connection
        endsNode = json["ends_node"]?.boolValue ?? false
    }
}

/// Arguments as JSON Schema.
enum ToolSchema {
    /// An object with these members and no others.
    static func object(_ properties: [(String, JSONValue)], required: [String] = []) -> JSONValue {
        [
            "type": "object",
            "properties": .object(JSONObject(properties.map { JSONObject.Member(key: $0.0, value: $0.1) })),
            "required": .array(required.map { .string($0) }), "additionalProperties": false,
        ]
    }

    static func string(_ description: String) -> JSONValue {
        ["type": "string", "description": .string(description)]
    }

    static func integer(_ range: ClosedRange<Int64>, _ description: String) -> JSONValue {
        [
            "type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound),
            "description": .string(description),
        ]
    }
}
