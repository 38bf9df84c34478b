// SPDX-License-Identifier: Apache-2.0

package import FlowCore
import Synchronization

/// Lets so many calls to a provider run at the same time, and so many begin in a minute. Those that wait go in the
/// order in which they came.
package final class ProviderGate: Sendable {
    private struct State {
        var running = 0
        var waiting: [(id: UInt64, continuation: CheckedContinuation<Bool, Never>)] = []
        var nextID: UInt64 = 0
        var bucket: RateBucket?
    }

    private let state: Mutex<State>
    private let concurrency: Int
    private let clock: ModelClock

    /// A gate; nil means no limit.
    package init(concurrency: Int?, requestsPerMinute: Int?, clock: ModelClock = .system) {
        self.concurrency = concurrency.map { Swift.max(1, $0) } ?? .max
        self.clock = clock
        state = Mutex(State(bucket: requestsPerMinute.map { RateBucket(perMinute: $0, now: clock.now()) }))
    }

    /// The calls that run, and those that wait for their end.
    package var counts: (running: Int, waiting: Int) { state.withLock { ($0.running, $0.waiting.count) } }

    /// Waits until a call may begin. Each return is followed by one `leave`; an error is not.
    package func enter() async throws(ModelError) {
        guard await slot() else { throw Self.cancelled }
        let now = clock.now()
        let wait = state.withLock { $0.bucket?.take(at: now) ?? .zero }
        if wait > .zero {
            await clock.sleep(wait)
            if Task.isCancelled {
                state.withLock { $0.bucket?.giveBack() }
                leave()
                throw Self.cancelled
            }
        }
    }

    private static let cancelled = ModelError(.cancelled, "the call was cancelled before it was made")

    /// Whether a place among those that run is there; false when the task was cancelled.
    private func slot() async -> Bool {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isGranted: Bool? = state.withLock { state in
                    // Under the lock, so that a cancellation comes either before this or finds the one who waits.
                    if Task.isCancelled { return false }
                    if state.running < concurrency, state.waiting.isEmpty {
                        state.running += 1
                        return true
                    }
                    state.waiting.append((id, continuation))
                    return nil
                }
                if let isGranted { continuation.resume(returning: isGranted) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0).continuation }
            }
            waiter?.resume(returning: false)
        }
    }

    /// Makes room for the next call.
    package func leave() {
        let next = state.withLock { state in
            if state.waiting.isEmpty {
                state.running -= 1
                return nil as CheckedContinuation<Bool, Never>?
            }
            return state.waiting.removeFirst().continuation
        }
        next?.resume(returning: true)
    }
}
