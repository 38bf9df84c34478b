// SPDX-License-Identifier: Apache-2.0

package import FlowCore

/// What an engine is given.
public struct EngineConfiguration: Sendable {
    /// The store's folder, such as `/project/.flow`.
    public var folder: String
    /// The most nodes at the same time where neither workflow nor person says otherwise.
    public var slots: Int
    /// The engine's environment: where secrets, `PATH` and settings are looked up.
    public var environment: [String: String]
    /// How the engine calls itself in the log.
    public var name: String
    /// The program that can be started as guardian of child processes, and its arguments; nil for none.
    public var guardianArguments: [String]?
    /// Kinds of nodes beside those that flow brings along.
    package var kinds: [any NodeKind] = []

    /// A configuration.
    public init(
        folder: String, slots: Int = 8, environment: [String: String], name: String = "flow",
        guardianArguments: [String]? = nil
    ) {
        self.folder = folder
        self.slots = slots
        self.environment = environment
        self.name = name
        self.guardianArguments = guardianArguments
    }
}
