// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowModels
import Testing

/// A wire format with texts as its service writes them.
struct Service: Sendable, CustomTestStringConvertible {
    var name: String
    var format: any WireFormat
    /// A streamed answer `Hello, world!` with usage 20 (8 cached) + 7 (2 thought).
    var hello: String
    /// Two calls at once: `look {"a":1}` and `find {"b":"x"}`.
    var calls: String
    /// A call whose arguments are no JSON: `{"a":`.
    var brokenCall: String
    var refusal: String
    /// An error in the middle of a stream that means overload.
    var overload: String
    /// The first events of an answer, without an end.
    var cut: String
    /// The body of a refused request, with a message.
    var error: @Sendable (String) -> String
    /// The body of an answer `400` to a conversation that is too long.
    var tooLong: String
    /// An event that no reader knows.
    var unknown: String

    var testDescription: String { name }

    static func frames(_ events: [String], named: Bool = false) -> String {
        events.map { text in
            guard named, let type = try? JSONValue.parse(text)["type"]?.stringValue else { return "data: \(text)\n\n" }
            return "event: \(type)\ndata: \(text)\n\n"
        }.joined()
    }

    static let all = [chat, responses, anthropic, gemini]

    // MARK: Chat completions

    static let chat = Service(
        name: "openai", format: ChatWire(),
        hello: frames([
            #"{"model":"m-1","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}"#,
            #"{"model":"m-1","choices":[{"index":0,"delta":{"content":"Hello, "},"finish_reason":null}]}"#,
            #"{"model":"m-1","choices":[{"index":0,"delta":{"content":"world!"},"finish_reason":null}]}"#,
            #"{"model":"m-1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
            #"{"model":"m-1","choices":[],"usage":{"prompt_tokens":20,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":8},"completion_tokens_details":{"reasoning_tokens":2}}}"#,
            "[DONE]",
        ]),
        calls: frames([
            #"{"choices":[{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"look","arguments":""}}]}}]}"#,
            #"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\""}}]}}]}"#,
            #"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"c2","type":"function","function":{"name":"find","arguments":""}}]}}]}"#,
            #"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":":1}"}},{"index":1,"function":{"arguments":"{\"b\":\"x\"}"}}]}}]}"#,
            #"{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#, "[DONE]",
        ]),
        brokenCall: frames([
            #"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c1","function":{"name":"look","arguments":"{\"a\":"}}]}}]}"#,
            #"{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#, "[DONE]",
        ]),
        refusal: frames([
            #"{"choices":[{"index":0,"delta":{"refusal":"I will not."}}]}"#,
            #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#, "[DONE]",
        ]),
        overload: frames([
            #"{"choices":[{"index":0,"delta":{"content":"Hel"}}]}"#,
            #"{"error":{"message":"too many","type":"server_error","code":529}}"#,
        ]),
        cut: frames([#"{"choices":[{"index":0,"delta":{"content":"Hel"}}]}"#]),
        error: { #"{"error":{"message":"\#($0)","type":"some_error","param":null,"code":null}}"# },
        tooLong:
            #"{"error":{"message":"too many tokens","type":"invalid_request_error","code":"context_length_exceeded"}}"#,
        unknown: frames([#"{"object":"something.new","hello":[1,2]}"#]))

    // MARK: Responses

    static let responses = Service(
        name: "openai-responses", format: ResponsesWire(),
        hello: frames(
            [
                #"{"type":"response.created","response":{"id":"r1","model":"m-1","status":"in_progress","output":[]}}"#,
                #"{"type":"response.output_item.added","output_index":0,"item":{"type":"message","role":"assistant","content":[]}}"#,
                #"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Hello, "}"#,
                #"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"world!"}"#,
                #"{"type":"response.output_text.done","output_index":0,"content_index":0,"text":"Hello, world!"}"#,
                #"{"type":"response.output_item.done","output_index":0,"item":{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Hello, world!"}]}}"#,
                #"{"type":"response.completed","response":{"model":"m-1","status":"completed","error":null,"output":[{"type":"message","content":[{"type":"output_text","text":"Hello, world!"}]}],"usage":{"input_tokens":20,"output_tokens":7,"input_tokens_details":{"cached_tokens":8},"output_tokens_details":{"reasoning_tokens":2}}}}"#,
            ], named: true),
        calls: frames(
            [
                #"{"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","id":"f1","call_id":"c1","name":"look","arguments":""}}"#,
                #"{"type":"response.function_call_arguments.delta","output_index":0,"delta":"{\"a\""}"#,
                #"{"type":"response.function_call_arguments.delta","output_index":0,"delta":":1}"}"#,
                #"{"type":"response.function_call_arguments.done","output_index":0,"arguments":"{\"a\":1}"}"#,
                #"{"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","id":"f1","call_id":"c1","name":"look","arguments":"{\"a\":1}"}}"#,
                #"{"type":"response.output_item.added","output_index":1,"item":{"type":"function_call","id":"f2","call_id":"c2","name":"find","arguments":""}}"#,
                #"{"type":"response.output_item.done","output_index":1,"item":{"type":"function_call","id":"f2","call_id":"c2","name":"find","arguments":"{\"b\":\"x\"}"}}"#,
                #"{"type":"response.completed","response":{"status":"completed","output":[{"type":"function_call"},{"type":"function_call"}]}}"#,
            ], named: true),
        brokenCall: frames(
            [
                #"{"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","call_id":"c1","name":"look","arguments":""}}"#,
                #"{"type":"response.function_call_arguments.delta","output_index":0,"delta":"{\"a\":"}"#,
                #"{"type":"response.completed","response":{"status":"completed","output":[]}}"#,
            ], named: true),
        refusal: frames(
            [
                #"{"type":"response.refusal.delta","output_index":0,"delta":"I will not."}"#,
                #"{"type":"response.completed","response":{"status":"completed","output":[]}}"#,
            ], named: true),
        overload: frames(
            [
                #"{"type":"response.output_text.delta","output_index":0,"delta":"Hel"}"#,
                #"{"type":"response.failed","response":{"status":"failed","error":{"code":"server_error","message":"too many"},"output":[]}}"#,
            ], named: true),
        cut: frames([#"{"type":"response.output_text.delta","output_index":0,"delta":"Hel"}"#], named: true),
        error: { #"{"error":{"message":"\#($0)","type":"some_error","param":null,"code":null}}"# },
        tooLong:
            #"{"error":{"message":"too many tokens","type":"invalid_request_error","code":"context_length_exceeded"}}"#,
        unknown: frames([#"{"type":"response.something.new","output_index":7,"delta":"x"}"#], named: true))

    // MARK: Anthropic

    static let anthropic = Service(
        name: "anthropic", format: MessagesWire(),
        hello: frames(
            [
                #"{"type":"message_start","message":{"id":"msg","type":"message","role":"assistant","model":"m-1","content":[],"stop_reason":null,"usage":{"input_tokens":10,"cache_creation_input_tokens":2,"cache_read_input_tokens":8,"output_tokens":1}}}"#,
                #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
                #"{"type":"ping"}"#,
                #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello, "}}"#,
                #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"world!"}}"#,
                #"{"type":"content_block_stop","index":0}"#,
                #"{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":7}}"#,
                #"{"type":"message_stop"}"#,
            ], named: true),
        calls: frames(
            [
                #"{"type":"message_start","message":{"model":"m-1","usage":{"input_tokens":1,"output_tokens":1}}}"#,
                #"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"c1","name":"look","input":{}}}"#,
                #"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":""}}"#,
                #"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"a\""}}"#,
                #"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":":1}"}}"#,
                #"{"type":"content_block_stop","index":0}"#,
                #"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"c2","name":"find","input":{}}}"#,
                #"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"b\":\"x\"}"}}"#,
                #"{"type":"content_block_stop","index":1}"#,
                #"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":7}}"#,
                #"{"type":"message_stop"}"#,
            ], named: true),
        brokenCall: frames(
            [
                #"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"c1","name":"look","input":{}}}"#,
                #"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}}"#,
                #"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":7}}"#,
                #"{"type":"message_stop"}"#,
            ], named: true),
        refusal: frames(
            [
                #"{"type":"message_delta","delta":{"stop_reason":"refusal"},"usage":{"output_tokens":7}}"#,
                #"{"type":"message_stop"}"#,
            ], named: true),
        overload: frames(
            [
                #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}}"#,
                #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            ], named: true),
        cut: frames(
            [
                #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}}"#,
                #"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":7}}"#,
            ], named: true),
        error: { #"{"type":"error","error":{"type":"some_error","message":"\#($0)"}}"# },
        tooLong:
            #"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#,
        unknown: frames([#"{"type":"something_new","index":3}"#], named: true))

    // MARK: Gemini

    static let gemini = Service(
        name: "gemini", format: GeminiWire(),
        hello: frames([
            #"{"candidates":[{"content":{"role":"model","parts":[{"text":"let me think","thought":true},{"text":"Hello, "}]},"index":0}],"modelVersion":"m-1","usageMetadata":{"promptTokenCount":20,"totalTokenCount":20}}"#,
            #"{"candidates":[{"content":{"role":"model","parts":[{"text":"world!"}]},"finishReason":"STOP","index":0}],"modelVersion":"m-1","usageMetadata":{"promptTokenCount":20,"candidatesTokenCount":5,"thoughtsTokenCount":2,"cachedContentTokenCount":8,"totalTokenCount":27}}"#,
        ]),
        calls: frames([
            #"{"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"id":"c1","name":"look","args":{"a":1}},"thoughtSignature":"c2ln"},{"functionCall":{"id":"c2","name":"find","args":{"b":"x"}}}]},"finishReason":"STOP","index":0}]}"#
        ]),
        brokenCall: frames([
            #"{"candidates":[{"content":{"parts":[]},"finishReason":"MALFORMED_FUNCTION_CALL","finishMessage":"look(a","index":0}]}"#
        ]),
        refusal: frames([#"{"promptFeedback":{"blockReason":"SAFETY"}}"#]),
        overload: frames([
            #"{"candidates":[{"content":{"parts":[{"text":"Hel"}]},"index":0}]}"#,
            #"{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}"#,
        ]),
        cut: frames([#"{"candidates":[{"content":{"parts":[{"text":"Hel"}]},"index":0}]}"#]),
        error: { #"[{"error":{"code":400,"message":"\#($0)","status":"INVALID_ARGUMENT"}}]"# },
        tooLong:
            #"{"error":{"code":400,"message":"The input token count (9) exceeds the maximum number of tokens allowed (5).","status":"INVALID_ARGUMENT"}}"#,
        unknown: frames([#"{"somethingNew":{"x":1}}"#]))
}
