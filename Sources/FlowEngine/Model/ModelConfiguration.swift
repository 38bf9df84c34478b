// SPDX-License-Identifier: Apache-2.0

/// Which model is meant when a workflow names none, and where models with other names are asked for.
public struct ModelConfiguration: Sendable, Hashable {
    /// The model's name at the endpoint; without an endpoint an id of the catalogue or the path of a file.
    public var model: String?
    /// The address of a chat completions service up to its version; nil means the model on this machine.
    public var url: String?
    /// The variable of the environment that holds the key of the service. The key itself is never kept here.
    public var keyVariable: String?

    /// A configuration.
    public init(model: String? = nil, url: String? = nil, keyVariable: String? = nil) {
        self.model = model
        self.url = url
        self.keyVariable = keyVariable
    }

    /// The configuration with what the environment says put over it.
    ///
    /// `FLOW_MODEL` is an id of the catalogue, a path of a model file, an address, or a name at the endpoint.
    /// `FLOW_MODEL_URL` goes with `FLOW_MODEL_KEY`, `OPENAI_BASE_URL` with `OPENAI_API_KEY` and `OPENAI_MODEL`. A key
    /// without an address is not used: nobody's data goes to a service that was not asked for by name.
    public func merged(with environment: [String: String]) -> ModelConfiguration {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        var merged = self
        if let url = value("FLOW_MODEL_URL") {
            merged.url = url
            merged.keyVariable = "FLOW_MODEL_KEY"
        } else if url == nil, let url = value("OPENAI_BASE_URL") {
            merged.url = url
            merged.keyVariable = "OPENAI_API_KEY"
            merged.model = value("OPENAI_MODEL") ?? model
        }
        if let model = value("FLOW_MODEL") {
            if Self.isAddress(model) {
                if merged.url != model { merged.keyVariable = "FLOW_MODEL_KEY" }
                merged.url = model
                merged.model = nil
            } else {
                merged.model = model
                // A model of this machine that is named this plainly wins over an endpoint.
                if value("FLOW_MODEL_URL") == nil, Self.isLocal(model) { merged.url = nil }
            }
        }
        return merged
    }

    /// The endpoint as a provider; nil means the model on this machine.
    var endpoint: ModelSettings.Provider? {
        url.map { url in
            var provider = ModelSettings.Provider(name: "endpoint", type: .openai)
            provider.url = url
            provider.usualKeyVariable = keyVariable
            return provider
        }
    }

    static func isAddress(_ name: String) -> Bool { name.hasPrefix("http://") || name.hasPrefix("https://") }

    /// Whether a name means a model of this machine: an id of the catalogue or a model file.
    static func isLocal(_ name: String) -> Bool {
        LocalModelChoice.isPath(name) || ModelCatalog.embedded.entry(name) != nil
    }
}
