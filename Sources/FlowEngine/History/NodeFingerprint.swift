// SPDX-License-Identifier: Apache-2.0

import FileSystem
public import FlowCore

/// All that the result of a node of a run depends on, as named parts: the parts of its definition (see `NormalForm`), the
/// agent and the files that it uses, `inputs.NAME` for the inputs that it reads, and `nodes.NAME` for the results.
public struct NodeFingerprint: Sendable {
    public var node: String
    /// The run that the node is of.
    public var run: RunSummary
    public var parts: [NormalForm.Part]
    /// How the node stood; nil if the run had not come to it.
    public var status: NodeStatus?
    /// What the node put out: `outputs`, and `artifacts` by digest.
    public var result: JSONValue?

    /// Works the fingerprint out from what a run keeps; nil if its workflow has no such node.
    public static func read(
        _ name: String, of run: RunSummary, reader: RunReader, loader: WorkflowLoader
    ) async throws(EngineError) -> NodeFingerprint? {
        let workflow = try await reader.workflow(of: run, loader: loader)
        guard let plan = workflow.compilation.plan else {
            throw EngineError(.invalidWorkflow, "this version of flow cannot compile the workflow of run \(run.id)")
        }
        guard let index = plan.index(of: name) else { return nil }
        let node = plan.nodes[index]
        let reads = NodeReads(of: node, in: plan.definition)
        var parts = NormalForm(of: node).parts
        parts += WorkflowSurroundings(of: workflow).parts(of: node, in: plan.definition, reads: reads)
        let (inputs, _) = try await reader.inputs(of: run)
        for input in plan.definition.inputs where reads.readsAllInputs || reads.inputs.contains(input.name) {
            parts.append(
                NormalForm.Part("inputs.\(input.name)", Self.content(inputs[input.name] ?? .null, of: input.kind)))
        }
        var rows: [String: NodeSummary] = [:]
        for row in try await reader.nodes(of: run.id) { rows[row.node] = row }
        for other in Self.read(reads.nodes, plan) {
            parts.append(NormalForm.Part("nodes.\(other)", try await Self.record(rows[other], reader)))
        }
        return NodeFingerprint(
            node: name, run: run, parts: parts, status: rows[name]?.status,
            result: try await rows[name]?.result.asyncMap(reader.json))
    }

    /// The nodes that are named, and those that stand in for them.
    private static func read(_ names: Set<String>, _ plan: Plan) -> [String] {
        var all = names
        for name in names {
            var next = plan.index(of: name)
            while let index = next, let other = plan.fallback(of: index), all.insert(plan.nodes[other].id).inserted {
                next = other
            }
        }
        return all.sorted()
    }

    private static func record(_ row: NodeSummary?, _ reader: RunReader) async throws(EngineError) -> JSONValue {
        var object = JSONObject()
        // Whether a result was made or taken over is no difference.
        let status = row?.status ?? .pending
        object["status"] = .string((status == .reused ? .succeeded : status).rawValue)
        if let digest = row?.result, let record = try await reader.json(digest) {
            for member in Self.comparable(record) { object[member.key] = member.value }
        }
        return .object(object)
    }

    /// A stored result without the paths of its files, which are told by their digests.
    static func comparable(_ record: JSONValue) -> JSONObject {
        var object = JSONObject()
        let paths = record["paths"]?["outputs"]?.objectValue ?? JSONObject()
        var outputs = record["outputs"]?.objectValue ?? JSONObject()
        for member in paths { outputs[member.key] = nil }
        object["outputs"] = .object(outputs)
        var files = JSONObject()
        for member in record["artifacts"]?.objectValue ?? JSONObject() {
            files[member.key] = member.value["digest"] ?? .null
        }
        if !files.isEmpty { object["artifacts"] = .object(files) }
        return object
    }

    /// The value of an input; a file is told by its name and content.
    private static func content(_ value: JSONValue, of kind: InputDefinition.Kind) -> JSONValue {
        func file(_ path: String) -> JSONValue {
            .string("\(FilePath.basename(path)) \(InputContent.digest(path)?.hex ?? "missing")")
        }
        switch (kind, value) {
        case (.file, .string(let path)): return file(path)
        case (.files, .array(let paths)): return .array(paths.map { $0.stringValue.map(file) ?? $0 })
        default: return value
        }
    }
}

extension Optional where Wrapped == Digest {
    fileprivate func asyncMap(
        _ body: (Digest) async throws(EngineError) -> JSONValue?
    ) async throws(EngineError) -> JSONValue? {
        guard let digest = self else { return nil }
        return try await body(digest)
    }
}
