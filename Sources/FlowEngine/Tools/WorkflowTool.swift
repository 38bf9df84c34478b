// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore

/// `workflow:FILE`: a workflow beside the one that runs. A call is a run of its own; its inputs are the arguments.
struct WorkflowTool: AgentTool {
    let path: String
    let inputs: [InputDefinition]
    let description: String
    let starter: SubworkflowStarter

    var reference: String { "workflow:\(path)" }

    var spec: ToolSpec {
        let name = FilePath.basename(path).prefix { $0 != "." }
        return ToolSpec(
            name: ToolName.safe("workflow_\(name)"), description: description,
            parameters: ToolSchema.object(
                inputs.map { ($0.name, Self.schema(of: $0)) },
                required: inputs.filter { $0.required && $0.fallback == nil }.map(\.name)))
    }

    private static func schema(of input: InputDefinition) -> JSONValue {
        var schema: JSONObject
        switch input.kind {
        case .string, .text: schema = Self.type("string")
        case .file:
            schema = Self.type("string")
            schema["description"] = "A file of the work folder."
        case .files:
            schema = Self.type("array")
            schema["items"] = ["type": "string", "description": "A file of the work folder."]
        case .integer: schema = Self.type("integer")
        case .number: schema = Self.type("number")
        case .boolean: schema = Self.type("boolean")
        case .object: schema = input.schema?.objectValue ?? Self.type("object")
        case .array: schema = input.schema?.objectValue ?? Self.type("array")
        }
        if let text = input.help ?? input.label { schema["description"] = .string(text) }
        if !input.choices.isEmpty { schema["enum"] = .array(input.choices) }
        return .object(schema)
    }

    private static func type(_ name: String) -> JSONObject {
        JSONObject([JSONObject.Member(key: "type", value: .string(name))])
    }

    func subject(of arguments: JSONObject) -> ToolSubject {
        ToolSubject(.text, JSONValue.object(arguments).jsonText(), arguments)
    }

    func run(_ arguments: JSONObject, _ site: ToolSite) async -> ToolResult {
        var context = site.context
        context.idempotencyKey = site.idempotencyKey
        context.with = arguments
        do throws(WorkFolder.Refusal) {
            // A file that the model names is one of its own folder; the run would read any other as well.
            for input in inputs {
                guard let value = arguments[input.name], !value.isNull else { continue }
                if input.kind == .file { context.with[input.name] = .string(try site.folder.file(value.plainText)) }
                if input.kind == .files {
                    var files: [JSONValue] = []
                    for path in value.arrayValue ?? [] { files.append(.string(try site.folder.file(path.plainText))) }
                    context.with[input.name] = .array(files)
                }
            }
        } catch {
            return .failed(error.message)
        }
        let full = FilePath.join(context.workflowDirectory, path)
        switch await starter.outputs(of: full, context: context) {
        case .success(let outputs):
            return ToolResult(JSONValue.object(outputs).jsonText(), value: .object(outputs))
        case .failure(let error): return .failed(error.failure.message)
        }
    }
}

extension SubworkflowStarter {
    /// A workflow as a tool; nil when it cannot be read.
    func tool(_ path: String, for context: NodeContext) -> WorkflowTool? {
        guard let engine else { return nil }
        let full = FilePath.join(context.workflowDirectory, path)
        let agents = [FilePath.join(context.workflowDirectory, SourceBundle.agentFolder)]
        guard let loaded = try? engine.loader.load(full, agentFolders: agents),
            let definition = loaded.compilation.plan?.definition
        else { return nil }
        let text = definition.description ?? definition.title ?? "Runs the workflow \(definition.name)."
        return WorkflowTool(path: path, inputs: definition.inputs, description: text, starter: self)
    }

    /// Runs a workflow to its end and gives its outputs. A run that an attempt before a crash had started goes on.
    func outputs(of path: String, context: NodeContext) async -> Result<JSONObject, NodeFailureError> {
        func failed(_ reason: FailureReason, _ text: String) -> Result<JSONObject, NodeFailureError> {
            .failure(NodeFailureError(failure: NodeFailure(reason, text)))
        }
        switch await start(path: path, context: context) {
        case .failed(let failure): return .failure(NodeFailureError(failure: failure))
        case .succeeded(let result): return .success(result.outputs)
        case .waiting(.run(let child)):
            let children = EngineChildRuns(engine: engine)
            for await standing in await children.standings(of: child) {
                guard case .waiting = standing else { continue }
                // An attempt that waits for a person would hold its slot for days.
                await children.cancel(child)
                return failed(.child, "the workflow waits for a person, which a tool cannot")
            }
            if Task.isCancelled {
                // When the engine ends, the run goes on with the attempt after it.
                if engine?.isClosed == false { await children.cancel(child) }
                return failed(.cancelled, "cancelled")
            }
            switch await children.outcome(of: child) {
            case .ended(.succeeded, let record, _): return .success(record.outputs)
            case .ended(let status, _, let reason):
                return failed(.child, "run \(child) \(status.rawValue)\(reason.map { ": \($0)" } ?? "")")
            case .failed(let reason): return failed(.child, reason)
            case .storeFailed(let error): return failed(.storage, "\(error)")
            case .stopped: return failed(.interrupted, "the engine ends")
            }
        case .waiting: return failed(.child, "the workflow waits for something that a tool cannot wait for")
        }
    }
}
