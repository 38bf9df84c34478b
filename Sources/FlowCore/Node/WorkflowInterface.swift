// SPDX-License-Identifier: Apache-2.0

/// What a workflow shows to one that uses it as a node.
public struct WorkflowInterface: Sendable {
    public var inputs: [InputDefinition]
    /// The results by name with their types.
    public var outputs: [String: OutputType]
    /// The first fault of the workflow with its place, and how many there are.
    public var fault: (text: String, count: Int)?
    /// The files that belong to the workflow, from the folder of the one that uses it.
    public var files: [String]
    /// The agents that its nodes name; nil when it may be any.
    public var agents: Set<String>?

    /// An interface.
    public init(
        inputs: [InputDefinition] = [], outputs: [String: OutputType] = [:], fault: (text: String, count: Int)? = nil,
        files: [String] = [], agents: Set<String>? = nil
    ) {
        self.inputs = inputs
        self.outputs = outputs
        self.fault = fault
        self.files = files
        self.agents = agents
    }
}
