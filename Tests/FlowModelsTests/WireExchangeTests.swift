// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowModels
import HTTPClient
import Testing

/// Bytes in, events out: without any network.
struct WireExchangeTests {
    private static let question = ModelRequest(model: "m", messages: [ModelMessage(.user, "hello?")])
    private static let tools = [
        ToolSpec(name: "look", description: "Looks.", parameters: ["type": "object"]),
        ToolSpec(name: "find", description: "Finds.", parameters: ["type": "object"]),
    ]

    /// The reply to a streamed text that comes in pieces of so many bytes.
    private static func reply(
        _ service: Service, _ text: String, pieces: Int = .max, _ request: ModelRequest = question
    ) throws(ModelError) -> (ModelReply, heard: String) {
        var exchange = WireExchange(reader: service.format.reader(for: request))
        let head = HTTPResponse(status: 200, headers: [(name: "Content-Type", value: "text/event-stream")])
        exchange.begin(head)
        var heard = ""
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            for case .text(let text) in exchange.take(Array(rest.prefix(pieces))) { heard += text }
            rest = rest.dropFirst(pieces)
        }
        _ = exchange.end(head)
        let reply = try exchange.reply(
            to: request, asked: "m", answerTool: service.format.answerTool(for: request), latency: .zero)
        return (reply, heard)
    }

    @Test(arguments: Service.all, [1, 7, Int.max])
    func aTextIsReadHoweverItIsCut(_ service: Service, pieces: Int) throws {
        let (reply, heard) = try Self.reply(service, service.hello, pieces: pieces)
        #expect(reply.text == "Hello, world!")
        #expect(heard == "Hello, world!")
        #expect(reply.finishReason == .stop)
        #expect(reply.model == "m-1")
        #expect(reply.usage.promptTokens == 20)
        #expect(reply.usage.completionTokens == 7)
        #expect(reply.usage.cachedTokens == 8)
        // One service does not tell how much was thought.
        #expect(reply.usage.reasoningTokens == (service.name == "anthropic" ? 0 : 2))
        #expect(!reply.usage.estimated)
    }

    @Test(arguments: Service.all, [1, Int.max])
    func callsAtOnceAreReadInTheirOrder(_ service: Service, pieces: Int) throws {
        let (reply, heard) = try Self.reply(service, service.calls, pieces: pieces)
        #expect(reply.toolCalls.map(\.id) == ["c1", "c2"])
        #expect(reply.toolCalls.map(\.name) == ["look", "find"])
        #expect(reply.toolCalls.map(\.arguments) == [["a": 1], ["b": "x"]])
        #expect(reply.finishReason == .toolCalls)
        #expect(reply.text.isEmpty && heard.isEmpty)
    }

    @Test(arguments: Service.all)
    func eventsThatNobodyKnowsAreSkipped(_ service: Service) throws {
        #expect(try Self.reply(service, service.unknown + service.hello).0.text == "Hello, world!")
    }

    @Test(arguments: Service.all)
    func anAnswerWithoutItsEndHasBrokenOff(_ service: Service) throws {
        // Without its last event, and without any.
        for text in [service.cut, ""] {
            let error = #expect(throws: ModelError.self) { try Self.reply(service, text) }
            #expect(error?.kind == .connection, "\(text)")
        }
    }

    @Test(arguments: Service.all)
    func argumentsThatAreNoJSONStayAsTheyAre(_ service: Service) throws {
        if service.name == "gemini" {
            // This service judges them itself.
            let error = #expect(throws: ModelError.self) { try Self.reply(service, service.brokenCall) }
            #expect(error?.kind == .schemaMismatch)
        } else {
            #expect(try Self.reply(service, service.brokenCall).0.toolCalls.map(\.arguments) == ["{\"a\":"])
        }
    }

    @Test func callsThatShareAnIndexAreToldApartByTheirIds() throws {
        let text = Service.frames([
            #"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"x","function":{"name":"look","arguments":"{}"}}]}}]}"#,
            #"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"y","function":{"name":"find","arguments":"{}"}}]}}]}"#,
            #"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#,
        ])
        let reply = try Self.reply(.chat, text).0
        #expect(reply.toolCalls.map(\.id) == ["x", "y"])
        #expect(reply.finishReason == .toolCalls)
    }

    @Test func callsWithoutIndexAndIdGetBoth() throws {
        let text = Service.frames([
            #"{"choices":[{"message":{},"delta":{"tool_calls":[{"function":{"name":"look","arguments":{"a":1}}}]}}]}"#,
            #"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#,
        ])
        var request = Self.question
        request.messages = [
            ModelMessage(.assistant, "", toolCalls: [ToolCall(id: "flow_call_1", name: "look", arguments: [:])])
        ]
        let reply = try Self.reply(.chat, text, request).0
        #expect(reply.toolCalls == [ToolCall(id: "flow_call_2", name: "look", arguments: ["a": 1])])
    }

    @Test func thoughtsComeBackWithTheFirstCall() throws {
        let text = Service.frames([
            #"{"type":"message_start","message":{"model":"m","usage":{"input_tokens":1,"output_tokens":1}}}"#,
            #"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"SIG"}}"#,
            #"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"c1","name":"look","input":{}}}"#,
            #"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":3}}"#,
            #"{"type":"message_stop"}"#,
        ])
        var request = Self.question
        request.reasoningEffort = "low"
        request.tools = Self.tools
        let reply = try Self.reply(.anthropic, text, request).0
        let thought: JSONValue = ["type": "thinking", "thinking": "hm", "signature": "SIG"]
        #expect(reply.toolCalls.first?.token == JSONValue.array([thought]).jsonText())
        request.messages += [
            ModelMessage(.assistant, "", toolCalls: reply.toolCalls),
            ModelMessage(.tool, "seen", toolCallID: "c1", isError: true),
        ]
        let body = MessagesWire().body(of: request, model: "m", words: WireWords())
        #expect(body["thinking"] == ["type": "enabled", "budget_tokens": 1024])
        #expect(
            body["messages"]?.arrayValue?.dropFirst().map(\.self) == [
                [
                    "role": "assistant",
                    "content": [thought, ["type": "tool_use", "id": "c1", "name": "look", "input": [:]]],
                ],
                [
                    "role": "user",
                    "content": [
                        ["type": "tool_result", "tool_use_id": "c1", "content": "seen", "is_error": true]
                    ],
                ],
            ])
    }

    @Test func thoughtsOfTheResponsesAPIAreKeptForTheCall() throws {
        let text = Service.frames([
            #"{"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","id":"rs","summary":[],"encrypted_content":"ENC"}}"#,
            #"{"type":"response.output_item.done","output_index":1,"item":{"type":"function_call","call_id":"c1","name":"look","arguments":"{}"}}"#,
            #"{"type":"response.completed","response":{"status":"completed","output":[{"type":"reasoning"},{"type":"function_call"}]}}"#,
        ])
        let reply = try Self.reply(.responses, text).0
        #expect(reply.toolCalls.first?.token == #"[{"type":"reasoning","summary":[],"encrypted_content":"ENC"}]"#)
        var request = Self.question
        request.messages.append(ModelMessage(.assistant, "", toolCalls: reply.toolCalls))
        let input = ResponsesWire().body(of: request, model: "m", words: WireWords())["input"]?.arrayValue
        #expect(input?.compactMap { $0["type"]?.stringValue } == ["message", "reasoning", "function_call"])
    }

    @Test func aSchemaIsAskedForAsAToolWhereThereIsNoOtherWay() throws {
        var request = Self.question
        request.schema = ["oneOf": [["type": "integer"], ["type": "string"]]]
        let body = MessagesWire().body(of: request, model: "m", words: WireWords())
        #expect(body["tool_choice"] == ["type": "tool", "name": "final_answer"])
        #expect(body["tools"]?.arrayValue?.first?["input_schema"]?["properties"]?["answer"] == request.schema)
        let text = Service.frames([
            #"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"c1","name":"final_answer","input":{}}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"answer\": 7}"}}"#,
            #"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":3}}"#,
            #"{"type":"message_stop"}"#,
        ])
        let reply = try Self.reply(.anthropic, text, request).0
        #expect(reply.text == "7")
        #expect(reply.json == 7)
        #expect(reply.toolCalls.isEmpty)
        #expect(reply.finishReason == .stop)
    }
}
