// SPDX-License-Identifier: Apache-2.0

import FileSystem
public import FlowCore

/// The settings of a project and of its user, as their files say them.
public struct LoadedSettings: Sendable {
    public var models = ModelSettings()
    /// The budgets that runs share, of all files.
    public var budgets: [SharedBudget] = []
    /// What may go on at the same time, and what runs may take of the disk.
    public var quotas: [RunQuota] = []
    /// Whether a file that has faults says something of budgets: nobody knows what may be spent.
    public var budgetsAreUnknown = false
    /// The files that were read, that of the user first.
    public var files: [String] = []
    /// What is wrong in each file.
    public var problems: [(sources: SourceMap, diagnostics: [Diagnostic])] = []

    /// Settings that say nothing.
    public init() {}

    /// Whether they can be used.
    public var isSound: Bool { problems.allSatisfy { !$0.diagnostics.hasErrors } }

    /// The first fault in one line, with its place.
    var firstFault: String? {
        for (sources, diagnostics) in problems {
            if let first = diagnostics.first(where: { $0.severity == .error }) {
                let text = DiagnosticPrinter(.concise).text(first, in: sources)
                return String(text.prefix { !$0.isNewline })
            }
        }
        return nil
    }
}

/// Finds and reads settings: `flow.yaml` of the project, and `config.yaml` in the user's folder of flow.
public enum SettingsFiles {
    /// The name of a project's file.
    public static let projectFile = "flow.yaml"
    /// The name of a user's file.
    public static let userFile = "config.yaml"
    private static let largest = 1 << 20

    /// Reads the settings for work in a folder. The project's file is the nearest one in the folder or above it; what it
    /// names goes before what the user's file names.
    public static func load(from folder: String, environment: [String: String]) -> LoadedSettings {
        let user = FilePath.join(FlowHome.path(environment), userFile)
        return load([user] + (projectFile(from: folder).map { [$0] } ?? []))
    }

    /// Reads files, of which the later ones go before the earlier ones. A file that is not there says nothing.
    public static func load(_ paths: [String]) -> LoadedSettings {
        var loaded = LoadedSettings()
        for path in paths where File.exists(path) {
            let bytes: [UInt8]
            do {
                bytes = try File.read(path, limit: largest)
            } catch {
                var sources = SourceMap()
                let file = sources.add(SourceFile(name: path, text: ""))
                let place = SourceSpan(file: file, start: 0, end: 0)
                loaded.budgetsAreUnknown = true
                loaded.problems.append(
                    (sources, [Diagnostic(.missingFile, "the settings cannot be read: \(error)", at: place)]))
                continue
            }
            let read = SettingsReader.read(bytes, name: path, known: loaded.models)
            loaded.files.append(path)
            if !read.diagnostics.isEmpty { loaded.problems.append((read.sources, read.diagnostics)) }
            if read.diagnostics.hasErrors, String(decoding: bytes, as: UTF8.self).contains("budgets") {
                loaded.budgetsAreUnknown = true
            }
            loaded.budgets += read.limits.budgets
            loaded.quotas += read.limits.quotas
            loaded.models = read.settings.completed(by: loaded.models)
        }
        return loaded
    }

    /// What is wrong in the text of a settings file that stands alone.
    public static func faults(in bytes: [UInt8], name: String) -> [Diagnostic] {
        SettingsReader.read(bytes, name: name, known: ModelSettings()).diagnostics
    }

    /// The nearest `flow.yaml` in a folder or above it.
    static func projectFile(from folder: String) -> String? {
        guard FilePath.isAbsolute(folder) else { return nil }
        var folder = FilePath.normalise(folder)
        while true {
            let candidate = FilePath.join(folder, projectFile)
            if File.exists(candidate) { return candidate }
            let parent = FilePath.dirname(folder)
            if parent == folder || folder == "/" { return nil }
            folder = parent
        }
    }
}
