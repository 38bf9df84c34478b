// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore

/// `node:ID`: a node of the workflow. A call runs it as one attempt beside the agent's own; the arguments are its `with:`,
/// and for an agent its `prompt`.
struct NodeTool: AgentTool {
    let node: NodeDefinition
    let starter: SubworkflowStarter

    var reference: String { "node:\(node.id)" }

    var spec: ToolSpec {
        var properties: [(String, JSONValue)] = []
        var required: [String] = []
        if node.kind == "agent" {
            properties.append(("prompt", ToolSchema.string("What the agent is asked.")))
            required.append("prompt")
        }
        for entry in node.options.with where entry.name != "prompt" || node.kind != "agent" {
            properties.append((entry.name, Self.schema(of: entry.template)))
            if case .literal(.null) = entry.template { required.append(entry.name) }
        }
        return ToolSpec(
            name: ToolName.safe("node_\(node.id)"),
            description: node.options.description ?? node.options.title ?? "Runs the node \(node.id).",
            parameters: ToolSchema.object(properties, required: required))
    }

    /// The type of a value that stands in the place of a written one. Null stands for a text that has to be given.
    private static func schema(of template: Template) -> JSONValue {
        guard case .literal(let value) = template else { return .object(JSONObject()) }
        func type(_ name: String) -> JSONValue {
            var schema = JSONObject()
            schema["type"] = .string(name)
            if !value.isNull {
                schema["description"] = .string("Without it: \(value.jsonText(.compact, limit: 200) ?? "…")")
            }
            return .object(schema)
        }
        return switch value {
        case .null, .string: type("string")
        case .integer: type("integer")
        case .number: type("number")
        case .bool: type("boolean")
        case .array: type("array")
        case .object: type("object")
        }
    }

    func subject(of arguments: JSONObject) -> ToolSubject {
        ToolSubject(.text, JSONValue.object(arguments).jsonText(), arguments)
    }

    func run(_ arguments: JSONObject, _ site: ToolSite) async -> ToolResult {
        switch await starter.outputs(ofNode: node.id, arguments, site) {
        case .success(let outputs):
            return ToolResult(JSONValue.object(outputs).jsonText(), value: .object(outputs))
        case .failure(let error):
            let lines = error.failure.excerpt.map { "\n\($0)" } ?? ""
            return .failed(error.failure.message + lines)
        }
    }
}

extension SubworkflowStarter {
    /// How deep nodes may be tools of each other.
    private static let deepestNode = 4

    /// A node of the run's workflow as a tool; nil when there is none.
    func tool(ofNode id: String, for context: NodeContext) async -> NodeTool? {
        guard let executor = try? await engine?.load(context.run, observer: NoObserver()),
            let place = executor.site.plan.index(of: id)
        else { return nil }
        return NodeTool(node: executor.site.plan.nodes[place], starter: self)
    }

    /// Runs a node once for a call, and gives what it puts out.
    func outputs(
        ofNode id: String, _ arguments: JSONObject, _ site: ToolSite
    ) async -> Result<JSONObject, NodeFailureError> {
        func failed(_ reason: FailureReason, _ text: String) -> Result<JSONObject, NodeFailureError> {
            .failure(NodeFailureError(failure: NodeFailure(reason, text)))
        }
        guard site.idempotencyKey.split(separator: "/").count(where: { $0 == "node" }) < Self.deepestNode else {
            return failed(.child, "nodes are tools of each other more than \(Self.deepestNode) deep")
        }
        do {
            guard let executor = try await engine?.load(site.context.run, observer: NoObserver()),
                let (kind, context) = try await executor.toolContext(of: id, arguments, site)
            else { return failed(.unavailable, "there is no node `\(id)` for a tool") }
            try File.createDirectory(context.directory)
            let attempt = NodeAttempt(site: executor.site, kind: kind, context: context)
            switch await attempt.runWithinTime(context) {
            case .succeeded(let result):
                let record = try NodeAttempt.record(
                    result.outputs, of: context, artifacts: [], secrets: executor.site.secrets)
                return .success(record.outputs)
            case .failed(let failure):
                return .failure(NodeFailureError(failure: executor.site.secrets.blanked(failure)))
            case .waiting: return failed(.unavailable, "the node `\(id)` waits, and a tool has to answer")
            }
        } catch let error as NodeFailureError {
            return .failure(error)
        } catch let error as ExpressionError {
            return failed(.expression, "rendering the node's values: \(error.message)")
        } catch {
            return failed(.unavailable, "\(error)")
        }
    }
}

extension RunExecutor {
    /// The values of a node that runs as a tool, with the arguments of a call; nil when there is no such node.
    func toolContext(
        of id: String, _ arguments: JSONObject, _ tool: ToolSite
    ) async throws -> (any NodeKind, NodeContext)? {
        guard let node = site.plan.index(of: id), let kind = site.kinds[site.plan.nodes[node].kind] else { return nil }
        var context = try await self.context(of: node, attempt: 1)
        for member in arguments {
            if member.key == "prompt", context.definition.kind == "agent" {
                context.fields["prompt"] = member.value
            } else {
                context.with[member.key] = member.value
            }
        }
        let key = Digest(of: Array(tool.idempotencyKey.utf8)).hex.prefix(12)
        context.node = tool.context.node
        context.attempt = tool.context.attempt
        context.firstAttempt = context.attempt
        context.directory = FilePath.join(tool.context.directory, ".node-\(id)-\(key)")
        context.idempotencyKey = "\(tool.idempotencyKey)/node/\(id)"
        context.approvesAll = tool.context.approvesAll
        context.lastFailure = nil
        context.feedback = []
        context.calls = InnerCallDesk(outer: tool.context.calls)
        context.log = tool.context.log
        return (kind, context)
    }
}

/// The desk of a node that runs as a tool: its calls are those of the agent that uses it. People cannot be asked in the
/// middle of a call.
private struct InnerCallDesk: CallDesk {
    let outer: any CallDesk

    func perform(
        _ intent: CallIntent, _ call: @Sendable () async -> CallOutcome
    ) async throws(CallRefusal) -> CallOutcome {
        try await outer.perform(intent, call)
    }

    func warning() async -> String? { await outer.warning() }
}
