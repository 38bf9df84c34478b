// SPDX-License-Identifier: Apache-2.0

package import FlowCore

/// The time that limits go by. Tests give their own.
package struct ModelClock: Sendable {
    /// The time since a fixed moment. It never goes back.
    package var now: @Sendable () -> Milliseconds
    /// Waits; returns at once when the task is cancelled.
    package var sleep: @Sendable (Milliseconds) async -> Void

    package init(
        now: @escaping @Sendable () -> Milliseconds, sleep: @escaping @Sendable (Milliseconds) async -> Void
    ) {
        self.now = now
        self.sleep = sleep
    }

    private static let start = ContinuousClock.now

    /// The machine's clock.
    package static let system = ModelClock(
        now: {
            let parts = (ContinuousClock.now - start).components
            return Milliseconds(parts.seconds * 1000 + parts.attoseconds / 1_000_000_000_000_000)
        },
        sleep: { try? await Task.sleep(for: $0.duration) })
}
