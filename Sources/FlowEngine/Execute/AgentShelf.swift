// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import Synchronization

/// The agents that runs keep with their sources, read once per source.
final class AgentShelf: Sendable {
    private let shelves = Mutex<[String: [String: AgentDefinition]]>([:])

    /// The agent of a name as the node's run keeps it.
    func agent(_ name: String, for context: NodeContext) -> AgentDefinition? {
        let folder = FilePath.join(context.workflowDirectory, SourceBundle.agentFolder)
        if let shelf = shelves.withLock({ $0[folder] }) { return shelf[name] }
        var shelf: [String: AgentDefinition] = [:]
        for entry in (try? File.list(folder)) ?? [] {
            let path = FilePath.join(folder, entry.name)
            guard let bytes = try? File.read(path, limit: 1 << 20) else { continue }
            let source = WorkflowSource(name: entry.name, bytes: bytes, directory: folder)
            if let agent = Compiler(kinds: []).compileAgent(source).0 { shelf[agent.name] = agent }
        }
        let read = shelf
        shelves.withLock { $0[folder] = read }
        return shelf[name]
    }
}
