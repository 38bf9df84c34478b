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
    /// The part of the likely words to choose from, from 0 to 1; nil leaves it to the model.
    public var topP: Double?
    /// How long a model that thinks should think: `low`, `medium`, `high` or what the provider knows.
    public var reasoningEffort: String?
    /// The tools that the model may ask for.
    public var tools: [ToolSpec]
    public var toolChoice: ToolChoice
    /// Whether the model may ask for several tools at once.
    public var allowsParallelTools: Bool
    /// How the tools are offered; nil leaves it to the model's configuration.
    public var toolMode: ToolMode?
    /// Takes the answer's text piece by piece as it comes. It is called on a thread of the provider: it must not wait.
    public var onText: (@Sendable (String) -> Void)?

    /// A request.
    public init(
        model: String? = nil, messages: [ModelMessage], maxTokens: Int? = nil, temperature: Double? = nil,
        seed: Int64? = nil, schema: JSONValue? = nil, stop: [String] = [], topP: Double? = nil,
        reasoningEffort: String? = nil, tools: [ToolSpec] = [], toolChoice: ToolChoice = .auto,
        allowsParallelTools: Bool = true, toolMode: ToolMode? = nil,
        onText: (@Sendable (String) -> Void)? = nil
    ) {
        self.model = model
        self.messages = messages
        self.maxTokens = maxTokens
        self.temperature = temperature
        self.seed = seed
        self.schema = schema
        self.stop = stop
        self.topP = topP
        self.reasoningEffort = reasoningEffort
        self.tools = tools
        self.toolChoice = toolChoice
        self.allowsParallelTools = allowsParallelTools
        self.toolMode = toolMode
        self.onText = onText
    }
}

/// One message of a conversation.
public struct ModelMessage: Sendable, Hashable {
    /// Who speaks.
    public enum Role: String, Sendable, Hashable {
        case system, user, assistant
        /// The answer of a tool.
        case tool
    }

    public var role: Role
    public var content: String
    /// Pictures, after the text. Only of a user.
    public var images: [ModelImage]
    /// The tools that an assistant asked for.
    public var toolCalls: [ToolCall]
    /// Which call a tool's message answers.
    public var toolCallID: String?
    /// The name of the tool that answers.
    public var toolName: String?
    /// Whether the tool failed.
    public var isError: Bool
    /// Who speaks among several of one role, where the conversation has such names and the service knows them.
    public var name: String?

    /// A message.
    public init(
        _ role: Role, _ content: String, images: [ModelImage] = [], toolCalls: [ToolCall] = [],
        toolCallID: String? = nil, toolName: String? = nil, isError: Bool = false, name: String? = nil
    ) {
        self.role = role
        self.content = content
        self.images = images
        self.toolCalls = toolCalls
        self.toolCallID = toolCallID
        self.toolName = toolName
        self.isError = isError
        self.name = name
    }
}

/// A picture in a message.
public struct ModelImage: Sendable, Hashable {
    /// Such as `image/png`.
    public var mediaType: String
    public var bytes: [UInt8]

    /// A picture.
    public init(mediaType: String, bytes: [UInt8]) {
        self.mediaType = mediaType
        self.bytes = bytes
    }
}
