// SPDX-License-Identifier: Apache-2.0

public import FlowCore

extension RunReader {
    /// Compares the events of a run with their chain and, of a run that has ended, the rows with the events.
    ///
    /// Throws `corrupt` with what is damaged. `plan` is the run's plan; nil when it cannot be compiled any more.
    public func verify(_ summary: RunSummary, plan: Plan?) async throws(EngineError) {
        guard let store = store as? SQLiteRunStore else { return }
        do throws(StoreError) {
            if let broken = try await store.verify(run: summary.id).firstBroken {
                throw damage(of: summary.id, "event \(broken) is changed or missing")
            }
            // The rows of a run that goes on change between two reads.
            guard summary.status.isTerminal, let plan else { return }
            let events = try await store.events(of: summary.id, after: 0, limit: .max)
            let inherited = try await RunLineage(store: store).inherited(by: summary.id)
            let replay = RunReplay(plan: plan, events: events, inherited: Set(inherited.keys))
            if let difference = replay.difference(from: summary, events: events) {
                throw damage(of: summary.id, difference)
            }
            let rows = try await store.nodes(of: summary.id)
            if let node = replay.differences(from: rows).first {
                throw damage(of: summary.id, "the row of node `\(node)` does not follow from the events")
            }
        } catch {
            throw EngineError(error)
        }
    }

    private func damage(of run: String, _ what: String) -> StoreError {
        StoreError(.corrupt, "run \(run) is damaged: \(what). `flow db check` tells what else is")
    }
}
