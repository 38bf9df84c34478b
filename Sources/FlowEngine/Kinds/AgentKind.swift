// SPDX-License-Identifier: Apache-2.0

import FileSystem
public import FlowCore

/// `agent:` asks a model, with the instructions of an agent and the node's prompt.
public struct AgentKind: NodeKind {
    public let name = "agent"
    public let summary =
        "Asks a model with the instructions of an agent; with a schema the answer is JSON that fits it."
    public let body = FieldType.string
    public let fields = [
        FieldSchema("prompt", .string, required: true, "What the agent is asked."),
        FieldSchema("model", .string, fallback: "the agent's, else the default", "The model that answers."),
        FieldSchema(
            "max_tokens", .integer(1...1_000_000), fallback: "the agent's, else 1024",
            "The most tokens of the answer."),
        FieldSchema(
            "temperature", .number(0...2), fallback: "the agent's, else the model's own",
            "How much chance there is in the answer; 0 for none."),
        FieldSchema(
            "seed", .integer(0...Int64(Int32.max)), fallback: "the model's own",
            "Where chance starts: the same seed gives the same answer with most models."),
        FieldSchema(
            "output", .verbatim, templates: false, fallback: "the agent's, else free text",
            "A JSON Schema that the answer has to fit; it is then in the output `json`."),
        FieldSchema(
            "tools", .list(.string), templates: false, fallback: "those of the agent",
            "Some of the agent's tools: the only ones that it has in this node."),
        FieldSchema(
            "permissions", .object(WorkflowSchema.permissions), templates: false, fallback: "those of the agent",
            "Which calls of its tools it may make here; those of the agent hold too."),
        FieldSchema(
            "files", .list(.oneOf([.string, .object(WorkflowSchema.promptFile)])),
            "Files for the agent: in the prompt, or in its work folder."),
        FieldSchema(
            "tool_mode", .choice(ToolMode.allCases.map(\.rawValue)), templates: false, fallback: "the agent's",
            "How tools are offered to the model: in its own way, or as JSON."),
        FieldSchema(
            "max_turns", .integer(1...1000), fallback: "the agent's, else 12",
            "The most turns of an agent with tools; the last is without tools."),
        FieldSchema(
            "max_repairs", .integer(0...20), fallback: "2", "How often a wrong answer is asked for again."),
        FieldSchema(
            "context", .object(WorkflowSchema.context), templates: false, fallback: "the agent's, else all",
            "How much of a long conversation is sent."),
        IsolationSetting.field(fallback: "true"),
    ]

    let models: any ModelProvider
    private let pricing: ModelPricing
    private let tools: ToolCabinet?
    private let agents: [String: AgentDefinition]
    private let lookUp: @Sendable (String, NodeContext) -> AgentDefinition?

    /// The kind.
    ///
    /// - Parameters:
    ///   - models: answers; finds the model by its name.
    ///   - pricing: says what answers cost.
    ///   - agents: the agents known when a workflow is compiled, for the types of their answers.
    ///   - lookUp: finds an agent when a node runs, before `agents` is asked.
    public init(
        models: any ModelProvider, pricing: ModelPricing = .standard, agents: [String: AgentDefinition] = [:],
        lookUp: @escaping @Sendable (String, NodeContext) -> AgentDefinition? = { _, _ in nil }
    ) {
        self.init(models: models, pricing: pricing, agents: agents, tools: nil, lookUp: lookUp)
    }

    /// The kind with a cabinet that makes the tools of agents.
    package init(
        models: any ModelProvider, pricing: ModelPricing = .standard, agents: [String: AgentDefinition] = [:],
        tools: ToolCabinet?,
        lookUp: @escaping @Sendable (String, NodeContext) -> AgentDefinition? = { _, _ in nil }
    ) {
        self.models = models
        self.pricing = pricing
        self.tools = tools
        self.agents = agents
        self.lookUp = lookUp
    }

    public func check(_ node: NodeDefinition, in site: KindSite) -> [Diagnostic] {
        var found: [Diagnostic] = []
        let known = site.agents + agents.keys.sorted().filter { !site.agents.contains($0) }
        if case .literal(.string(let agent)) = node.body {
            if !known.contains(agent) { found.append(Self.unknown(agent, known, at: node.bodySpan)) }
        } else {
            found.append(
                Diagnostic(.badNode, "`agent` takes the name of an agent, without expressions", at: node.bodySpan))
        }
        if let entry = node.fields.first(where: { $0.name == "output" }), case .literal(let schema) = entry.template {
            for problem in SchemaCheck.problems(in: schema).prefix(5) {
                let text = "the schema under `output` is wrong at \(problem.path): \(problem.message)"
                found.append(Diagnostic(.badSchema, text, at: entry.span.isKnown ? entry.span : node.idSpan))
            }
        }
        return found + AgentChecks(node, site).diagnostics(servers: usesServers(node, site) ? tools?.serverNames : nil)
    }

    /// Whether a tool of a server is named: only then is the project's file looked at.
    private func usesServers(_ node: NodeDefinition, _ site: KindSite) -> Bool {
        if case .literal(.array(let list))? = node.field("tools") {
            return list.contains { $0.plainText.hasPrefix("mcp:") }
        }
        guard let name = node.literalBody else { return false }
        return site.agentDefinitions[name]?.tools.contains { $0.hasPrefix("mcp:") } ?? false
    }

    /// What the agent is told of the attempt before this one. Of faults that are not its own, such as a service that was
    /// away, it is told nothing.
    private static func advice(_ context: NodeContext) -> String {
        let words = context.feedback.map { "\($0.by) says: \($0.text)" }
        let feedback = words.isEmpty ? nil : words.joined(separator: "\n")
        let attempt = context.firstAttempt
        guard attempt > 1, let failure = context.lastFailure,
            feedback != nil || [.schemaMismatch, .badData, .exitCode].contains(failure.reason)
        else { return feedback.map { "\n\nWhat people say of this task, which goes before all else:\n\($0)" } ?? "" }
        let last = RetryAdvice.Attempt(number: attempt - 1, failure: failure)
        let advice = RetryAdvice(
            attempts: context.failures.isEmpty ? [last] : context.failures,
            maxAttempts: Swift.max(attempt, context.definition.options.retry?.maxAttempts ?? attempt),
            feedback: feedback, solved: context.solved)
        let category = advice.attempts[advice.attempts.count - 1].analysis.category.rawValue
        let estimate = "\(Int(advice.successEstimate * 100)) %"
        context.log(
            NodeLogLine(.engine, "again after \(category); \(advice.strategy.rawValue), chance about \(estimate)"))
        return "\n\n" + advice.prompt
    }

    private static func unknown(_ agent: String, _ known: [String], at span: SourceSpan) -> Diagnostic {
        let list = known.prefix(20).map { "`\($0)`" }.joined(separator: ", ")
        var diagnostic = Diagnostic(
            .unknownAgent, "there is no agent `\(agent)`", at: span,
            help: [known.isEmpty ? "no agents are defined" : "the agents are \(list)"])
        if let nearest = Spelling.nearest(to: agent, among: known) {
            diagnostic.label = "did you mean `\(nearest)`?"
            diagnostic.fixes = [.spelling(nearest, for: agent, among: known, at: span)]
        }
        return diagnostic
    }

    public func outputType(of node: NodeDefinition, in site: KindSite) -> ValueType {
        var fields: [String: ValueType] = ["text": .string, "model": .string, "finish_reason": .string, "json": .any]
        fields["turns"] = .integer
        fields["tool_calls"] = .integer
        if case .literal(let schema)? = node.field("output") {
            fields["json"] = ValueType(schema: schema)
        } else if case .literal(.string(let agent)) = node.body, let schema = agents[agent]?.output {
            fields["json"] = ValueType(schema: schema)
        }
        return .object(fields, open: false)
    }

    public func artifactNames(of node: NodeDefinition) -> [String] { ["transcript"] }

    /// Only tools and files need a folder.
    public func usesDirectory(_ context: NodeContext) -> Bool {
        if context.fields["files"]?.arrayValue?.isEmpty == false { return true }
        guard let agent = agent(in: context) else { return false }
        // A grant that is wrong fails the attempt.
        return (try? AgentGrant(agent, context.fields).references.isEmpty) == false
    }

    private func agent(in context: NodeContext) -> AgentDefinition? {
        let name = context.body.stringValue ?? ""
        return lookUp(name, context) ?? agents[name]
    }

    public func run(_ context: NodeContext) async -> NodeOutcome {
        guard let agent = agent(in: context) else {
            return .failed(NodeFailure(.unavailable, "there is no agent `\(context.body.stringValue ?? "")`"))
        }
        let prompt =
            switch context.fields["prompt"] {
            case .string(let text)?: text
            case nil, .null?: ""
            // A prompt that is one expression may give data: the model reads it as JSON.
            case let value?: value.jsonText()
            }
        guard !prompt.isEmpty else { return .failed(NodeFailure(.badData, "the prompt is empty")) }
        let (files, belt): (PromptFiles, AgentToolbelt)
        do {
            let grant = try AgentGrant(agent, context.fields)
            files = try await Self.files(context, hasTools: !grant.references.isEmpty)
            belt = AgentToolbelt(try await tools(of: grant, context), grant, context)
        } catch let error as NodeFailureError {
            return .failed(error.failure)
        } catch let error as AgentGrant.Problem {
            return .failed(NodeFailure(.badData, error.message))
        } catch {
            return .failed(NodeFailure(.unavailable, "\(error)"))
        }
        var run = AgentRun(agent, prompt: prompt + Self.advice(context), files: files, belt: belt, context)
        do throws(ModelError) {
            let reply = try await run.run(RecordedModel(models, calls: context.calls, pricing: pricing))
            let transcript = ProducedArtifact(
                name: "transcript", content: .bytes(Array(run.transcriptText(reply).utf8), fileName: "transcript.json"),
                mediaType: "application/json")
            return .succeeded(
                NodeResult(outputs: run.outputs(reply), artifacts: [transcript], usage: run.usageReport))
        } catch {
            if let question = run.question { return .waiting(.approval(question)) }
            // The folder of a failed attempt stays for a while, for people who want to know.
            try? run.writeTranscript(in: context.directory)
            var failure = error.failure
            failure.excerpt = run.loop.lastAnswer.map { String($0.suffix(1000)) }
            return .failed(failure)
        }
    }

    /// Whether a run has an agent.
    func knows(_ name: String, _ context: NodeContext) -> Bool { lookUp(name, context) != nil || agents[name] != nil }

    /// Reads and copies the files of the prompt, which takes a while for large ones.
    private static func files(_ context: NodeContext, hasTools: Bool) async throws -> PromptFiles {
        if context.fields["files"]?.arrayValue?.isEmpty != false {
            return try PromptFiles(context, hasTools: hasTools)
        }
        let read: Result<PromptFiles, NodeFailureError> = await onOwnThread {
            do throws(NodeFailureError) {
                return .success(try PromptFiles(context, hasTools: hasTools))
            } catch {
                return .failure(error)
            }
        }
        return try read.get()
    }

    private func tools(of grant: AgentGrant, _ context: NodeContext) async throws -> [any AgentTool] {
        guard !grant.references.isEmpty else { return [] }
        guard let tools else {
            throw NodeFailureError(failure: NodeFailure(.unavailable, "this engine has no tools for agents"))
        }
        return try await tools.tools(for: grant.references, context)
    }
}
