// SPDX-License-Identifier: Apache-2.0

public import FlowCore
import FlowModels
public import HTTPClient
import Synchronization

/// Finds the provider for the name of a model, and asks it.
///
/// A name is, in this order: one under `models:` of the settings; `PROVIDER/MODEL` with a configured provider; an id of the
/// catalogue or a path of a model file, which is always on this machine; else a name at the endpoint of the environment.
/// `default` (or no name) is what `FLOW_MODEL` or `FLOW_MODEL_URL` say, else the model `default` of the settings, else the
/// endpoint of `OPENAI_BASE_URL`, else the model on this machine.
public struct ModelRegistry: ModelProvider {
    private let configuration: ModelConfiguration
    private let environment: [String: String]
    private let shelf: ProviderShelf
    private let settings: LazySettings

    /// A registry.
    ///
    /// - Parameters:
    ///   - configuration: what the user's configuration says; the environment goes before it.
    ///   - environment: the variables of this process.
    ///   - runtime: the models on this machine.
    ///   - client: where the connections to services are kept.
    ///   - settings: gives the settings; it is called once, when a model is first asked for.
    public init(
        configuration: ModelConfiguration = ModelConfiguration(), environment: [String: String],
        runtime: LocalModelRuntime, client: HTTPClient = HTTPClient(),
        settings: @escaping @Sendable () -> LoadedSettings = { LoadedSettings() }
    ) {
        self.configuration = configuration.merged(with: environment)
        self.environment = environment
        self.settings = LazySettings(settings)
        shelf = ProviderShelf(environment: environment, runtime: runtime, client: client)
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
        let loaded = settings.value
        if let fault = loaded.firstFault { throw ModelError(.unavailable, "the settings are wrong: \(fault)") }
        let asked = name.flatMap { $0 == "default" || $0.isEmpty ? nil : $0 }
        if let asked {
            if let found = try named(asked, loaded.models) { return found }
            if ModelConfiguration.isLocal(asked) { return (shelf.local(asked), asked) }
        } else {
            if let wanted = environment["FLOW_MODEL"], let found = try named(wanted, loaded.models) { return found }
            let isSaid = ["FLOW_MODEL", "FLOW_MODEL_URL"].contains { environment[$0]?.isEmpty == false }
            if !isSaid, let found = try named("default", loaded.models) { return found }
        }
        let model = asked ?? configuration.model
        if let endpoint = configuration.endpoint { return (shelf.model(model, of: endpoint), model) }
        if let asked {
            throw ModelError(
                .unavailable,
                "there is no model `\(asked)` on this machine and no endpoint to ask for it: name it under `models` in "
                    + "\(SettingsFiles.projectFile), set FLOW_MODEL_URL, or name one that `flow model list` shows")
        }
        return (shelf.local(model), model)
    }

    /// The model of an alias, or of a provider that stands before a slash.
    private func named(
        _ name: String, _ settings: ModelSettings
    ) throws(ModelError) -> (provider: any ModelProvider, model: String?)? {
        if let alias = settings.alias(name) { return (try shelf.model(of: alias, in: settings), alias.model) }
        guard let slash = name.firstIndex(of: "/"), let provider = settings.provider(String(name[..<slash])) else {
            return nil
        }
        let model = String(name[name.index(after: slash)...])
        return model.isEmpty ? nil : (shelf.model(model, of: provider), model)
    }
}

/// Settings that are read when they are first needed: to compile a workflow no file of settings is opened.
private final class LazySettings: Sendable {
    private let load: @Sendable () -> LoadedSettings
    private let loaded = Mutex<LoadedSettings?>(nil)

    init(_ load: @escaping @Sendable () -> LoadedSettings) { self.load = load }

    var value: LoadedSettings {
        loaded.withLock { loaded in
            let value = loaded ?? load()
            loaded = value
            return value
        }
    }
}
