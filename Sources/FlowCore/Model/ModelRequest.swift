// SPDX-License-Identifier: Apache-2.0

/// What a model is asked.
public struct ModelRequest: Sendable {
    /// The name of a model or of a configured alias; nil means the default.
    public var model: String?
    /// The conversation so far; the last message is the one to answer.
    public var messages: [ModelMessage]
    /// The most tokens of the answer; nil leaves it to the model.
    public var maxTokens: Int?
    /// How much chance there is in the answer, from 0; nil leaves it to the model.
    public var temperature: Double?
    /// Where chance starts: with the same seed most models repeat themselves.
    public var seed: Int64?
    /// A JSON Schema that the answer has to fit. A provider asks for it; only the caller's check makes it sure.
    public var schema: JSONValue?
    /// Texts at which the answer ends.
    public var stop: [String]
    /// Takes the answer's text piece by piece as it comes. It is called on a thread of the provider: it must not wait.
    public var onText: (@Sendable (String) -> Void)?

    /// A request.
    public init(
        model: String? = nil, messages: [ModelMessage], maxTokens: Int? = nil, temperature: Double? = nil,
        seed: Int64? = nil, schema: JSONValue? = nil, stop: [String] = [],
        onText: (@Sendable (String) -> Void)? = nil
    ) {
        self.model = model
        self.messages = messages
        self.maxTokens = maxTokens
        self.temperature = temperature
        self.seed = seed
        self.schema = schema
        self.stop = stop
        self.onText = onText
    }
}

/// One message of a conversation.
public struct ModelMessage: Sendable, Hashable {
    /// Who speaks.
    public enum Role: String, Sendable, Hashable {
        case system, user, assistant
    }

    public var role: Role
    public var content: String

    /// A message.
    public init(_ role: Role, _ content: String) {
        self.role = role
        self.content = content
    }
}
