// SPDX-License-Identifier: Apache-2.0

/// A node as its file says it.
public struct NodeDefinition: Sendable {
    public var id: String
    public var idSpan: SourceSpan
    /// The name of the node's kind, which is also the key that chose it.
    public var kind: String
    /// The value under the kind's key.
    public var body: Template
    public var bodySpan: SourceSpan
    /// The kind's further keys beside its own, such as an agent's `prompt`.
    public var fields: [TemplateEntry]
    public var needs: [NeedDefinition]
    public var options: NodeOptions

    /// A node of a kind.
    public init(
        id: String, idSpan: SourceSpan = .none, kind: String, body: Template = .literal(.null),
        bodySpan: SourceSpan = .none, fields: [TemplateEntry] = [], needs: [NeedDefinition] = [],
        options: NodeOptions = .standard
    ) {
        self.id = id
        self.idSpan = idSpan
        self.kind = kind
        self.body = body
        self.bodySpan = bodySpan
        self.fields = fields
        self.needs = needs
        self.options = options
    }

    /// The template of a further key.
    public func field(_ name: String) -> Template? { fields.first { $0.name == name }?.template }
}

/// The keys that every kind has and few nodes use. Nodes without any share one value.
public final class NodeOptions: Sendable {
    public let title: String?
    public let description: String?
    public let when: ConditionDefinition?
    public let with: [TemplateEntry]
    public let env: [TemplateEntry]
    public let outputs: [DeclaredOutput]
    public let artifacts: [ArtifactDefinition]
    public let retry: RetryPolicy?
    public let timeout: Milliseconds?
    public let idleTimeout: Milliseconds?
    public let onFailure: FailurePolicy
    public let onInterrupt: InterruptPolicy
    public let effects: EffectClass
    public let foreach: ForeachDefinition?
    /// Higher starts first among nodes that are ready.
    public let priority: Int
    /// The node that runs, and whose outputs count, when this one has failed for good.
    public let fallback: FallbackDefinition?
    /// The node runs again until a condition on its outputs holds.
    public let repetition: RepeatDefinition?
    /// What the node holds while it runs.
    public let demands: [PoolDemand]
    /// Whether results may be taken from earlier runs.
    public let cache: CachePolicy
    public let budget: BudgetDefinition?

    public static let standard = NodeOptions()

    /// The given keys; the rest as if not written.
    public init(
        title: String? = nil, description: String? = nil, when: ConditionDefinition? = nil,
        with: [TemplateEntry] = [], env: [TemplateEntry] = [], outputs: [DeclaredOutput] = [],
        artifacts: [ArtifactDefinition] = [], retry: RetryPolicy? = nil, timeout: Milliseconds? = nil,
        idleTimeout: Milliseconds? = nil, onFailure: FailurePolicy = .fail, onInterrupt: InterruptPolicy = .rerun,
        effects: EffectClass = .idempotent, foreach: ForeachDefinition? = nil, priority: Int = 0,
        fallback: FallbackDefinition? = nil, repetition: RepeatDefinition? = nil, demands: [PoolDemand] = [],
        cache: CachePolicy = .standard, budget: BudgetDefinition? = nil
    ) {
        self.title = title
        self.description = description
        self.when = when
        self.with = with
        self.env = env
        self.outputs = outputs
        self.artifacts = artifacts
        self.retry = retry
        self.timeout = timeout
        self.idleTimeout = idleTimeout
        self.onFailure = onFailure
        self.onInterrupt = onInterrupt
        self.effects = effects
        self.foreach = foreach
        self.priority = priority
        self.fallback = fallback
        self.repetition = repetition
        self.demands = demands
        self.cache = cache
        self.budget = budget
    }
}

/// A dependency on another node and the result it must have.
public struct NeedDefinition: Sendable, Hashable {
    public var node: String
    public var condition: NeedCondition
    public var span: SourceSpan

    /// A dependency.
    public init(node: String, condition: NeedCondition = .met, span: SourceSpan = .none) {
        self.node = node
        self.condition = condition
        self.span = span
    }
}

/// Which results of a node meet a need. The table is in `NeedCondition.accepts`.
public enum NeedCondition: String, Sendable, Hashable, CaseIterable {
    /// The short form `needs: [a]`: succeeded, reused or skipped.
    case met
    case succeeded, failed, skipped, done, any
}

/// The expression of a `when:`.
public struct ConditionDefinition: Sendable, Hashable {
    public var expression: Expression
    /// The condition as written, for the reason of a skipped node.
    public var text: String
    public var span: SourceSpan

    /// A condition.
    public init(expression: Expression, text: String, span: SourceSpan = .none) {
        self.expression = expression
        self.text = text
        self.span = span
    }
}

/// An output that a node promises.
public struct DeclaredOutput: Sendable, Hashable {
    public var name: String
    public var type: OutputType
    /// For kinds that compute their outputs from an expression; nil when the program writes the value.
    public var value: Template?
    /// Which way the value is better, when it is a number that runs are compared by.
    public var goal: OutputGoal?
    public var span: SourceSpan

    /// A promised output.
    public init(
        name: String, type: OutputType, value: Template? = nil, goal: OutputGoal? = nil, span: SourceSpan = .none
    ) {
        self.name = name
        self.type = type
        self.value = value
        self.goal = goal
        self.span = span
    }
}

/// A file that a node leaves in its work directory and that is kept.
public struct ArtifactDefinition: Sendable, Hashable {
    public var name: String
    /// Relative to the node's work directory.
    public var path: String
    public var mediaType: String?
    /// Whether the node may leave it out.
    public var optional: Bool
    public var span: SourceSpan

    /// A file to keep.
    public init(name: String, path: String, mediaType: String? = nil, optional: Bool = false, span: SourceSpan = .none)
    {
        self.name = name
        self.path = path
        self.mediaType = mediaType
        self.optional = optional
        self.span = span
    }
}

/// What a node's final failure does to the rest.
public enum FailurePolicy: String, Sendable, Hashable, CaseIterable {
    /// What depends on the node is omitted, and the run fails once all else has ended.
    case fail
    /// What depends on the node runs as if it had succeeded without outputs; the run may succeed.
    case `continue`
    /// What depends on the node is omitted; the run may succeed.
    case skipDownstream = "skip_downstream"
}

/// What happens to an attempt that the engine did not see the end of.
public enum InterruptPolicy: String, Sendable, Hashable, CaseIterable {
    case rerun, fail
}

/// What running a node again does to the world.
public enum EffectClass: String, Sendable, Hashable, CaseIterable {
    case none, idempotent, external
}
