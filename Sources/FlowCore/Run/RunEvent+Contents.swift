// SPDX-License-Identifier: Apache-2.0

extension RunEvent {
    /// A content of the store that a fact names.
    public struct NamedContent: Sendable, Hashable {
        /// What it is, in words such as `the inputs`.
        public var what: String
        public var digest: Digest
    }

    /// The contents that the fact names by their digests, all of them JSON texts. Whatever checks, copies or collects
    /// contents goes by this list.
    public var contents: [NamedContent] {
        switch self {
        case .runCreated(_, let source, let inputs):
            [NamedContent(what: "the workflow", digest: source), NamedContent(what: "the inputs", digest: inputs)]
        case .runDerived(_, let derivation): [NamedContent(what: "what it takes over", digest: derivation)]
        case .nodeExpanded(_, _, let items): [NamedContent(what: "the items", digest: items)]
        case .nodeSucceeded(_, _, let result): [NamedContent(what: "the result", digest: result)]
        case .nodeRepeated(_, _, let result, _): [NamedContent(what: "an iteration", digest: result)]
        case .nodeFingerprinted(_, let fingerprint):
            [NamedContent(what: "what the node depends on", digest: fingerprint)]
        case .nodeReused(_, _, let result): [NamedContent(what: "the result", digest: result)]
        case .callStarted(_, _, let index, let call):
            [NamedContent(what: "the request of call \(index)", digest: call.request)]
        case .callEnded(_, _, let index, let end):
            [NamedContent(what: "the reply of call \(index)", digest: end.reply)]
        case .intervened(_, let intervention):
            if case .pin(let result) = intervention.action {
                [NamedContent(what: "a pinned result", digest: result)]
            } else {
                []
            }
        case .budgetReached, .budgetExceeded, .sharedBudget, .runStarted, .runPaused, .runResumed, .cancelRequested,
            .runEnded, .nodeStarted, .nodeFailed, .nodeWaiting,
            .approvalDecided, .nodeReleased, .runRewound, .pauseAsked, .pauseDecided, .nodeSkipped, .nodeOmitted,
            .nodeCancelled, .nodeInterrupted:
            []
        }
    }
}
