// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Who waits for a body that may hang.
private final class Deadline: Sendable {
    private let waiter: Mutex<CheckedContinuation<FaultSite.Outcome, Never>?>

    init(_ waiter: CheckedContinuation<FaultSite.Outcome, Never>) { self.waiter = Mutex(waiter) }

    func finish(_ outcome: FaultSite.Outcome) {
        let waiter = waiter.withLock { waiter in
            defer { waiter = nil }
            return waiter
        }
        waiter?.resume(returning: outcome)
    }
}

/// Waits for a body, but not for ever: what hangs cannot be awaited, so it is left behind and said.
func withDeadline(
    _ what: String, seconds: Int = 30, _ body: @escaping @Sendable () async -> FaultSite.Outcome
) async -> FaultSite.Outcome {
    await withCheckedContinuation { continuation in
        let deadline = Deadline(continuation)
        let timer = Task.detached {
            guard (try? await Task.sleep(for: .seconds(seconds))) != nil else { return }
            deadline.finish(.astray("\(what) did not come to an end within \(seconds) s"))
        }
        Task.detached {
            deadline.finish(await body())
            timer.cancel()
        }
    }
}
