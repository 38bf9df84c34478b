// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore

/// A node of a run with what of its workflow surrounds it. Of a large workflow only the node is compiled.
struct NodeSite: Sendable {
    var node: NodeDefinition
    /// The workflow; of its nodes perhaps this one alone.
    var definition: WorkflowDefinition
    var surroundings: WorkflowSurroundings
    /// Nil where no node stands in for another one.
    var plan: Plan?

    /// Texts below this size, in bytes, are compiled as a whole.
    private static let smallest = 128 << 10

    /// The site of a node; nil if the workflow of the run has no such node.
    static func read(
        _ name: String, of run: RunSummary, reader: RunReader, loader: WorkflowLoader
    ) async throws(EngineError) -> NodeSite? {
        if let alone = try await alone(name, of: run, reader, loader) { return alone }
        let workflow = try await reader.workflow(of: run, loader: loader)
        guard let plan = workflow.compilation.plan else {
            throw EngineError(.invalidWorkflow, "this version of flow cannot compile the workflow of run \(run.id)")
        }
        guard let index = plan.index(of: name) else { return nil }
        return NodeSite(
            node: plan.nodes[index], definition: plan.definition, surroundings: WorkflowSurroundings(of: workflow),
            plan: plan)
    }

    /// The node cut out of the text; nil where other parts of the workflow may have a say in it.
    private static func alone(
        _ name: String, of run: RunSummary, _ reader: RunReader, _ loader: WorkflowLoader
    ) async throws(EngineError) -> NodeSite? {
        guard let manifest = try await reader.json(run.source), let entry = manifest["entry"]?.stringValue,
            let files = manifest["files"]?.objectValue
        else { return nil }
        // Which files a node can read depends on what all nodes name.
        guard files.keys.allSatisfy({ $0 == entry || $0.hasPrefix(SourceBundle.agentFolder + "/") }) else { return nil }
        let folder = reader.layout.source(run.source.hex)
        guard let text = try? StoredSource(folder: folder).text(of: entry), text.count >= smallest,
            let cut = NodeSlices.text(of: name, in: text)
        else { return nil }
        let workflow = loader.load(
            WorkflowSource(
                name: entry, bytes: cut, directory: folder,
                readFile: { try? File.read($0, limit: WorkflowLoader.largestFile) }),
            entry: entry, agentFolders: [FilePath.join(folder, SourceBundle.agentFolder)])
        guard let definition = workflow.compilation.definition, definition.nodes.count == 1,
            let node = definition.nodes.first, node.id == name, !["", "plan", "workflow"].contains(node.kind)
        else { return nil }
        return NodeSite(
            node: node, definition: definition, surroundings: WorkflowSurroundings(of: workflow), plan: nil)
    }
}
