// SPDX-License-Identifier: Apache-2.0

import FlowCore

extension LocalModelRuntime {
    /// A model of the catalogue and whether it is here.
    public struct Listing: Sendable, Hashable {
        public var entry: ModelCatalog.Entry
        public var isInstalled: Bool
        /// Whether it is used when no model is named.
        public var isDefault: Bool
    }

    /// What is installed and running.
    public struct Status: Sendable, Hashable {
        /// The folder of runtime and models.
        public var folder: String
        public var hasRuntime: Bool
        public var installed: [String]
        /// The model that is used when none is named; nil with the reason in `problem`.
        public var model: LocalModelChoice?
        /// Why no model can be used, with the command that helps.
        public var problem: String?
        public var shared: SharedServer?
        /// The threads that a server gets.
        public var threads: Int
    }

    /// All models of the catalogue.
    public nonisolated func list() -> [Listing] {
        let chosen = try? LocalModelChoice.find(nil, in: folder).name
        return ModelCatalog.embedded.models.map { entry in
            Listing(
                entry: entry, isInstalled: folder.has(entry),
                isDefault: entry.id == chosen ?? ModelCatalog.embedded.defaultModel)
        }
    }

    /// What is installed and running. Nothing is started.
    ///
    /// - Parameter name: the model that is configured, an id or a path; nil is the default of what is installed.
    public nonisolated func status(model name: String? = nil) async -> Status {
        var status = Status(
            folder: folder.path, hasRuntime: folder.hasRuntime,
            installed: ModelCatalog.embedded.models.filter(folder.has).map(\.id), shared: await shared(),
            threads: settings.threads)
        do {
            status.model = try LocalModelChoice.find(name, in: folder)
        } catch {
            status.problem = error.message
        }
        return status
    }
}
