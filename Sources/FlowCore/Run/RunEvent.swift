// SPDX-License-Identifier: Apache-2.0

/// A fact about a run, in the past tense. The log of these is the truth; all else is derived from it. Cases and
/// their coding names are never renamed (`RunEvent+JSON.swift`).
public enum RunEvent: Sendable, Hashable {
    /// The run exists: its workflow, inputs and options are stored under these digests.
    case runCreated(workflow: String, source: Digest, inputs: Digest)
    /// The run goes on from another one, which stays as it is; the digest names the `Derivation`.
    case runDerived(parent: String, derivation: Digest)
    /// An engine took the run up, for the first time or again.
    case runStarted(engine: String)
    case runPaused(by: String)
    case runResumed(by: String)
    case cancelRequested(by: String, reason: String)
    /// The run came to its end: `succeeded`, `failed` or `cancelled`.
    case runEnded(RunStatus, reason: String?)

    /// The items of a `foreach` are known; each is a node named `node[key]` from now on.
    case nodeExpanded(node: String, keys: [String], items: Digest)
    case nodeStarted(node: String, attempt: Int)
    case nodeSucceeded(node: String, attempt: Int, result: Digest)
    /// The attempt failed. With `retryAt` the node runs again then; without, the failure is final.
    case nodeFailed(node: String, attempt: Int, failure: NodeFailure, retryAt: Timestamp?)
    /// An iteration of a `repeat` succeeded; the next begins at the given moment.
    case nodeRepeated(node: String, attempt: Int, result: Digest, at: Timestamp)
    /// The node holds no slot until its wait is over.
    case nodeWaiting(node: String, attempt: Int, wait: NodeWait)
    case approvalDecided(node: String, decision: ApprovalDecision)
    /// The question is answered, and the node is to be prepared again; with `opens` it begins without being asked about.
    case nodeReleased(node: String, opens: Bool)
    /// The run has gone back to an earlier node: it and all that follows from it are as if they had not run.
    case runRewound(RunRewind)
    /// The run is paused, and a question has to be answered before it goes on.
    case pauseAsked(ApprovalRequest)
    case pauseDecided(ApprovalDecision)
    /// A person has changed something of a node.
    case intervened(node: String, Intervention)
    /// What the node depends on is known; the digest names the content that says it, part by part. Told only of nodes with
    /// a `cache`: runs to come find the result by it.
    case nodeFingerprinted(node: String, fingerprint: Digest)
    /// The node does not run: another run has a result for the same. Its files have been put into this run.
    case nodeReused(node: String, from: NodeOrigin, result: Digest)
    case nodeSkipped(node: String, reason: String)
    case nodeOmitted(node: String, reason: String)
    case nodeCancelled(node: String)
    /// The engine ended while the attempt ran; nobody saw its end.
    case nodeInterrupted(node: String, attempt: Int)

    /// An attempt is about to ask a model or a tool. The calls of a node have indices from 1, through all its attempts.
    case callStarted(node: String, attempt: Int, index: Int, call: CallStart)
    case callEnded(node: String, attempt: Int, index: Int, end: CallEnd)
    /// A part of a budget is used: of the run, or of a node. Told once for each part.
    case budgetReached(node: String?, measure: BudgetMeasure, percent: Int)
    /// A budget is used up, or a call does not fit in it any more; what the budget says of that happens now.
    case budgetExceeded(node: String?, reason: String)
    /// A part of a budget that several runs share is used: of a session, or of the project. Told once in each period, in the
    /// run whose call reached it. With a reason: a call of this run does not fit in it.
    case sharedBudget(name: String, measure: BudgetMeasure, percent: Int, reason: String?)

    /// The node that the fact is about.
    public var node: String? {
        switch self {
        case .runCreated, .runDerived, .runStarted, .runPaused, .runResumed, .cancelRequested, .runEnded, .runRewound,
            .pauseAsked, .pauseDecided, .sharedBudget:
            nil
        case .nodeExpanded(let node, _, _), .nodeStarted(let node, _), .nodeSucceeded(let node, _, _),
            .nodeRepeated(let node, _, _, _), .nodeFailed(let node, _, _, _), .nodeWaiting(let node, _, _),
            .approvalDecided(let node, _), .nodeReleased(let node, _), .intervened(let node, _),
            .nodeFingerprinted(let node, _), .nodeReused(let node, _, _),
            .nodeSkipped(let node, _), .nodeOmitted(let node, _), .nodeCancelled(let node),
            .nodeInterrupted(let node, _), .callStarted(let node, _, _, _), .callEnded(let node, _, _, _):
            node
        case .budgetReached(let node, _, _), .budgetExceeded(let node, _): node
        }
    }
}

extension RunEvent {
    /// Whether the fact changes where its node stands. Calls, budgets, fingerprints and changes by people do not.
    public var movesNode: Bool {
        switch self {
        case .nodeFingerprinted, .callStarted, .callEnded, .budgetReached, .budgetExceeded, .sharedBudget, .intervened:
            false
        default: node != nil
        }
    }
}

/// An event with its place in the run's log.
public struct RecordedEvent: Sendable, Hashable {
    /// From 1, without holes, per run.
    public var sequence: Int64
    public var at: Timestamp
    public var event: RunEvent

    /// An event of a log.
    public init(sequence: Int64, at: Timestamp, event: RunEvent) {
        self.sequence = sequence
        self.at = at
        self.event = event
    }
}

/// What a waiting node waits for.
public enum NodeWait: Sendable, Hashable {
    case until(Timestamp)
    case approval(ApprovalRequest)
    /// The run of a sub-workflow.
    case run(String)

    /// Whether only a person's answer, or its deadline, ends the wait.
    var isForPeople: Bool { if case .approval = self { true } else { false } }
}

/// How a run goes back.
public struct RunRewind: Sendable, Hashable {
    /// The node that runs again first.
    public var target: String
    /// All nodes that are as if they had not run, in the order of the file.
    public var nodes: [String]
    public var by: String
    /// What the agents of these nodes are told.
    public var feedback: String?

    /// A way back.
    public init(target: String, nodes: [String], by: String, feedback: String? = nil) {
        self.target = target
        self.nodes = nodes
        self.by = by
        self.feedback = feedback
    }
}
