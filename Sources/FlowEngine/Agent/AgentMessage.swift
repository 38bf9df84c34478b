// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// A message as the transcript keeps it.
struct AgentMessage: Sendable, Hashable {
    /// From 1, without gaps.
    var sequence: Int
    /// The turn of the model that it belongs to; 0 before the first.
    var turn: Int
    var message: ModelMessage
    /// Counted by the provider where it counts, else guessed.
    var tokens: Int
    /// A call that was not made.
    var isRefused = false

    /// The guessed number of tokens of a message. A picture counts as what providers take for one of middle size.
    static func estimate(_ message: ModelMessage) -> Int {
        let calls = message.toolCalls.reduce(0) {
            $0 + TokenEstimate.tokens(in: $1.name) + TokenEstimate.tokens(in: $1.arguments.jsonText())
        }
        return TokenEstimate.tokens(in: message.content) + calls + 800 * message.images.count + 4
    }

    var json: JSONValue {
        var object = JSONObject()
        object["sequence"] = .integer(Int64(sequence))
        object["turn"] = .integer(Int64(turn))
        object["role"] = .string(message.role.rawValue)
        object["content"] = .string(message.content)
        object["tokens"] = .integer(Int64(tokens))
        if !message.images.isEmpty {
            object["images"] = .array(
                message.images.map {
                    [
                        "media_type": .string($0.mediaType), "bytes": .integer(Int64($0.bytes.count)),
                        "sha256": .string(Digest(of: $0.bytes).hex),
                    ]
                })
        }
        if !message.toolCalls.isEmpty {
            object["tool_calls"] = .array(
                message.toolCalls.map {
                    ["id": .string($0.id), "name": .string($0.name), "arguments": $0.arguments]
                })
        }
        object["tool_call_id"] = message.toolCallID.map { .string($0) }
        object["tool"] = message.toolName.map { .string($0) }
        if message.isError { object["is_error"] = true }
        if isRefused { object["refused"] = true }
        return .object(object)
    }
}
