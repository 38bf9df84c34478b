// SPDX-License-Identifier: Apache-2.0

/// The place in a run at which people are asked.
public enum ApprovalCheckpoint: String, Sendable, Hashable, CaseIterable {
    /// An `approval:` node of the workflow.
    case gate
    /// Before the nodes of a plan that was made at run time.
    case afterPlanning = "after_planning"
    /// Before a node that does work.
    case beforeStep = "before_step"
    /// When a node has failed for good.
    case onError = "on_error"
    /// When a person has paused the run.
    case manualPause = "manual_pause"
    /// Before a node that the workflow's own rules name.
    case custom
    /// Before a call of a tool that an agent may make only with a person's consent.
    case tool

    /// Whether the question is put before the node has begun.
    public var isBeforeNode: Bool { self == .afterPlanning || self == .beforeStep || self == .custom }

    /// Why an answer means nothing here; nil when it is one that can be given.
    ///
    /// | checkpoint | refused |
    /// |---|---|
    /// | gate, after_planning, before_step, custom, on_error | – |
    /// | manual_pause | retry, skip: they are about one node |
    /// | tool | retry: a call is made once |
    public func refusal(of resolution: ApprovalDecision.Resolution) -> String? {
        switch (self, resolution) {
        case (.manualPause, .retry), (.manualPause, .skip):
            "`\(resolution.rawValue)` answers a node, and the run is paused as a whole"
        case (.tool, .retry):
            "a call of a tool is made once: approve it, or reject it with a word on what to do instead"
        default: nil
        }
    }
}
