// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// The conversation as Google's API has it: turns of two roles, with parts.
enum GeminiContents {
    /// The turns. Neighbours of one role become one.
    static func of(_ messages: [ModelMessage], keepsThoughts: Bool) -> [JSONValue] {
        var names: [String: String] = [:]
        for call in messages.flatMap(\.toolCalls) { names[call.id] = call.name }
        var turns: [(role: String, parts: [JSONValue])] = []
        for message in messages where message.role != .system {
            let role = message.role == .assistant ? "model" : "user"
            let parts = parts(of: message, names: names, keepsThoughts: keepsThoughts)
            guard !parts.isEmpty else { continue }
            if let last = turns.indices.last, turns[last].role == role {
                turns[last].parts += parts
            } else {
                turns.append((role, parts))
            }
        }
        return turns.map { ["role": .string($0.role), "parts": .array($0.parts)] }
    }

    private static func parts(
        of message: ModelMessage, names: [String: String], keepsThoughts: Bool
    ) -> [JSONValue] {
        let text: [JSONValue] = message.content.isEmpty ? [] : [["text": .string(message.content)]]
        switch message.role {
        case .system: return []
        case .user:
            return text
                + message.images.map { image in
                    [
                        "inlineData": [
                            "mimeType": .string(image.mediaType), "data": .string(Base64.text(image.bytes)),
                        ]
                    ]
                }
        case .assistant:
            return text
                + message.toolCalls.map { call in
                    var function = JSONObject()
                    if !call.hasMadeUpID { function["id"] = .string(call.id) }
                    function["name"] = .string(call.name)
                    function["args"] =
                        call.arguments.objectValue == nil ? ["arguments": call.arguments] : call.arguments
                    var part = JSONObject()
                    part["functionCall"] = .object(function)
                    if keepsThoughts { part["thoughtSignature"] = call.token.map { .string($0) } }
                    return .object(part)
                }
        case .tool:
            let id = message.toolCallID ?? ""
            var response = JSONObject()
            if !id.isEmpty, !ToolCall(id: id, name: "", arguments: .null).hasMadeUpID { response["id"] = .string(id) }
            response["name"] = .string(message.toolName ?? names[id] ?? "tool")
            response["response"] = [message.isError ? "error" : "output": .string(message.content)]
            return [["functionResponse": .object(response)]]
        }
    }
}
