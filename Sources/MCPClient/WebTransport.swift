// SPDX-License-Identifier: Apache-2.0

import FlowCore
import HTTPClient
import Synchronization

/// A server at an address: each request is a POST, answered by one JSON message or by a stream of events with it.
final class WebTransport: MCPTransport {
    private struct State {
        var nextID: Int64 = 1
        var version: MCPVersion?
        /// Earlier versions know their clients by this.
        var session: String?
        var isOpen = true
        var toolsChanged = false
    }

    private let server: MCPServer
    private let identity: MCPIdentity
    private let url: String
    private let headers: [(name: String, value: String)]
    private let client: HTTPClient
    private let state = Mutex(State())

    init(_ server: MCPServer, identity: MCPIdentity, client: HTTPClient) {
        self.server = server
        self.identity = identity
        self.client = client
        if case .address(let url, let headers) = server.way {
            self.url = url
            self.headers = headers
        } else {
            url = ""
            headers = []
        }
    }

    var isOpen: Bool { state.withLock { $0.isOpen } }

    func speak(_ version: MCPVersion) { state.withLock { $0.version = version } }

    func takeToolsChanged() -> Bool {
        state.withLock { state in
            defer { state.toolsChanged = false }
            return state.toolsChanged
        }
    }

    func send(_ request: MCPRequest) async throws(MCPError) -> MCPReply {
        let (id, version, session) = state.withLock { state in
            defer { state.nextID += 1 }
            return (state.nextID, state.version, state.session)
        }
        let parameters = version.map { $0.parameters(of: request, identity) } ?? request.parameters
        var post = self.post(MCPMessage.requestText(id, request.method, parameters), timeout: request.timeout)
        if version?.isModern == true {
            post.headers.append((name: "Mcp-Method", value: request.method))
            if let name = request.name { post.headers.append((name: "Mcp-Name", value: HeaderText.encoded(name))) }
            post.headers += request.headers
        }
        let answer = WebAnswer(id: id, limit: server.largestMessage)
        let outcome = await exchange(post, answer)
        if Task.isCancelled {
            if session != nil {
                let parameters = JSONObject([JSONObject.Member(key: "requestId", value: .integer(id))])
                // On its own: this task is cancelled and would take the message with it, and nobody waits for it.
                Task.detached { await self.notify("notifications/cancelled", parameters) }
            }
            throw MCPError(.cancelled, server.name, "cancelled")
        }
        if answer.hasToolsChanged { state.withLock { $0.toolsChanged = true } }
        switch outcome {
        case .failure(let error):
            if let reply = answer.reply { return reply }
            throw Self.error(error, server.name, request)
        case .success(let response):
            if let session = response.header("Mcp-Session-Id"), session.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) {
                state.withLock { $0.session = session }
            }
            return try read(response, answer, session: session)
        }
    }

    private func post(_ body: [UInt8], timeout: Duration) -> HTTPRequest {
        let (version, session) = state.withLock { ($0.version, $0.session) }
        var all = [
            (name: "Content-Type", value: "application/json"),
            (name: "Accept", value: "application/json, text/event-stream"),
        ]
        if let version { all.append((name: "MCP-Protocol-Version", value: version.text)) }
        if let session { all.append((name: "Mcp-Session-Id", value: session)) }
        return HTTPRequest(
            method: "POST", url: url, headers: all + headers, body: body, timeout: timeout,
            connectTimeout: min(timeout, .seconds(10)), idleTimeout: timeout, maxResponseBytes: server.largestMessage)
    }

    /// Makes the exchange. It is over when the answer has come, whether or not the server ends its stream.
    private func exchange(_ post: HTTPRequest, _ answer: WebAnswer) async -> Result<HTTPResponse, HTTPError> {
        let done = OneSignal()
        return await withTaskGroup(of: Result<HTTPResponse, HTTPError>?.self) { group in
            group.addTask { await self.stream(post, into: answer, done) }
            group.addTask {
                await done.wait()
                return nil
            }
            var result = await group.next() ?? nil
            done.give()
            group.cancelAll()
            if let result { return result }
            // The answer is there, and the rest of the stream is of no interest.
            result = await group.next() ?? nil
            guard let head = answer.head else {
                return result
                    ?? .failure(HTTPError(kind: .cancelled, message: "cancelled", doing: "asking \(server.name)"))
            }
            return .success(head)
        }
    }

    private func stream(
        _ post: HTTPRequest, into answer: WebAnswer, _ done: OneSignal
    ) async -> Result<HTTPResponse, HTTPError> {
        do throws(HTTPError) {
            let response = try await client.stream(
                post, onHeaders: { answer.begin($0) },
                onChunk: { bytes in
                    for (id, method) in answer.take(bytes) { self.refuse(id, method) }
                    if answer.isOver { done.give() }
                })
            return .success(response)
        } catch {
            return .failure(error)
        }
    }

    /// Answers a question of the server, which may wait for it before it goes on.
    private func refuse(_ id: JSONValue, _ method: String) {
        // Short, and nothing depends on its end; the session's own requests have their own times.
        Task { _ = try? await client.send(post(MCPMessage.answer(to: id, method), timeout: .seconds(10))) }
    }

    private func read(
        _ response: HTTPResponse, _ answer: WebAnswer, session: String?
    ) throws(MCPError) -> MCPReply {
        if let fault = answer.fault { throw MCPError(fault, server.name, answer.faultText) }
        switch response.status {
        case 401, 403:
            throw MCPError(
                .unauthorised, server.name, "it refuses with status \(response.status): are the headers right?")
        case 404 where session != nil:
            state.withLock { $0.isOpen = false }
            throw MCPError(.ended, server.name, "it has forgotten the session")
        default: break
        }
        if let reply = answer.reply { return reply }
        guard response.status == 200 else {
            throw MCPError(.garbled, server.name, "it answered with status \(response.status)")
        }
        throw MCPError(.garbled, server.name, "its answer is no message for the request")
    }

    private static func error(_ error: HTTPError, _ server: String, _ request: MCPRequest) -> MCPError {
        let kind: MCPError.Kind =
            switch error.kind {
            case .libraryMissing, .invalidURL: .unusable
            case .resolve, .connect, .tls, .dropped, .blockedAddress, .tooManyRedirects, .other: .connection
            case .timeout, .idleTimeout: .timeout
            case .tooLarge: .tooLarge
            case .cancelled: .cancelled
            }
        if kind == .timeout {
            return MCPError(kind, server, "\(request.method) had no answer within \(request.timeout)")
        }
        return MCPError(kind, server, error.description)
    }

    func notify(_ method: String, _ parameters: JSONObject) async {
        _ = try? await client.send(post(MCPMessage.notificationText(method, parameters), timeout: .seconds(10)))
    }

    func close() async {
        let (wasOpen, session) = state.withLock { state in
            defer { state.isOpen = false }
            return (state.isOpen, state.session)
        }
        guard wasOpen, session != nil else { return }
        var request = post([], timeout: .seconds(2))
        request.method = "DELETE"
        request.body = nil
        _ = try? await client.send(request)
    }
}
