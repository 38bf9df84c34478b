// SPDX-License-Identifier: Apache-2.0

/// The whole answer of a model.
public struct ModelReply: Sendable, Hashable {
    public var text: String
    /// The answer as JSON, if a schema was asked for and the text is JSON. It is not checked against the schema.
    public var json: JSONValue?
    /// The tools that the model asks for before it goes on.
    public var toolCalls: [ToolCall]
    public var finishReason: FinishReason
    public var usage: ModelUsage
    /// The model that answered, as it names itself.
    public var model: String
    /// The provider that was asked, as the settings name it; nil where nobody said.
    public var provider: String?
    /// From the request to the end of the answer.
    public var latency: Duration

    /// A reply.
    public init(
        text: String, json: JSONValue? = nil, toolCalls: [ToolCall] = [], finishReason: FinishReason = .stop,
        usage: ModelUsage = ModelUsage(),
        model: String, provider: String? = nil, latency: Duration = .zero
    ) {
        self.text = text
        self.json = json
        self.toolCalls = toolCalls
        self.finishReason = finishReason
        self.usage = usage
        self.model = model
        self.provider = provider
        self.latency = latency
    }
}

/// Why an answer ended. Providers may have reasons of their own.
public struct FinishReason: RawRepresentable, Sendable, Hashable {
    public var rawValue: String

    /// A reason as the provider names it.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The model was done, or came to a stop text.
    public static let stop = FinishReason(rawValue: "stop")
    /// The answer reached the most tokens that were allowed.
    public static let length = FinishReason(rawValue: "length")
    /// The model waits for the answers of tools.
    public static let toolCalls = FinishReason(rawValue: "tool_calls")
    /// The provider held back the answer.
    public static let contentFilter = FinishReason(rawValue: "content_filter")
}

/// What an answer cost in tokens.
public struct ModelUsage: Sendable, Hashable {
    /// The tokens of the conversation that was sent, those from a cache included.
    public var promptTokens: Int
    /// The tokens of the answer.
    public var completionTokens: Int
    /// The tokens of the conversation that the provider had in its cache.
    public var cachedTokens: Int
    /// The tokens of the answer that the model thought and did not say.
    public var reasoningTokens: Int
    /// Whether the numbers are guessed, because the provider told none.
    public var estimated: Bool

    /// A usage.
    public init(
        promptTokens: Int = 0, completionTokens: Int = 0, cachedTokens: Int = 0, reasoningTokens: Int = 0,
        estimated: Bool = false
    ) {
        self.promptTokens = promptTokens
        self.completionTokens = completionTokens
        self.cachedTokens = cachedTokens
        self.reasoningTokens = reasoningTokens
        self.estimated = estimated
    }

    /// The cost of two answers together.
    public static func + (a: ModelUsage, b: ModelUsage) -> ModelUsage {
        ModelUsage(
            promptTokens: a.promptTokens.clampedSum(b.promptTokens),
            completionTokens: a.completionTokens.clampedSum(b.completionTokens),
            cachedTokens: a.cachedTokens.clampedSum(b.cachedTokens),
            reasoningTokens: a.reasoningTokens.clampedSum(b.reasoningTokens), estimated: a.estimated || b.estimated)
    }
}

extension Int {
    /// The sum, or the largest number: counts come from outside.
    fileprivate func clampedSum(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
