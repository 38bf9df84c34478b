// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// A run that is to be derived from another one.
public struct DerivedRun: Sendable {
    /// The run that it comes from.
    public var parent: String
    public var kind: Derivation.Kind
    /// The nodes that are not taken over.
    public var rerun: Set<String>
    /// Outputs that a person gives instead of running a node.
    public var pins: [String: JSONObject]
    /// The digest of the plan that was agreed to.
    public var plan: Digest?
    public var name: String?
    public var hypothesis: String?
    /// Nodes that a person wants to have run: no result of another run takes their place.
    public var asked: Set<String>

    /// A run from a parent.
    public init(
        parent: String, kind: Derivation.Kind, rerun: Set<String>, pins: [String: JSONObject] = [:],
        plan: Digest? = nil, name: String? = nil, hypothesis: String? = nil, asked: Set<String> = []
    ) {
        self.parent = parent
        self.kind = kind
        self.rerun = rerun
        self.pins = pins
        self.plan = plan
        self.name = name
        self.hypothesis = hypothesis
        self.asked = asked
    }

    /// What is written with the creation of the run.
    func parts(run: String) -> (contents: [(digest: Digest, bytes: [UInt8])], event: RunEvent, branch: BranchSummary) {
        var contents: [(digest: Digest, bytes: [UInt8])] = []
        var results: [String: Digest] = [:]
        for (node, outputs) in pins.sorted(by: { $0.key < $1.key }) {
            let bytes = NodeRecord(outputs: outputs).json.jsonBytes(.compact)
            let digest = Digest(of: bytes)
            results[node] = digest
            if !contents.contains(where: { $0.digest == digest }) { contents.append((digest, bytes)) }
        }
        let derivation = Derivation(kind: kind, rerun: rerun, pins: results, plan: plan, asked: asked)
        let bytes = derivation.json.jsonBytes(.compact)
        let digest = Digest(of: bytes)
        contents.append((digest, bytes))
        return (
            contents, .runDerived(parent: parent, derivation: digest),
            BranchSummary(run: run, parent: parent, kind: kind, name: name, hypothesis: hypothesis)
        )
    }
}

extension Engine {
    /// Creates a run that takes over nodes of another one, and starts it. The parent stays as it is; it may still go on.
    ///
    /// The run exists whole or not at all: its events, what it takes over and its place in the tree are one commit.
    /// - Returns: the run's id once it is durable.
    public func derive(
        _ derived: DerivedRun, workflow: LoadedWorkflow, inputs: JSONObject, options: RunOptions = RunOptions(),
        observer: any RunObserver = NoObserver()
    ) async throws(EngineError) -> String {
        let reader = RunReader(store: store, layout: layout)
        guard try await reader.summary(of: derived.parent) != nil else {
            throw EngineError(.noSuchRun, "there is no run \(derived.parent)")
        }
        if let name = derived.name {
            let siblings = try await reader.branches()
            if let other = siblings.first(where: { $0.name == name && $0.verdict != .abandoned }) {
                throw EngineError(.refused, "run \(other.run) is the branch `\(name)` already; choose another name")
            }
        }
        return try await start(workflow, inputs: inputs, options: options, derived: derived, observer: observer)
    }

    /// Changes what is said of a branch; a former head of its line is none any more.
    public func note(_ branch: BranchSummary, formerHead: BranchSummary? = nil) async throws(EngineError) {
        do throws(StoreError) {
            var batches = [try EncodedBatch(StoreBatch(run: branch.run, branch: branch))]
            if var former = formerHead, former.run != branch.run {
                former.isHead = false
                batches.append(try EncodedBatch(StoreBatch(run: former.run, branch: former)))
            }
            // At every moment the line has one head.
            try await store.commitTogether(batches)
        } catch {
            throw EngineError(error)
        }
    }
}
