// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import Synchronization

/// The engines that nodes can name: folders with an `engine.yaml`, of the project, of the user, and those that come with
/// flow. An engine is added by dropping its folder there.
package final class EngineShelf: Sendable {
    /// Where engines come from. What stands first goes before.
    package enum Origin: String, Sendable, Hashable, CaseIterable {
        case project, user, builtin
    }

    /// An engine's folder as it was found.
    package struct Entry: Sendable {
        package var name: String
        package var folder: String
        package var origin: Origin
        package var manifest: Result<EngineManifest, EngineProblem>
        /// Folders of the same name further back, which count for nothing here.
        package var hidden: [String] = []
    }

    private let places: @Sendable () -> [(folder: String, origin: Origin)]
    private let kept = Mutex<[String: Entry?]>([:])

    /// The engines of these folders.
    package init(_ folders: [(folder: String, origin: Origin)]) {
        let folders = folders.map { ($0.folder, $0.origin) }
        places = { folders.map { (folder: $0.0, origin: $0.1) } }
    }

    /// The engines for work in some folders: `engines/` there, those of `FLOW_ENGINES`, of the user, and of flow itself.
    /// Nothing is read before an engine is looked for.
    package init(for folders: [String], environment: [String: String]) {
        places = { Self.places(for: folders, environment) }
    }

    private static func places(
        for folders: [String], _ environment: [String: String]
    ) -> [(folder: String, origin: Origin)] {
        var found: [(folder: String, origin: Origin)] = []
        var seen: Set<String> = []
        func add(_ folder: String, _ origin: Origin) {
            guard let real = try? File.realPath(folder), seen.insert(real).inserted else { return }
            found.append((real, origin))
        }
        let builtin = installedFolders()
        for folder in builtin { if let real = try? File.realPath(folder) { seen.insert(real) } }
        for folder in folders where FilePath.isAbsolute(folder) {
            add(FilePath.join(folder, "engines"), .project)
            if let root = projectRoot(from: folder) { add(FilePath.join(root, "engines"), .project) }
        }
        let here = (try? File.currentDirectory()) ?? "/"
        for folder in (environment["FLOW_ENGINES"] ?? "").split(separator: ":") {
            add(FilePath.join(here, String(folder)), .project)
        }
        add(FilePath.join(FlowHome.path(environment), "engines"), .user)
        seen = seen.subtracting(builtin.compactMap { try? File.realPath($0) })
        for folder in builtin { add(folder, .builtin) }
        return found
    }

    /// The nearest folder, here or above, that a project begins at.
    private static func projectRoot(from folder: String) -> String? {
        var folder = FilePath.normalise(folder)
        while true {
            if File.isDirectory(FilePath.join(folder, ".flow")) || File.exists(FilePath.join(folder, "flow.yaml")) {
                return folder
            }
            let parent = FilePath.dirname(folder)
            if parent == folder { return nil }
            folder = parent
        }
    }

    /// Where the engines that come with flow lie: `share/flow` beside the program, or the package when the program runs
    /// from its build folder.
    private static func installedFolders() -> [String] {
        guard let program = try? File.realPath("/proc/self/exe") else { return [] }
        var folders = [FilePath.normalise(FilePath.join(FilePath.dirname(program), "../share/flow/engines"))]
        if let range = program.firstRange(of: "/.build/") {
            folders.append(FilePath.join(String(program[..<range.lowerBound]), "engines"))
        }
        return folders
    }

    /// All engines in the order of their names.
    package func entries() -> [Entry] {
        var entries: [String: Entry] = [:]
        for place in places() {
            for entry in (try? File.list(place.folder)) ?? [] {
                let folder = FilePath.join(place.folder, entry.name)
                guard File.exists(FilePath.join(folder, EngineManifestReader.file)) else { continue }
                if entries[entry.name] != nil {
                    entries[entry.name]?.hidden.append(folder)
                } else {
                    entries[entry.name] = Self.entry(entry.name, folder, place.origin)
                }
            }
        }
        return entries.values.sorted { $0.name < $1.name }
    }

    /// The engine of a name, read anew; nil when there is none.
    package func entry(_ name: String) -> Entry? {
        guard DocumentReader.isIdentifier(name) else { return nil }
        for place in places() {
            let folder = FilePath.join(place.folder, name)
            guard File.exists(FilePath.join(folder, EngineManifestReader.file)) else { continue }
            return Self.entry(name, folder, place.origin)
        }
        return nil
    }

    /// The engine of a name as it was when it was first looked for: a compiler asks once for each node.
    func keptEntry(_ name: String) -> Entry? {
        if let known = kept.withLock({ $0[name] }) { return known }
        let entry = entry(name)
        kept.withLock { $0[name] = .some(entry) }
        return entry
    }

    /// The engine of a name, or why it cannot be used.
    package func manifest(_ name: String) throws(EngineProblem) -> EngineManifest {
        guard let entry = entry(name) else {
            let names = entries().map(\.name)
            let near = Spelling.nearest(to: name, among: names).map { "; did you mean `\($0)`?" }
            let known = names.isEmpty ? "; none is installed" : "; there are \(names.joined(separator: ", "))"
            throw EngineProblem(message: "there is no engine `\(name)`" + (near ?? known))
        }
        return try entry.manifest.get()
    }

    private static func entry(_ name: String, _ folder: String, _ origin: Origin) -> Entry {
        let manifest: Result<EngineManifest, EngineProblem>
        do throws(EngineProblem) {
            manifest = .success(try EngineManifestReader.read(folder: folder))
        } catch {
            manifest = .failure(error)
        }
        return Entry(name: name, folder: folder, origin: origin, manifest: manifest)
    }
}
