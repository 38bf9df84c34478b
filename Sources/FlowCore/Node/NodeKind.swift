// SPDX-License-Identifier: Apache-2.0

/// A kind of node: what may be written for it, what it puts out, and how it runs. The engine is given its kinds as
/// values; a new kind is one file.
public protocol NodeKind: Sendable {
    /// The key that chooses the kind, such as `run`.
    var name: String { get }
    /// One sentence for the reference.
    var summary: String { get }
    /// The shape of the value under the kind's key.
    var body: FieldType { get }
    /// Further keys beside the kind's own.
    var fields: [FieldSchema] { get }
    /// Whether a running node counts against the limit of parallel nodes.
    var usesSlot: Bool { get }
    /// Checks what the shapes cannot say. The compiler calls it once per node.
    func check(_ node: NodeDefinition, in site: KindSite) -> [Diagnostic]
    /// The static type of the node's outputs, an object.
    func outputType(of node: NodeDefinition, in site: KindSite) -> ValueType
    /// The names of files that the kind itself leaves, beside those under `artifacts:`.
    func artifactNames(of node: NodeDefinition) -> [String]
    /// Whether an attempt works in its folder. Where it does not, the folder is not made.
    func usesDirectory(_ context: NodeContext) -> Bool
    /// Runs one attempt. Cancellation of the task asks the attempt to end; what it returns then does not matter.
    func run(_ context: NodeContext) async -> NodeOutcome
}

extension NodeKind {
    public var fields: [FieldSchema] { [] }
    public var usesSlot: Bool { true }
    public func check(_ node: NodeDefinition, in site: KindSite) -> [Diagnostic] { [] }
    public func outputType(of node: NodeDefinition, in site: KindSite) -> ValueType { node.declaredOutputType }
    public func artifactNames(of node: NodeDefinition) -> [String] { [] }
    public func usesDirectory(_ context: NodeContext) -> Bool { true }
}

extension NodeDefinition {
    /// The type that the node's `outputs:` declare: an object with these fields and no others.
    public var declaredOutputType: ValueType {
        .object(
            Dictionary(options.outputs.map { ($0.name, $0.type.valueType) }, uniquingKeysWith: { first, _ in first }),
            open: false)
    }
}

/// What a kind may ask while a workflow is compiled.
public struct KindSite: Sendable {
    /// Reads a file beside the workflow; nil when it cannot be read.
    public var readFile: @Sendable (_ path: String) -> [UInt8]?
    /// The names of the agents that nodes may use.
    public var agents: [String]
    /// What is known of those agents.
    public var agentDefinitions: [String: AgentDefinition]
    /// The names of all kinds of nodes.
    public var kinds: [String]
    /// What the workflow in a file beside this one takes and gives; nil when it cannot be read.
    public var workflow: @Sendable (_ path: String) -> WorkflowInterface?

    /// A site.
    public init(
        agents: [String] = [], agentDefinitions: [String: AgentDefinition] = [:], kinds: [String] = [],
        readFile: @escaping @Sendable (String) -> [UInt8]? = { _ in nil },
        workflow: @escaping @Sendable (String) -> WorkflowInterface? = { _ in nil }
    ) {
        self.agents = agents
        self.agentDefinitions = agentDefinitions
        self.kinds = kinds
        self.workflow = workflow
        self.readFile = readFile
    }
}
