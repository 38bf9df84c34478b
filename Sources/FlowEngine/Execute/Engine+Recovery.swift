// SPDX-License-Identifier: Apache-2.0

public import FlowCore

extension Engine {
    /// Marks what an engine that died left as running: its attempts are interrupted, its runs wait for an engine.
    /// Called once, by the new owner, after the processes of the dead one are gone.
    func recover() async throws(StoreError) {
        for var run in try await store.runs(RunQuery(statuses: [.running, .paused], limit: .max)) {
            let nodes = try await store.nodes(of: run.id).filter { $0.status == .running && !isExpanded($0) }
            // A paused run without attempts was not disturbed.
            if run.status == .paused, nodes.isEmpty { continue }
            var last: Int64 = 0
            while let event = try await store.events(of: run.id, after: last, limit: 10_000).last {
                last = event.sequence
            }
            let now = WallClock.now
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
            try await store.commit(StoreBatch(run: run.id, events: events, summary: run, nodes: rows))
        }
    }

    /// A `foreach` that has been expanded counts as running, but no attempt of it runs: it never starts one.
    private func isExpanded(_ node: NodeSummary) -> Bool { node.attempt == 0 }

    /// Whether there is a run of an id.
    func exists(_ run: String) async throws(EngineError) -> Bool {
        do throws(StoreError) { return try await store.run(run) != nil } catch { throw EngineError(error) }
    }

    /// The outputs of a run's workflow.
    public func outputs(of run: String) async throws(EngineError) -> JSONObject {
        let executor = try await load(run, observer: NoObserver())
        do throws(StoreError) { return try await executor.outputs() } catch { throw EngineError(error) }
    }
}
