// SPDX-License-Identifier: Apache-2.0

/// A workflow as its file says it: typed, each part with its place, not yet known to be consistent.
public struct WorkflowDefinition: Sendable {
    public var name: String
    public var nameSpan: SourceSpan
    public var title: String?
    public var description: String?
    public var version: String?
    /// What the catalog shows when the workflow is a mode; kept as written.
    public var mode: JSONValue?
    public var inputs: [InputDefinition] = []
    public var outputs: [OutputDefinition] = []
    public var env: [TemplateEntry] = []
    /// The names of the secrets that nodes may use in `env` and `with`.
    public var secrets: [SecretDefinition] = []
    /// The most nodes that hold a slot at the same time; nil leaves it to the engine.
    public var maxParallel: Int?
    /// Units that nodes share.
    public var pools: [PoolDefinition] = []
    /// Runs of the same group do not run at the same time; nil for no group.
    public var group: ConcurrencyGroup?
    public var budget: BudgetDefinition?
    /// When people are asked; nil when the workflow does not say.
    public var approvals: ApprovalPolicy?
    /// The nodes that run only as tools, with the agent node that has each.
    public var toolNodes: [String: String] = [:]
    /// Agents that are written in the workflow itself.
    public var agents: [InlineAgent] = []
    /// Files and folders beside the workflow that belong to it and are kept with each run.
    public var files: [String] = []
    public var nodes: [NodeDefinition] = []
    /// Nodes that run after all others have ended, whatever happened.
    public var finally: [NodeDefinition] = []

    /// The nodes of both phases, those of `finally` last.
    public var allNodes: [NodeDefinition] { finally.isEmpty ? nodes : nodes + finally }

    /// The nodes of a kind, of both phases. Of the others nothing but the kind is looked at.
    public func nodes(ofKind kind: String) -> [NodeDefinition] {
        [nodes, finally].flatMap { phase in
            phase.indices.lazy.filter { phase[$0].kind == kind }.map { phase[$0] }
        }
    }

    /// An empty workflow.
    public init(name: String, nameSpan: SourceSpan = .none) {
        self.name = name
        self.nameSpan = nameSpan
    }
}

/// A name with a template, such as an environment variable.
public struct TemplateEntry: Sendable, Hashable {
    public var name: String
    public var template: Template
    public var span: SourceSpan

    /// A name with a template.
    public init(name: String, template: Template, span: SourceSpan = .none) {
        self.name = name
        self.template = template
        self.span = span
    }
}

/// A secret that a workflow declares: its name and where the value comes from.
public struct SecretDefinition: Sendable, Hashable {
    public var name: String
    /// The environment variable of the engine that holds the value.
    public var environmentVariable: String
    /// The name under which the user has kept the value; nil when it is in the environment.
    public var keptName: String?
    public var span: SourceSpan

    /// A secret read from an environment variable, or from what the user has kept.
    public init(name: String, environmentVariable: String, keptName: String? = nil, span: SourceSpan = .none) {
        self.name = name
        self.environmentVariable = environmentVariable
        self.keptName = keptName
        self.span = span
    }
}

extension SecretDefinition {
    /// Where the value comes from, for people.
    public var source: String { keptName.map { "the store's \($0)" } ?? "$\(environmentVariable)" }
}

/// One result of a workflow.
public struct OutputDefinition: Sendable, Hashable {
    public var name: String
    public var type: OutputType
    public var value: Template
    /// Which way the value is better, when it is a number that runs are compared by.
    public var goal: OutputGoal?
    public var span: SourceSpan

    /// A result with the template that makes it.
    public init(
        name: String, type: OutputType, value: Template, goal: OutputGoal? = nil, span: SourceSpan = .none
    ) {
        self.name = name
        self.type = type
        self.value = value
        self.goal = goal
        self.span = span
    }
}

/// What an output is, for checks and for showing it.
public enum OutputType: String, Sendable, Hashable, CaseIterable {
    case text, markdown, json, string, integer, number, boolean, array, object, file, files, plot, table

    /// The static type of such a value. Files are paths.
    public var valueType: ValueType {
        switch self {
        case .text, .markdown, .string, .file, .plot, .table: .string
        case .json: .any
        case .integer: .integer
        case .number: .number
        case .boolean: .boolean
        case .array: .array(.any)
        case .object: .anyObject
        case .files: .array(.string)
        }
    }
}
