// SPDX-License-Identifier: Apache-2.0

package import FlowCore
package import HTTPClient
import Synchronization

/// A model behind a service, in one of the wire formats.
package struct ServiceModel: ModelProvider {
    /// Where a service is and how long it may take.
    package struct Settings: Sendable {
        /// The address that the paths of the wire format follow.
        package var baseURL: String
        /// What is asked for when a request names no model.
        package var defaultModel: String
        /// The time for a whole answer.
        package var timeout: Duration
        /// The longest silence. Until the first token a slow machine may read a long prompt for minutes.
        package var idleTimeout: Duration
        /// The longest answer, as it is sent.
        package var maxResponseBytes: Int

        package init(
            baseURL: String, defaultModel: String = "default", timeout: Duration = .seconds(3600),
            idleTimeout: Duration = .seconds(300), maxResponseBytes: Int = 64 << 20
        ) {
            self.baseURL = baseURL.trimmingSlashes
            self.defaultModel = defaultModel
            self.timeout = timeout
            self.idleTimeout = idleTimeout
            self.maxResponseBytes = maxResponseBytes
        }
    }

    private let format: any WireFormat
    private let settings: Settings
    private let client: HTTPClient
    private let memory: WireMemory
    private let key: @Sendable () async throws(ModelError) -> String?

    /// A model of a service.
    ///
    /// - Parameters:
    ///   - format: the service's language.
    ///   - client: where the connections are kept.
    ///   - memory: keeps which words the service refuses.
    ///   - key: gives the key for each request; it is sent and never written anywhere.
    package init(
        _ format: any WireFormat, _ settings: Settings, client: HTTPClient, memory: WireMemory = WireMemory(),
        key: @escaping @Sendable () async throws(ModelError) -> String? = { nil }
    ) {
        self.format = format
        self.settings = settings
        self.client = client
        self.memory = memory
        self.key = key
    }

    /// Asks once. A service that refuses a word is asked again in others.
    package func complete(_ request: ModelRequest) async throws(ModelError) -> ModelReply {
        let key = try await key().flatMap { $0.isEmpty ? nil : $0 }
        do {
            return try await ask(request, key: key)
        } catch {
            var error = error
            error.message = ServiceFailure.blanked(error.message, key)
            throw error
        }
    }

    private func ask(_ request: ModelRequest, key: String?) async throws(ModelError) -> ModelReply {
        let model = request.model ?? settings.defaultModel
        let known = memory.words(for: model, at: settings.baseURL)
        let answerTool = format.answerTool(for: request)
        let start = ContinuousClock.now
        var words = known
        while true {
            let exchange = try await send(request, model: model, words, key: key)
            guard exchange.status == 200 else {
                let failure = exchange.failure
                guard let other = format.otherWords(than: words, after: failure, of: request), other != words else {
                    throw failure.error(key: key)
                }
                words = other
                continue
            }
            if words != known { memory.keep(words, for: model, at: settings.baseURL) }
            let reply = try exchange.reply(
                to: request, asked: model, answerTool: answerTool, latency: .now - start)
            // The text of an answer that is a tool's argument is only known now.
            if answerTool != nil, reply.toolCalls.isEmpty, !exchange.hasText { request.onText?(reply.text) }
            return reply
        }
    }

    private func send(
        _ request: ModelRequest, model: String, _ words: WireWords, key: String?
    ) async throws(ModelError) -> WireExchange {
        let headers =
            [(name: "Content-Type", value: "application/json"), (name: "Accept", value: "text/event-stream")]
            + format.headers(key: key)
        let post = HTTPRequest(
            method: "POST", url: settings.baseURL + format.path(model: model), headers: headers,
            body: format.body(of: request, model: model, words: words).jsonBytes(), timeout: settings.timeout,
            idleTimeout: settings.idleTimeout, maxResponseBytes: settings.maxResponseBytes)
        let box = ExchangeBox(WireExchange(reader: format.reader(for: request)))
        do {
            let response = try await client.stream(
                post,
                onHeaders: { response in box.exchange.withLock { $0.begin(response) } },
                onChunk: { bytes in
                    let events = box.exchange.withLock { $0.take(bytes) }
                    request.hear(events)
                })
            let (exchange, events) = box.exchange.withLock { exchange in
                let events = exchange.end(response)
                return (exchange, events)
            }
            request.hear(events)
            return exchange
        } catch {
            throw ModelError(error)
        }
    }
}

/// Holds what has arrived, for the client's thread and the task that waits.
private final class ExchangeBox: Sendable {
    let exchange: Mutex<WireExchange>

    init(_ exchange: WireExchange) { self.exchange = Mutex(exchange) }
}

extension ModelRequest {
    /// Hands the text in events to who listens.
    fileprivate func hear(_ events: [WireEvent]) {
        guard let onText else { return }
        for case .text(let piece) in events { onText(piece) }
    }
}

extension ModelError {
    /// The class of a transfer that gave no whole answer.
    init(_ error: HTTPError) {
        let kind: Kind =
            switch error.kind {
            case .libraryMissing: .unavailable
            case .resolve, .connect, .tls, .dropped, .other: .connection
            case .timeout, .idleTimeout: .timeout
            case .invalidURL, .tooLarge, .blockedAddress, .tooManyRedirects: .clientError
            case .cancelled: .cancelled
            }
        self.init(kind, error.description)
    }
}

extension String {
    /// The text without slashes at its end.
    package var trimmingSlashes: String {
        var text = self[...]
        while text.hasSuffix("/") { text.removeLast() }
        return String(text)
    }
}
