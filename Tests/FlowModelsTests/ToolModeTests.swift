// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowModels
import Synchronization
import Testing

/// A model whose answers the test has written, and which keeps what it was asked.
final class ScriptedModel: ModelProvider {
    private let answers: Mutex<[Result<ModelReply, ModelError>]>
    private let asked = Mutex<[ModelRequest]>([])

    var requests: [ModelRequest] { asked.withLock { $0 } }

    init(_ answers: [Result<ModelReply, ModelError>]) { self.answers = Mutex(answers) }

    /// Answers with texts.
    convenience init(_ texts: [String], finish: FinishReason = .stop) {
        self.init(texts.map { .success(ModelReply(text: $0, finishReason: finish, model: "s")) })
    }

    func complete(_ request: ModelRequest) async throws(ModelError) -> ModelReply {
        asked.withLock { $0.append(request) }
        let answer = answers.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        return try (answer ?? .failure(ModelError(.unavailable, "no answer is left"))).get()
    }
}

struct ToolModeTests {
    private static let look = ToolSpec(
        name: "look", description: "Looks.", parameters: ["type": "object", "properties": ["a": ["type": "integer"]]])

    private static func request(_ choice: ToolChoice = .auto, schema: JSONValue? = nil) -> ModelRequest {
        ModelRequest(
            model: "m", messages: [ModelMessage(.user, "go")], schema: schema, tools: [look], toolChoice: choice)
    }

    // MARK: JSON

    @Test func asJSONACallIsOneOfSeveralShapes() async throws {
        let model = ScriptedModel([#"{"tool":"look","arguments":{"a":1}}"#, #"{"final_answer":"done"}"#])
        let tools = ToolModeModel(model, mode: .json)
        var request = Self.request()
        let first = try await tools.complete(request)
        #expect(first.toolCalls == [ToolCall(id: "flow_call_1", name: "look", arguments: ["a": 1])])
        #expect(first.finishReason == .toolCalls)
        #expect(first.text.isEmpty)
        let shapes = model.requests[0].schema?["oneOf"]?.arrayValue
        #expect(shapes?.count == 2)
        #expect(shapes?[0]["properties"]?["tool"] == ["const": "look"])
        #expect(shapes?[1]["required"] == ["final_answer"])
        #expect(model.requests[0].tools.isEmpty)
        #expect(model.requests[0].messages.first?.role == .system)

        request.messages += [
            ModelMessage(.assistant, "", toolCalls: first.toolCalls),
            ModelMessage(.tool, "seen", toolCallID: "flow_call_1", toolName: "look"),
        ]
        let second = try await tools.complete(request)
        #expect(second.text == "done")
        #expect(second.toolCalls.isEmpty)
        let told = model.requests[1].messages.dropFirst(2)
        #expect(told.map(\.role) == [.assistant, .user])
        #expect(told.map(\.content) == [#"{"tool":"look","arguments":{"a":1}}"#, "Result of the tool look:\nseen"])
        // The ids of further calls go on from there.
        let third = ScriptedModel([#"{"tool":"look","arguments":{}}"#])
        #expect(try await ToolModeModel(third, mode: .json).complete(request).toolCalls.first?.id == "flow_call_2")
    }

    @Test func theFinalAnswerFitsTheSchemaThatWasAskedFor() async throws {
        let schema: JSONValue = ["type": "object", "properties": ["n": ["type": "integer"]]]
        let model = ScriptedModel([#"{"final_answer":{"n":3}}"#])
        let heard = Mutex("")
        var request = Self.request(schema: schema)
        request.onText = { piece in heard.withLock { $0 += piece } }
        let reply = try await ToolModeModel(model, mode: .json).complete(request)
        #expect(reply.json == ["n": 3])
        #expect(reply.text == #"{"n":3}"#)
        #expect(heard.withLock { $0 } == reply.text)
        #expect(model.requests[0].schema?["oneOf"]?.arrayValue?[1]["properties"]?["final_answer"] == schema)
    }

    @Test func aToolThatMustBeUsedLeavesNoOtherShape() async throws {
        for choice in [ToolChoice.required, .named("look")] {
            let model = ScriptedModel([#"{"tool":"look","arguments":{}}"#])
            let reply = try await ToolModeModel(model, mode: .json).complete(Self.request(choice))
            #expect(reply.toolCalls.map(\.name) == ["look"])
            #expect(model.requests[0].schema?["required"] == ["tool", "arguments"])
        }
    }

    @Test func anAnswerThatWasCutIsNone() async throws {
        let model = ScriptedModel([#"{"tool":"look","argu"#], finish: .length)
        let error = await #expect(throws: ModelError.self) {
            try await ToolModeModel(model, mode: .json).complete(Self.request())
        }
        #expect(error?.kind == .truncated)
    }

    @Test func aServerThatKeepsToNoSchemaMayAnswerInWords() async throws {
        let model = ScriptedModel(["It is done."])
        #expect(try await ToolModeModel(model, mode: .json).complete(Self.request()).text == "It is done.")
    }

    // MARK: Calls as text

    static let texts: [(String, Bool)] = [
        (#"{"name":"look","arguments":{"a":1}}"#, true), (#"{"tool":"look","parameters":{"a":1}}"#, true),
        ("```json\n{\"name\": \"look\", \"arguments\": {\"a\": 1}}\n```", true),
        (#"<tool_call>{"name":"look","arguments":{"a":1}}</tool_call>"#, true),
        (#"[{"name":"look","arguments":{"a":1}}]"#, true),
        (#"{"type":"function","function":{"name":"look","arguments":"{\"a\":1}"}}"#, true),
        (#"{"name":"other","arguments":{"a":1}}"#, false), (#"{"name":"look"}"#, false),
        (#"Use {"name":"look","arguments":{"a":1}}"#, false),
        (#"{"name":"look","arguments":{"a":1},"why":"because"}"#, false), ("[]", false), ("", false),
    ]

    @Test(arguments: texts)
    func aReplyThatIsNothingButACallIsOne(_ text: String, isCall: Bool) async throws {
        let reply = try await ToolModeModel(ScriptedModel([text]), mode: .native).complete(Self.request())
        #expect(reply.toolCalls.map(\.arguments) == (isCall ? [["a": 1]] : []))
        #expect(reply.text == (isCall ? "" : text))
        // Who was told to use no tool has written an example.
        let none = try await ToolModeModel(ScriptedModel([text]), mode: .native).complete(Self.request(.none))
        #expect(none.toolCalls.isEmpty)
    }

    // MARK: Auto

    @Test func toolsThatAreRefusedAreOfferedAsJSONFromThenOn() async throws {
        let model = ScriptedModel([
            .failure(ModelError(.clientError, "tools?", status: 400)),
            .success(ModelReply(text: #"{"final_answer":"a"}"#, model: "s")),
            .success(ModelReply(text: #"{"final_answer":"b"}"#, model: "s")),
        ])
        let tools = ToolModeModel(model, mode: .auto)
        #expect(try await tools.complete(Self.request()).text == "a")
        #expect(try await tools.complete(Self.request()).text == "b")
        #expect(model.requests.map { $0.tools.isEmpty } == [false, true, true])
    }

    @Test func aFailureOfTheServerMayHaveBeenChance() async throws {
        let model = ScriptedModel([
            .failure(ModelError(.serverError, "peg", status: 500)),
            .success(ModelReply(text: #"{"final_answer":"a"}"#, model: "s")),
            .success(ModelReply(text: "b", model: "s")),
        ])
        let tools = ToolModeModel(model, mode: .auto)
        #expect(try await tools.complete(Self.request()).text == "a")
        #expect(try await tools.complete(Self.request()).text == "b")
        #expect(model.requests.map { $0.tools.isEmpty } == [false, true, false])
    }

    static let others: [ModelError] = [
        ModelError(.clientError, "key", status: 401), ModelError(.rateLimit, "slow", status: 429),
        ModelError(.serverError, "busy", status: 503), ModelError(.connection, "gone"),
    ]

    @Test(arguments: others)
    func otherFailuresAreNotAboutTools(_ error: ModelError) async throws {
        let model = ScriptedModel([.failure(error)])
        await #expect(throws: error) { try await ToolModeModel(model, mode: .auto).complete(Self.request()) }
        #expect(model.requests.count == 1)
    }

    @Test func whatARequestSaysGoesBeforeTheModelsOwnMode() async throws {
        let model = ScriptedModel([#"{"final_answer":"a"}"#])
        var request = Self.request()
        request.toolMode = .json
        #expect(try await ToolModeModel(model, mode: .native).complete(request).text == "a")
        #expect(model.requests[0].tools.isEmpty)
    }
}
