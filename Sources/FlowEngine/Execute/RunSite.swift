// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// All that the executor of a run is given and that does not change.
struct RunSite: Sendable {
    var run: String
    var plan: Plan
    var slots: Int
    /// What there is of the things that `resources` ask for.
    var machine: [String: Int] = [:]
    var seed: UInt64
    var kinds: [String: any NodeKind]
    var inputs: JSONValue
    var options: RunOptions
    var layout: RunLayout
    /// When people are asked.
    var approvals: ApprovalPolicy { options.policy(of: plan.definition) }
    /// Where its attempts work.
    var folders = WorkFolders()
    /// What makes the names of kept files durable.
    var names = DurableNames()
    var workflowDirectory: String
    var secrets: Secrets
    var store: any RunStore
    var artifacts: any ArtifactStore
    let observer: ObserverSlot
    var children: any ChildRuns
    /// What its calls count for beside the run itself.
    var scopes = CallScopes()
    /// Why nothing of the run can be started by this engine.
    var missingSecret: EngineError?
    let references: ReferenceTable
    /// The nodes that the run takes over from others.
    var inherited: [String: InheritedNode] = [:]
    /// Waits for room on the disk; nil where nobody does.
    var disk: DiskWatch?
    /// Answers the calls of the run in the place of models and tools; nil in a run that makes its calls.
    var tape: CallTape?
    /// Which kept files were compared with their digests.
    var proofs = ArtifactProofs()
    /// What may be taken from other runs; nil where nothing may.
    var reuse: RunReuse?
    var clock = RunClock.system
    /// About how many facts go into one transaction, and effects into one turn: what a wide graph may take of memory.
    var largestBatch = 4096
    /// Where the run's tasks run; nil for the system's threads.
    var tasks: (any TaskExecutor)?

    /// Where the kept files of a node lie.
    func artifactFolder(of node: String) -> String {
        layout.artifacts(node, of: inherited[node]?.origin ?? run)
    }

    /// Whether an expression of the workflow refers to a node of the plan.
    func isReferenced(_ node: Int) -> Bool { references.isReferenced[node] }
}

/// How a run takes up, follows and stops the runs of its sub-workflows.
protocol ChildRuns: Sendable {
    /// Takes a run up unless that has been done, and tells how it stands until it is over.
    func standings(of run: String) async -> AsyncStream<RunStanding>
    /// Waits for a run to end.
    func outcome(of run: String) async -> ChildOutcome
    func cancel(_ run: String) async
}

/// What became of the run of a sub-workflow.
enum ChildOutcome: Sendable {
    case ended(RunStatus, NodeRecord, reason: String?)
    /// It cannot be run.
    case failed(String)
    /// The engine ended first.
    case stopped
    case storeFailed(StoreError)
}

/// Which nodes the templates of each node refer to.
struct ReferenceTable: Sendable {
    /// By node of the plan: whether any expression refers to it.
    let isReferenced: [Bool]

    init(plan: Plan) {
        var isReferenced = [Bool](repeating: false, count: plan.nodes.count)
        for node in plan.nodes {
            for name in Self.names(in: node) {
                if let index = plan.index(of: name) { isReferenced[index] = true }
            }
        }
        for output in plan.definition.outputs {
            for name in Self.names(in: output.value.references) {
                if let index = plan.index(of: name) { isReferenced[index] = true }
            }
        }
        // What refers to a node may get what its fallback has put out.
        for node in plan.nodes.indices where isReferenced[node] {
            var next = node
            while let other = plan.fallback(of: next), !isReferenced[other] {
                isReferenced[other] = true
                next = other
            }
        }
        self.isReferenced = isReferenced
    }

    /// The names of the nodes that a node's templates refer to, each once.
    static func names(in node: NodeDefinition) -> [String] {
        var references = node.body.references
        for field in node.fields { references += field.template.references }
        let options = node.options
        for entry in options.with + options.env { references += entry.template.references }
        for output in options.outputs { references += output.value?.references ?? [] }
        references += options.when?.expression.references ?? []
        references += options.repetition?.until.expression.references ?? []
        references += options.foreach?.items.references ?? []
        references += options.foreach?.key?.references ?? []
        return names(in: references)
    }

    private static func names(in references: [ExpressionReference]) -> [String] {
        var names: [String] = []
        for reference in references where reference.root == "nodes" && reference.path.count > 1 {
            if !names.contains(reference.path[1]) { names.append(reference.path[1]) }
        }
        return names
    }
}
