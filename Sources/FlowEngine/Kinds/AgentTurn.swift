// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// One question to an agent, with the turns that repair an answer of the wrong shape.
struct AgentTurn {
    /// How often the model is told what is wrong with its answer.
    private static let maxRepairs = 2
    /// A model that does not come to an end must not answer until its context is full.
    private static let defaultMaxTokens = 1024

    private let agent: AgentDefinition
    private var request: ModelRequest
    private var usage = ModelUsage()
    /// The last answer that came, of whatever shape.
    private(set) var lastAnswer: String?

    init(agent: AgentDefinition, prompt: String, fields: JSONObject) {
        self.agent = agent
        request = ModelRequest(
            model: fields["model"]?.stringValue ?? agent.model,
            messages: [ModelMessage(.system, agent.instructions), ModelMessage(.user, prompt)],
            maxTokens: fields["max_tokens"]?.integerValue.map { Int(clamping: $0) } ?? agent.maxTokens
                ?? Self.defaultMaxTokens,
            temperature: fields["temperature"]?.numberValue ?? agent.temperature,
            seed: fields["seed"]?.integerValue,
            schema: fields["output"].flatMap { $0.isNull ? nil : $0 } ?? agent.output)
        if agent.instructions.isEmpty { request.messages.removeFirst() }
    }

    /// Asks until the answer fits the schema, or the repairs are used up.
    mutating func run(
        _ models: any ModelProvider, log: @escaping @Sendable (NodeLogLine) -> Void
    ) async throws(ModelError) -> ModelReply {
        for repair in 0...Self.maxRepairs {
            let lines = AgentAnswer(log)
            request.onText = { lines.take($0) }
            let reply = try await models.complete(request)
            lines.end()
            usage = usage + reply.usage
            lastAnswer = reply.text
            guard let schema = request.schema else {
                if reply.finishReason == .length {
                    log(NodeLogLine(.engine, "the answer was cut at \(reply.usage.completionTokens) tokens"))
                }
                return reply
            }
            let faults = Self.faults(of: reply, schema)
            if faults.isEmpty { return reply }
            if reply.finishReason == .length {
                let limit = reply.usage.completionTokens
                throw ModelError(
                    .truncated, "the answer was cut at \(limit) tokens before its JSON was complete: raise max_tokens")
            }
            let text = faults.map(\.description).joined(separator: "; ")
            guard repair < Self.maxRepairs else {
                throw ModelError(
                    .schemaMismatch, "after \(repair + 1) answers the model's JSON does not fit the schema: \(text)")
            }
            log(NodeLogLine(.engine, "the answer does not fit the schema: \(text); asking again"))
            request.messages.append(ModelMessage(.assistant, reply.text))
            request.messages.append(
                ModelMessage(
                    .user,
                    "Your answer does not fit the JSON Schema: \(text). Answer again, with the corrected JSON alone."))
        }
        throw ModelError(.schemaMismatch, "the model's JSON does not fit the schema")
    }

    private static func faults(of reply: ModelReply, _ schema: JSONValue) -> [SchemaCheck.Fault] {
        guard let json = reply.json ?? JSONAnswer.parse(reply.text) else {
            return [SchemaCheck.Fault(path: "$", message: "the answer is not JSON")]
        }
        return SchemaCheck(schema).faults(in: json)
    }

    // MARK: What the node puts out

    func outputs(_ reply: ModelReply) -> JSONObject {
        var outputs = JSONObject()
        outputs["text"] = .string(reply.text)
        if request.schema != nil { outputs["json"] = reply.json ?? JSONAnswer.parse(reply.text) ?? .null }
        outputs["model"] = .string(reply.model)
        outputs["finish_reason"] = .string(reply.finishReason.rawValue)
        return outputs
    }

    var usageReport: JSONObject {
        JSONObject([
            JSONObject.Member(key: "prompt_tokens", value: .integer(Int64(usage.promptTokens))),
            JSONObject.Member(key: "completion_tokens", value: .integer(Int64(usage.completionTokens))),
            JSONObject.Member(key: "cached_tokens", value: .integer(Int64(usage.cachedTokens))),
            JSONObject.Member(key: "estimated", value: .bool(usage.estimated)),
        ])
    }

    /// All that was said, and with which parameters. It is part of the result, so nothing is in it that differs between
    /// two calls that are answered alike: no times, and not what was in the provider's cache.
    func transcript(_ reply: ModelReply) -> JSONValue {
        var parameters = JSONObject()
        parameters["max_tokens"] = request.maxTokens.map { .integer(Int64($0)) }
        parameters["temperature"] = request.temperature.map { .number($0) }
        parameters["seed"] = request.seed.map { .integer($0) }
        parameters["schema"] = request.schema
        let said = request.messages + [ModelMessage(.assistant, reply.text)]
        return [
            "agent": .string(agent.name),
            "model": .string(reply.model),
            "parameters": .object(parameters),
            "messages": .array(
                said.map { ["role": .string($0.role.rawValue), "content": .string($0.content)] }),
            "finish_reason": .string(reply.finishReason.rawValue),
            "usage": [
                "prompt_tokens": .integer(Int64(usage.promptTokens)),
                "completion_tokens": .integer(Int64(usage.completionTokens)),
                "estimated": .bool(usage.estimated),
            ],
        ]
    }
}
