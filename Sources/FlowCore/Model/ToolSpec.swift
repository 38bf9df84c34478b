// SPDX-License-Identifier: Apache-2.0

/// A tool as a model is told of it.
public struct ToolSpec: Sendable, Hashable {
    /// Letters, digits, `_` and `-`, at most 64.
    public var name: String
    public var description: String
    /// A JSON Schema of an object: the arguments.
    public var parameters: JSONValue

    /// A tool.
    public init(name: String, description: String, parameters: JSONValue) {
        self.name = name
        self.description = description
        self.parameters = parameters
    }
}

/// A model's wish to use a tool.
public struct ToolCall: Sendable, Hashable {
    /// The provider's name for the call; the answer refers to it. Made up where a provider gives none.
    public var id: String
    public var name: String
    /// The arguments, nearly always an object. Text that is not JSON stays a string, for the caller to refuse.
    public var arguments: JSONValue
    /// What the provider wants back with the call word for word, such as the signature of a thought.
    public var token: String?

    /// A call.
    public init(id: String, name: String, arguments: JSONValue, token: String? = nil) {
        self.id = id
        self.name = name
        self.arguments = arguments
        self.token = token
    }
}

/// Whether a model may or must use a tool.
public enum ToolChoice: Sendable, Hashable {
    case auto, none, required
    case named(String)
}

/// How tools are offered to a model.
public enum ToolMode: String, Sendable, Hashable, CaseIterable {
    /// In the service's own way; as JSON where the service refuses that.
    case auto
    /// In the service's own way only.
    case native
    /// As a JSON Schema that has one shape for each tool and one for the final answer. Small models, which lose their
    /// way in the form that services have for tools, keep to it.
    case json
}
