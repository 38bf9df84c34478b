// SPDX-License-Identifier: Apache-2.0

/// Where a run stands.
///
/// | from | to |
/// |---|---|
/// | created | queued, running, cancelled |
/// | queued | running, cancelled |
/// | running | queued, paused, waiting, succeeded, failed, cancelled, quarantined |
/// | waiting | queued, running, paused, cancelled |
/// | paused | queued, running, cancelled |
/// | quarantined | running, cancelled |
/// | succeeded, failed, cancelled | – |
///
/// `queued` means: no engine works on the run; it goes on when one takes it up. `waiting` means: nothing runs, and only a person's answer or a timer can go on.
public enum RunStatus: String, Sendable, Hashable, CaseIterable {
    case created, queued, running, paused, waiting, succeeded, failed, cancelled, quarantined

    /// Whether the status is final.
    public var isTerminal: Bool { self == .succeeded || self == .failed || self == .cancelled }
}
