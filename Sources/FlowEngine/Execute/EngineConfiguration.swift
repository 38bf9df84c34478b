// SPDX-License-Identifier: Apache-2.0

import FileSystem
package import FlowCore

/// What an engine is given.
public struct EngineConfiguration: Sendable {
    /// The store's folder, such as `/project/.flow`.
    public var folder: String
    /// The most nodes at the same time where neither workflow nor person says otherwise.
    public var slots: Int
    /// The engine's environment: where secrets, `PATH` and settings are looked up.
    public var environment: [String: String]
    /// Where `flow.yaml` is looked for, also above; nil for the folder that holds the store.
    public var settingsFolder: String?
    /// Where external engines are looked for in `engines/`; nil for the folder of the settings and that of the store.
    public var engineFolders: [String]?
    /// How the engine calls itself in the log.
    public var name: String
    /// The program that can be started as guardian of child processes, and its arguments; nil for none.
    public var guardianArguments: [String]?
    /// Kinds of nodes beside those that flow brings along.
    package var kinds: [any NodeKind] = []
    /// Answers instead of the models that the environment names.
    package var models: (any ModelProvider)?
    /// How long the engine waits for room when the disk is full, before it gives up; nil for as long as it takes.
    public var diskPatience: Duration?
    /// Is told when the disk is full and when there is room again.
    public var onDisk: (@Sendable (DiskWatch.Notice) -> Void)?
    /// After so many deaths of the engine without progress between, a run is not started any more.
    public var mostDeaths = 3

    /// Where the settings are looked for.
    var settingsPlace: String { settingsFolder ?? FilePath.dirname(folder) }

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
