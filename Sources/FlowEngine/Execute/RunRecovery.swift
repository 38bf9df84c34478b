// SPDX-License-Identifier: Apache-2.0

package import FlowCore

/// What the new owner of a store does before anything else: marks what an engine that died left as running.
package struct RunRecovery: Sendable {
    private let store: any RunStore
    private let clock: RunClock
    /// Counts the deaths of engines with a run and no progress between; nil where nobody does.
    var countDeath: (@Sendable (_ run: String) async throws(StoreError) -> Int)?
    /// At so many deaths a run comes into quarantine.
    var mostDeaths = Int.max

    /// A recovery of a store.
    package init(store: any RunStore, clock: RunClock = .system) {
        self.store = store
        self.clock = clock
    }

    /// Marks attempts as interrupted; their runs wait for an engine. Called once, after the processes of the dead engine
    /// are gone.
    package func run() async throws(StoreError) {
        let others = Set(NodeStatus.allCases).subtracting([.running])
        for var run in try await store.runs(RunQuery(statuses: [.running, .paused], limit: .max)) {
            let nodes = try await store.overview(of: run.id, settled: others).rows.filter { !isExpanded($0) }
            // A paused run without attempts was not disturbed.
            if run.status == .paused, nodes.isEmpty { continue }
            var last = try await store.lastSequence(of: run.id)
            let now = clock.now()
            var events: [RecordedEvent] = []
            var rows: [NodeSummary] = []
            for var node in nodes {
                last += 1
                let event = RunEvent.nodeInterrupted(node: node.node, attempt: node.attempt)
                events.append(RecordedEvent(sequence: last, at: now, event: event))
                node.status = .interrupted
                node.message = "the engine ended while it ran"
                rows.append(node)
            }
            if run.status == .running { run.status = .queued }
            run.interruptions += 1
            if let countDeath, case let deaths = try await countDeath(run.id), deaths >= mostDeaths {
                run.status = .quarantined
                run.reason = "the engine died \(deaths) times with it, without progress between"
            }
            try await store.commit(StoreBatch(run: run.id, events: events, summary: run, nodes: rows))
        }
    }

    /// A `foreach` that has been expanded counts as running, but no attempt of it runs: it never starts one.
    private func isExpanded(_ node: NodeSummary) -> Bool { node.attempt == 0 }
}
