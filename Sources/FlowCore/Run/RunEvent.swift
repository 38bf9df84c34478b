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
        case .runCreated, .runDerived, .runStarted, .runPaused, .runResumed, .cancelRequested, .runEnded, .sharedBudget:
            nil
        case .nodeExpanded(let node, _, _), .nodeStarted(let node, _), .nodeSucceeded(let node, _, _),
            .nodeRepeated(let node, _, _, _), .nodeFailed(let node, _, _, _), .nodeWaiting(let node, _, _),
            .approvalDecided(let node, _),
            .nodeSkipped(let node, _), .nodeOmitted(let node, _), .nodeCancelled(let node),
            .nodeInterrupted(let node, _), .callStarted(let node, _, _, _), .callEnded(let node, _, _, _):
            node
        case .budgetReached(let node, _, _), .budgetExceeded(let node, _): node
        }
    }
}

extension RunEvent {
    /// Whether the fact changes where its node stands. Calls and budgets do not.
    public var movesNode: Bool {
        switch self {
        case .callStarted, .callEnded, .budgetReached, .budgetExceeded, .sharedBudget: false
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

/// A question to people.
public struct ApprovalRequest: Sendable, Hashable {
    public var prompt: String
    /// What the person is shown, by name.
    public var show: JSONObject
    public var deadline: Timestamp?
    public var onDeadline: DeadlineAction

    /// What happens when nobody answers in time.
    public enum DeadlineAction: String, Sendable, Hashable, CaseIterable {
        case reject, fail
    }

    /// A question.
    public init(
        prompt: String, show: JSONObject = JSONObject(), deadline: Timestamp? = nil,
        onDeadline: DeadlineAction = .reject
    ) {
        self.prompt = prompt
        self.show = show
        self.deadline = deadline
        self.onDeadline = onDeadline
    }
}

/// An answer to an approval.
public struct ApprovalDecision: Sendable, Hashable {
    public var approved: Bool
    public var by: String
    public var comment: String?
    public var at: Timestamp

    /// An answer.
    public init(approved: Bool, by: String, comment: String? = nil, at: Timestamp) {
        self.approved = approved
        self.by = by
        self.comment = comment
        self.at = at
    }
}
