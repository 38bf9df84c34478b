// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore

/// What is read of a run and of the runs of its sub-workflows before it is written down for people.
struct RunFacts: Sendable {
    /// A run: the one that is told of, or that of a sub-workflow.
    struct Part: Sendable {
        var summary: RunSummary
        /// What stands before the names of its nodes: `plan/`, nothing for the run itself.
        var prefix: String
        var rows: [NodeSummary]
        /// The calls that were made in it.
        var calls: [CallSummary]
        /// Whether it belongs to a node that another run has done.
        var isTaken: Bool
    }

    /// A file that a node has left.
    struct KeptFile: Sendable {
        /// The node with its prefix.
        var node: String
        var artifact: KeptArtifact
        var path: String
    }

    /// Who wrote the outputs of a node, as far as models did.
    struct Writer: Sendable, Hashable {
        var agent: String?
        var models: [String]
    }

    /// Rows of more nodes than this are not read in detail.
    static let mostRecords = 5000

    var summary: RunSummary
    var branch: BranchSummary?
    var inputs: JSONObject
    var options: RunOptions
    /// Nil when this version cannot compile the workflow.
    var plan: Plan?
    var outputs: JSONObject
    private(set) var parts: [Part] = []
    /// What nodes have put out, by name with prefix.
    private(set) var records: [String: NodeRecord] = [:]
    private(set) var files: [KeptFile] = []
    /// The nodes of the run itself that models wrote in.
    private(set) var writers: [String: Writer] = [:]
    private let reader: RunReader

    static func read(
        _ summary: RunSummary, reader: RunReader, loader: WorkflowLoader
    ) async throws(EngineError) -> RunFacts {
        let (inputs, options) = try await reader.inputs(of: summary)
        let plan = try? await reader.workflow(of: summary, loader: loader).compilation.plan
        var outputs = JSONObject()
        if let plan { outputs = try await reader.outputs(of: summary, plan: plan, layout: reader.layout) }
        var facts = RunFacts(
            summary: summary, branch: try await reader.branch(summary.id), inputs: inputs, options: options, plan: plan,
            outputs: outputs, reader: reader)
        try await facts.walk(summary, prefix: "", isTaken: false, depth: 8)
        try await facts.readRecords()
        return facts
    }

    private init(
        summary: RunSummary, branch: BranchSummary?, inputs: JSONObject, options: RunOptions, plan: Plan?,
        outputs: JSONObject, reader: RunReader
    ) {
        self.summary = summary
        self.branch = branch
        self.inputs = inputs
        self.options = options
        self.plan = plan
        self.outputs = outputs
        self.reader = reader
    }

    // MARK: Runs

    private mutating func walk(
        _ run: RunSummary, prefix: String, isTaken: Bool, depth: Int
    ) async throws(EngineError) {
        let rows = try await reader.nodes(of: run.id)
        // What a budget holds for the calls of a part stands in the part's own run.
        let calls = try await reader.calls(of: run.id).filter { $0.start.kind != .part }
        parts.append(Part(summary: run, prefix: prefix, rows: rows, calls: calls, isTaken: isTaken))
        if prefix.isEmpty { try await noteWriters(rows, calls) }
        let starters = rows.filter { $0.kind == "workflow" || $0.kind == "plan" }
        guard depth > 0, !starters.isEmpty else { return }
        var children: [String: [String]] = [:]
        // A node that was taken over has started its run in the run that it comes from.
        for origin in Set(starters.map { $0.origin ?? run.id }).sorted() {
            let names = Set(starters.lazy.filter { ($0.origin ?? run.id) == origin }.map(\.node))
            for recorded in try await reader.events(of: origin) {
                guard case .nodeWaiting(let node, _, .run(let child)) = recorded.event, names.contains(node),
                    children[node]?.contains(child) != true
                else { continue }
                children[node, default: []].append(child)
            }
        }
        for row in starters {
            let runs = children[row.node] ?? []
            for (place, child) in runs.enumerated() {
                guard let summary = try await reader.summary(of: child) else { continue }
                let name = runs.count > 1 ? "\(row.node)#\(place + 1)" : row.node
                let first = parts.count
                try await walk(
                    summary, prefix: "\(prefix)\(name)/", isTaken: isTaken || row.status == .reused, depth: depth - 1)
                if prefix.isEmpty, row.status.isSuccess {
                    for part in parts[first...] { note(Self.models(in: part.calls), as: row.node) }
                }
            }
        }
    }

    private mutating func noteWriters(_ rows: [NodeSummary], _ calls: [CallSummary]) async throws(EngineError) {
        // A node that was taken over has made its calls in the run that it comes from.
        var known = [summary.id: Dictionary(grouping: calls) { Self.plain($0.node) }]
        for row in rows where row.status.isSuccess {
            let name = Self.plain(row.node)
            let origin = row.origin ?? summary.id
            if known[origin] == nil {
                known[origin] = Dictionary(grouping: try await reader.calls(of: origin)) { Self.plain($0.node) }
            }
            note(Self.models(in: known[origin]?[name] ?? []), as: name)
            // A model that is asked without a desk leaves no calls.
            if row.kind == "agent", writers[name] == nil {
                writers[name] = Writer(agent: plan?.agents[name], models: [])
            }
        }
    }

    private mutating func note(_ models: [String], as node: String) {
        guard !models.isEmpty else { return }
        var writer = writers[node] ?? Writer(agent: plan?.agents[node], models: [])
        writer.models += models.filter { !writer.models.contains($0) }
        writers[node] = writer
    }

    private static func models(in calls: [CallSummary]) -> [String] {
        var models: [String] = []
        for call in calls where call.start.kind == .model && call.end?.failed != true {
            let model = call.end?.answeredBy ?? call.start.name
            if !models.contains(model) { models.append(model) }
        }
        return models
    }

    /// The node of an item of a fan-out.
    static func plain(_ name: String) -> String { ComparedRun.parent(of: name) ?? name }

    // MARK: Results

    private mutating func readRecords() async throws(EngineError) {
        for part in parts {
            for row in part.rows where row.result != nil && row.result != RunReader.emptyResult {
                guard records.count < Self.mostRecords else { return }
                guard let digest = row.result, let json = try await reader.json(digest) else { continue }
                let record = NodeRecord(json: json)
                let name = part.prefix + row.node
                records[name] = record
                let folder = reader.layout.artifacts(row.node, of: row.origin ?? part.summary.id)
                for artifact in record.artifacts {
                    files.append(KeptFile(node: name, artifact: artifact, path: "\(folder)/\(artifact.file)"))
                }
            }
        }
    }

    /// The content of a kept file; nil when it has been removed or is larger than `limit` bytes.
    func content(_ file: KeptFile, limit: Int64) async throws(EngineError) -> [UInt8]? {
        guard file.artifact.size <= limit else { return nil }
        do throws(StoreError) { return try await reader.store.content(file.artifact.digest) } catch {
            throw EngineError(error)
        }
    }

    // MARK: Text of models

    /// The nodes of the run itself through which text of models comes to an output: those that the output names, and those
    /// that these read, however far.
    func writers(of output: OutputDefinition) -> (direct: [String], indirect: [String]) {
        let named = Self.nodes(in: output.value.references)
        var seen = Set(named)
        var queue = named
        var indirect: [String] = []
        while let name = queue.popLast() {
            guard let plan, let index = plan.index(of: name) else { continue }
            for other in Self.sources(of: plan.nodes[index]) where seen.insert(other).inserted {
                queue.append(other)
                if writers[other] != nil { indirect.append(other) }
            }
        }
        return (named.filter { writers[$0] != nil }, indirect.sorted())
    }

    /// The nodes whose values a node is given. What its `when` reads decides whether it runs, and is no text of it.
    private static func sources(of node: NodeDefinition) -> [String] {
        var references = node.body.references
        for field in node.fields { references += field.template.references }
        for entry in node.options.with + node.options.env { references += entry.template.references }
        for output in node.options.outputs { references += output.value?.references ?? [] }
        references += node.options.foreach?.items.references ?? []
        return nodes(in: references)
    }

    private static func nodes(in references: [ExpressionReference]) -> [String] {
        var names: [String] = []
        for reference in references where reference.root == "nodes" && reference.path.count > 1 {
            if !names.contains(reference.path[1]) { names.append(reference.path[1]) }
        }
        return names
    }
}
