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
        /// The agent, where the file has been read and has no faults.
        var agent: AgentDefinition?

        /// Whether the file gives the agent tools.
        var hasTools: Bool {
            if let agent { return !agent.tools.isEmpty }
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
                    file.agent = Compiler(kinds: []).compileAgent(source).0
                    file.name = file.agent?.name ?? file.name
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

    /// The agents as a compiler is given them: those whose names stand in the text of the workflow whole, since their
    /// schemas, tools and permissions count, all others by their names alone.
    mutating func known(to text: [UInt8]) -> [AgentDefinition] {
        let words = Self.words(in: text)
        for place in files.indices where files[place].agent == nil && words.contains(files[place].name) {
            files[place].agent = files[place].source.flatMap { Compiler(kinds: []).compileAgent($0).0 }
        }
        return files.map { $0.agent ?? AgentDefinition(name: $0.name, instructions: "") }
    }

    /// The words of a text that may be names; none of a very long one, which a program wrote.
    private static func words(in text: [UInt8]) -> Set<String> {
        guard text.count <= 1 << 20 else { return [] }
        var words: Set<String> = []
        for word in text.split(whereSeparator: { byte in
            !((0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == 0x5F || byte == 0x2D)
        }) where word.count <= 64 {
            words.insert(String(decoding: word, as: UTF8.self))
        }
        return words
    }
}
