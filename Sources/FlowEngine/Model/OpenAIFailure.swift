// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// A refusal of a chat completions server: status, headers, and an error in JSON.
struct OpenAIFailure {
    var status: Int
    var body: JSONValue
    var headers: [(name: String, value: String)]

    private var detail: JSONValue? { body["error"] ?? body["detail"] }

    /// What the server says, at most 500 characters.
    var message: String {
        let text = detail?.stringValue ?? detail?["message"]?.stringValue ?? body["message"]?.stringValue ?? ""
        return String(text.prefix(500))
    }

    private var words: [String] { [detail?["type"], detail?["code"]].compactMap { $0?.stringValue } }

    /// Whether the conversation is longer than the model takes.
    var isTooLong: Bool { words.contains { $0 == "exceed_context_size_error" || $0 == "context_length_exceeded" } }

    /// The error with its class.
    func error(key: String?) -> ModelError {
        var text = message
        if let key, key.utf8.count >= 4 {
            text = text.split(separator: key, omittingEmptySubsequences: false).joined(separator: "***")
        }
        if isTooLong {
            if let has = detail?["n_prompt_tokens"]?.integerValue, let takes = detail?["n_ctx"]?.integerValue {
                return ModelError(
                    .clientError, "the conversation has \(has) tokens, more than the \(takes) that the model takes")
            }
            return ModelError(.clientError, "the conversation is longer than the model takes: \(text)")
        }
        let said = text.isEmpty ? "" : ": \(text)"
        let wait = RetryAfter.wait(headers)
        switch status {
        case 429 where words.contains("insufficient_quota"):
            return ModelError(.clientError, "the account of the model service has no quota left\(said)")
        case 429: return ModelError(.rateLimit, "the model service limits the rate (429)\(said)", retryAfter: wait)
        case 408: return ModelError(.timeout, "the model service timed out (408)\(said)", retryAfter: wait)
        case 409, 500...:
            return ModelError(.serverError, "the model service failed (\(status))\(said)", retryAfter: wait)
        case 401, 403:
            return ModelError(.clientError, "the model service refuses the key (\(status))\(said)")
        default: return ModelError(.clientError, "the model service refuses the request (\(status))\(said)")
        }
    }
}
