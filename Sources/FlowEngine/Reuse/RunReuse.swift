// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// What a run may take from other runs, by the `cache` of its nodes.
struct RunReuse: Sendable {
    /// What the workflow uses beside its own text.
    var surroundings: WorkflowSurroundings
    /// The runs that the run comes from.
    var ancestors: Set<String> = []
    /// Nodes that a person wants to have run.
    var asked: Set<String> = []
    /// Whether nothing is taken over: the run is to show what its nodes do.
    var looksUp = true

    /// Whether any node of a workflow may take a result from elsewhere.
    static func concerns(_ plan: Plan) -> Bool { plan.nodes.contains { $0.reusePolicy != nil } }

    /// Whether a result may be taken.
    func allows(_ found: ReusableResult, by policy: CachePolicy, at now: Timestamp) -> Bool {
        if policy.mode == .lineage, !ancestors.contains(found.origin.run) { return false }
        guard let limit = policy.ttl else { return true }
        return now.since(found.endedAt) <= limit
    }
}

extension Engine {
    /// What a run may take from other runs; nil when no node of it may.
    func reuse(
        of workflow: LoadedWorkflow, run: String, options: RunOptions, history: [RecordedEvent]
    ) async throws(EngineError) -> RunReuse? {
        guard let plan = workflow.compilation.plan, RunReuse.concerns(plan) else { return nil }
        var reuse = RunReuse(surroundings: WorkflowSurroundings(of: workflow), looksUp: options.tape == nil)
        guard history.count > 1, case .runDerived(_, let digest) = history[1].event else { return reuse }
        do throws(StoreError) {
            reuse.ancestors = try await RunLineage(store: store).ancestors(of: run)
            reuse.asked = try RunLineage.derivation(try await store.content(digest), of: run).asked
        } catch {
            throw EngineError(error)
        }
        return reuse
    }
}
