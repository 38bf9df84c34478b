// SPDX-License-Identifier: Apache-2.0

package import FlowCore

/// The time that a run goes by. A simulation gives its own.
package struct RunClock: Sendable {
    /// The present moment of the wall clock, which may jump.
    package var now: @Sendable () -> Timestamp
    /// Waits for a time that no jump of the wall clock changes; returns at once when the task is cancelled.
    package var sleep: @Sendable (Duration) async -> Void

    /// A clock.
    package init(now: @escaping @Sendable () -> Timestamp, sleep: @escaping @Sendable (Duration) async -> Void) {
        self.now = now
        self.sleep = sleep
    }

    /// The machine's clock.
    package static let system = RunClock(now: { WallClock.now }, sleep: { try? await Task.sleep(for: $0) })
}
