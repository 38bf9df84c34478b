// SPDX-License-Identifier: Apache-2.0

public import FlowCore
public import HTTPClient

/// Finds the provider for the name of a model, and asks it.
///
/// `default` (or no name) is the configured endpoint, else the model on this machine. An id of the catalogue or a path
/// of a model file is always on this machine, any other name is asked for at the endpoint.
public struct ModelRegistry: ModelProvider {
    private let configuration: ModelConfiguration
    private let environment: [String: String]
    private let runtime: LocalModelRuntime
    private let client: HTTPClient

    /// A registry.
    ///
    /// - Parameters:
    ///   - configuration: what the user's configuration says; the environment goes before it.
    ///   - environment: the variables of this process.
    ///   - runtime: the models on this machine.
    ///   - client: where the connections to services are kept.
    public init(
        configuration: ModelConfiguration = ModelConfiguration(), environment: [String: String],
        runtime: LocalModelRuntime, client: HTTPClient = HTTPClient()
    ) {
        self.configuration = configuration.merged(with: environment)
        self.environment = environment
        self.runtime = runtime
        self.client = client
    }

    /// Asks the model that the request names.
    public func complete(_ request: ModelRequest) async throws(ModelError) -> ModelReply {
        let (provider, name) = try resolve(request.model)
        var request = request
        request.model = name
        return try await provider.complete(request)
    }

    /// The provider for a name, and the name that the provider knows the model by.
    public func resolve(_ name: String?) throws(ModelError) -> (provider: any ModelProvider, model: String?) {
        let asked = name.flatMap { $0 == "default" || $0.isEmpty ? nil : $0 }
        let model = asked ?? configuration.model
        if let asked, ModelConfiguration.isLocal(asked) { return (LocalModel(runtime, name: asked), asked) }
        if let url = configuration.url {
            let variable = configuration.keyVariable
            let provider = OpenAICompatibleModel(baseURL: url, client: client) { [environment] in
                variable.flatMap { environment[$0] }
            }
            return (provider, model)
        }
        if let asked {
            throw ModelError(
                .unavailable,
                "there is no model `\(asked)` on this machine and no endpoint to ask for it: set FLOW_MODEL_URL, or "
                    + "name one that `flow model list` shows")
        }
        return (LocalModel(runtime, name: model), model)
    }
}
