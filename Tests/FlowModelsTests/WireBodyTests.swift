// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowModels
import Testing

/// What each service is sent.
struct WireBodyTests {
    private static let tool = ToolSpec(
        name: "look", description: "Looks.",
        parameters: ["type": "object", "properties": ["a": ["type": "integer", "const": 1]], "required": ["a"]])

    /// A conversation with all that a request may have.
    private static var full: ModelRequest {
        var request = ModelRequest(
            messages: [
                ModelMessage(.system, "Be brief."),
                ModelMessage(
                    .user, "What is this?", images: [ModelImage(mediaType: "image/png", bytes: [1, 2, 3, 4])]),
                ModelMessage(
                    .assistant, "", toolCalls: [ToolCall(id: "c1", name: "look", arguments: ["a": 1], token: "sig")]),
                ModelMessage(.tool, "a cat", toolCallID: "c1", toolName: "look"),
                ModelMessage(.tool, "no dog", toolCallID: "c2", toolName: "find", isError: true),
            ], maxTokens: 9, temperature: 0.5, seed: 3, stop: ["END"], topP: 0.9)
        request.tools = [tool]
        request.toolChoice = .named("look")
        request.allowsParallelTools = false
        return request
    }

    @Test func chatCompletions() {
        let body = ChatWire().body(of: Self.full, model: "m", words: WireWords())
        #expect(
            body == [
                "model": "m",
                "messages": [
                    ["role": "system", "content": "Be brief."],
                    [
                        "role": "user",
                        "content": [
                            ["type": "text", "text": "What is this?"],
                            ["type": "image_url", "image_url": ["url": "data:image/png;base64,AQIDBA=="]],
                        ],
                    ],
                    [
                        "role": "assistant", "content": nil,
                        "tool_calls": [
                            [
                                "id": "c1", "type": "function",
                                "function": ["name": "look", "arguments": "{\"a\":1}"],
                            ]
                        ],
                    ],
                    ["role": "tool", "content": "a cat", "tool_call_id": "c1"],
                    ["role": "tool", "content": "no dog", "tool_call_id": "c2"],
                ], "stream": true, "stream_options": ["include_usage": true], "max_tokens": 9, "temperature": 0.5,
                "top_p": 0.9, "seed": 3, "stop": ["END"],
                "tools": [
                    [
                        "type": "function",
                        "function": [
                            "name": "look", "description": "Looks.", "parameters": Self.tool.parameters,
                        ],
                    ]
                ], "tool_choice": ["type": "function", "function": ["name": "look"]], "parallel_tool_calls": false,
            ])
    }

    @Test func responses() {
        var request = Self.full
        request.reasoningEffort = "low"
        request.schema = ["type": "object", "properties": [:], "required": [], "additionalProperties": false]
        let body = ResponsesWire().body(of: request, model: "m", words: WireWords())
        #expect(body["input"]?.arrayValue?.count == 5)
        #expect(
            body["input"]?.arrayValue?.last
                == ["type": "function_call_output", "call_id": "c2", "output": "no dog"])
        #expect(body["max_output_tokens"] == 9)
        #expect(body["reasoning"] == ["effort": "low"])
        #expect(body["store"] == false)
        #expect(body["text"]?["format"]?["strict"] == true)
        #expect(body["tool_choice"] == ["type": "function", "name": "look"])
        #expect(body["tools"]?.arrayValue?.first?["name"] == "look")
    }

    @Test func messages() {
        let body = MessagesWire().body(of: Self.full, model: "m", words: WireWords())
        #expect(body["system"] == "Be brief.")
        #expect(body["stop_sequences"] == ["END"])
        #expect(
            body["tool_choice"] == ["type": "tool", "name": "look", "disable_parallel_tool_use": true])
        let messages = body["messages"]?.arrayValue ?? []
        #expect(messages.map { $0["role"] } == ["user", "assistant", "user"])
        #expect(
            messages[0]["content"]?.arrayValue?.last
                == ["type": "image", "source": ["type": "base64", "media_type": "image/png", "data": "AQIDBA=="]])
        #expect(
            messages[2]["content"] == [
                ["type": "tool_result", "tool_use_id": "c1", "content": "a cat"],
                ["type": "tool_result", "tool_use_id": "c2", "content": "no dog", "is_error": true],
            ])
        #expect(MessagesWire().headers(key: "k").map(\.value) == ["2023-06-01", "k"])
        // The number of tokens has to be there.
        let small = ModelRequest(messages: [ModelMessage(.user, "x")])
        #expect(MessagesWire().body(of: small, model: "m", words: WireWords())["max_tokens"] == 4096)
    }

    @Test func gemini() {
        let body = GeminiWire().body(of: Self.full, model: "m", words: WireWords())
        #expect(body["systemInstruction"] == ["parts": [["text": "Be brief."]]])
        #expect(
            body["contents"] == [
                [
                    "role": "user",
                    "parts": [
                        ["text": "What is this?"], ["inlineData": ["mimeType": "image/png", "data": "AQIDBA=="]],
                    ],
                ],
                [
                    "role": "model",
                    "parts": [
                        [
                            "functionCall": ["id": "c1", "name": "look", "args": ["a": 1]],
                            "thoughtSignature": "sig",
                        ]
                    ],
                ],
                [
                    "role": "user",
                    "parts": [
                        ["functionResponse": ["id": "c1", "name": "look", "response": ["output": "a cat"]]],
                        ["functionResponse": ["id": "c2", "name": "find", "response": ["error": "no dog"]]],
                    ],
                ],
            ])
        #expect(
            body["toolConfig"] == [
                "functionCallingConfig": ["mode": "ANY", "allowedFunctionNames": ["look"]]
            ])
        #expect(
            body["generationConfig"] == [
                "maxOutputTokens": 9, "temperature": 0.5, "topP": 0.9, "seed": 3, "stopSequences": ["END"],
            ])
        #expect(GeminiWire().path(model: "g-1") == "/v1beta/models/g-1:streamGenerateContent?alt=sse")
        #expect(GeminiWire(version: "v1").path(model: "a/b?c") == "/v1/a/b%3Fc:streamGenerateContent?alt=sse")
    }

    @Test func geminiInItsOwnSchemas() {
        var request = ModelRequest(messages: [ModelMessage(.user, "x")])
        request.tools = [Self.tool]
        let words = WireWords(without: [.jsonToolSchema, .jsonSchema])
        let tools = GeminiWire().body(of: request, model: "m", words: words)["tools"]
        #expect(
            tools?.arrayValue?.first?["functionDeclarations"]?.arrayValue?.first?["parameters"] == [
                "type": "object", "properties": ["a": ["type": "integer", "enum": [1]]], "required": ["a"],
            ])
        request.tools = []
        request.schema = ["oneOf": [["type": ["string", "null"]], ["const": "x"]], "additionalProperties": false]
        let config = GeminiWire().body(of: request, model: "m", words: words)["generationConfig"]
        #expect(
            config?["responseSchema"]
                == ["anyOf": [["nullable": true, "type": "string"], ["enum": ["x"], "type": "string"]]])
    }

    /// Complaint, what the request has, the word that is left out then.
    static let complaints: [(Service, String, WireWord)] = [
        (.chat, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'.", .maxTokens),
        (.chat, "Unknown parameter: 'parallel_tool_calls'", .parallelTools),
        (.chat, "stream_options is not supported", .streamOptions),
        (.chat, "reasoning_effort is unknown", .reasoningEffort),
        (.chat, "'temperature' does not support 0.5 with this model", .temperature),
        (.chat, "no such response_format", .jsonSchema),
        (.responses, "Encrypted_content: include is not supported", .keptThoughts),
        (.responses, "Unsupported parameter: 'top_p'", .topP),
        (.anthropic, "temperature: must be 1 here", .temperature),
        (.gemini, "Unknown name \"responseJsonSchema\" at 'generation_config'", .jsonSchema),
        (.gemini, "thinking is not supported by this model", .reasoningEffort),
    ]

    @Test(arguments: complaints)
    func aServiceThatRefusesAWordIsAskedWithoutIt(_ service: Service, complaint: String, word: WireWord) {
        var request = Self.full
        if service.name == "gemini" { request.tools = [] }
        request.reasoningEffort = "low"
        request.schema = ["type": "string"]
        var failure = ServiceFailure(status: 400, body: ["error": ["message": .string(complaint)]])
        let words = service.format.otherWords(than: WireWords(), after: failure, of: request)
        #expect(words == WireWords(without: [word]))
        failure.status = 401
        #expect(service.format.otherWords(than: WireWords(), after: failure, of: request) == nil)
    }
}
