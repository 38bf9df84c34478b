// SPDX-License-Identifier: Apache-2.0

package import FlowCore

/// Anthropic's messages API.
package struct MessagesWire: WireFormat {
    /// The version of the API, a date.
    private let version: String
    /// The API wants a number, also from who does not care.
    private static let defaultMaxTokens = 4096

    package init(version: String = "2023-06-01") { self.version = version }

    package func path(model: String) -> String { "/messages" }

    package func headers(key: String?) -> [(name: String, value: String)] {
        [(name: "anthropic-version", value: version)] + (key.map { [(name: "x-api-key", value: $0)] } ?? [])
    }

    package func reader(for request: ModelRequest) -> any WireReader { MessagesReader() }

    package func answerTool(for request: ModelRequest) -> AnswerTool? {
        request.schema.map { AnswerTool(schema: $0, beside: request.tools) }
    }

    package func body(of request: ModelRequest, model: String, words: WireWords) -> JSONValue {
        let answerTool = answerTool(for: request)
        let tools = request.tools + (answerTool.map { [$0.spec] } ?? [])
        // A model that has to use a tool may not think before it.
        let mayThink = answerTool == nil && (tools.isEmpty || request.toolChoice == .auto)
        let thoughts = mayThink && words.has(.reasoningEffort) ? request.reasoningEffort.flatMap(Self.thoughts) : nil
        var body = JSONObject()
        body["model"] = .string(model)
        body["max_tokens"] = .integer(
            Int64((request.maxTokens ?? Self.defaultMaxTokens).clampedSum(thoughts ?? 0)))
        let system = request.messages.filter { $0.role == .system && !$0.content.isEmpty }.map(\.content)
        if !system.isEmpty { body["system"] = .string(system.joined(separator: "\n\n")) }
        body["messages"] = .array(Self.messages(request.messages, thinks: thoughts != nil, words))
        body["stream"] = true
        if let thoughts {
            body["thinking"] = ["type": "enabled", "budget_tokens": .integer(Int64(thoughts))]
        } else {
            // A model that thinks takes no other temperature than its own.
            if words.has(.temperature) { body["temperature"] = request.temperature.map { .number($0) } }
            if words.has(.topP) { body["top_p"] = request.topP.map { .number($0) } }
        }
        if !request.stop.isEmpty { body["stop_sequences"] = .array(request.stop.map { .string($0) }) }
        if !tools.isEmpty {
            body["tools"] = .array(
                tools.map { tool in
                    [
                        "name": .string(tool.name), "description": .string(tool.description),
                        "input_schema": tool.parameters,
                    ]
                })
            body["tool_choice"] = Self.choice(request, answerTool)
        }
        return .object(body)
    }

    private static func choice(_ request: ModelRequest, _ answerTool: AnswerTool?) -> JSONValue? {
        var choice = JSONObject()
        switch (answerTool, request.toolChoice) {
        case (let tool?, _) where request.tools.isEmpty || request.toolChoice == .none:
            choice["type"] = "tool"
            choice["name"] = .string(tool.spec.name)
        case (_, .named(let name)):
            choice["type"] = "tool"
            choice["name"] = .string(name)
        case (.some, _), (_, .required): choice["type"] = "any"
        case (nil, .none): return ["type": "none"]
        case (nil, .auto):
            if request.allowsParallelTools { return nil }
            choice["type"] = "auto"
        }
        if !request.allowsParallelTools { choice["disable_parallel_tool_use"] = true }
        return .object(choice)
    }

    /// The tokens to think for. A number says it itself; thoughts begin at 1024.
    private static func thoughts(_ effort: String) -> Int? {
        switch effort {
        case "none", "minimal": nil
        case "low": 1024
        case "medium": 4096
        case "high": 16384
        default: Int(effort).map { Swift.max(1024, Swift.min($0, 1 << 20)) }
        }
    }

    /// The messages as blocks. Neighbours of one role become one message, as the API wants it.
    private static func messages(_ messages: [ModelMessage], thinks: Bool, _ words: WireWords) -> [JSONValue] {
        var merged: [(role: String, blocks: [JSONValue])] = []
        for message in messages where message.role != .system {
            let role = message.role == .assistant ? "assistant" : "user"
            let blocks = blocks(of: message, thinks: thinks && words.has(.keptThoughts))
            guard !blocks.isEmpty else { continue }
            if let last = merged.indices.last, merged[last].role == role {
                merged[last].blocks += blocks
            } else {
                merged.append((role, blocks))
            }
        }
        return merged.map { ["role": .string($0.role), "content": .array($0.blocks)] }
    }

    private static func blocks(of message: ModelMessage, thinks: Bool) -> [JSONValue] {
        // Blocks of text must not be empty.
        let text: [JSONValue] =
            message.content.isEmpty ? [] : [["type": "text", "text": .string(message.content)]]
        switch message.role {
        case .system: return []
        case .user:
            return text
                + message.images.map { image in
                    [
                        "type": "image",
                        "source": [
                            "type": "base64", "media_type": .string(image.mediaType),
                            "data": .string(Base64.text(image.bytes)),
                        ],
                    ]
                }
        case .assistant:
            let kept = thinks ? message.toolCalls.lazy.compactMap(\.token).first : nil
            let thoughts = kept.flatMap { try? JSONValue.parse($0) }?.arrayValue ?? []
            return thoughts + text
                + message.toolCalls.map { call in
                    // The input has to be an object, also where the model has written something else.
                    [
                        "type": "tool_use", "id": .string(call.id), "name": .string(call.name),
                        "input": call.arguments.objectValue == nil
                            ? ["arguments": call.arguments] : call.arguments,
                    ]
                }
        case .tool:
            var block = JSONObject()
            block["type"] = "tool_result"
            block["tool_use_id"] = .string(message.toolCallID ?? "")
            block["content"] = .string(message.content)
            if message.isError { block["is_error"] = true }
            return [.object(block)]
        }
    }

    package func otherWords(
        than words: WireWords, after failure: ServiceFailure, of request: ModelRequest
    ) -> WireWords? {
        guard failure.isComplaint else { return nil }
        let hasKept = request.messages.contains { $0.toolCalls.contains { $0.token != nil } }
        return words.without(
            firstOf: [
                (.keptThoughts, "signature", hasKept), (.reasoningEffort, "thinking", request.reasoningEffort != nil),
                (.topP, "top_p", request.topP != nil), (.temperature, "temperature", request.temperature != nil),
            ], named: failure.complaint)
    }
}
