// SPDX-License-Identifier: Apache-2.0

/// When and how often a failed node runs again.
public struct RetryPolicy: Sendable, Hashable {
    /// All attempts, the first included; at least 1.
    public var maxAttempts: Int
    public var delay: Milliseconds
    /// What the delay is multiplied with after each failure; at least 1.
    public var factor: Double
    public var maxDelay: Milliseconds
    /// The part of the delay that chance takes away, from 0 to 1.
    public var jitter: Double
    /// The time after the first start beyond which no attempt is made; nil for none.
    public var maxTotal: Milliseconds?
    /// The classes of failure that are tried again; empty means all that may heal by themselves.
    public var on: Set<String>
    public var unless: Set<String>

    /// One attempt, no retry.
    public static let none = RetryPolicy(maxAttempts: 1)

    /// A policy; by default the delay begins at 1 s and doubles up to 1 min.
    public init(
        maxAttempts: Int, delay: Milliseconds = Milliseconds(1000), factor: Double = 2,
        maxDelay: Milliseconds = Milliseconds(60_000), jitter: Double = 0, maxTotal: Milliseconds? = nil,
        on: Set<String> = [], unless: Set<String> = []
    ) {
        self.maxAttempts = maxAttempts
        self.delay = delay
        self.factor = factor
        self.maxDelay = maxDelay
        self.jitter = jitter
        self.maxTotal = maxTotal
        self.on = on
        self.unless = unless
    }

    /// Whether a failure of this class may be tried again.
    public func covers(_ failure: NodeFailure) -> Bool {
        if unless.contains(failure.reason.rawValue) { return false }
        return on.isEmpty ? failure.reason.mayHeal : on.contains(failure.reason.rawValue)
    }

    /// The wait before the next attempt after `failures` failures (from 1): delay × factor^(failures − 1), capped,
    /// less the jitter. `chance` is from 0 up to 1. A longer wait that the other side asked for wins.
    public func wait(afterFailure failures: Int, asked: Milliseconds?, chance: Double) -> Milliseconds {
        // By squaring, so that late attempts of a slowly growing delay cost no more than early ones.
        var wait = Double(delay.count)
        var power = factor
        var rest = wait > 0 ? Swift.max(failures - 1, 0) : 0
        while rest > 0 {
            if rest & 1 == 1 { wait *= power }
            power *= power
            rest >>= 1
        }
        wait = Swift.min(wait, Double(maxDelay.count))
        wait -= wait * jitter * chance
        return Swift.max(Milliseconds(Int64(exactly: wait.rounded(.down)) ?? maxDelay.count), asked ?? .zero)
    }
}
