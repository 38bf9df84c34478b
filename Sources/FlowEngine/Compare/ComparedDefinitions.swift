// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore

/// The definitions of two runs, as far as a comparison needs them.
struct ComparedDefinitions: Sendable {
    /// One run's definition.
    struct Side: Sendable {
        let workflow: WorkflowDefinition
        /// The compiled nodes, with their place in the text. Of a large workflow these are only those that were wanted.
        let nodes: [String: (node: NodeDefinition, place: Int, isFinal: Bool)]

        init(_ workflow: WorkflowDefinition) {
            self.workflow = workflow
            var nodes: [String: (NodeDefinition, Int, Bool)] = [:]
            nodes.reserveCapacity(workflow.nodes.count + workflow.finally.count)
            for node in workflow.nodes { nodes[node.id] = (node, nodes.count, false) }
            for node in workflow.finally { nodes[node.id] = (node, nodes.count, true) }
            self.nodes = nodes
        }

        func node(_ name: String) -> NodeDefinition? { nodes[name]?.node }
    }

    let base: Side
    let other: Side
    /// The parts of the workflow that differ.
    var workflow: [DefinitionChange] = []
    /// The parts of nodes that are in both and differ.
    var nodes: [String: [DefinitionChange]] = [:]
    var onlyInBase: Set<String> = []
    var onlyInOther: Set<String> = []

    /// Reads, and compiles what is needed.
    ///
    /// - Parameter wanted: nodes whose definition has to be there though it may be the same in both.
    static func read(
        _ base: ComparedRun, _ other: ComparedRun, wanted: Set<String>, reader: RunReader, loader: WorkflowLoader
    ) async throws(EngineError) -> ComparedDefinitions {
        let isSame = base.summary.source == other.summary.source
        if let sliced = sliced(base, other, wanted: wanted, reader, loader) { return sliced }
        // Two cores halve the wait for large workflows.
        async let first = compiled(base, reader, loader)
        guard !isSame else {
            let side = Side(try await ComparedDefinitions.get(first))
            return ComparedDefinitions(base: side, other: side)
        }
        async let second = compiled(other, reader, loader)
        let sides = (Side(try await ComparedDefinitions.get(first)), Side(try await ComparedDefinitions.get(second)))
        return ComparedDefinitions(comparing: sides.0, sides.1)
    }

    private static func get(
        _ result: Result<WorkflowDefinition, EngineError>
    ) throws(EngineError) -> WorkflowDefinition {
        try result.get()
    }

    private static func compiled(
        _ run: ComparedRun, _ reader: RunReader, _ loader: WorkflowLoader
    ) async -> Result<WorkflowDefinition, EngineError> {
        do throws(EngineError) {
            let workflow = try await reader.workflow(of: run.summary, loader: loader)
            guard let definition = workflow.compilation.definition else {
                throw EngineError(.invalidWorkflow, "the workflow of run \(run.summary.id) cannot be read any more")
            }
            return .success(definition)
        } catch {
            return .failure(error)
        }
    }

    private init(base: Side, other: Side) {
        self.base = base
        self.other = other
    }

    private init(comparing base: Side, _ other: Side) {
        self.init(base: base, other: other)
        workflow = DefinitionChange.between(base.workflow, other.workflow)
        for (name, entry) in base.nodes {
            guard let partner = other.nodes[name] else {
                onlyInBase.insert(name)
                continue
            }
            var changes = DefinitionChange.between(entry.node, partner.node)
            if entry.isFinal != partner.isFinal {
                changes.append(
                    DefinitionChange(
                        part: "section", old: entry.isFinal ? "finally" : "nodes",
                        new: partner.isFinal ? "finally" : "nodes"))
            }
            if !changes.isEmpty { nodes[name] = changes }
        }
        for name in other.nodes.keys where base.nodes[name] == nil { onlyInOther.insert(name) }
    }

    // MARK: Large workflows

    /// Sources below this size, in bytes, are compiled as a whole: that takes no longer than a blink.
    private static let smallest = 128 << 10

    /// Compiles only the nodes whose text differs and those that are wanted; nil where the text does not let itself be cut.
    private static func sliced(
        _ base: ComparedRun, _ other: ComparedRun, wanted: Set<String>, _ reader: RunReader, _ loader: WorkflowLoader
    ) -> ComparedDefinitions? {
        guard wanted.count < 10_000, let old = text(of: base, reader),
            old.count >= smallest, let cut = NodeSlices(old)
        else { return nil }
        if base.summary.source == other.summary.source {
            guard let side = side(cut, wanted, base, reader, loader) else { return nil }
            return ComparedDefinitions(base: side, other: side)
        }
        guard let new = text(of: other, reader), let newCut = NodeSlices(new), cut.hasSameFrame(as: newCut),
            let difference = cut.difference(to: newCut), difference.changed.count < 10_000
        else { return nil }
        let names = wanted.union(difference.changed).union(difference.removed).union(difference.added)
        guard let first = side(cut, names, base, reader, loader),
            let second = side(newCut, names, other, reader, loader)
        else { return nil }
        return ComparedDefinitions(comparing: first, second)
    }

    private static func text(of run: ComparedRun, _ reader: RunReader) -> [UInt8]? {
        try? StoredSource(folder: reader.layout.source(run.summary.source.hex)).text(of: run.entry)
    }

    private static func side(
        _ slices: NodeSlices, _ names: Set<String>, _ run: ComparedRun, _ reader: RunReader, _ loader: WorkflowLoader
    ) -> Side? {
        let text = slices.text(of: names)
        let folder = reader.layout.source(run.summary.source.hex)
        let workflow = loader.load(
            WorkflowSource(
                name: run.entry, bytes: text.bytes, directory: folder,
                readFile: { try? File.read($0, limit: WorkflowLoader.largestFile) }),
            entry: run.entry, agentFolders: [FilePath.join(folder, SourceBundle.agentFolder)])
        guard let definition = workflow.compilation.definition,
            definition.nodes.count == text.names.count, zip(definition.nodes, text.names).allSatisfy({ $0.id == $1 }),
            definition.nodes.allSatisfy({ !$0.kind.isEmpty })
        else { return nil }
        return Side(definition)
    }
}
