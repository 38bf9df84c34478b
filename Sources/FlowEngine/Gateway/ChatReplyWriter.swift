// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// Writes the answers of models in the form of the chat completions API.
struct ChatReplyWriter {
    let id: String
    let model: String

    /// The answer in one piece.
    func whole(_ reply: ModelReply) -> JSONValue {
        var message = JSONObject()
        message["role"] = "assistant"
        message["content"] = reply.text.isEmpty && !reply.toolCalls.isEmpty ? .null : .string(reply.text)
        if !reply.toolCalls.isEmpty { message["tool_calls"] = .array(calls(reply)) }
        return [
            "id": .string(id), "object": "chat.completion", "created": 0, "model": .string(reply.model),
            "choices": [
                ["index": 0, "message": .object(message), "finish_reason": .string(Self.finish(of: reply))]
            ],
            "usage": Self.usage(reply.usage),
        ]
    }

    /// The first event of a stream.
    var opening: [UInt8] { event(["role": "assistant", "content": ""]) }

    /// An event with a piece of the text.
    func piece(_ text: String) -> [UInt8] { event(["content": .string(text)]) }

    /// The events after the text: calls, the end, the usage (which many clients want and do not ask for), the mark.
    func closing(_ reply: ModelReply) -> [UInt8] {
        var bytes: [UInt8] = []
        for (index, call) in calls(reply).enumerated() {
            var delta = call.objectValue ?? JSONObject()
            delta["index"] = .integer(Int64(index))
            bytes += event(["tool_calls": [.object(delta)]])
        }
        bytes += event([:], finish: Self.finish(of: reply))
        bytes += line(chunk(choices: [], usage: Self.usage(reply.usage)))
        return bytes + Array("data: [DONE]\n\n".utf8)
    }

    /// An event that ends a stream in a fault.
    static func failure(_ fault: GatewayFault) -> [UInt8] { Array("data: \(fault.json.jsonText())\n\n".utf8) }

    private func event(_ delta: JSONValue, finish: String? = nil) -> [UInt8] {
        let choice: JSONValue = ["index": 0, "delta": delta, "finish_reason": finish.map { .string($0) } ?? .null]
        return line(chunk(choices: [choice], usage: nil))
    }

    private func chunk(choices: [JSONValue], usage: JSONValue?) -> JSONValue {
        var chunk = JSONObject()
        chunk["id"] = .string(id)
        chunk["object"] = "chat.completion.chunk"
        chunk["created"] = 0
        chunk["model"] = .string(model)
        chunk["choices"] = .array(choices)
        chunk["usage"] = usage
        return .object(chunk)
    }

    private func line(_ json: JSONValue) -> [UInt8] { Array("data: \(json.jsonText())\n\n".utf8) }

    private func calls(_ reply: ModelReply) -> [JSONValue] {
        reply.toolCalls.map { call in
            var text = call.arguments.jsonText()
            if case .string(let given) = call.arguments { text = given }
            return [
                "id": .string(call.id), "type": "function",
                "function": ["name": .string(call.name), "arguments": .string(text)],
            ]
        }
    }

    /// Why the answer ended, in the words that clients of this API know.
    static func finish(of reply: ModelReply) -> String {
        if !reply.toolCalls.isEmpty { return FinishReason.toolCalls.rawValue }
        let known: [FinishReason] = [.stop, .length, .contentFilter]
        return known.contains(reply.finishReason) ? reply.finishReason.rawValue : FinishReason.stop.rawValue
    }

    private static func usage(_ usage: ModelUsage) -> JSONValue {
        [
            "prompt_tokens": .integer(Int64(usage.promptTokens)),
            "completion_tokens": .integer(Int64(usage.completionTokens)),
            "total_tokens": .integer(Int64(usage.totalTokens)),
            "prompt_tokens_details": ["cached_tokens": .integer(Int64(usage.cachedTokens))],
            "completion_tokens_details": ["reasoning_tokens": .integer(Int64(usage.reasoningTokens))],
        ]
    }
}
