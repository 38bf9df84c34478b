// SPDX-License-Identifier: Apache-2.0

import FileSystem
public import FlowCore
public import FlowEngine
import YAML

/// The workflow of a run with what the run has found out written down in it: the lists of its fan-outs, its planned nodes and
/// its inputs. It can be read, edited and run again as any other.
///
/// The text is edited, not made anew: only the entries that change lose their layout.
public struct WorkflowEjection: Sendable {
    /// The workflow's text.
    public var text: String
    /// The files that it needs beside it: agents, sub-workflows, programs.
    public var files: [EjectedFile]
    /// What was written down, and what could not be.
    public var notes: [String]

    /// Writes the workflow of a run out. Throws what stops reading the run, and `invalidWorkflow` when its workflow cannot be
    /// compiled or the result could not.
    public static func make(
        of run: RunSummary, reader: RunReader, loader: WorkflowLoader
    ) async throws(EngineError) -> WorkflowEjection {
        let workflow = try await reader.workflow(of: run, loader: loader)
        guard let plan = workflow.compilation.plan else {
            throw EngineError(.invalidWorkflow, "this version of flow cannot compile the workflow of run \(run.id)")
        }
        var changes = EjectedChanges(plan: plan)
        try await changes.addNodes(of: run, reader, loader)
        try await changes.addInputs(of: run, reader)
        var bundle = workflow.bundle
        for path in [bundle.entry] + bundle.files.keys.sorted().filter({ $0 != bundle.entry }) {
            guard !changes.open.isEmpty, let bytes = bundle.files[path], path.hasSuffix(".yaml") || path == bundle.entry
            else { continue }
            bundle.files[path] = changes.apply(to: bytes)
        }
        for key in changes.open.keys.sorted() { changes.notes.append("`\(key)` could not be found in the text") }
        let made = loader.load(bundle, name: bundle.entry)
        guard made.compilation.plan != nil else {
            let fault = made.compilation.diagnostics.first { $0.severity == .error }?.message ?? "it has faults"
            throw EngineError(.invalidWorkflow, "the workflow of run \(run.id) cannot be written out: \(fault)")
        }
        let main = bundle.files.removeValue(forKey: bundle.entry) ?? []
        removeIdleAgents(from: &bundle, main, plan.definition)
        let comment = "# The workflow of run \(run.id), written out.\n"
        let hasMark = main.starts(with: [0xEF, 0xBB, 0xBF])
        return WorkflowEjection(
            text: (hasMark ? "" : comment) + String(decoding: main, as: UTF8.self),
            files: bundle.files.sorted { $0.key < $1.key }.map { path, bytes in
                let agents = SourceBundle.agentFolder + "/"
                return EjectedFile(
                    path: path.hasPrefix(agents) ? "agents/\(path.dropFirst(agents.count))" : path, bytes: bytes)
            },
            notes: changes.notes)
    }
}

extension WorkflowEjection {
    /// Leaves out agents that the workflow defines itself, and those that no text of it names.
    private static func removeIdleAgents(
        from bundle: inout SourceBundle, _ main: [UInt8], _ definition: WorkflowDefinition
    ) {
        let agents = SourceBundle.agentFolder + "/"
        var texts = [main]
        for (path, bytes) in bundle.files where !path.hasPrefix(agents) && path.hasSuffix(".yaml") {
            texts.append(bytes)
        }
        for path in bundle.files.keys where path.hasPrefix(agents) {
            let name = String(FilePath.basename(path).prefix { $0 != "." })
            let isUsed = texts.contains { $0.firstRange(of: Array(name.utf8)) != nil }
            if !isUsed || definition.agents.contains(where: { $0.name == name }) { bundle.files[path] = nil }
        }
    }
}

/// A file that an ejected workflow needs beside it.
public struct EjectedFile: Sendable, Hashable {
    /// Relative to the workflow.
    public var path: String
    public var bytes: [UInt8]
}

/// What is to be written into a workflow's text.
private struct EjectedChanges {
    /// Changes that have not found their place yet, by what they are about: `nodes.NAME` or `inputs.NAME`. Each is the value
    /// of keys on the way below it.
    var open: [String: [(way: [String], value: JSONValue)]] = [:]
    var notes: [String] = []
    private let plan: Plan

    init(plan: Plan) { self.plan = plan }

    mutating func addNodes(of run: RunSummary, _ reader: RunReader, _ loader: WorkflowLoader) async throws(EngineError)
    {
        var children: [String: String] = [:]
        for recorded in try await reader.events(of: run.id) {
            switch recorded.event {
            case .nodeExpanded(let name, let keys, let items): try await addItems(name, keys.count, items, reader)
            case .nodeWaiting(let name, _, .run(let child)): children[name] = child
            default: break
            }
        }
        // Nodes that were taken over have their lists and plans in the run in which they ran.
        for row in try await reader.nodes(of: run.id) {
            guard let origin = row.origin, origin != run.id else { continue }
            for recorded in try await reader.events(of: origin) where recorded.event.node == row.node {
                switch recorded.event {
                case .nodeExpanded(let name, let keys, let items): try await addItems(name, keys.count, items, reader)
                case .nodeWaiting(let name, _, .run(let child)): children[name] = child
                default: break
                }
            }
        }
        for (name, child) in children.sorted(by: { $0.key < $1.key }) {
            guard let index = plan.index(of: name), plan.nodes[index].kind == "plan" else { continue }
            try await addPlan(name, child, reader, loader)
        }
        for node in plan.nodes where node.kind == "plan" && children[node.id] == nil {
            notes.append("the plan of `\(node.id)` stays as it was: it has not run, or as a fan-out")
        }
    }

    private mutating func addItems(
        _ name: String, _ count: Int, _ digest: Digest, _ reader: RunReader
    ) async throws(EngineError) {
        guard let index = plan.index(of: name), let foreach = plan.nodes[index].options.foreach, foreach.shape == .list,
            !foreach.items.isConstant, let items = try await reader.json(digest)
        else { return }
        if items.namesStoreFiles {
            notes.append("the list of `\(name)` stays as it was: it names files of the run")
            return
        }
        open["nodes.\(name)"] = [(["foreach", "items"], items.asLiteral)]
        notes.append("`\(name)` goes over the \(count) items of the run")
    }

    private mutating func addPlan(
        _ name: String, _ child: String, _ reader: RunReader, _ loader: WorkflowLoader
    ) async throws(EngineError) {
        guard let summary = try await reader.summary(of: child) else { return }
        let text = try await reader.workflow(of: summary, loader: loader).bundle
        guard let bytes = text.files[text.entry], let document = try? JSONValue.parse(bytes),
            let nodes = document["nodes"]?.objectValue
        else {
            notes.append("the plan of `\(name)` stays as it was: it cannot be read")
            return
        }
        var plan = JSONObject()
        for key in ["nodes", "finally", "outputs"] { plan[key] = document[key]?.asLiteral }
        open["nodes.\(name)"] = [(["plan"], .object(plan))]
        notes.append("`\(name)` has the \(nodes.count) nodes that were planned")
    }

    mutating func addInputs(of run: RunSummary, _ reader: RunReader) async throws(EngineError) {
        let (inputs, _) = try await reader.inputs(of: run)
        for input in plan.definition.inputs {
            guard let value = inputs[input.name], !value.isNull, value != input.fallback else { continue }
            if input.kind == .file || input.kind == .files {
                notes.append("the input `\(input.name)` has to be given: it is a file")
            } else {
                open["inputs.\(input.name)"] = [(["default"], value)]
            }
        }
    }

    // MARK: Text

    /// The text with all changes that have their place in it.
    mutating func apply(to bytes: [UInt8]) -> [UInt8] {
        guard let document = YAMLDocument.parse(bytes).document else { return bytes }
        let value = document.json(document.root)
        var sections: [String: JSONObject] = [:]
        for (key, changes) in open {
            let words = key.split(separator: ".", maxSplits: 1).map(String.init)
            for section in words[0] == "nodes" ? ["nodes", "finally"] : [words[0]] {
                guard let entry = value[section]?[words[1]] else { continue }
                var changed = entry
                for change in changes { changed = changed.setting(change.way[...], to: change.value) }
                sections[section, default: JSONObject()][words[1]] = changed
                open[key] = nil
            }
        }
        guard !sections.isEmpty else { return bytes }
        return EjectedText(document).replacing(sections) ?? bytes
    }
}

extension JSONValue {
    /// The value with a member replaced, at the end of a way of keys.
    fileprivate func setting(_ way: ArraySlice<String>, to value: JSONValue) -> JSONValue {
        guard let key = way.first else { return value }
        var object = objectValue ?? JSONObject()
        object[key] = (object[key] ?? .null).setting(way.dropFirst(), to: value)
        return .object(object)
    }

    /// The value as it is written where templates are read: `${{` stands for itself.
    fileprivate var asLiteral: JSONValue {
        switch self {
        case .string(let text): .string(text.asLiteral)
        case .array(let items): .array(items.map(\.asLiteral))
        case .object(let object):
            .object(JSONObject(object.map { JSONObject.Member(key: $0.key, value: $0.value.asLiteral) }))
        default: self
        }
    }

    /// Whether a text in it is the path of a file that a run keeps.
    fileprivate var namesStoreFiles: Bool {
        switch self {
        case .string(let text): text.hasPrefix("/") && text.contains("/runs/")
        case .array(let items): items.contains(where: \.namesStoreFiles)
        case .object(let object): object.contains { $0.value.namesStoreFiles }
        default: false
        }
    }
}
