// SPDX-License-Identifier: Apache-2.0

/// Why a model gave no answer that can be used.
public struct ModelError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The causes that are treated differently.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Too many requests; `retryAfter` says when to come back, if the provider does.
        case rateLimit
        /// The provider failed or is overloaded.
        case serverError
        /// The request is wrong: key, model, size.
        case clientError
        /// Nobody answered, or the answer broke off.
        case connection
        case timeout
        /// The model or its provider declined to answer.
        case refused
        /// The answer does not fit the schema.
        case schemaMismatch
        /// The answer was cut at the most tokens, and what is there cannot be used.
        case truncated
        /// No model is installed or configured. The message says what to do.
        case unavailable
        /// The call does not fit in what is left of a budget.
        case budget
        /// The node runs on a tape, and the tape does not have the call.
        case tape
        case cancelled
    }

    public var kind: Kind
    /// What went wrong, for people: lower case, no full stop.
    public var message: String
    /// The wait that the provider asked for.
    public var retryAfter: Milliseconds?
    /// The status of HTTP, where the error is the answer of a service.
    public var status: Int?

    /// An error.
    public init(_ kind: Kind, _ message: String, retryAfter: Milliseconds? = nil, status: Int? = nil) {
        self.kind = kind
        self.message = message
        self.retryAfter = retryAfter
        self.status = status
    }

    /// The message.
    public var description: String { message }

    /// The class of the failure that a node has because of the error.
    public var reason: FailureReason {
        switch kind {
        case .rateLimit: .rateLimit
        case .serverError: .serverError
        case .clientError: .clientError
        case .connection: .connection
        case .timeout: .timeout
        case .refused: .refused
        case .schemaMismatch, .truncated: .schemaMismatch
        case .unavailable: .unavailable
        case .budget: .budget
        case .tape: .tape
        case .cancelled: .cancelled
        }
    }

    /// The failure of a node that asked.
    public var failure: NodeFailure { NodeFailure(reason, message, retryAfter: retryAfter) }
}
