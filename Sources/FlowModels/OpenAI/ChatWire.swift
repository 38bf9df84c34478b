// SPDX-License-Identifier: Apache-2.0

package import FlowCore

/// The chat completions API, which nearly all services and local servers speak.
package struct ChatWire: WireFormat {
    package init() {}

    package func path(model: String) -> String { "/chat/completions" }

    package func reader(for request: ModelRequest) -> any WireReader { ChatReader() }

    package func body(of request: ModelRequest, model: String, words: WireWords) -> JSONValue {
        var body = JSONObject()
        body["model"] = .string(model)
        body["messages"] = .array(messages(of: request, words))
        body["stream"] = true
        if words.has(.streamOptions) { body["stream_options"] = ["include_usage": true] }
        if let count = request.maxTokens {
            // Newer services refuse `max_tokens`, older ones do not know its successor.
            body[words.has(.maxTokens) ? "max_tokens" : "max_completion_tokens"] = .integer(Int64(count))
        }
        if words.has(.temperature) { body["temperature"] = request.temperature.map { .number($0) } }
        if words.has(.topP) { body["top_p"] = request.topP.map { .number($0) } }
        if words.has(.seed) { body["seed"] = request.seed.map { .integer($0) } }
        if words.has(.reasoningEffort) { body["reasoning_effort"] = request.reasoningEffort.map { .string($0) } }
        if !request.stop.isEmpty { body["stop"] = .array(request.stop.map { .string($0) }) }
        if !request.tools.isEmpty {
            body["tools"] = .array(
                request.tools.map { tool in
                    [
                        "type": "function",
                        "function": [
                            "name": .string(tool.name), "description": .string(tool.description),
                            "parameters": tool.parameters,
                        ],
                    ]
                })
            if words.has(.toolChoice) { body["tool_choice"] = Self.choice(request.toolChoice) }
            if !request.allowsParallelTools, words.has(.parallelTools) { body["parallel_tool_calls"] = false }
        }
        if let schema = request.schema {
            if words.has(.jsonSchema) {
                body["response_format"] = [
                    "type": "json_schema",
                    "json_schema": [
                        "name": "answer", "strict": .bool(StrictSchema.takes(schema)), "schema": schema,
                    ],
                ]
            } else if words.has(.jsonObject) {
                body["response_format"] = ["type": "json_object", "schema": schema]
            }
        }
        return .object(body)
    }

    /// The choice of tools; nil for what holds without a word.
    private static func choice(_ choice: ToolChoice) -> JSONValue? {
        switch choice {
        case .auto: nil
        case .none: "none"
        case .required: "required"
        case .named(let name): ["type": "function", "function": ["name": .string(name)]]
        }
    }

    private func messages(of request: ModelRequest, _ words: WireWords) -> [JSONValue] {
        var messages = request.messages.map { Self.message($0) }
        if let schema = request.schema, !words.has(.jsonSchema), !words.has(.jsonObject) {
            let text = "Answer with one JSON value alone. It must fit this JSON Schema: \(schema.jsonText())"
            messages.append(["role": "system", "content": .string(text)])
        }
        return messages
    }

    private static func message(_ message: ModelMessage) -> JSONValue {
        var json = JSONObject()
        json["role"] = .string(message.role.rawValue)
        json["content"] = .string(message.content)
        if message.role != .tool { json["name"] = message.name.map { .string($0) } }
        if message.role == .user, !message.images.isEmpty {
            var parts: [JSONValue] = []
            if !message.content.isEmpty { parts.append(["type": "text", "text": .string(message.content)]) }
            parts += message.images.map {
                ["type": "image_url", "image_url": ["url": .string($0.dataAddress)]]
            }
            json["content"] = .array(parts)
        }
        if message.role == .assistant, !message.toolCalls.isEmpty {
            if message.content.isEmpty { json["content"] = .null }
            json["tool_calls"] = .array(
                message.toolCalls.map { call in
                    [
                        "id": .string(call.id), "type": "function",
                        "function": ["name": .string(call.name), "arguments": .string(call.argumentsText)],
                    ]
                })
        }
        if message.role == .tool { json["tool_call_id"] = .string(message.toolCallID ?? "") }
        return .object(json)
    }

    package func otherWords(
        than words: WireWords, after failure: ServiceFailure, of request: ModelRequest
    ) -> WireWords? {
        guard failure.isComplaint else { return nil }
        let text = failure.complaint
        if request.maxTokens != nil, words.has(.maxTokens), text.contains("max_completion_tokens") {
            return words.without(.maxTokens)
        }
        let hasTools = !request.tools.isEmpty
        let other = words.without(
            firstOf: [
                (.parallelTools, "parallel_tool_calls", hasTools && !request.allowsParallelTools),
                (.toolChoice, "tool_choice", hasTools && request.toolChoice != .auto),
                (.streamOptions, "stream_options", true),
                (.reasoningEffort, "reasoning", request.reasoningEffort != nil),
                (.seed, "seed", request.seed != nil), (.topP, "top_p", request.topP != nil),
                (.temperature, "temperature", request.temperature != nil),
            ], named: text)
        if let other { return other }
        guard request.schema != nil else { return nil }
        if words.has(.jsonSchema) { return words.without(.jsonSchema) }
        return words.has(.jsonObject) ? words.without(.jsonObject) : nil
    }
}

/// Schemas that a strict service takes.
enum StrictSchema {
    /// Whether each object lists all its properties as required and allows no others.
    static func takes(_ schema: JSONValue) -> Bool {
        guard case .object(let rules) = schema else { return true }
        if let properties = rules["properties"]?.objectValue {
            let required = Set((rules["required"]?.arrayValue ?? []).compactMap(\.stringValue))
            guard rules["additionalProperties"] == .bool(false), required == Set(properties.keys),
                properties.allSatisfy({ takes($0.value) })
            else { return false }
        } else if rules["type"] == .string("object") {
            return false
        }
        let inner = (rules["anyOf"]?.arrayValue ?? []) + (rules["items"].map { [$0] } ?? [])
        return rules["oneOf"] == nil && rules["allOf"] == nil && inner.allSatisfy(takes)
    }
}

extension ModelImage {
    /// The picture as an address that holds it.
    var dataAddress: String { "data:\(mediaType);base64,\(Base64.text(bytes))" }
}

extension ToolCall {
    /// The arguments as services want them back: the text that was sent, where it was no JSON.
    var argumentsText: String {
        if case .string(let text) = arguments { return text }
        return arguments.jsonText()
    }
}
