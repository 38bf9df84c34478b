// SPDX-License-Identifier: Apache-2.0

import FileSystem
public import FlowCore
import YAML

extension WorkflowPatch {
    /// Applies the patch to the texts of a workflow and compiles what comes out.
    ///
    /// - Parameter inputs: the typed inputs of the old run; those of the patch take their place.
    public func apply(
        to workflow: LoadedWorkflow, inputs: JSONObject, loader: WorkflowLoader
    ) -> PatchedWorkflow {
        var result = PatchedWorkflow(workflow: workflow, inputs: inputs, pins: [:], changedFiles: [], faults: [])
        guard let definition = workflow.compilation.definition, workflow.compilation.plan != nil else {
            result.faults = [
                PatchedWorkflow.Faults(
                    sources: workflow.compilation.sources, diagnostics: workflow.compilation.diagnostics)
            ]
            return result
        }
        var found = diagnostics
        var changes = JSONValue.object(JSONObject())
        var given = JSONObject()
        for part in parts {
            var check = PatchCheck(part, definition, loader.kinds, directory: directory)
            check.check()
            found += check.reader.diagnostics
            changes = changes.followed(by: .object(check.nodes))
            for member in check.inputs { given[member.key] = member.value }
            result.pins.merge(check.pins) { _, new in new }
        }
        if found.isEmpty, let nodes = changes.objectValue, !nodes.isEmpty {
            found += edit(nodes, definition, loader, &result)
        }
        guard found.isEmpty else {
            result.faults = [PatchedWorkflow.Faults(sources: sources, diagnostics: found.inOrder())]
            return result
        }
        if result.workflow.compilation.plan == nil {
            result.faults = [
                PatchedWorkflow.Faults(
                    sources: result.workflow.compilation.sources, diagnostics: result.workflow.compilation.diagnostics)
            ]
            return result
        }
        bind(given, &result)
        return result
    }

    // MARK: Texts

    private func edit(
        _ nodes: JSONObject, _ definition: WorkflowDefinition, _ loader: WorkflowLoader,
        _ result: inout PatchedWorkflow
    ) -> [Diagnostic] {
        let sources = result.workflow.compilation.sources
        var bundle = result.workflow.bundle
        var targets: [String: [TreePatch.Target]] = [:]
        for member in nodes {
            guard let (node, phase) = Self.find(member.key, definition),
                let path = Self.path(of: node.idSpan, in: bundle, sources)
            else { continue }
            targets[path, default: []].append(TreePatch.Target(path: phase, change: member.value))
        }
        for (path, changes) in targets.sorted(by: { $0.key < $1.key }) {
            guard let bytes = bundle.files[path], let edited = TreePatch.text(bytes, changes) else {
                return [
                    Diagnostic(
                        .unsupportedYAML, "the text of \(path) cannot be changed in this way", at: .none,
                        help: ["edit the file, and give it with --workflow"])
                ]
            }
            if edited != bytes {
                bundle.files[path] = edited
                result.changedFiles.append(path)
            }
        }
        guard !result.changedFiles.isEmpty else { return [] }
        result.workflow = loader.load(bundle, name: sources.files.first?.name ?? bundle.entry)
        return []
    }

    /// A node, and the keys on the way to it in its file.
    private static func find(
        _ name: String, _ definition: WorkflowDefinition
    ) -> (NodeDefinition, path: [String])? {
        if let node = definition.nodes.first(where: { $0.id == name }) { return (node, ["nodes", name]) }
        guard let node = definition.finally.first(where: { $0.id == name }) else { return nil }
        // The names of handlers are made of those of their outcomes.
        for outcome in WorkflowSchema.handlers.map(\.name) where name == "on_\(outcome)" {
            return (node, ["handlers", outcome])
        }
        return (node, ["finally", name])
    }

    /// The path in the bundle of the file that a place is in.
    private static func path(of span: SourceSpan, in bundle: SourceBundle, _ sources: SourceMap) -> String? {
        guard span.file != 0 else { return bundle.entry }
        guard let file = sources.file(of: span), let main = sources.files.first else { return nil }
        let folder = FilePath.dirname(main.name)
        return bundle.files.keys.first { FilePath.normalise(FilePath.join(folder, $0)) == file.name }
    }

    // MARK: Inputs

    /// Gives the new workflow the inputs of the patch, and else those of the old run. An input that had its default gets
    /// the new one.
    func bind(_ given: JSONObject, _ result: inout PatchedWorkflow) {
        guard let definition = result.workflow.compilation.definition else { return }
        var values = JSONObject()
        for input in definition.inputs {
            values[input.name] = given[input.name] ?? result.inputs[input.name]
        }
        let binding = InputBinder(inputs: definition.inputs).bind(values)
        if let bound = binding.values {
            result.inputs = bound
            return
        }
        let faults = binding.problems.map { problem in
            let span = definition.inputs.first { $0.name == problem.input }?.span ?? definition.nameSpan
            return Diagnostic(
                problem.code, problem.message, at: span, help: ["give it: `--set inputs.\(problem.input)=…`"])
        }
        result.faults = [
            PatchedWorkflow.Faults(sources: result.workflow.compilation.sources, diagnostics: faults)
        ]
    }
}

extension WorkflowLoader {
    /// Compiles a workflow from a bundle in memory.
    ///
    /// - Parameter name: how diagnostics name its entry.
    public func load(_ bundle: SourceBundle, name: String) -> LoadedWorkflow {
        let folder = FilePath.dirname(name)
        var agents: [AgentDefinition] = []
        var problems: [(sources: SourceMap, diagnostics: [Diagnostic])] = []
        for (path, bytes) in bundle.files.sorted(by: { $0.key < $1.key })
        where path.hasPrefix(SourceBundle.agentFolder + "/") {
            let (agent, diagnostics, sources) = Compiler(kinds: kinds).compileAgent(
                WorkflowSource(name: path, bytes: bytes, directory: SourceBundle.agentFolder))
            if let agent { agents.append(agent) }
            if diagnostics.hasErrors { problems.append((sources, diagnostics)) }
        }
        var files: [String: [UInt8]] = [:]
        for (path, bytes) in bundle.files { files[FilePath.normalise(FilePath.join(folder, path))] = bytes }
        let known = files
        let source = WorkflowSource(
            name: name, bytes: bundle.files[bundle.entry] ?? [], directory: folder,
            readFile: { path in
                let path = FilePath.normalise(path)
                if let bytes = known[path] { return bytes }
                // A folder that belongs to the workflow is there when one of its files is.
                return known.keys.contains { $0.hasPrefix(path + "/") } ? [] : nil
            })
        let compilation = Compiler(kinds: kinds, agents: agents).compile(source)
        return LoadedWorkflow(compilation: compilation, agents: agents, agentProblems: problems, bundle: bundle)
    }
}
