// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore

/// The files of agents in some folders, by the names of their agents. They are only compiled where they are used: a
/// roster has many agents, and a workflow few.
struct AgentFiles {
    struct AgentFile {
        /// The agent's name.
        var name: String
        /// The file's name.
        var file: String
        var folder: String
        var source: WorkflowSource
    }

    private(set) var files: [AgentFile] = []

    /// Reads the folders; of files with one name the first one counts.
    init(folders: [String]) {
        var seen: Set<String> = []
        for folder in folders {
            for file in (try? File.list(folder)) ?? [] where file.name.hasSuffix(".yaml") && file.kind == .file {
                let path = FilePath.join(folder, file.name)
                guard !seen.contains(file.name), let bytes = try? File.read(path, limit: 1 << 20) else { continue }
                seen.insert(file.name)
                let source = WorkflowSource(name: path, bytes: bytes, directory: folder)
                let name = Self.name(in: bytes) ?? Compiler(kinds: []).compileAgent(source).0?.name
                // A file without a name has faults, which are told under that of the file.
                let stem = String(file.name.prefix { $0 != "." })
                files.append(AgentFile(name: name ?? stem, file: file.name, folder: folder, source: source))
            }
        }
    }

    /// The agents as far as a compiler asks for them: their names.
    var named: [AgentDefinition] { files.map { AgentDefinition(name: $0.name, instructions: "") } }

    /// The plain name after `name:` at the beginning of a line; nil when it is written in another way.
    private static func name(in bytes: [UInt8]) -> String? {
        let key = Array("name:".utf8)
        var start = bytes.startIndex
        while start < bytes.endIndex {
            let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.endIndex
            if bytes[start..<end].starts(with: key) {
                let value = bytes[(start + key.count)..<end].filter { $0 != 0x20 && $0 != 0x0D }
                let isPlain = value.allSatisfy {
                    (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F
                }
                return isPlain && !value.isEmpty ? String(decoding: value, as: UTF8.self) : nil
            }
            start = end + 1
        }
        return nil
    }
}
