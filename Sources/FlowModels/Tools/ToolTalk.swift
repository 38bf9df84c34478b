// SPDX-License-Identifier: Apache-2.0

package import FlowCore

/// A conversation with tools, told to a model that knows nothing but text and a JSON Schema: each answer is one object,
/// `{"tool": NAME, "arguments": {…}}` or `{"final_answer": …}`.
package struct ToolTalk: Sendable {
    /// What the model is asked instead.
    package private(set) var request: ModelRequest
    private let original: ModelRequest

    private static let final = "final_answer"

    /// Whether the text of the answer goes to the listener as it comes.
    package var streams: Bool { original.tools.isEmpty || original.toolChoice == .none }

    /// The conversation in words of JSON.
    package init(_ original: ModelRequest) {
        self.original = original
        request = original
        request.tools = []
        request.toolMode = nil
        request.toolChoice = .auto
        request.messages = original.messages.map { Self.told($0, in: original) }
        if streams { return }
        // What comes is JSON, which is nothing to look at.
        request.onText = nil
        request.schema = schema
        let place = request.messages.firstIndex { $0.role == .system }
        if let place {
            request.messages[place].content += "\n\n" + manual
        } else {
            request.messages.insert(ModelMessage(.system, manual), at: 0)
        }
    }

    /// The tools that may be used now.
    private var offered: [ToolSpec] {
        guard case .named(let name) = original.toolChoice else { return original.tools }
        return original.tools.filter { $0.name == name }
    }

    private var schema: JSONValue {
        var shapes: [JSONValue] = offered.map { tool in
            [
                "type": "object",
                "properties": ["tool": ["const": .string(tool.name)], "arguments": tool.parameters],
                "required": ["tool", "arguments"], "additionalProperties": false,
            ]
        }
        if original.toolChoice == .auto {
            shapes.append([
                "type": "object", "properties": [Self.final: original.schema ?? ["type": "string"]],
                "required": [.string(Self.final)], "additionalProperties": false,
            ])
        }
        return shapes.count == 1 ? shapes[0] : ["oneOf": .array(shapes)]
    }

    private var manual: String {
        var lines = ["You can use tools. Answer with one JSON object and nothing else."]
        lines.append(#"To use a tool: {"tool": NAME, "arguments": {...}}. Its result is told to you then."#)
        if original.toolChoice == .auto {
            lines.append(#"When you are done: {"final_answer": ...}, with the whole answer."#)
        }
        lines.append("The tools:")
        for tool in offered {
            lines.append("- \(tool.name): \(tool.description) Arguments: \(tool.parameters.jsonText())")
        }
        return lines.joined(separator: "\n")
    }

    /// A message without the forms that services have for tools.
    private static func told(_ message: ModelMessage, in request: ModelRequest) -> ModelMessage {
        var told = message
        told.toolCalls = []
        told.toolCallID = nil
        told.toolName = nil
        switch message.role {
        case .assistant where !message.toolCalls.isEmpty:
            let calls = message.toolCalls.map { call in
                JSONValue.object(
                    JSONObject([
                        JSONObject.Member(key: "tool", value: .string(call.name)),
                        JSONObject.Member(key: "arguments", value: call.arguments),
                    ])
                ).jsonText()
            }
            told.content = calls.joined(separator: "\n")
        case .tool:
            told.role = .user
            let name =
                message.toolName
                ?? request.messages.flatMap(\.toolCalls).first { $0.id == message.toolCallID }?.name
            let of = name.map { " of the tool \($0)" } ?? ""
            told.content = "\(message.isError ? "Failure" : "Result")\(of):\n\(message.content)"
        default: break
        }
        return told
    }

    // MARK: The answer

    /// The reply in the usual form.
    package func reply(_ reply: ModelReply) throws(ModelError) -> ModelReply {
        var reply = reply
        if streams { return reply }
        let json = JSONAnswer.parse(reply.text)
        if let answer = json?[Self.final], json?.objectValue?.count == 1 {
            reply.text = answer.stringValue ?? answer.jsonText()
            reply.json = original.schema == nil ? nil : answer
        } else if let calls = ToolText.calls(in: reply.text, offered: offered.map(\.name)) {
            reply.toolCalls = calls.prefix(original.allowsParallelTools ? calls.count : 1).enumerated().map {
                ToolCall(
                    id: ToolCall.madeUpID(original.callCount + $0.offset + 1), name: $0.element.name,
                    arguments: $0.element.arguments)
            }
            reply.text = ""
            reply.json = nil
            reply.finishReason = .toolCalls
        } else if reply.finishReason == .length, json == nil {
            throw ModelError(
                .truncated,
                "the answer was cut at \(reply.usage.completionTokens) tokens before its JSON was complete: raise "
                    + "max_tokens")
        } else {
            // A server that takes no schema lets the model write what it wants; then that is the answer.
            reply.json = original.schema == nil ? nil : json
        }
        return reply
    }
}
