// SPDX-License-Identifier: Apache-2.0

/// Where a node stands. Terminal statuses never change by themselves.
///
/// | from | to |
/// |---|---|
/// | pending | ready, omitted, cancelled, reused |
/// | ready | running, waiting, reused, skipped, failed, cancelled |
/// | running | succeeded, failed, waiting, retrying, interrupted, cancelled |
/// | waiting | succeeded, failed, rejected, skipped, ready, waiting, retrying, cancelled |
/// | retrying | running, cancelled |
/// | interrupted | running, waiting, failed, cancelled |
/// | succeeded, reused, failed, rejected, skipped, omitted, cancelled | – |
///
/// When a person sends a run back, a node that neither runs nor is taken over goes to `pending` from any status.
public enum NodeStatus: String, Sendable, Hashable, CaseIterable {
    case pending, ready, running, waiting, retrying, interrupted
    case succeeded, reused, failed, rejected, skipped, omitted, cancelled

    /// Whether the status is final.
    public var isTerminal: Bool {
        switch self {
        case .pending, .ready, .running, .waiting, .retrying, .interrupted: false
        case .succeeded, .reused, .failed, .rejected, .skipped, .omitted, .cancelled: true
        }
    }

    /// Whether a node may go from this status to `next`.
    public func allows(_ next: NodeStatus) -> Bool {
        switch self {
        case .pending: [.ready, .omitted, .cancelled, .reused].contains(next)
        case .ready: [.running, .waiting, .reused, .skipped, .failed, .cancelled].contains(next)
        case .running: [.succeeded, .failed, .waiting, .retrying, .interrupted, .cancelled].contains(next)
        case .waiting:
            [.succeeded, .failed, .rejected, .skipped, .ready, .waiting, .retrying, .cancelled].contains(next)
        case .retrying: [.running, .cancelled].contains(next)
        case .interrupted: [.running, .waiting, .failed, .cancelled].contains(next)
        case .succeeded, .reused, .failed, .rejected, .skipped, .omitted, .cancelled: false
        }
    }
}

extension NeedCondition {
    /// Whether a node that ended with `status` meets the need. `continues`: the node's `on_failure` is `continue`.
    ///
    /// | condition | succeeded, reused | skipped | failed, rejected | omitted | cancelled |
    /// |---|---|---|---|---|---|
    /// | met | yes | yes | only with `on_failure: continue` | no | no |
    /// | succeeded | yes | no | no | no | no |
    /// | failed | no | no | yes | no | no |
    /// | skipped | no | yes | no | yes | no |
    /// | done | yes | no | yes | no | yes |
    /// | any | yes | yes | yes | yes | yes |
    public func accepts(_ status: NodeStatus, continues: Bool) -> Bool {
        switch (self, status) {
        case (_, .pending), (_, .ready), (_, .running), (_, .waiting), (_, .retrying), (_, .interrupted): false
        case (.any, _): true
        case (.met, .succeeded), (.met, .reused), (.met, .skipped): true
        case (.met, .failed), (.met, .rejected): continues
        case (.succeeded, .succeeded), (.succeeded, .reused): true
        case (.failed, .failed), (.failed, .rejected): true
        case (.skipped, .skipped), (.skipped, .omitted): true
        case (.done, .succeeded), (.done, .reused), (.done, .failed), (.done, .rejected), (.done, .cancelled): true
        default: false
        }
    }
}
