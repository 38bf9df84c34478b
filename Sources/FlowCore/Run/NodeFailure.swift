// SPDX-License-Identifier: Apache-2.0

/// Why one attempt of a node failed. Whether the run fails is another question.
public struct NodeFailure: Sendable, Hashable {
    public var reason: FailureReason
    /// What went wrong, for people: one or a few lines.
    public var message: String
    /// The last lines a program wrote on its error output.
    public var excerpt: String?
    public var exitCode: Int?
    /// The wait that the other side asked for before another attempt.
    public var retryAfter: Milliseconds?

    /// A failed attempt.
    public init(
        _ reason: FailureReason, _ message: String, excerpt: String? = nil, exitCode: Int? = nil,
        retryAfter: Milliseconds? = nil
    ) {
        self.reason = reason
        self.message = message
        self.excerpt = excerpt
        self.exitCode = exitCode
        self.retryAfter = retryAfter
    }
}

/// The class of a failure, as `retry.on` names it.
public enum FailureReason: String, Sendable, Hashable, CaseIterable {
    /// A program ended with another code than 0.
    case exitCode = "exit_code"
    /// A program was ended by a signal.
    case signal
    /// The node's `timeout` passed.
    case timeout
    case idleTimeout = "idle_timeout"
    /// A program could not be started.
    case spawn
    /// A value does not have the promised type or shape.
    case schemaMismatch = "schema_mismatch"
    /// An expression could not be evaluated.
    case expression
    /// The node's data could not be read.
    case badData = "bad_data"
    /// What the node needs is not installed or not configured.
    case unavailable
    case rateLimit = "rate_limit"
    case serverError = "server_error"
    case clientError = "client_error"
    case connection
    case refused
    case interrupted
    case rejected
    /// The condition of a `repeat` did not hold after the last iteration.
    case notConverged = "not_converged"
    /// Too few of the `samples` agree.
    case disagreement
    /// An item of a `foreach`, or a sub-workflow, failed.
    case child
    /// The disk is full or cannot be read or written.
    case storage
    /// A call does not fit in what is left of a budget.
    case budget
    /// The tape that the node runs on does not have a call.
    case tape
    case cancelled

    /// Whether another attempt may succeed without anybody changing anything.
    public var mayHeal: Bool {
        switch self {
        case .exitCode, .signal, .timeout, .idleTimeout, .schemaMismatch, .rateLimit, .serverError, .connection,
            .interrupted:
            true
        case .spawn, .expression, .badData, .unavailable, .clientError, .refused, .rejected, .notConverged,
            .disagreement, .child, .storage, .budget, .tape, .cancelled:
            false
        }
    }
}
