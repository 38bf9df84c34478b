// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import FlowEngine

/// What the server knows of the files around an open text.
public struct Surroundings: Sendable {
    /// Reads a file by its full path; nil when it cannot be read.
    public var readFile: @Sendable (_ path: String) -> [UInt8]?
    /// The names of the files in a folder.
    public var listFiles: @Sendable (_ folder: String) -> [String]
    /// The folders in which the agents of a workflow are looked for, the first wins.
    public var agentFolders: @Sendable (_ workflow: String) -> [String]

    /// Surroundings. By default there are none.
    public init(
        readFile: @escaping @Sendable (String) -> [UInt8]? = { _ in nil },
        listFiles: @escaping @Sendable (String) -> [String] = { _ in [] },
        agentFolders: @escaping @Sendable (String) -> [String] = { _ in [] }
    ) {
        self.readFile = readFile
        self.listFiles = listFiles
        self.agentFolders = agentFolders
    }

    /// The files of this machine.
    public static func machine(agentFolders: @escaping @Sendable (String) -> [String]) -> Surroundings {
        Surroundings(
            readFile: { try? File.read($0, limit: 64 << 20) },
            listFiles: { folder in
                ((try? File.list(folder)) ?? []).filter { $0.kind == .file }.map(\.name).sorted()
            }, agentFolders: agentFolders)
    }

    /// The agents that the nodes of a workflow may use.
    func agents(for workflow: String, kinds: [any NodeKind]) -> [KnownAgent] {
        var seen: Set<String> = []
        var found: [KnownAgent] = []
        for folder in agentFolders(workflow) {
            for name in listFiles(folder) where name.hasSuffix(".yaml") && seen.insert(name).inserted {
                let path = FilePath.join(folder, name)
                guard let bytes = readFile(path), bytes.count <= 1 << 20 else { continue }
                let source = WorkflowSource(name: path, bytes: bytes, directory: folder)
                guard let agent = Compiler(kinds: kinds).compileAgent(source).0 else { continue }
                found.append(KnownAgent(definition: agent, path: path))
            }
        }
        return found
    }
}

/// An agent and the file that it comes from.
struct KnownAgent: Sendable {
    var definition: AgentDefinition
    var path: String
}
