// SPDX-License-Identifier: Apache-2.0

import FlowEngine
import Synchronization

extension ExecutorSimulation {
    private final class Verdict: Sendable {
        let text = Mutex<String?>("the check does not end")
    }

    /// What the simulated store does wrong when no fault comes; nil when it passes. Must run on a thread of its own.
    public static func conformanceFailure(_ check: RunStoreConformance.Check) -> String? {
        let simulation = ExecutorSimulation(
            seed: 0, folder: "", store: InMemoryRunStore(), printsTrace: false, isCalm: true)
        let (world, verdict) = (simulation.world, Verdict())
        world.state.withLock { state in
            state.epoch = 1
            state.isAlive = true
        }
        let store = SimulatedRunStore(durable: simulation.durable, world: world, epoch: 1, isWatched: false)
        Task.detached(executorPreference: simulation.scheduler) {
            let failure = await check.failure(of: store)
            verdict.text.withLock { $0 = failure }
        }
        while true {
            let (jobs, calls) = (simulation.scheduler.count, world.state.withLock { $0.holds.count })
            guard jobs + calls > 0 else { break }
            let choice = world.below(jobs + calls)
            if choice < jobs { simulation.scheduler.run(at: choice) } else { simulation.answer(choice - jobs) }
        }
        return verdict.text.withLock { $0 }
    }
}
