// SPDX-License-Identifier: Apache-2.0

public import FlowCore
import FlowModels

/// A model on this machine, behind the server of a `LocalModelRuntime`.
public struct LocalModel: ModelProvider {
    private let runtime: LocalModelRuntime
    private let name: String?

    /// A model by its id or path; nil is the default of what is installed.
    public init(_ runtime: LocalModelRuntime, name: String? = nil) {
        self.runtime = runtime
        self.name = name
    }

    /// Answers a conversation; starts the server if need be. If the server dies meanwhile, it is started again once.
    public func complete(_ request: ModelRequest) async throws(ModelError) -> ModelReply {
        let choice = try LocalModelChoice.find(name, in: runtime.folder)
        let endpoint = try await runtime.endpoint(for: choice)
        do {
            return try await ask(endpoint, choice, request)
        } catch {
            guard error.kind == .connection, await !endpoint.isHealthy(runtime.client) else { throw error }
            return try await ask(runtime.endpoint(for: choice, replacing: endpoint), choice, request)
        }
    }

    private func ask(
        _ endpoint: LocalModelEndpoint, _ choice: LocalModelChoice, _ request: ModelRequest
    ) async throws(ModelError) -> ModelReply {
        var request = request
        request.model = choice.name
        let server = OpenAICompatibleModel(
            baseURL: endpoint.address + "/v1", defaultModel: choice.name, client: runtime.client
        ) { endpoint.key }
        return try await server.complete(request)
    }
}
