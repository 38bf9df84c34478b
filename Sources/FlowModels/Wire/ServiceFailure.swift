// SPDX-License-Identifier: Apache-2.0

package import FlowCore

/// A refusal of a model service: status, headers, and an error in JSON. The services differ little in its shape.
package struct ServiceFailure: Sendable {
    package var status: Int
    package var body: JSONValue
    package var headers: [(name: String, value: String)]

    package init(status: Int, body: JSONValue, headers: [(name: String, value: String)] = []) {
        self.status = status
        // One service puts its error into a list of one.
        self.body = body.arrayValue?.first ?? body
        self.headers = headers
    }

    /// An error that a service tells in the middle of a stream, where there is no status.
    package init(inStream body: JSONValue) {
        self.init(status: 500, body: body)
        let code = detail?["code"]?.integerValue ?? self.body["code"]?.integerValue
        if let code, (400...599).contains(code) {
            status = Int(code)
        } else if let status = words.lazy.compactMap({ Self.statuses[$0] }).first {
            self.status = status
        }
    }

    private static let statuses: [String: Int] = [
        "invalid_request_error": 400, "INVALID_ARGUMENT": 400, "FAILED_PRECONDITION": 400,
        "authentication_error": 401, "UNAUTHENTICATED": 401, "invalid_api_key": 401, "billing_error": 402,
        "permission_error": 403, "PERMISSION_DENIED": 403, "not_found_error": 404, "NOT_FOUND": 404,
        "request_too_large": 413, "rate_limit_error": 429, "rate_limit_exceeded": 429, "RESOURCE_EXHAUSTED": 429,
        "insufficient_quota": 429, "api_error": 500, "server_error": 500, "INTERNAL": 500, "ABORTED": 409,
        "UNAVAILABLE": 503, "timeout_error": 504, "DEADLINE_EXCEEDED": 504, "overloaded_error": 529,
    ]

    private var detail: JSONValue? { body["error"] ?? body["detail"] }

    /// What the service says, at most 500 characters.
    package var message: String {
        var text = detail?.stringValue ?? detail?["message"]?.stringValue ?? body["message"]?.stringValue
        if text == nil, let list = detail?.arrayValue {
            text = list.prefix(3).compactMap { $0["msg"]?.stringValue }.joined(separator: "; ")
        }
        return String((text ?? "").prefix(500))
    }

    /// All that the service says against the request, the names of fields included.
    var complaint: String {
        var text = [message, detail?["param"]?.stringValue ?? ""]
        for each in detail?.arrayValue ?? [] {
            text += (each["loc"]?.arrayValue ?? []).compactMap(\.stringValue)
        }
        return text.joined(separator: " ")
    }

    private var words: [String] {
        [detail?["type"], detail?["code"], detail?["status"], body["code"]].compactMap { $0?.stringValue }
    }

    /// Whether the conversation is longer than the model takes.
    package var isTooLong: Bool {
        if words.contains(where: { $0 == "exceed_context_size_error" || $0 == "context_length_exceeded" }) {
            return true
        }
        // Two services have no word for it.
        guard status == 400 else { return false }
        let text = message
        return text.hasPrefix("prompt is too long") || text.contains("exceeds the maximum number of tokens")
    }

    /// Whether the service says that what was asked is wrong, so that it may be asked in other words.
    var isComplaint: Bool { (status == 400 || status == 422) && !isTooLong }

    /// The wait that the service asks for, in a header or in the body.
    private var wait: Milliseconds? {
        if let wait = RetryAfter.wait(headers) { return wait }
        let delays = (detail?["details"]?.arrayValue ?? []).compactMap { $0["retryDelay"]?.stringValue }
        return delays.first.flatMap { Milliseconds(parsing: $0) }
    }

    /// The error with its class. The key is blanked where the service repeats it.
    package func error(key: String?) -> ModelError {
        let text = Self.blanked(message, key)
        var error = kind(said: text.isEmpty ? "" : ": \(text)")
        if isTooLong {
            error = ModelError(.clientError, "the conversation is longer than the model takes: \(text)")
            if let has = detail?["n_prompt_tokens"]?.integerValue, let takes = detail?["n_ctx"]?.integerValue {
                error.message = "the conversation has \(has) tokens, more than the \(takes) that the model takes"
            }
        }
        error.status = status
        return error
    }

    private func kind(said: String) -> ModelError {
        switch status {
        case 429 where words.contains("insufficient_quota"), 402:
            ModelError(.clientError, "the account of the model service has no quota left\(said)")
        case 429: ModelError(.rateLimit, "the model service limits the rate (429)\(said)", retryAfter: wait)
        case 408: ModelError(.timeout, "the model service timed out (408)\(said)", retryAfter: wait)
        // 52x are those of a proxy whose server is away, 529 means overloaded.
        case 409, 500, 502...504, 520...529:
            ModelError(.serverError, "the model service failed (\(status))\(said)", retryAfter: wait)
        case 401, 403: ModelError(.clientError, "the model service refuses the key (\(status))\(said)")
        default: ModelError(.clientError, "the model service refuses the request (\(status))\(said)")
        }
    }

    /// A text without the key. A very short one is left, since it would blank ordinary words.
    static func blanked(_ text: String, _ key: String?) -> String {
        guard let key, key.utf8.count >= 4, text.contains(key) else { return text }
        return text.split(separator: key, omittingEmptySubsequences: false).joined(separator: "***")
    }
}
