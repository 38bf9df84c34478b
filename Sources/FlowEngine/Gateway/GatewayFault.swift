// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// An answer of the gateway that is none of a model, in the form of the chat completions API.
struct GatewayFault: Error, Sendable, Hashable {
    var status: Int
    /// What is wrong, for people.
    var message: String
    /// The class of the error as clients know it.
    var type: String
    var code: String
    var retryAfter: Milliseconds?

    init(
        _ status: Int, _ message: String, type: String = "invalid_request_error", code: String = "invalid_request",
        retryAfter: Milliseconds? = nil
    ) {
        self.status = status
        self.message = message
        self.type = type
        self.code = code
        self.retryAfter = retryAfter
    }

    /// What a model's error is to a client.
    ///
    /// Clients try again after 408, 409, 429 and 5xx by themselves. What only a person can change has another status.
    init(_ error: ModelError) {
        let code = error.kind.rawValue
        switch error.kind {
        case .rateLimit:
            self.init(429, error.message, type: "rate_limit_error", code: code, retryAfter: error.retryAfter)
        case .serverError: self.init(502, error.message, type: "server_error", code: code)
        case .connection: self.init(502, error.message, type: "server_error", code: code)
        case .timeout: self.init(504, error.message, type: "server_error", code: code)
        case .clientError, .schemaMismatch, .truncated: self.init(400, error.message, code: code)
        case .refused: self.init(400, error.message, code: "content_filter")
        case .unavailable: self.init(404, error.message, code: "model_not_found")
        case .budget: self.init(402, error.message, type: "insufficient_quota", code: "budget_exceeded")
        case .tape: self.init(403, error.message, type: "permission_error", code: "not_on_tape")
        case .cancelled: self.init(403, error.message, type: "permission_error", code: "cancelled")
        }
    }

    var json: JSONValue {
        ["error": ["message": .string(message), "type": .string(type), "param": .null, "code": .string(code)]]
    }

    /// The wait in whole seconds, as a header takes it.
    var headers: [(name: String, value: String)] {
        retryAfter.map { [(name: "Retry-After", value: String(max(1, ($0.count + 999) / 1000)))] } ?? []
    }
}
