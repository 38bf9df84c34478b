// SPDX-License-Identifier: Apache-2.0

import FileSystem
public import FlowCore

/// A model file of this machine.
public struct LocalModelChoice: Sendable, Hashable {
    /// The name that replies carry: the id of the catalogue, or the file's name.
    public var name: String
    /// The absolute path of the file.
    public var path: String
    /// The tokens of one conversation that the server is started for.
    public var context: Int

    /// More context than this needs more memory than small machines have.
    private static let largestContext = 8192

    /// Finds the file for a name: an id of the catalogue, or a path that ends in `.gguf`. Without a name it is the
    /// catalogue's default if it is installed, else the first model that is.
    public static func find(
        _ name: String?, in folder: LocalModelFolder, catalog: ModelCatalog = .embedded
    ) throws(ModelError) -> LocalModelChoice {
        guard folder.hasRuntime else {
            let model = name.flatMap { catalog.entry($0)?.id }
            throw ModelError(
                .unavailable, "no model runtime is installed: run `flow model install\(model.map { " \($0)" } ?? "")`")
        }
        guard let name else {
            let byRank = catalog.models.filter { $0.id == catalog.defaultModel } + catalog.models
            guard let entry = byRank.first(where: folder.has) else {
                throw ModelError(.unavailable, "no model is installed: run `flow model install`")
            }
            return LocalModelChoice(entry, folder)
        }
        if isPath(name) {
            guard FilePath.isAbsolute(name) || File.exists(name), File.exists(name),
                let path = try? File.realPath(name)
            else { throw ModelError(.unavailable, "the model file `\(name)` does not exist") }
            return LocalModelChoice(name: FilePath.basename(path), path: path, context: largestContext)
        }
        guard let entry = catalog.entry(name) else {
            let nearest = Spelling.nearest(to: name, among: catalog.models.map(\.id))
            throw ModelError(
                .unavailable,
                "there is no local model `\(name)`" + (nearest.map { "; did you mean `\($0)`?" } ?? "")
                    + " (`flow model list` shows them)")
        }
        guard folder.has(entry) else {
            throw ModelError(.unavailable, "the model `\(name)` is not installed: run `flow model install \(name)`")
        }
        return LocalModelChoice(entry, folder)
    }

    /// Whether a name means a file.
    static func isPath(_ name: String) -> Bool { name.lowercased().hasSuffix(".gguf") }
}

extension LocalModelChoice {
    private init(_ entry: ModelCatalog.Entry, _ folder: LocalModelFolder) {
        self.init(
            name: entry.id, path: folder.modelFile(entry.id), context: Swift.min(entry.context, Self.largestContext))
    }
}
