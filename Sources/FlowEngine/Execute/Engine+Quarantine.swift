// SPDX-License-Identifier: Apache-2.0

import FlowCore
import SQLite

/// A run with which the engine has died again and again is not started any more, so that others can go on.
extension Engine {
    /// Lets a run out of quarantine if that is wanted, with the runs that it waits for; refuses it otherwise.
    func passQuarantine(of run: String, force: Bool) async throws(EngineError) {
        let reader = RunReader(store: store, layout: layout)
        guard var summary = try await reader.summary(of: run), !summary.status.isTerminal else { return }
        if summary.status == .quarantined {
            guard force else { throw refusal(of: run, summary.reason) }
            summary.status = .queued
            summary.reason = nil
            do throws(StoreError) {
                try await store.forgetDeaths(of: run)
                try await store.commit(StoreBatch(run: run, summary: summary))
            } catch {
                throw EngineError(error)
            }
        }
        for node in try await reader.nodes(of: run) where node.kind == "workflow" || node.kind == "plan" {
            guard node.status == .waiting else { continue }
            let executor = try await load(run, observer: NoObserver())
            for wait in await executor.machine.waits.values {
                if case .run(let child) = wait { try await passQuarantine(of: child, force: force) }
            }
            return
        }
    }

    /// A run in quarantine can be cancelled, and nothing else.
    func checkQuarantine(for command: RunCommand) async throws(EngineError) {
        if case .cancel = command.request { return }
        let summary = try await RunReader(store: store, layout: layout).summary(of: command.run)
        if let summary, summary.status == .quarantined { throw refusal(of: command.run, summary.reason) }
    }

    private func refusal(of run: String, _ reason: String?) -> EngineError {
        EngineError(
            .quarantined,
            "run \(run) is in quarantine: \(reason ?? "the engine died with it"). "
                + "`flow resume \(run) --force` tries it once more, `flow cancel \(run)` ends it")
    }
}

extension SQLiteRunStore {
    /// Notes that an engine died with a run. Gives how often that happened since the run last got on.
    func noteDeath(of run: String) async throws(StoreError) -> Int {
        try await perform { writer throws(StoreError) in
            try writer.perform("note the death of an engine") { connection throws(SQLiteError) in
                let statement = try connection.cached(
                    """
                    UPDATE run SET death_sequence = last_sequence, deaths = CASE WHEN EXISTS (
                        SELECT 1 FROM event WHERE event.run = run.key AND sequence > death_sequence AND type NOT IN
                            ('run_created', 'run_started', 'run_paused', 'node_started', 'node_interrupted')
                    ) THEN 1 ELSE deaths + 1 END WHERE id = ? RETURNING deaths
                    """)
                try statement.bind(1, run)
                defer { statement.reset() }
                var deaths: Int64 = 0
                // The change is made when the last row has been asked for.
                while try statement.step() { deaths = statement.int64(0) }
                return Int(clamping: deaths)
            }
        }
    }

    /// Begins to count anew.
    func forgetDeaths(of run: String) async throws(StoreError) {
        try await perform { writer throws(StoreError) in
            try writer.perform("forget the deaths of engines") { connection throws(SQLiteError) in
                let statement = try connection.cached("UPDATE run SET deaths = 0 WHERE id = ?")
                try statement.bind(1, run)
                try statement.run()
            }
        }
    }
}
