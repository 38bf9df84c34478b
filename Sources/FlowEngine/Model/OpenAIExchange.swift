// SPDX-License-Identifier: Apache-2.0

import FlowCore
import HTTPClient

/// What a chat completions server has answered so far.
struct OpenAIExchange: Sendable {
    private(set) var status = 0
    private var headers: [(name: String, value: String)] = []
    private var isStream = false
    /// The body when it is not a stream: an error, or an answer in one piece.
    private var body: [UInt8] = []
    private var events = ServerSentEvents()
    private var text = ""
    private var refusal = ""
    private var finishReason: String?
    private var isDone = false
    private var model: String?
    private var usage: JSONValue?
    /// An error in the middle of the stream, as the server tells it.
    private var streamError: JSONValue?
    private var fault: ModelError?

    /// Takes the head of the answer.
    mutating func begin(_ response: HTTPResponse) {
        status = response.status
        headers = response.headers
        isStream =
            status == 200 && response.header("Content-Type")?.lowercased().hasPrefix("text/event-stream") == true
    }

    /// Takes a piece of the body; returns the text of the answer in it.
    mutating func take(_ bytes: [UInt8]) -> String {
        guard isStream else {
            body += bytes
            return ""
        }
        guard fault == nil, !isDone else { return "" }
        var piece = ""
        do {
            for event in try events.push(bytes) { piece += take(event) }
        } catch {
            fault = ModelError(.serverError, "the model's stream cannot be read: \(error)")
        }
        return piece
    }

    /// Takes the end of the answer.
    mutating func end(_ response: HTTPResponse) {
        if status == 0 { begin(response) }
    }

    private mutating func take(_ event: ServerSentEvents.Event) -> String {
        if isDone { return "" }
        if event.data == "[DONE]" {
            isDone = true
            return ""
        }
        guard let chunk = try? JSONValue.parse(event.data) else {
            if fault == nil { fault = ModelError(.serverError, "the model's stream has a line that is not JSON") }
            return ""
        }
        if let error = chunk["error"], !error.isNull {
            streamError = chunk
            return ""
        }
        return take(chunk, message: "delta")
    }

    /// Takes the first choice of a chunk, or of an answer in one piece.
    private mutating func take(_ chunk: JSONValue, message: String) -> String {
        if let name = chunk["model"]?.stringValue { model = name }
        if let numbers = chunk["usage"], !numbers.isNull { usage = numbers }
        guard let choice = chunk["choices"]?.arrayValue?.first(where: { ($0["index"]?.integerValue ?? 0) == 0 }) else {
            return ""
        }
        if let reason = choice["finish_reason"]?.stringValue { finishReason = reason }
        refusal += choice[message]?["refusal"]?.stringValue ?? ""
        let piece = choice[message]?["content"]?.stringValue ?? ""
        text += piece
        return piece
    }
}

// MARK: - The result

extension OpenAIExchange {
    /// The answer, or why there is none, of an exchange with status 200.
    func reply(to request: ModelRequest, model asked: String, latency: Duration) throws(ModelError) -> ModelReply {
        var answer = self
        if let fault { throw fault }
        if let streamError {
            let code = streamError["error"]?["code"]?.integerValue ?? 500
            throw OpenAIFailure(status: Int(clamping: code), body: streamError, headers: []).error(key: nil)
        }
        if !isStream {
            guard let whole = try? JSONValue.parse(body), whole["choices"]?.arrayValue != nil else {
                throw ModelError(.serverError, "the model's server answered with something else than an answer")
            }
            let piece = answer.take(whole, message: "message")
            if !piece.isEmpty { request.onText?(piece) }
        }
        // A stream that was cut looks like one that has ended, but for this.
        guard let reason = answer.finishReason else {
            throw ModelError(.connection, "the model's answer broke off after \(answer.text.utf8.count) bytes")
        }
        if !answer.refusal.isEmpty { throw ModelError(.refused, "the model refused: \(answer.refusal)") }
        if reason == FinishReason.contentFilter.rawValue {
            throw ModelError(.refused, "the provider's content filter held back the answer")
        }
        return ModelReply(
            text: answer.text, json: request.schema == nil ? nil : JSONAnswer.parse(answer.text),
            finishReason: FinishReason(rawValue: reason), usage: answer.modelUsage(of: request),
            model: answer.model ?? asked, latency: latency)
    }

    private func modelUsage(of request: ModelRequest) -> ModelUsage {
        func count(_ value: JSONValue?) -> Int? { value?.integerValue.map { Int(Swift.max(0, $0)) } }
        if let prompt = count(usage?["prompt_tokens"]), let completion = count(usage?["completion_tokens"]) {
            return ModelUsage(
                promptTokens: prompt, completionTokens: completion,
                cachedTokens: count(usage?["prompt_tokens_details"]?["cached_tokens"]) ?? 0)
        }
        return ModelUsage(
            promptTokens: request.messages.reduce(0) { $0 + TokenEstimate.tokens(in: $1.content) + 4 },
            completionTokens: TokenEstimate.tokens(in: text), estimated: true)
    }

    /// The answer of an exchange with another status than 200.
    private var failure: OpenAIFailure {
        OpenAIFailure(status: status, body: (try? JSONValue.parse(body)) ?? .null, headers: headers)
    }

    /// What the server says against the request.
    var errorText: String { failure.message }

    /// Whether the conversation is longer than the model takes.
    var isTooLong: Bool { failure.isTooLong }

    /// The error. The key is blanked where the server repeats it.
    func error(key: String?) -> ModelError { failure.error(key: key) }
}
