// SPDX-License-Identifier: Apache-2.0

/// An agent as its file says it: instructions for a model, and what it may do.
public struct AgentDefinition: Sendable, Hashable {
    public var name: String
    public var title: String?
    public var role: String?
    public var description: String?
    public var instructions: String
    /// The name of a model or of a configured alias; nil means the default.
    public var model: String?
    /// A JSON Schema for the answer; nil means free text.
    public var output: JSONValue?
    public var temperature: Double?
    public var maxTokens: Int?
    /// The most turns of a conversation with tools.
    public var maxTurns: Int?
    /// The tools that it may use, as `tools:` names them.
    public var tools: [String]
    /// Which calls of its tools it may make; nil means all.
    public var permissions: JSONValue?
    /// How much of a conversation is sent; nil means all.
    public var context: JSONValue?
    /// How the model is offered tools; nil leaves it to the model's settings.
    public var toolMode: ToolMode?
    public var version: String?
    public var tags: [String]
    public var capabilities: [String]
    /// What the registry shows of it; runs do not read it.
    public var card: AgentCard
    public var span: SourceSpan

    /// An agent.
    public init(
        name: String, title: String? = nil, role: String? = nil, description: String? = nil, instructions: String,
        model: String? = nil, output: JSONValue? = nil, temperature: Double? = nil, maxTokens: Int? = nil,
        maxTurns: Int? = nil, tools: [String] = [], permissions: JSONValue? = nil, context: JSONValue? = nil,
        toolMode: ToolMode? = nil, version: String? = nil, tags: [String] = [], capabilities: [String] = [],
        card: AgentCard = AgentCard(),
        span: SourceSpan = .none
    ) {
        self.name = name
        self.title = title
        self.role = role
        self.description = description
        self.instructions = instructions
        self.model = model
        self.output = output
        self.temperature = temperature
        self.maxTokens = maxTokens
        self.maxTurns = maxTurns
        self.tools = tools
        self.permissions = permissions
        self.context = context
        self.toolMode = toolMode
        self.version = version
        self.tags = tags
        self.capabilities = capabilities
        self.card = card
        self.span = span
    }
}
