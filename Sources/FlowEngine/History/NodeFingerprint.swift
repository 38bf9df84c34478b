// SPDX-License-Identifier: Apache-2.0

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
    /// The run and node that the result comes from, if that is another run.
    public var origin: NodeOrigin?
    /// What the node put out: `outputs`, and `artifacts` by digest.
    public var result: JSONValue?
    private var site: NodeSite?

    private init(node: String, run: RunSummary, parts: [NormalForm.Part], status: NodeStatus?) {
        self.node = node
        self.run = run
        self.parts = parts
        self.status = status
    }

    /// Works the fingerprint out from what a run keeps; nil if its workflow has no such node.
    ///
    /// - Parameter known: the fingerprint of the node in another run, which may be of the same workflow.
    public static func read(
        _ name: String, of run: RunSummary, reader: RunReader, loader: WorkflowLoader, known: NodeFingerprint? = nil
    ) async throws(EngineError) -> NodeFingerprint? {
        var found = known.flatMap { $0.node == name && $0.run.source == run.source ? $0.site : nil }
        if found == nil { found = try await NodeSite.read(name, of: run, reader: reader, loader: loader) }
        guard let site = found else { return nil }
        let reads = NodeReads(of: site.node, in: site.definition)
        var parts = NormalForm(of: site.node).parts
        parts += site.surroundings.parts(of: site.node, in: site.definition, reads: reads)
        let (inputs, _) = try await reader.inputs(of: run)
        for input in site.definition.inputs where reads.readsAllInputs || reads.inputs.contains(input.name) {
            let isFile = input.kind == .file || input.kind == .files
            let value = inputs[input.name] ?? .null
            parts.append(NormalForm.Part("inputs.\(input.name)", isFile ? InputContent.part(of: value) : value))
        }
        for other in site.plan.map({ read(reads.nodes, $0) }) ?? reads.nodes.sorted() {
            let row = try await reader.node(other, of: run.id)
            let record = try await row?.result.asyncMap(reader.json)
            parts.append(
                NormalForm.Part("nodes.\(other)", .object(part(status: row?.status ?? .pending, record: record))))
        }
        let row = try await reader.node(name, of: run.id)
        // What a person gave comes from the run itself.
        if let row, row.status == .reused, row.origin == run.id { parts.append(NormalForm.Part("pinned", true)) }
        var fingerprint = NodeFingerprint(node: name, run: run, parts: parts, status: row?.status)
        fingerprint.result = try await row?.result.asyncMap(reader.json)
        fingerprint.site = site
        fingerprint.origin = try await reader.origin(of: row, in: run.id)
        return fingerprint
    }

    /// The nodes that are named, and those that stand in for them.
    static func read(_ names: Set<String>, _ plan: Plan) -> [String] {
        var all = names
        for name in names {
            var next = plan.index(of: name)
            while let index = next, let other = plan.fallback(of: index), all.insert(plan.nodes[other].id).inserted {
                next = other
            }
        }
        return all.sorted()
    }

    /// What another node puts out, as what a node depends on. Whether a result was made or taken over is no difference.
    static func part(status: NodeStatus, record: JSONValue?) -> JSONObject {
        var object = JSONObject()
        object["status"] = .string((status == .reused ? .succeeded : status).rawValue)
        if let record { for member in comparable(record) { object[member.key] = member.value } }
        return object
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
}

extension Optional where Wrapped == Digest {
    fileprivate func asyncMap(
        _ body: (Digest) async throws(EngineError) -> JSONValue?
    ) async throws(EngineError) -> JSONValue? {
        guard let digest = self else { return nil }
        return try await body(digest)
    }
}
