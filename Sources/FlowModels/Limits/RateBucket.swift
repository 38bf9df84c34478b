// SPDX-License-Identifier: Apache-2.0

package import FlowCore

/// A bucket of permissions to ask, which fills up with time: a tenth of a minute's number at most, so that a few calls
/// may go at once and many are spread.
package struct RateBucket: Sendable, Hashable {
    /// The permissions that come in a millisecond.
    private let rate: Double
    private let capacity: Double
    private var level: Double
    private var last: Milliseconds

    /// A full bucket.
    package init(perMinute: Int, now: Milliseconds) {
        rate = Double(Swift.max(1, perMinute)) / 60_000
        capacity = Swift.max(1, Double(perMinute) / 10)
        level = capacity
        last = now
    }

    /// Takes a permission, which may be used after the wait that is returned. Who does not use it gives it back.
    package mutating func take(at now: Milliseconds) -> Milliseconds {
        let passed = Swift.max(0, now.count - last.count)
        level = Swift.min(capacity, level + Double(passed) * rate)
        last = Swift.max(last, now)
        level -= 1
        return level >= 0 ? .zero : Milliseconds(Int64((-level / rate).rounded(.up)))
    }

    /// Takes a permission back that was not used.
    package mutating func giveBack() { level = Swift.min(capacity, level + 1) }
}
