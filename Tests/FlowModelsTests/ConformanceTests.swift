// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowModels
import HTTPClient
import Synchronization
import Testing

/// Every service with every fault, over real connections.
struct ConformanceTests {
    static let key = "sk-very-secret"

    /// A fault of a server, and the class that it has to have.
    struct Fault: Sendable, CustomTestStringConvertible {
        var name: String
        var kind: ModelError.Kind
        var wait: Milliseconds?
        var serve: @Sendable (Service, FaultServer.Connection) -> Void

        var testDescription: String { name }

        init(
            _ name: String, _ kind: ModelError.Kind, wait: Int64? = nil,
            _ serve: @escaping @Sendable (Service, FaultServer.Connection) -> Void
        ) {
            self.name = name
            self.kind = kind
            self.wait = wait.map { Milliseconds($0) }
            self.serve = serve
        }

        /// An answer with a status.
        static func status(
            _ status: String, _ kind: ModelError.Kind, wait: Int64? = nil, _ headers: [String] = []
        ) -> Fault {
            Fault("\(status) \(headers.joined())", kind, wait: wait) { service, connection in
                connection.answer(status, service.error("no: \(ConformanceTests.key)"), headers: headers)
            }
        }
    }

    static let faults: [Fault] = [
        Fault("reset before the head", .connection) { _, connection in connection.reset() },
        Fault("reset in the body", .connection) { service, connection in
            connection.beginStream()
            connection.write(service.cut)
            connection.reset()
        },
        Fault("half a body", .connection) { service, connection in
            connection.write(
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 99999\r\n\r\n" + service.cut)
        },
        Fault("a stream without its end", .connection) { service, connection in
            connection.beginStream()
            connection.write(service.cut)
        },
        Fault("an empty stream", .connection) { _, connection in connection.beginStream() },
        Fault("silence", .timeout) { service, connection in
            connection.beginStream()
            connection.write(service.cut)
            connection.waitForClose()
        },
        Fault("a slow trickle", .timeout) { _, connection in
            connection.beginStream()
            connection.drip(":\n")
        },
        Fault("an endless stream", .clientError) { service, connection in
            connection.beginStream()
            while connection.write(service.cut) {}
        },
        Fault("malformed JSON", .serverError) { _, connection in
            connection.beginStream()
            connection.write("data: {\"oh\n\n")
        },
        Fault("a page instead of an answer", .serverError) { _, connection in
            connection.answer("200 OK", "<html>log in</html>")
        },
        Fault("an error with the status of success", .serverError) { _, connection in
            connection.answer("200 OK", #"{"error":{"message":"later","code":503}}"#)
        },
        Fault("overload in the stream", .serverError) { service, connection in
            connection.beginStream()
            connection.write(service.overload)
        },
        Fault("a refusal", .refused) { service, connection in
            connection.beginStream()
            connection.write(service.refusal)
        },
        Fault("too long a conversation", .clientError) { service, connection in
            connection.answer("400 Bad Request", service.tooLong)
        },
        .status("408 Request Timeout", .timeout), .status("409 Conflict", .serverError),
        .status("429 Too Many Requests", .rateLimit, wait: 7000, ["Retry-After: 7"]),
        .status("429 Too Many Requests", .rateLimit, wait: 1500, ["retry-after-ms: 1500"]),
        .status("500 Oops", .serverError), .status("502 Bad Gateway", .serverError),
        .status("503 Busy", .serverError, wait: 3000, ["Retry-After: 3"]), .status("504 Late", .serverError),
        .status("529 Overloaded", .serverError), .status("400 Bad Request", .clientError),
        .status("401 Unauthorized", .clientError), .status("403 Forbidden", .clientError),
        .status("404 Not Found", .clientError), .status("422 Unprocessable", .clientError),
    ]

    private static func model(
        _ service: Service, _ server: FaultServer, memory: WireMemory = WireMemory()
    ) -> ServiceModel {
        ServiceModel(
            service.format,
            ServiceModel.Settings(
                baseURL: server.url, timeout: .milliseconds(700), idleTimeout: .milliseconds(200),
                maxResponseBytes: 1 << 20), client: HTTPClient(), memory: memory
        ) { key }
    }

    @Test(arguments: Service.all, faults)
    func everyFaultHasItsClass(_ service: Service, _ fault: Fault) async throws {
        let server = try FaultServer { _, connection in fault.serve(service, connection) }
        do throws(ModelError) {
            let reply = try await Self.model(service, server).complete(
                ModelRequest(model: "m", messages: [ModelMessage(.user, "hello?")]))
            Issue.record("no error but \(reply)")
        } catch {
            #expect(error.kind == fault.kind, "\(error)")
            #expect(error.retryAfter == fault.wait)
            #expect(!error.message.contains(Self.key))
            #expect(error.reason.mayHeal == ![.clientError, .refused].contains(fault.kind))
        }
        #expect(server.requests.count == 1, "a provider asks once")
    }

    @Test(arguments: Service.all)
    func anAnswerComesInPiecesAndTheKeyWasSent(_ service: Service) async throws {
        let server = try FaultServer(answers: [("stream", service.hello)])
        let heard = Mutex("")
        var request = ModelRequest(model: "m", messages: [ModelMessage(.user, "hello?")])
        request.onText = { piece in heard.withLock { $0 += piece } }
        let reply = try await Self.model(service, server).complete(request)
        #expect(reply.text == "Hello, world!")
        #expect(heard.withLock { $0 } == "Hello, world!")
        let head = try #require(server.requests.first?.head)
        #expect(head.contains(Self.key))
        #expect(head.hasPrefix("POST \(service.format.path(model: "m")) HTTP/1.1"))
    }

    @Test(arguments: Service.all)
    func cancellingEndsTheTransferAtOnce(_ service: Service) async throws {
        let (begun, tellBegun) = AsyncStream<Void>.makeStream()
        let (gone, tellGone) = AsyncStream<Void>.makeStream()
        let server = try FaultServer { _, connection in
            connection.beginStream()
            connection.write(service.cut)
            tellBegun.yield()
            connection.waitForClose()
            tellGone.yield()
        }
        let model = ServiceModel(
            service.format, ServiceModel.Settings(baseURL: server.url), client: HTTPClient())
        let task = Task { () -> ModelError.Kind? in
            do throws(ModelError) {
                _ = try await model.complete(ModelRequest(messages: [ModelMessage(.user, "x")]))
                return nil
            } catch {
                return error.kind
            }
        }
        for await _ in begun { break }
        let start = ContinuousClock.now
        task.cancel()
        #expect(await task.value == .cancelled)
        for await _ in gone { break }
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test func oneConnectionServesManyCalls() async throws {
        let server = try KeptConnections(Service.chat.hello)
        let model = ServiceModel(
            ChatWire(), ServiceModel.Settings(baseURL: server.url), client: HTTPClient())
        for _ in 0..<5 {
            #expect(
                try await model.complete(ModelRequest(messages: [ModelMessage(.user, "x")])).text == "Hello, world!")
        }
        #expect(server.counts == [5])
    }

    @Test func twoHundredStreamsAtOnceLoseNothing() async throws {
        let server = try FaultServer(answers: [("stream", Service.anthropic.hello)])
        let model = ServiceModel(
            MessagesWire(), ServiceModel.Settings(baseURL: server.url), client: HTTPClient())
        let whole = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    let reply = try? await model.complete(ModelRequest(messages: [ModelMessage(.user, "x")]))
                    return reply?.text == "Hello, world!"
                }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(whole == 200)
    }

    @Test func wordsThatWereRefusedAreRemembered() async throws {
        let refusal = Service.chat.error("use max_completion_tokens")
        let server = try FaultServer(answers: [("400 Bad Request", refusal), ("stream", Service.chat.hello)])
        let memory = WireMemory()
        let request = ModelRequest(model: "m", messages: [ModelMessage(.user, "x")], maxTokens: 5)
        for _ in 0..<2 {
            _ = try await Self.model(.chat, server, memory: memory).complete(request)
        }
        #expect(server.requests.map { $0.body["max_tokens"] } == [5, nil, nil])
        #expect(server.requests.map { $0.body["max_completion_tokens"] } == [nil, 5, 5])
    }

    @Test func aWaitInTheBodyCounts() {
        let failure = ServiceFailure(
            status: 429,
            body: [
                "error": ["code": 429, "status": "RESOURCE_EXHAUSTED", "details": [["retryDelay": "34s"]]]
            ])
        #expect(failure.error(key: nil).retryAfter == Milliseconds(34_000))
    }
}
