// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FileSystem
import FlowCore
import HTTPClient
import Synchronization
import Testing

@testable import FlowEngine

/// A model that says what the test has written, one answer after the other, and keeps what it was asked.
final class ScriptedModel: ModelProvider {
    private struct State {
        var answers: [ModelReply]
        var requests: [ModelRequest] = []
    }

    private let state: Mutex<State>

    init(_ answers: [ModelReply]) { state = Mutex(State(answers: answers)) }

    var requests: [ModelRequest] { state.withLock { $0.requests } }

    func complete(_ request: ModelRequest) async throws(ModelError) -> ModelReply {
        let answer = state.withLock { state in
            state.requests.append(request)
            return state.answers.isEmpty ? nil : state.answers.removeFirst()
        }
        guard let answer else { throw ModelError(.unavailable, "the script is over") }
        return answer
    }
}

extension ModelReply {
    /// An answer in words.
    static func says(_ text: String) -> ModelReply {
        ModelReply(text: text, usage: ModelUsage(promptTokens: 10, completionTokens: 2), model: "scripted")
    }

    /// A wish for tools.
    static func asks(_ calls: (String, JSONValue)..., text: String = "") -> ModelReply {
        let calls = calls.enumerated().map {
            ToolCall(id: "c\($0.offset + 1)", name: $0.element.0, arguments: $0.element.1)
        }
        return ModelReply(
            text: text, toolCalls: calls, finishReason: .toolCalls,
            usage: ModelUsage(promptTokens: 10, completionTokens: 2), model: "scripted")
    }
}

/// An agent node outside of an engine.
final class AgentSite: Sendable {
    let model: ScriptedModel
    let folder: String
    let workflowFolder: String
    let lines = AgentLogLines()
    private let kind: AgentKind
    private let root: String
    private let environment: [String: String]
    private let env: [TemplateEntry]

    init(
        _ answers: [ModelReply], tools: [String] = [], permissions: JSONValue? = nil, context: JSONValue? = nil,
        maxTurns: Int? = nil, output: JSONValue? = nil, servers: String? = nil, environment: [String: String] = [:],
        env: [TemplateEntry] = [], allowsPrivateAddresses: Bool = false
    ) throws {
        root = try File.makeTemporaryDirectory(prefix: "agent-site-")
        // As the store has it, so that files of runs are known as such.
        folder = FilePath.join(root, "runs/r1/work/n/1")
        workflowFolder = FilePath.join(root, "workflow")
        try File.createDirectory(folder)
        try File.createDirectory(workflowFolder)
        let file = FilePath.join(root, "flow.yaml")
        if let servers { try File.write(servers, to: file) }
        model = ScriptedModel(answers)
        let agent = AgentDefinition(
            name: "worker", instructions: "You work.", output: output, maxTurns: maxTurns, tools: tools,
            permissions: permissions, context: context)
        var variables = ["PATH": ProcessEnvironment.get("PATH") ?? "/usr/bin:/bin"]
        variables.merge(environment) { _, new in new }
        let processes = ChildProcesses()
        kind = AgentKind(
            models: model, agents: ["worker": agent],
            tools: ToolCabinet(
                processes: processes,
                paths: ToolPaths(flowHome: root, searchPath: ProcessEnvironment.get("PATH") ?? "/usr/bin:/bin"),
                servers: MCPToolServers(
                    file: file, environment: variables, processes: processes, http: HTTPClient()),
                allowsPrivateAddresses: allowsPrivateAddresses))
        self.environment = environment
        self.env = env
    }

    deinit { try? File.removeTree(root) }

    func run(
        _ fields: JSONValue = ["prompt": "go"], approvesAll: Bool = false, calls: any CallDesk = OpenCallDesk(),
        budget: BudgetDefinition? = nil
    ) async -> NodeOutcome {
        let outcome = await kind.run(context(fields, approvesAll: approvesAll, calls: calls, budget: budget))
        if case .succeeded(let result) = outcome, case .bytes(let bytes, let name)? = result.artifacts.first?.content {
            try? File.write(bytes, to: FilePath.join(root, name))
        }
        return outcome
    }

    /// Whether the node needs its folder.
    func usesDirectory(_ fields: JSONValue) -> Bool { kind.usesDirectory(context(fields)) }

    private func context(
        _ fields: JSONValue, approvesAll: Bool = false, calls: any CallDesk = OpenCallDesk(),
        budget: BudgetDefinition? = nil
    ) -> NodeContext {
        let definition = NodeDefinition(id: "n", kind: "agent", options: NodeOptions(env: env, budget: budget))
        return NodeContext(
            run: "r1", workflow: "w", node: "n", attempt: 1, definition: definition, body: "worker",
            fields: fields.objectValue ?? JSONObject(), environment: environment, directory: folder,
            workflowDirectory: workflowFolder, idempotencyKey: "key", approvesAll: approvesAll, calls: calls,
            log: { [lines] in lines.add($0) })
    }

    func result(_ fields: JSONValue = ["prompt": "go"], approvesAll: Bool = false) async throws -> NodeResult {
        let outcome = await run(fields, approvesAll: approvesAll)
        guard case .succeeded(let result) = outcome else { throw UnexpectedOutcome(outcome: outcome) }
        return result
    }

    func failure(_ fields: JSONValue = ["prompt": "go"]) async throws -> NodeFailure {
        let outcome = await run(fields)
        guard case .failed(let failure) = outcome else { throw UnexpectedOutcome(outcome: outcome) }
        return failure
    }

    /// What was put out; of a failed attempt what lies in its folder.
    func transcript() throws -> JSONValue {
        let kept = FilePath.join(root, "transcript.json")
        let path = File.exists(kept) ? kept : FilePath.join(folder, "transcript.json")
        return try JSONValue.parse(try File.readText(path, limit: 16 << 20))
    }

    /// The answers of tools, in the order in which the model saw them.
    func toolMessages() throws -> [JSONValue] {
        try transcript()["messages"]?.arrayValue?.filter { $0["role"] == "tool" } ?? []
    }
}
