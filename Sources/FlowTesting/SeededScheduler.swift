// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// Keeps the jobs of tasks until somebody chooses which one runs next, on the one thread of a simulation.
///
/// Tasks that prefer it, and the actors they call, run nowhere else; so the order of all their steps is that of the
/// choices.
final class SeededScheduler: TaskExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        var strays = 0
    }

    private let state = Mutex(State())
    private let thread = pthread_self()

    init() {}

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isStray = pthread_equal(pthread_self(), thread) == 0
        state.withLock { state in
            state.jobs.append(job)
            if isStray { state.strays += 1 }
        }
    }

    /// How many jobs wait.
    var count: Int { state.withLock { $0.jobs.count } }

    /// How many jobs came from another thread: then the order was not that of the choices.
    var strays: Int { state.withLock { $0.strays } }

    /// Runs one of the jobs that wait, up to its next suspension.
    func run(at index: Int) {
        let job = state.withLock { $0.jobs.remove(at: index) }
        job.runSynchronously(on: asUnownedTaskExecutor())
    }
}
