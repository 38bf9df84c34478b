// SPDX-License-Identifier: Apache-2.0

public import FlowCore

extension Engine {
    /// Marks what an engine that died left as running: its attempts are interrupted, its runs wait for an engine.
    /// Called once, by the new owner, after the processes of the dead one are gone.
    func recover() async throws(StoreError) {
        var recovery = RunRecovery(store: store)
        let store = store
        recovery.countDeath = { run throws(StoreError) in try await store.noteDeath(of: run) }
        recovery.mostDeaths = configuration.mostDeaths
        try await recovery.run()
    }

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
