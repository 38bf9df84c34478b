// SPDX-License-Identifier: Apache-2.0

public import FlowCore
public import HTTPClient
import Synchronization

/// A model behind the chat completions API, which nearly all services and local servers speak.
public struct OpenAICompatibleModel: ModelProvider {
    /// The address up to and with the version, such as `http://127.0.0.1:8080/v1`.
    public let baseURL: String
    /// What is asked for when a request names no model.
    public let defaultModel: String

    private let key: @Sendable () -> String?
    private let client: HTTPClient
    private let timeout: Duration
    private let idleTimeout: Duration

    /// A model service.
    ///
    /// - Parameters:
    ///   - baseURL: the address up to and with the version.
    ///   - defaultModel: what is asked for when a request names no model.
    ///   - timeout: the time for a whole answer.
    ///   - idleTimeout: the longest silence. Until the first token a slow machine may read a long prompt for minutes.
    ///   - client: where the connections are kept.
    ///   - key: gives the key of the service for each request; it is sent and never written anywhere.
    public init(
        baseURL: String, defaultModel: String = "default", timeout: Duration = .seconds(3600),
        idleTimeout: Duration = .seconds(300), client: HTTPClient = HTTPClient(),
        key: @escaping @Sendable () -> String? = { nil }
    ) {
        self.baseURL = baseURL.trimmingSlashes
        self.defaultModel = defaultModel
        self.timeout = timeout
        self.idleTimeout = idleTimeout
        self.client = client
        self.key = key
    }

    /// Asks once. A server that does not know a newer field is asked again in the older words.
    public func complete(_ request: ModelRequest) async throws(ModelError) -> ModelReply {
        var dialect = OpenAIDialect()
        let start = ContinuousClock.now
        while true {
            let exchange = try await send(request, dialect)
            guard exchange.status == 200 else {
                if let other = dialect.adapted(to: exchange, hasSchema: request.schema != nil) {
                    dialect = other
                    continue
                }
                throw exchange.error(key: key())
            }
            return try exchange.reply(to: request, model: request.model ?? defaultModel, latency: .now - start)
        }
    }

    private func send(_ request: ModelRequest, _ dialect: OpenAIDialect) async throws(ModelError) -> OpenAIExchange {
        var headers = [
            (name: "Content-Type", value: "application/json"), (name: "Accept", value: "text/event-stream"),
        ]
        if let key = key(), !key.isEmpty { headers.append((name: "Authorization", value: "Bearer \(key)")) }
        let body = dialect.body(of: request, model: request.model ?? defaultModel)
        let post = HTTPRequest(
            method: "POST", url: baseURL + "/chat/completions", headers: headers, body: body.jsonBytes(),
            timeout: timeout, idleTimeout: idleTimeout, maxResponseBytes: 64 << 20)
        let box = ExchangeBox()
        do {
            let response = try await client.stream(
                post,
                onHeaders: { response in box.exchange.withLock { $0.begin(response) } },
                onChunk: { bytes in
                    let text = box.exchange.withLock { $0.take(bytes) }
                    if !text.isEmpty { request.onText?(text) }
                })
            return box.exchange.withLock {
                $0.end(response)
                return $0
            }
        } catch {
            throw ModelError(error)
        }
    }
}

/// Holds what has arrived, for the client's thread and the task that waits.
private final class ExchangeBox: Sendable {
    let exchange = Mutex(OpenAIExchange())
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
    var trimmingSlashes: String {
        var text = self[...]
        while text.hasSuffix("/") { text.removeLast() }
        return String(text)
    }
}
