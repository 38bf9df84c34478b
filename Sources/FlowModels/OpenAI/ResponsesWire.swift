// SPDX-License-Identifier: Apache-2.0

package import FlowCore

/// The responses API. Nothing is kept on the service: each request holds the whole conversation.
package struct ResponsesWire: WireFormat {
    package init() {}

    package func path(model: String) -> String { "/responses" }

    package func reader(for request: ModelRequest) -> any WireReader { ResponsesReader() }

    package func body(of request: ModelRequest, model: String, words: WireWords) -> JSONValue {
        var body = JSONObject()
        body["model"] = .string(model)
        body["input"] = .array(request.messages.flatMap { Self.items(of: $0, words) })
        body["stream"] = true
        body["store"] = false
        body["max_output_tokens"] = request.maxTokens.map { .integer(Int64($0)) }
        if words.has(.temperature) { body["temperature"] = request.temperature.map { .number($0) } }
        if words.has(.topP) { body["top_p"] = request.topP.map { .number($0) } }
        if let effort = request.reasoningEffort, words.has(.reasoningEffort) {
            body["reasoning"] = ["effort": .string(effort)]
            // Without them a model thinks anew about what it had thought before it used a tool.
            if !request.tools.isEmpty, words.has(.keptThoughts) { body["include"] = ["reasoning.encrypted_content"] }
        }
        if !request.tools.isEmpty {
            body["tools"] = .array(
                request.tools.map { tool in
                    [
                        "type": "function", "name": .string(tool.name), "description": .string(tool.description),
                        "parameters": tool.parameters, "strict": false,
                    ]
                })
            if words.has(.toolChoice) { body["tool_choice"] = Self.choice(request.toolChoice) }
            if !request.allowsParallelTools, words.has(.parallelTools) { body["parallel_tool_calls"] = false }
        }
        if let schema = request.schema {
            body["text"] =
                words.has(.jsonSchema)
                ? [
                    "format": [
                        "type": "json_schema", "name": "answer", "strict": .bool(StrictSchema.takes(schema)),
                        "schema": schema,
                    ]
                ] : ["format": ["type": "json_object"]]
        }
        return .object(body)
    }

    private static func choice(_ choice: ToolChoice) -> JSONValue? {
        switch choice {
        case .auto: nil
        case .none: "none"
        case .required: "required"
        case .named(let name): ["type": "function", "name": .string(name)]
        }
    }

    private static func items(of message: ModelMessage, _ words: WireWords) -> [JSONValue] {
        switch message.role {
        case .system, .user:
            var parts: [JSONValue] = []
            if !message.content.isEmpty || message.images.isEmpty {
                parts.append(["type": "input_text", "text": .string(message.content)])
            }
            if message.role == .user {
                parts += message.images.map { ["type": "input_image", "image_url": .string($0.dataAddress)] }
            }
            return [["type": "message", "role": .string(message.role.rawValue), "content": .array(parts)]]
        case .assistant:
            var items: [JSONValue] = []
            if !message.content.isEmpty {
                items.append([
                    "type": "message", "role": "assistant",
                    "content": [["type": "output_text", "text": .string(message.content)]],
                ])
            }
            for call in message.toolCalls {
                if words.has(.keptThoughts), let token = call.token, let thoughts = try? JSONValue.parse(token) {
                    items += thoughts.arrayValue ?? []
                }
                items.append([
                    "type": "function_call", "call_id": .string(call.id), "name": .string(call.name),
                    "arguments": .string(call.argumentsText),
                ])
            }
            return items
        case .tool:
            return [
                [
                    "type": "function_call_output", "call_id": .string(message.toolCallID ?? ""),
                    "output": .string(message.content),
                ]
            ]
        }
    }

    package func otherWords(
        than words: WireWords, after failure: ServiceFailure, of request: ModelRequest
    ) -> WireWords? {
        guard failure.isComplaint else { return nil }
        let hasTools = !request.tools.isEmpty
        let thinks = request.reasoningEffort != nil
        let hasKept = request.messages.contains { $0.toolCalls.contains { $0.token != nil } }
        let other = words.without(
            firstOf: [
                (.parallelTools, "parallel_tool_calls", hasTools && !request.allowsParallelTools),
                (.toolChoice, "tool_choice", hasTools && request.toolChoice != .auto),
                (.keptThoughts, "encrypted_content", hasKept || thinks && hasTools),
                (.keptThoughts, "include", thinks && hasTools),
                (.reasoningEffort, "reasoning", thinks),
                (.topP, "top_p", request.topP != nil), (.temperature, "temperature", request.temperature != nil),
            ], named: failure.complaint)
        if let other { return other }
        return request.schema != nil && words.has(.jsonSchema) ? words.without(.jsonSchema) : nil
    }
}
