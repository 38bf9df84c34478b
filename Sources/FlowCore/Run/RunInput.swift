// SPDX-License-Identifier: Apache-2.0

/// Something that happened to a run and on which the machine decides. Nodes are given by their index in the machine.
public enum RunInput: Sendable, Hashable {
    /// An engine takes the run up.
    case start(engine: String)
    case pause(by: String)
    case resume(by: String)
    case cancel(by: String, reason: String)

    /// Answers to `RunEffect.prepare`.
    case prepared(Int)
    case conditionFalse(Int, reason: String)
    case expanded(Int, keys: [String], items: Digest)
    case evaluationFailed(Int, NodeFailure)
    /// The node is prepared, and people are asked before it begins.
    case asked(Int, ApprovalRequest)
    /// What the node depends on is known, and stored under the digest.
    case fingerprinted(Int, Digest)
    /// Another run has a result for the same.
    case reused(Int, from: NodeOrigin, result: Digest)

    /// Answers to `RunEffect.run`.
    case succeeded(Int, attempt: Int, result: Digest)
    /// An iteration of a `repeat` succeeded and is not the last one; the next begins at the given moment.
    case repeated(Int, attempt: Int, result: Digest, at: Timestamp)
    case failed(Int, attempt: Int, NodeFailure)
    case waiting(Int, attempt: Int, NodeWait)
    case cancelled(Int, attempt: Int)
    /// The attempt was running when the last engine ended.
    case interrupted(Int, attempt: Int)

    /// The moment of a `RunEffect.wake` has come.
    case woken(Int)
    /// Nobody answered in time. `result` is what the node puts out if that counts as a yes.
    case expired(Int, result: Digest)
    /// A person answered. `result` is what an approved node puts out.
    case decided(Int, ApprovalDecision, result: Digest)
    /// A person answered the question of a run that is paused.
    case pauseDecided(ApprovalDecision)
    /// A person changes something of a node.
    case intervened(Int, Intervention)
    /// The outputs of all items of a `foreach` are collected.
    case joined(Int, result: Digest)
    /// What the items put out does not make a result.
    case joinFailed(Int, NodeFailure)
    /// The run of a sub-workflow ended.
    case childEnded(Int, result: Digest?, failure: NodeFailure?)

    /// An attempt is about to make a call; ``RunMachine/verdict(on:of:attempt:)`` says what becomes of it.
    case callBegan(Int, attempt: Int, CallStart)
    case callEnded(Int, attempt: Int, index: Int, CallEnd)
    /// The moment of a `RunEffect.watchTime` has come.
    case timePassed(budget: Int)
    /// Something is to be told of a budget that several runs share.
    case sharedBudget(String, BudgetMeasure, percent: Int, reason: String?)
}

/// What the machine wants done. Each effect names its node and attempt, which makes doing it twice harmless.
public enum RunEffect: Sendable, Hashable {
    /// Evaluate `when` and `foreach`; no program runs yet.
    case prepare(Int)
    case run(Int, attempt: Int)
    /// End the running attempt.
    case cancel(Int, attempt: Int)
    /// End the running attempt, and tell that it was interrupted: another one begins.
    case restart(Int, attempt: Int)
    case wake(Int, at: Timestamp)
    /// Collect the outputs of the items of a `foreach`.
    case join(Int)
    /// Tell when the run of a sub-workflow has ended.
    case watch(Int, run: String)
    /// Tell when the moment has come at which a part of a budget's time is used; it takes the place of an earlier one.
    case watchTime(budget: Int, at: Timestamp)
    /// The run is over.
    case close(RunStatus)
}

/// An input that the run's state does not allow.
public struct RunError: Error, Sendable, Hashable {
    /// What is the matter.
    public enum Code: String, Sendable, Hashable {
        case runEnded, notPaused, alreadyPaused, notWaitingForApproval, unknownNode
        /// The answer or the change does not fit how the node stands, or who gives it.
        case notAllowed
    }

    public var code: Code
    public var message: String

    /// A refused input.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
