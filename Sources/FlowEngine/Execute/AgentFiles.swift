// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import YAML

/// The files of agents in some folders, by the names of their agents. A roster has many agents and a workflow few, so they
/// are only read where they are used.
struct AgentFiles {
    struct AgentFile {
        /// The agent's name.
        var name: String
        /// The file's name.
        var file: String
        var folder: String

        /// Whether the file gives the agent tools.
        var hasTools: Bool {
            guard let bytes = source?.bytes, let document = YAMLDocument.parse(bytes).document,
                document.kind(of: document.root) == .mapping,
                let tools = document.value(of: document.root, forKey: "tools")
            else { return false }
            return document.count(of: tools) > 0
        }

        /// The text of the file; nil when it cannot be read.
        var source: WorkflowSource? {
            let path = FilePath.join(folder, file)
            guard let bytes = try? File.read(path, limit: 1 << 20) else { return nil }
            return WorkflowSource(name: path, bytes: bytes, directory: folder)
        }
    }

    private(set) var files: [AgentFile] = []

    /// Lists the folders; of files with one name the first one counts.
    ///
    /// - Parameter checked: folders whose agents are called as their files say. In the others a file is called like its
    ///   agent, and is not read for its name.
    init(folders: [String], checked: Set<String>) {
        var seen: Set<String> = []
        for folder in folders {
            for entry in (try? File.list(folder)) ?? [] where entry.name.hasSuffix(".yaml") && entry.kind == .file {
                guard !seen.contains(entry.name) else { continue }
                var file = AgentFile(name: String(entry.name.prefix { $0 != "." }), file: entry.name, folder: folder)
                if checked.contains(folder) {
                    guard let source = file.source else { continue }
                    // A file without a name has faults, which are told under that of the file.
                    file.name = Compiler(kinds: []).compileAgent(source).0?.name ?? file.name
                }
                seen.insert(entry.name)
                files.append(file)
            }
        }
    }

    /// The agents that these can lead to: themselves, or all when one of them has tools, which may be workflows.
    func reached(from names: Set<String>?) -> Set<String>? {
        guard let names else { return nil }
        let mayReachOthers = files.contains { names.contains($0.name) && $0.hasTools }
        return mayReachOthers ? nil : names
    }

    /// The agents as far as a compiler asks for them: their names.
    var named: [AgentDefinition] { files.map { AgentDefinition(name: $0.name, instructions: "") } }
}
