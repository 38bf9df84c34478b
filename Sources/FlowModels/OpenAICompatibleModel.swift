// SPDX-License-Identifier: Apache-2.0

public import FlowCore
public import HTTPClient

/// A model behind the chat completions API, which nearly all services and local servers speak.
public struct OpenAICompatibleModel: ModelProvider {
    /// The address up to and with the version, such as `http://127.0.0.1:8080/v1`.
    public let baseURL: String
    /// What is asked for when a request names no model.
    public let defaultModel: String

    private let service: ServiceModel

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
        let settings = ServiceModel.Settings(
            baseURL: baseURL, defaultModel: defaultModel, timeout: timeout, idleTimeout: idleTimeout)
        service = ServiceModel(ChatWire(), settings, client: client) { key() }
    }

    /// Asks once. A server that does not know a newer field is asked again in the older words.
    public func complete(_ request: ModelRequest) async throws(ModelError) -> ModelReply {
        try await service.complete(request)
    }
}
