// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// A wall clock that moves only when told to.
public struct HandClock: Sendable, Hashable {
    /// The present moment.
    public private(set) var now: Timestamp

    /// A clock that stands at the given moment.
    public init(now: Timestamp = Timestamp(milliseconds: 1_000_000)) { self.now = now }

    /// Moves the clock on.
    public mutating func advance(by duration: Milliseconds) { now = now.advanced(by: duration) }

    /// Moves the clock to a moment, but never back.
    public mutating func advance(to moment: Timestamp) { now = Swift.max(now, moment) }
}
