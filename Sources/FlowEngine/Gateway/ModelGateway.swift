// SPDX-License-Identifier: Apache-2.0

import FlowCore
import HTTPServer
import Synchronization

/// The chat completions API on a port of this machine, for programs that nodes run. Each call is one of the node's: it is
/// recorded, charged, held to budgets and rates, and may be answered by a tape. The key of a program is valid for one
/// attempt of one node.
final class ModelGateway: Sendable {
    private struct State {
        var server: HTTPServer?
        var passes: [String: GatewayPass] = [:]
        var isClosed = false
    }

    private let models: any ModelProvider
    private let pricing: ModelPricing
    private let state = Mutex(State())

    /// A gateway; it listens when the first pass is given out.
    init(models: any ModelProvider, pricing: ModelPricing) {
        self.models = models
        self.pricing = pricing
    }

    /// Gives out a pass.
    ///
    /// - Parameters:
    ///   - desk: where the attempt makes its calls.
    ///   - names: the models that answer instead of those that the program names; `*` is for all others.
    ///   - log: takes a line for each call.
    ///   - onRefusal: is told of the first call that was refused for good; it must not wait.
    func open(
        calls desk: any CallDesk, names: [String: String], log: @escaping @Sendable (String) -> Void,
        onRefusal: @escaping @Sendable (ModelError) -> Void
    ) throws(HTTPServerError) -> GatewayPass {
        let port = try port()
        let pass = GatewayPass(
            token: "sk-flow-\(LocalModelEndpoint.randomKey())", address: "http://127.0.0.1:\(port)/v1",
            model: RecordedModel(models, calls: desk, pricing: pricing), names: names, log: log, onRefusal: onRefusal)
        state.withLock { $0.passes[pass.token] = pass }
        return pass
    }

    /// Takes a pass back: its calls are ended and awaited.
    func close(_ pass: GatewayPass) async {
        state.withLock { $0.passes[pass.token] = nil }
        await pass.close()
    }

    /// Stops listening.
    func close() async {
        let server = state.withLock { state in
            state.isClosed = true
            defer { state.server = nil }
            return state.server
        }
        await server?.stop()
    }

    private func port() throws(HTTPServerError) -> UInt16 {
        let result = state.withLock { state -> Result<UInt16, HTTPServerError> in
            if let server = state.server { return .success(server.port) }
            guard !state.isClosed else { return .failure(HTTPServerError(code: 0, doing: "open a closed gateway")) }
            do throws(HTTPServerError) {
                let server = try HTTPServer { [weak self] request, response in
                    await self?.answer(request, response)
                }
                state.server = server
                return .success(server.port)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    // MARK: Answering

    private func answer(_ request: ServerRequest, _ response: ServerResponse) async {
        do throws(GatewayFault) {
            guard let pass = pass(of: request) else {
                throw GatewayFault(
                    401, "the key is none of a node that runs", type: "authentication_error", code: "invalid_api_key")
            }
            var path = request.path
            if path.hasPrefix("/v1/") { path.removeFirst(3) }
            switch (request.method, path) {
            case ("POST", "/chat/completions"): try await complete(request, pass, response)
            case ("GET", "/models"): response.send(status: 200, body: Self.list(pass).jsonBytes())
            case (_, "/chat/completions"), (_, "/models"):
                throw GatewayFault(405, "\(request.method) is not taken for \(request.path)")
            default:
                throw GatewayFault(
                    404, "there is no \(request.path.prefix(100)) here: there are /v1/chat/completions and /v1/models",
                    code: "not_found")
            }
        } catch {
            response.send(status: error.status, headers: error.headers, body: error.json.jsonBytes())
        }
    }

    private func pass(of request: ServerRequest) -> GatewayPass? {
        guard let header = request.header("authorization"), header.hasPrefix("Bearer ") else { return nil }
        let token = String(header.dropFirst(7))
        // 32 random bytes: what a clock could tell of the comparison does not help to guess them.
        return state.withLock { $0.passes[token] }
    }

    private static func list(_ pass: GatewayPass) -> JSONValue {
        [
            "object": "list",
            "data": .array(
                pass.modelNames.map {
                    ["id": .string($0), "object": "model", "created": 0, "owned_by": "flow"]
                }),
        ]
    }

    private func complete(
        _ request: ServerRequest, _ pass: GatewayPass, _ response: ServerResponse
    ) async throws(GatewayFault) {
        let asked = try ChatRequestReader.read(request.body)
        // Text comes through piece by piece where it is the answer; with tools or a schema it may still be changed.
        let isLive = asked.isStreamed && asked.request.tools.isEmpty && asked.request.schema == nil
        let stream = ChatStream(response, model: asked.request.model ?? "default")
        let write: @Sendable (String) -> Void = { stream.write($0) }
        let onText = isLive ? write : nil
        let (number, result) = await pass.complete(asked, onText: onText)
        switch result {
        case .success(let reply):
            if asked.isStreamed { return stream.finish(reply) }
            let writer = ChatReplyWriter(id: "chatcmpl-\(number)", model: reply.model)
            response.send(status: 200, body: writer.whole(reply).jsonBytes())
        case .failure(let error):
            let fault = GatewayFault(error)
            guard stream.fail(fault) else { throw fault }
        }
    }
}

/// A streamed answer of the gateway. It begins with its first text, so that a call that fails before has a status.
private final class ChatStream: Sendable {
    private let response: ServerResponse
    private let writer: ChatReplyWriter
    private let sent = Mutex("")

    init(_ response: ServerResponse, model: String) {
        self.response = response
        writer = ChatReplyWriter(id: "chatcmpl-stream", model: model)
    }

    /// Writes a piece of the text.
    func write(_ text: String) {
        guard !text.isEmpty else { return }
        let isFirst = sent.withLock { sent in
            defer { sent += text }
            return sent.isEmpty
        }
        if isFirst { begin() }
        response.write(writer.piece(text))
    }

    private func begin() {
        response.begin(status: 200)
        response.write(writer.opening)
    }

    /// Writes what is left of the answer. Where another model took over after a part had been sent, the stream is broken.
    func finish(_ reply: ModelReply) {
        let sent = sent.withLock { $0 }
        // By bytes: a piece may end between a letter and its accent.
        guard reply.text.utf8.starts(with: sent.utf8) else {
            response.write(ChatReplyWriter.failure(GatewayFault(502, "the answer began anew", type: "server_error")))
            return response.abort()
        }
        if sent.isEmpty { begin() }
        let rest = String(decoding: Array(reply.text.utf8.dropFirst(sent.utf8.count)), as: UTF8.self)
        if !rest.isEmpty { response.write(writer.piece(rest)) }
        response.write(writer.closing(reply))
        response.end()
    }

    /// Ends a stream that has begun in a fault; false if it has not begun.
    func fail(_ fault: GatewayFault) -> Bool {
        guard sent.withLock({ !$0.isEmpty }) else { return false }
        response.write(ChatReplyWriter.failure(fault))
        response.end()
        return true
    }
}
