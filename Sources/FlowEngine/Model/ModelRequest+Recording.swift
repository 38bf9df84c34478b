// SPDX-License-Identifier: Apache-2.0

import FlowCore

extension ModelRequest {
    /// All that decides the answer. Pictures are named by their digests.
    var recordedJSON: JSONValue {
        var object = JSONObject()
        object["model"] = model.map { .string($0) }
        object["messages"] = .array(messages.map(\.recordedJSON))
        object["max_tokens"] = maxTokens.map { .integer(Int64($0)) }
        object["temperature"] = temperature.map { .number($0) }
        object["top_p"] = topP.map { .number($0) }
        object["seed"] = seed.map { .integer($0) }
        object["schema"] = schema
        if !stop.isEmpty { object["stop"] = .array(stop.map { .string($0) }) }
        object["reasoning_effort"] = reasoningEffort.map { .string($0) }
        guard !tools.isEmpty else { return .object(object) }
        object["tools"] = .array(
            tools.map { tool in
                [
                    "name": .string(tool.name), "description": .string(tool.description),
                    "parameters": tool.parameters,
                ]
            })
        switch toolChoice {
        case .auto: break
        case .none: object["tool_choice"] = "none"
        case .required: object["tool_choice"] = "required"
        case .named(let name): object["tool_choice"] = ["name": .string(name)]
        }
        object["tool_mode"] = toolMode.map { .string($0.rawValue) }
        if !allowsParallelTools { object["parallel_tools"] = false }
        return .object(object)
    }
}

extension ModelMessage {
    fileprivate var recordedJSON: JSONValue {
        var object = JSONObject()
        object["role"] = .string(role.rawValue)
        object["content"] = .string(content)
        if !images.isEmpty {
            object["images"] = .array(
                images.map { image in
                    ["media_type": .string(image.mediaType), "sha256": .string(Digest(of: image.bytes).hex)]
                })
        }
        if !toolCalls.isEmpty { object["tool_calls"] = .array(toolCalls.map(\.recordedJSON)) }
        object["tool_call_id"] = toolCallID.map { .string($0) }
        object["name"] = name.map { .string($0) }
        object["tool_name"] = toolName.map { .string($0) }
        if isError { object["is_error"] = true }
        return .object(object)
    }
}

extension ToolCall {
    /// The wish as JSON.
    var recordedJSON: JSONValue {
        var object = JSONObject()
        object["id"] = .string(id)
        object["name"] = .string(name)
        object["arguments"] = arguments
        object["token"] = token.map { .string($0) }
        return .object(object)
    }

    /// The wish of a JSON object that `recordedJSON` made; nil for anything else.
    init?(recordedJSON json: JSONValue) {
        guard let id = json["id"]?.stringValue, let name = json["name"]?.stringValue else { return nil }
        self.init(id: id, name: name, arguments: json["arguments"] ?? .null, token: json["token"]?.stringValue)
    }
}
