// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowModels
import Synchronization
import Testing

struct OpenAICompatibleModelTests {
    private static let question = ModelRequest(model: "m", messages: [ModelMessage(.user, "hello?")])
    private static let schema: JSONValue = [
        "type": "object", "properties": ["a": ["type": "integer"]], "required": ["a"], "additionalProperties": false,
    ]

    private func ask(
        _ server: ScriptedServer, _ request: ModelRequest = question, idle: Duration = .seconds(5)
    ) async throws(ModelError) -> ModelReply {
        try await OpenAICompatibleModel(baseURL: server.url + "/v1/", idleTimeout: idle) { "sk-very-secret" }
            .complete(request)
    }

    private func error(_ answer: String, _ request: ModelRequest = question) async throws -> ModelError {
        let server = try ScriptedServer([answer])
        do {
            let reply = try await ask(server, request)
            Issue.record("no error but \(reply)")
            return ModelError(.cancelled, "")
        } catch {
            return error
        }
    }

    @Test func aStreamedAnswerComesInPiecesAndAsAWhole() async throws {
        let server = try ScriptedServer([ScriptedServer.reply("hello")])
        let pieces = Mutex<[String]>([])
        var request = Self.question
        request.maxTokens = 7
        request.temperature = 0
        request.seed = 3
        request.stop = ["END"]
        request.onText = { piece in pieces.withLock { $0.append(piece) } }
        let reply = try await ask(server, request)
        #expect(reply.text == "hello")
        #expect(reply.json == nil)
        #expect(reply.finishReason == .stop)
        #expect(reply.model == "scripted-1")
        #expect(reply.usage == ModelUsage(promptTokens: 12, completionTokens: 5, cachedTokens: 3))
        #expect(pieces.withLock { $0.joined() } == "hello")
        let sent = try #require(server.requests.first)
        #expect(sent.head.hasPrefix("POST /v1/chat/completions HTTP/1.1\r\n"))
        #expect(sent.head.contains("Authorization: Bearer sk-very-secret"))
        #expect(
            sent.body == [
                "model": "m", "messages": [["role": "user", "content": "hello?"]], "stream": true,
                "stream_options": ["include_usage": true], "max_tokens": 7, "temperature": 0, "seed": 3,
                "stop": ["END"],
            ])
    }

    @Test func anAnswerInOnePieceIsTakenToo() async throws {
        let body = #"{"model":"x","choices":[{"message":{"content":"hi"},"finish_reason":"length"}]}"#
        let reply = try await ask(try ScriptedServer([ScriptedServer.answer("200 OK", body)]))
        #expect(reply.text == "hi")
        #expect(reply.finishReason == .length)
        #expect(reply.usage.estimated)
        #expect(reply.usage.completionTokens == 2)
    }

    @Test func aSchemaIsAskedForAndTheAnswerRead() async throws {
        let server = try ScriptedServer([ScriptedServer.reply(#"{"a":1}"#)])
        var request = Self.question
        request.schema = Self.schema
        #expect(try await ask(server, request).json == ["a": 1])
        let format = try #require(server.requests.first?.body["response_format"])
        #expect(format["type"] == "json_schema")
        #expect(format["json_schema"]?["schema"] == Self.schema)
        #expect(format["json_schema"]?["strict"] == true)
    }

    @Test func anOlderServerIsAskedInItsOwnWords() async throws {
        let server = try ScriptedServer([
            ScriptedServer.error("400 Bad Request", "use max_completion_tokens"),
            ScriptedServer.error("400 Bad Request", "unknown response_format"), ScriptedServer.reply(#"{"a":1}"#),
        ])
        var request = Self.question
        request.schema = Self.schema
        request.maxTokens = 9
        #expect(try await ask(server, request).json == ["a": 1])
        #expect(server.requests.count == 3)
        let last = try #require(server.requests.last?.body)
        #expect(last["response_format"] == ["type": "json_object", "schema": Self.schema])
        #expect(last["max_completion_tokens"] == 9)
        #expect(last["max_tokens"] == nil)
    }

    static let refusals: [(String, String, ModelError.Kind, Int64?)] = [
        ("429 Too Many", "Retry-After: 7", .rateLimit, 7000),
        ("429 Too Many", "retry-after-ms: 1500", .rateLimit, 1500),
        (
            "503 Busy", "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nRetry-After: Sun, 06 Nov 1994 08:50:07 GMT",
            .serverError, 30000
        ),
        ("500 Oops", "X: y", .serverError, nil), ("529 Overloaded", "Retry-After: 1", .serverError, 1000),
        ("409 Conflict", "X: y", .serverError, nil), ("408 Slow", "X: y", .timeout, nil),
        ("401 Unauthorized", "X: y", .clientError, nil), ("404 Not Found", "Retry-After: soon", .clientError, nil),
    ]

    @Test(arguments: refusals)
    func aRefusalHasItsClassAndTheWait(status: String, header: String, kind: ModelError.Kind, wait: Int64?) async throws
    {
        let error = try await error(
            ScriptedServer.error(
                status, "no: sk-very-secret", headers: header.split(separator: "\r\n").map(String.init)))
        #expect(error.kind == kind)
        #expect(error.retryAfter == wait.map { Milliseconds($0) })
        #expect(error.message.contains("no: ***"))
        #expect(error.failure.reason == error.reason)
    }

    @Test func anEmptyAccountIsNotAskedAgain() async throws {
        let error = try await error(ScriptedServer.error("429 Too Many", "pay", type: "insufficient_quota"))
        #expect(error.kind == .clientError)
    }

    @Test func aConversationThatIsTooLongIsNamedWithItsFigures() async throws {
        let body =
            #"{"error":{"code":400,"message":"x","type":"exceed_context_size_error","n_prompt_tokens":9000,"n_ctx":4096}}"#
        var request = Self.question
        request.schema = Self.schema
        let error = try await error(ScriptedServer.answer("400 Bad Request", body), request)
        #expect(error.kind == .clientError)
        #expect(error.message == "the conversation has 9000 tokens, more than the 4096 that the model takes")
    }

    @Test(arguments: [
        (ScriptedServer.stream([ScriptedServer.delta("hel")]), ModelError.Kind.connection),
        (ScriptedServer.stream([]), .connection), (ScriptedServer.stream(["[DONE]"]), .connection),
        (
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 999\r\n\r\ndata: {}\n\n",
            .connection
        ),
        (ScriptedServer.stream(["{not json"]), .serverError),
        (
            ScriptedServer.stream([ScriptedServer.delta("a"), #"{"error":{"message":"died","code":500}}"#]),
            .serverError
        ),
        (ScriptedServer.stream([#"{"error":{"message":"slow down","code":429}}"#]), .rateLimit),
        (ScriptedServer.answer("200 OK", "<html>"), .serverError),
        (ScriptedServer.stream([ScriptedServer.delta("", finish: "content_filter")]), .refused),
        (ScriptedServer.stream([#"{"choices":[{"delta":{"refusal":"no"},"finish_reason":"stop"}]}"#]), .refused),
    ])
    func anAnswerThatIsNoneIsAnError(answer: String, kind: ModelError.Kind) async throws {
        #expect(try await error(answer).kind == kind)
    }

    @Test func nobodyListening() async throws {
        let port = try ScriptedServer([""]).port
        await #expect(throws: ModelError.self) {
            do throws(ModelError) {
                _ = try await OpenAICompatibleModel(baseURL: "http://127.0.0.1:\(port)/v1").complete(Self.question)
            } catch {
                #expect(error.kind == .connection)
                throw error
            }
        }
    }

    @Test func silenceIsATimeout() async throws {
        let server = try ScriptedServer([ScriptedServer.stream([ScriptedServer.delta("a")])], holdsOpen: true)
        do {
            _ = try await ask(server, idle: .milliseconds(300))
            Issue.record("no error")
        } catch {
            #expect(error.kind == .timeout)
        }
    }

    @Test func aCancelledTaskEndsTheRequest() async throws {
        let server = try ScriptedServer([ScriptedServer.stream([ScriptedServer.delta("a")])], holdsOpen: true)
        let (first, begun) = AsyncStream<Void>.makeStream()
        var request = Self.question
        request.onText = { _ in begun.yield() }
        let asked = request
        let task = Task { () -> ModelError.Kind? in
            do throws(ModelError) {
                _ = try await ask(server, asked)
                return nil
            } catch {
                return error.kind
            }
        }
        for await _ in first { break }
        task.cancel()
        #expect(await task.value == .cancelled)
    }
}
