// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore

/// One attempt of an agent: drives the loop, asks the model and the tools for it, and writes down what was said.
struct AgentRun {
    /// A model that does not come to an end must not answer until its context is full.
    static let defaultMaxTokens = 1024
    /// The most turns of an agent with tools, where nobody says otherwise.
    static let defaultMaxTurns = 12

    private let agent: AgentDefinition
    private let context: NodeContext
    private let belt: AgentToolbelt
    /// What is asked, without the messages.
    private let template: ModelRequest
    private(set) var loop: AgentLoop
    /// What a person has to be asked before the conversation goes on.
    private(set) var question: ApprovalRequest?

    init(_ agent: AgentDefinition, prompt: String, files: PromptFiles, belt: AgentToolbelt, _ context: NodeContext) {
        self.agent = agent
        self.context = context
        self.belt = belt
        let fields = context.fields
        let hasTools = !belt.specs.isEmpty
        template = ModelRequest(
            model: fields["model"]?.stringValue ?? agent.model, messages: [],
            maxTokens: fields["max_tokens"]?.integerValue.map { Int(clamping: $0) } ?? agent.maxTokens
                ?? Self.defaultMaxTokens,
            temperature: fields["temperature"]?.numberValue ?? agent.temperature,
            seed: fields["seed"]?.integerValue,
            schema: fields["output"].flatMap { $0.isNull ? nil : $0 } ?? agent.output, tools: belt.specs,
            toolMode: fields["tool_mode"]?.stringValue.flatMap(ToolMode.init(rawValue:)) ?? agent.toolMode)
        var rules = AgentLoop.Rules(
            maxTurns: fields["max_turns"]?.integerValue.map { Int(clamping: $0) } ?? agent.maxTurns
                ?? Self.defaultMaxTurns)
        rules.schema = template.schema
        rules.hasTools = hasTools
        if let repairs = fields["max_repairs"]?.integerValue { rules.maxRepairs = Int(clamping: max(0, repairs)) }
        rules.context = ContextLimits(node: fields["context"], agent: agent.context)
        if let budget = context.definition.options.budget, budget.onExceed == .wrapUp, let tokens = budget.tokens {
            rules.tokenWarning = Int(Double(tokens) * budget.warnAt)
        }
        var system = agent.instructions
        if hasTools || !files.text.isEmpty { system += (system.isEmpty ? "" : "\n\n") + UntrustedText.note }
        loop = AgentLoop(rules, system: system, prompt: prompt + files.text, images: files.images)
    }

    /// Runs to the end of the conversation.
    mutating func run(_ models: any ModelProvider) async throws(ModelError) -> ModelReply {
        while true {
            if Task.isCancelled { throw ModelError(.cancelled, "cancelled") }
            if loop.toolCalls > 0, let reason = await context.calls.warning() { loop.wrapUp(reason) }
            if case .ask = loop.next {
                for text in await context.calls.takeMessages() { loop.hear(text) }
            }
            switch loop.next {
            case .end(let reply): return reply
            case .fail(let error): throw error
            case .ask(let messages, let isLast):
                var request = template
                request.messages = messages
                if isLast { request.toolChoice = .none }
                let lines = AgentAnswer(context.log)
                request.onText = { lines.take($0) }
                let reply = try await models.complete(request)
                lines.end()
                loop.heard(reply)
            case .use(let calls):
                let round = await belt.use(calls, turn: loop.turns, isCut: loop.isCut)
                switch round.stop {
                case .notOnTape(let text)?: throw ModelError(.tape, text)
                case .stopped(let text)?: throw ModelError(.cancelled, text)
                case .ask(let request)?:
                    question = request
                    throw ModelError(.cancelled, "a person is asked")
                case .lost(let kind, let text)?: throw ModelError(kind, text)
                case nil: break
                }
                loop.used(round.answers)
                if let budget = round.budget { loop.wrapUp(budget) }
            }
            for note in loop.takeNotes() { context.log(NodeLogLine(.engine, note)) }
        }
    }

    // MARK: What the node puts out

    func outputs(_ reply: ModelReply) -> JSONObject {
        var outputs = JSONObject()
        outputs["text"] = .string(reply.text)
        if template.schema != nil { outputs["json"] = reply.json ?? JSONAnswer.parse(reply.text) ?? .null }
        outputs["model"] = .string(reply.model)
        outputs["finish_reason"] = .string(reply.finishReason.rawValue)
        outputs["turns"] = .integer(Int64(loop.turns))
        outputs["tool_calls"] = .integer(Int64(loop.toolCalls))
        return outputs
    }

    var usageReport: JSONObject {
        let usage = loop.usage
        var report = JSONObject()
        report["prompt_tokens"] = .integer(Int64(usage.promptTokens))
        report["completion_tokens"] = .integer(Int64(usage.completionTokens))
        report["cached_tokens"] = .integer(Int64(usage.cachedTokens))
        report["estimated"] = .bool(usage.estimated)
        if !belt.specs.isEmpty {
            report["tool_calls"] = .integer(Int64(loop.toolCalls))
            report["refused_calls"] = .integer(Int64(loop.refusedCalls))
        }
        return report
    }

    /// All that was said, and with which parameters. It is part of the result, so nothing is in it that differs between
    /// two calls that are answered alike: no times, and not what was in the provider's cache.
    func transcript(_ reply: ModelReply?) -> JSONValue {
        var parameters = JSONObject()
        parameters["max_tokens"] = template.maxTokens.map { .integer(Int64($0)) }
        parameters["temperature"] = template.temperature.map { .number($0) }
        parameters["seed"] = template.seed.map { .integer($0) }
        parameters["schema"] = template.schema
        var transcript = JSONObject()
        transcript["agent"] = .string(agent.name)
        transcript["model"] = reply.map { .string($0.model) } ?? template.model.map { .string($0) } ?? .null
        transcript["parameters"] = .object(parameters)
        if !belt.specs.isEmpty {
            transcript["tools"] = .array(
                belt.specs.map {
                    [
                        "name": .string($0.name), "description": .string($0.description),
                        "parameters": $0.parameters,
                    ]
                })
        }
        transcript["messages"] = .array(loop.messages.map(\.json))
        transcript["finish_reason"] = reply.map { .string($0.finishReason.rawValue) } ?? .null
        transcript["usage"] = [
            "prompt_tokens": .integer(Int64(loop.usage.promptTokens)),
            "completion_tokens": .integer(Int64(loop.usage.completionTokens)),
            "estimated": .bool(loop.usage.estimated),
        ]
        return .object(transcript)
    }

    /// The transcript for people, as a file has it.
    func transcriptText(_ reply: ModelReply?) -> String { transcript(reply).jsonText(.pretty) + "\n" }

    /// Leaves the transcript of a failed attempt in its folder. A tool may have put a link in its place: that is replaced,
    /// not followed.
    func writeTranscript(in folder: String) throws(FileError) {
        let path = FilePath.join(folder, "transcript.json")
        try File.createDirectory(folder)
        if File.kind(of: path) == .directory { try File.removeTree(path) }
        try File.replace(path, with: transcriptText(nil))
    }
}
