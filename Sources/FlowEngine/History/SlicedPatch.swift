// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import YAML

/// Applies a patch to the text of a large workflow by way of the few nodes that it names: those alone are compiled as they
/// were, and only the new text as a whole.
enum SlicedPatch {
    /// Texts below this size, in bytes, are compiled as a whole, twice.
    private static let smallest = 128 << 10

    /// The changed workflow, and in what it differs; nil where the whole has to be compared, and where there are faults, which
    /// then have their words from the whole.
    static func apply(
        _ patch: WorkflowPatch, to run: RunSummary, _ inputs: JSONObject, _ reader: RunReader, _ loader: WorkflowLoader
    ) async throws(EngineError) -> PatchedWorkflow.Compared? {
        let names = patch.changedNodes
        guard !names.isEmpty, patch.diagnostics.isEmpty, let manifest = try await reader.json(run.source),
            let entry = manifest["entry"]?.stringValue, let files = manifest["files"]?.objectValue
        else { return nil }
        let folder = reader.layout.source(run.source.hex)
        guard let text = try? StoredSource(folder: folder).text(of: entry), text.count >= smallest,
            let agents = agents(files.keys.filter { $0 != entry }, in: folder), let cut = NodeSlices(text),
            names.allSatisfy(cut.has)
        else { return nil }
        var old = SourceBundle(entry: entry, files: agents)
        old.files[entry] = cut.text(of: names).bytes
        let before = loader.load(old, name: entry)
        guard let definition = before.compilation.definition, definition.nodes.count == names.count,
            let (changed, given, pins) = patch.changes(of: definition, loader)
        else { return nil }
        let targets = changed.map { TreePatch.Target(path: ["nodes", $0.key], change: $0.value) }
        guard let bytes = old.files[entry], let edited = TreePatch.text(bytes, targets),
            let pieces = NodeSlices(edited), cut.hasSameFrame(as: pieces), let whole = cut.replacing(by: pieces)
        else { return nil }
        var bundle = SourceBundle(entry: entry, files: agents)
        bundle.files[entry] = whole
        bundle.editedFrom = (FilePath.basename(folder), entry)
        let workflow = loader.load(bundle, name: entry)
        guard let plan = workflow.compilation.plan else { return nil }
        var patched = PatchedWorkflow(
            workflow: workflow, inputs: inputs, pins: pins, changedFiles: whole == text ? [] : [entry], faults: [])
        patch.bind(given, &patched)
        guard patched.faults.isEmpty else { return nil }
        if patched.changedFiles.isEmpty { return PatchedWorkflow.Compared(patched: patched, diff: DefinitionDiff()) }
        // All other nodes are written as they were, and what surrounds them is too.
        var after = plan.definition
        after.nodes = names.compactMap { plan.index(of: $0) }.sorted().map { plan.nodes[$0] }
        return PatchedWorkflow.Compared(
            patched: patched,
            diff: DefinitionDiff(
                old: definition, new: after, oldSurroundings: WorkflowSurroundings(of: before),
                newSurroundings: WorkflowSurroundings(of: workflow)))
    }

    /// The files of agents; nil when there are others, since which of those a node can read depends on what all nodes name.
    private static func agents(_ paths: [String], in folder: String) -> [String: [UInt8]]? {
        var files: [String: [UInt8]] = [:]
        for path in paths {
            guard path.hasPrefix(SourceBundle.agentFolder + "/"),
                let bytes = try? File.read(FilePath.join(folder, path), limit: WorkflowLoader.largestFile)
            else { return nil }
            files[path] = bytes
        }
        return files
    }
}

extension PatchedWorkflow {
    /// A workflow with a patch applied, and in what it differs from the one before.
    struct Compared {
        var patched: PatchedWorkflow
        var diff: DefinitionDiff
    }
}

extension WorkflowPatch {
    /// The nodes whose text the patch changes, or that it pins.
    fileprivate var changedNodes: Set<String> {
        var names: Set<String> = []
        for part in parts {
            for key in ["nodes", "pin"] {
                guard let nodes = part.document.value(of: part.document.root, forKey: key) else { continue }
                for pair in part.document.pairs(of: nodes) { names.insert(part.document.string(of: pair.key)) }
            }
        }
        return names
    }

    /// What the patch changes; nil when it has faults.
    fileprivate func changes(
        of definition: WorkflowDefinition, _ loader: WorkflowLoader
    ) -> (nodes: JSONObject, inputs: JSONObject, pins: [String: JSONObject])? {
        var changes = JSONValue.object(JSONObject())
        var given = JSONObject()
        var pins: [String: JSONObject] = [:]
        for part in parts {
            var check = PatchCheck(part, definition, loader.kinds, directory: directory)
            check.check()
            guard check.reader.diagnostics.isEmpty else { return nil }
            changes = changes.followed(by: .object(check.nodes))
            for member in check.inputs { given[member.key] = member.value }
            pins.merge(check.pins) { _, new in new }
        }
        return (changes.objectValue ?? JSONObject(), given, pins)
    }
}
