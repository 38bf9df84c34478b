// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// The providers and models that settings name.
public struct ModelSettings: Sendable, Hashable {
    /// The languages that providers speak.
    public enum ProviderType: String, Sendable, Hashable, CaseIterable {
        /// Chat completions, which nearly all services and local servers speak.
        case openai
        case openaiResponses = "openai-responses"
        case anthropic, gemini
        /// The model on this machine.
        case local

        /// The address of the service that made the language; nil for this machine.
        var ownURL: String? {
            switch self {
            case .openai, .openaiResponses: "https://api.openai.com/v1"
            case .anthropic: "https://api.anthropic.com/v1"
            case .gemini: "https://generativelanguage.googleapis.com"
            case .local: nil
            }
        }

        /// The variable that people keep the key of that service in.
        var ownKeyVariable: String? {
            switch self {
            case .openai, .openaiResponses: "OPENAI_API_KEY"
            case .anthropic: "ANTHROPIC_API_KEY"
            case .gemini: "GEMINI_API_KEY"
            case .local: nil
            }
        }
    }

    /// Where a key is. The key itself is never part of settings.
    public enum KeySource: Sendable, Hashable {
        /// A variable of the environment.
        case environment(String)
        /// A program and its arguments; the first line of its output is the key.
        case command([String])
        /// A name in the store of secrets.
        case secret(String)
    }

    /// Who answers: a service, or this machine.
    public struct Provider: Sendable, Hashable {
        public var name: String
        public var type: ProviderType
        /// The address; nil is that of the service that made the language.
        public var url: String?
        public var key: KeySource?
        /// The variable that holds the key where `key` does not say; it may be missing.
        var usualKeyVariable: String?
        /// The most calls at the same time.
        public var concurrency: Int?
        public var requestsPerMinute: Int?
        public var apiVersion: String?
        /// The time for a whole answer.
        public var timeout: Milliseconds?
        /// The longest silence.
        public var idleTimeout: Milliseconds?

        /// A provider of a type, with nothing else said.
        public init(name: String, type: ProviderType) {
            self.name = name
            self.type = type
        }
    }

    /// A name for a model of a provider, with what is asked of it where the one who asks says nothing.
    public struct Alias: Sendable, Hashable {
        public var name: String
        public var provider: String
        /// The model as the provider calls it; nil leaves it to the provider.
        public var model: String?
        /// The aliases that are asked when this one fails, in this order.
        public var fallback: [String] = []
        /// How long it is left alone after a failure, where there is a fallback.
        public var cooldown = Milliseconds(60_000)
        public var toolMode: ToolMode?
        public var maxTokens: Int?
        public var temperature: Double?
        public var topP: Double?
        public var seed: Int64?
        public var reasoningEffort: String?

        /// An alias with nothing but its provider said.
        public init(name: String, provider: String) {
            self.name = name
            self.provider = provider
        }
    }

    public var providers: [Provider] = []
    public var aliases: [Alias] = []

    /// Settings that name nothing.
    public init() {}

    /// The provider of a name.
    public func provider(_ name: String) -> Provider? { providers.first { $0.name == name } }

    /// The alias of a name.
    public func alias(_ name: String) -> Alias? { aliases.first { $0.name == name } }

    /// An alias and what it falls back to, each once, in the order in which they are asked.
    public func chain(of alias: Alias) -> [Alias] {
        var chain: [Alias] = []
        func add(_ alias: Alias) {
            guard !chain.contains(where: { $0.name == alias.name }) else { return }
            chain.append(alias)
            for name in alias.fallback { self.alias(name).map(add) }
        }
        add(alias)
        return chain
    }

    /// These settings, and of `others` what has other names.
    public func completed(by others: ModelSettings) -> ModelSettings {
        var all = self
        all.providers += others.providers.filter { provider($0.name) == nil }
        all.aliases += others.aliases.filter { alias($0.name) == nil }
        return all
    }
}
