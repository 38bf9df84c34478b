// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore

/// The private Python environment of an engine, and the words by which its program is started.
package struct EngineEnvironment: Sendable {
    package let manifest: EngineManifest
    private let home: String

    /// The environment of an engine for this user.
    package init(_ manifest: EngineManifest, environment: [String: String]) {
        self.manifest = manifest
        home = FlowHome.path(environment)
    }

    /// The folder that holds what installing engines needs.
    package var tools: String { FilePath.join(home, "engine-environments") }

    /// The environment's folder. Engines with the same requirements share one.
    package var folder: String? {
        guard let python = manifest.python else { return nil }
        let text = (try? File.read(python.requirements, limit: 4 << 20)) ?? []
        let key = Digest(of: text + Array(python.versions.joined(separator: " ").utf8)).hex.prefix(12)
        return FilePath.join(tools, "\(FilePath.basename(python.requirements).prefix { $0 != "." })-\(key)")
    }

    package var python: String? { folder.map { FilePath.join($0, "bin/python") } }

    /// Is written when all is installed.
    package var stamp: String? { folder.map { FilePath.join($0, ".flow-installed") } }

    /// Whether all that the engine needs is installed, as far as that can be told without starting it.
    package var isInstalled: Bool {
        guard let python, let stamp else { return true }
        return File.exists(stamp) && File.isExecutable(python)
    }

    /// The program and its arguments with full paths.
    ///
    /// - Parameter path: where programs without a path are looked for.
    package func words(path: String) throws(EngineProblem) -> [String] {
        var words = manifest.command
        if words[0] == "python", let python {
            guard isInstalled else {
                throw EngineProblem(
                    message: "the engine `\(manifest.name)` is not installed: `flow engine install \(manifest.name)`")
            }
            words[0] = python
        } else if words[0].contains("/") {
            words[0] = FilePath.normalise(FilePath.join(manifest.folder, words[0]))
            guard File.isExecutable(words[0]) else {
                throw EngineProblem(message: "the engine `\(manifest.name)` cannot be started: no program \(words[0])")
            }
        } else if !path.split(separator: ":").contains(where: { File.isExecutable(FilePath.join(String($0), words[0])) }
        ) {
            throw EngineProblem(message: "the engine `\(manifest.name)` needs `\(words[0])`, which is not in PATH")
        }
        // Words that name files of the engine are its files.
        for place in words.indices.dropFirst() where !words[place].hasPrefix("-") && !words[place].isEmpty {
            let file = FilePath.join(manifest.folder, words[place])
            if !FilePath.isAbsolute(words[place]), File.exists(file) { words[place] = file }
        }
        return words
    }
}
