// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Synchronization
import Testing

@testable import FlowEngine

struct RecordedModelTests {
    /// Gives one reply or error, piece by piece.
    private struct Model: ModelProvider {
        var result: Result<ModelReply, ModelError>

        func complete(_ request: ModelRequest) async throws(ModelError) -> ModelReply {
            let reply = try result.get()
            for character in reply.text { request.onText?(String(character)) }
            return reply
        }
    }

    /// A desk that keeps what was asked and answers from it the second time.
    private final class Desk: CallDesk {
        private let kept = Mutex<[(intent: CallIntent, outcome: CallOutcome)]>([])
        var intents: [CallIntent] { kept.withLock { $0.map(\.intent) } }
        var outcomes: [CallOutcome] { kept.withLock { $0.map(\.outcome) } }

        func perform(
            _ intent: CallIntent, _ call: @Sendable () async -> CallOutcome
        ) async throws(CallRefusal) -> CallOutcome {
            if let found = kept.withLock({ kept in kept.first { $0.intent.request == intent.request } }) {
                // As the store gives it back.
                var outcome = found.outcome
                let bytes = outcome.reply.jsonBytes(.compact)
                outcome.reply = (try? JSONValue.parse(bytes)) ?? .null
                return outcome
            }
            let outcome = await call()
            kept.withLock { $0.append((intent, outcome)) }
            return outcome
        }
    }

    private struct RefusingDesk: CallDesk {
        var refusal: CallRefusal

        func perform(
            _ intent: CallIntent, _ call: @Sendable () async -> CallOutcome
        ) async throws(CallRefusal) -> CallOutcome {
            throw refusal
        }
    }

    private static let replies: [ModelReply] = [
        ModelReply(text: "", model: ""),
        ModelReply(
            text: "a \"quoted\"\n\u{1F469}\u{200D}\u{1F4BB} \0 text", json: ["b": 1, "a": [1.5, 2.0, .null], "": "x"],
            toolCalls: [
                ToolCall(id: "1", name: "t", arguments: ["z": 1, "a": 2], token: "signature"),
                ToolCall(id: "", name: "u", arguments: "no json"),
            ],
            finishReason: .toolCalls,
            usage: ModelUsage(
                promptTokens: 10, completionTokens: .max, cachedTokens: 3, reasoningTokens: 1, estimated: true),
            model: "m-2024-01-01", latency: Duration(secondsComponent: 3, attosecondsComponent: 123_456_789)),
        ModelReply(text: "null", json: .null, finishReason: FinishReason(rawValue: "odd"), model: "m", latency: .zero),
    ]

    @Test(arguments: replies) func `a recorded reply is the reply`(_ reply: ModelReply) async throws {
        let desk = Desk()
        let live = RecordedModel(Model(result: .success(reply)), calls: desk, pricing: .standard)
        let taped = RecordedModel(
            Model(result: .failure(ModelError(.unavailable, "nobody is there"))), calls: desk, pricing: .standard)
        for model in [live, taped] {
            let text = Mutex("")
            let found = try await model.complete(
                ModelRequest(
                    model: "m", messages: [ModelMessage(.user, "hi")],
                    onText: { piece in text.withLock { $0 += piece } }))
            #expect(found == reply)
            #expect(text.withLock { $0 } == reply.text)
        }
        #expect(desk.intents.count == 1)
        #expect(desk.outcomes.first?.usage == reply.usage)
    }

    @Test(arguments: ModelError.Kind.allCases) func `a recorded error is the error`(_ kind: ModelError.Kind) async {
        let error = ModelError(kind, "it \"failed\"", retryAfter: Milliseconds(1500))
        let desk = Desk()
        for result in [Result.failure(error), .success(Self.replies[0])] {
            let model = RecordedModel(Model(result: result), calls: desk, pricing: .standard)
            await #expect(throws: error) {
                try await model.complete(ModelRequest(messages: [ModelMessage(.user, "hi")]))
            }
        }
        #expect(desk.outcomes.first?.failed == true)
    }

    @Test func `a refusal is an error of its own kind`() async {
        for (refusal, kind) in [
            (CallRefusal.budget("b"), ModelError.Kind.budget), (.notOnTape("t"), .tape), (.stopped("s"), .cancelled),
        ] {
            let model = RecordedModel(
                Model(result: .success(Self.replies[0])), calls: RefusingDesk(refusal: refusal), pricing: .standard)
            await #expect(throws: ModelError(kind, refusal.message)) {
                try await model.complete(ModelRequest(messages: []))
            }
        }
    }

    /// Whatever decides the answer makes another request; what does not, does not.
    @Test func `the request names all that decides the answer`() async throws {
        let plain = ModelRequest(model: "m", messages: [ModelMessage(.user, "hi")])
        var requests = [plain]
        func add(_ change: (inout ModelRequest) -> Void) {
            var request = plain
            change(&request)
            requests.append(request)
        }
        add { $0.model = nil }
        add { $0.messages[0].content = "ho" }
        add { $0.messages[0].role = .system }
        add { $0.messages[0].images = [ModelImage(mediaType: "image/png", bytes: [1, 2])] }
        add { $0.messages[0].images = [ModelImage(mediaType: "image/png", bytes: [1, 3])] }
        add { $0.messages[0].toolCallID = "1" }
        add { $0.messages[0].isError = true }
        add { $0.maxTokens = 5 }
        add { $0.temperature = 0 }
        add { $0.topP = 0.5 }
        add { $0.seed = 1 }
        add { $0.schema = ["type": "object"] }
        add { $0.stop = ["x"] }
        add { $0.reasoningEffort = "low" }
        let tool = ToolSpec(name: "t", description: "d", parameters: ["type": "object"])
        add { $0.tools = [tool] }
        add {
            $0.tools = [tool]
            $0.toolChoice = .required
        }
        add {
            $0.tools = [tool]
            $0.toolChoice = .named("t")
        }
        add {
            $0.tools = [tool]
            $0.allowsParallelTools = false
        }
        let digests = Set(requests.map { Digest(of: $0.recordedJSON) })
        #expect(digests.count == requests.count)
        add { $0.onText = { _ in } }
        #expect(requests.last.map { Digest(of: $0.recordedJSON) } == Digest(of: plain.recordedJSON))
    }

    @Test func `a call is charged by its usage, and set aside by its size`() async throws {
        let desk = Desk()
        let usage = ModelUsage(promptTokens: 1_000_000, completionTokens: 100_000, cachedTokens: 400_000)
        let reply = ModelReply(text: "x", usage: usage, model: "gpt-4o-2024-11-20")
        let model = RecordedModel(Model(result: .success(reply)), calls: desk, pricing: .standard)
        _ = try await model.complete(
            ModelRequest(model: "gpt-4o", messages: [ModelMessage(.user, "one two three")], maxTokens: 1000))
        // 600 000 at $2.50, 400 000 at $1.25, 100 000 at $10 for a million.
        #expect(desk.outcomes.first?.charge == CallCharge(tokens: 1_100_000, money: Money(dollars: 3)))
        let reservation = try #require(desk.intents.first?.reservation)
        #expect((1004...1100).contains(reservation.tokens))
        #expect(reservation.money > Money(dollars: 0.01))
        // What was cut off may have cost all that was set aside.
        let slow = Desk()
        let cut = RecordedModel(
            Model(result: .failure(ModelError(.timeout, "slow"))), calls: slow, pricing: .standard)
        _ = try? await cut.complete(ModelRequest(model: "gpt-4o", messages: [], maxTokens: 1000))
        #expect(slow.outcomes.first?.charge == slow.intents.first?.reservation)
    }
}
