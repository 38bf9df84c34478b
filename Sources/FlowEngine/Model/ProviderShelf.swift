// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowModels
import HTTPClient
import Synchronization

/// Makes models of configured providers, and keeps what the calls of one provider share: its gate, and what it is known
/// to refuse.
final class ProviderShelf: Sendable {
    private struct Shared {
        let gate: ProviderGate?
        let tools = ToolModeModel.Memory()
    }

    private let runtime: LocalModelRuntime
    private let client: HTTPClient
    private let keys: KeyRing
    private let memory = WireMemory()
    private let board = FallbackModel.Board()
    private let shared = Mutex<[ModelSettings.Provider: Shared]>([:])

    init(environment: [String: String], runtime: LocalModelRuntime, client: HTTPClient) {
        self.runtime = runtime
        self.client = client
        keys = KeyRing(environment: environment, children: runtime.children)
    }

    /// The model of an alias, with what it falls back to.
    func model(of alias: ModelSettings.Alias, in settings: ModelSettings) throws(ModelError) -> any ModelProvider {
        var choices: [FallbackModel.Choice] = []
        for each in settings.chain(of: alias) {
            guard let provider = settings.provider(each.provider) else {
                throw ModelError(.unavailable, "the model `\(each.name)` names no provider that is configured")
            }
            let model = self.model(each.model, of: provider, mode: each.toolMode)
            choices.append(
                FallbackModel.Choice(
                    name: each.name, provider: AliasedModel(model, alias: each), cooldown: each.cooldown))
        }
        return FallbackModel(choices, board: board)
    }

    /// A model of a provider.
    func model(_ name: String?, of provider: ModelSettings.Provider, mode: ToolMode? = nil) -> any ModelProvider {
        let shared = shared.withLock { all in
            if let known = all[provider] { return known }
            let isLimited = provider.concurrency != nil || provider.requestsPerMinute != nil
            let new = Shared(
                gate: isLimited
                    ? ProviderGate(concurrency: provider.concurrency, requestsPerMinute: provider.requestsPerMinute)
                    : nil)
            all[provider] = new
            return new
        }
        var model: any ModelProvider
        if provider.type == .local {
            model = LocalModel(runtime, name: name)
        } else {
            model = service(provider, name)
        }
        if let gate = shared.gate { model = GatedModel(model, gate: gate) }
        // Small models lose their way in the form that services have for tools.
        model = ToolModeModel(model, mode: mode ?? (provider.type == .local ? .json : .auto), memory: shared.tools)
        return ProvidedModel(model, provider: provider.name)
    }

    /// The model on this machine where no provider is configured.
    func local(_ name: String?) -> any ModelProvider {
        ProvidedModel(ToolModeModel(LocalModel(runtime, name: name), mode: .json), provider: "local")
    }

    private func service(_ provider: ModelSettings.Provider, _ name: String?) -> ServiceModel {
        let format: any WireFormat =
            switch provider.type {
            case .openai, .local: ChatWire()
            case .openaiResponses: ResponsesWire()
            case .anthropic: provider.apiVersion.map { MessagesWire(version: $0) } ?? MessagesWire()
            case .gemini: provider.apiVersion.map { GeminiWire(version: $0) } ?? GeminiWire()
            }
        var settings = ServiceModel.Settings(
            baseURL: provider.url ?? provider.type.ownURL ?? "", defaultModel: name ?? "default")
        if let timeout = provider.timeout { settings.timeout = timeout.duration }
        if let idleTimeout = provider.idleTimeout { settings.idleTimeout = idleTimeout.duration }
        return ServiceModel(format, settings, client: client, memory: memory) { [keys] () async throws(ModelError) in
            try await keys.key(for: provider)
        }
    }
}

/// Asks a model by its provider's name for it, with what its alias says where the request says nothing.
struct AliasedModel: ModelProvider {
    private let inner: any ModelProvider
    private let alias: ModelSettings.Alias

    init(_ inner: any ModelProvider, alias: ModelSettings.Alias) {
        self.inner = inner
        self.alias = alias
    }

    func complete(_ request: ModelRequest) async throws(ModelError) -> ModelReply {
        var request = request
        request.model = alias.model
        request.maxTokens = request.maxTokens ?? alias.maxTokens
        request.temperature = request.temperature ?? alias.temperature
        request.topP = request.topP ?? alias.topP
        request.seed = request.seed ?? alias.seed
        request.reasoningEffort = request.reasoningEffort ?? alias.reasoningEffort
        return try await inner.complete(request)
    }
}

/// Says with each reply which provider was asked.
private struct ProvidedModel: ModelProvider {
    private let inner: any ModelProvider
    private let provider: String

    init(_ inner: any ModelProvider, provider: String) {
        self.inner = inner
        self.provider = provider
    }

    func complete(_ request: ModelRequest) async throws(ModelError) -> ModelReply {
        var reply = try await inner.complete(request)
        reply.provider = provider
        return reply
    }
}
