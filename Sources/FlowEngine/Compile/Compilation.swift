// SPDX-License-Identifier: Apache-2.0

public import FlowCore
public import YAML

/// What compiling a workflow gave.
public struct Compilation: Sendable {
    public var sources: SourceMap
    /// The located tree; nil when the text could not be read as YAML.
    public var document: YAMLDocument?
    /// The typed workflow; also there when parts of it have faults.
    public var definition: WorkflowDefinition?
    /// The graph; only there without errors.
    public var plan: Plan?
    /// All faults and doubts, in order of the text.
    public var diagnostics: [Diagnostic]
    /// The agents that the nodes of the workflow and of its sub-workflows name; nil when it may be any.
    public var agents: Set<String>?
}
