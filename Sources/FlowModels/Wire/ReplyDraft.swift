// SPDX-License-Identifier: Apache-2.0

package import FlowCore

/// The answer as far as its events have told it.
package struct ReplyDraft: Sendable {
    /// A call as far as its pieces have come.
    private struct Call {
        var id: String?
        var name = ""
        var arguments = ""
        var token: String?
    }

    private(set) var text = ""
    private var refusal = ""
    private var calls: [Call] = []
    /// Where the call of an index stands.
    private var places: [Int: Int] = [:]
    private var finish: FinishReason?
    private var hasEnded = false
    private var model: String?
    private var usage = UsagePiece()
    private var fault: ModelError?

    /// No model means so many.
    private static let mostCalls = 256

    package init() {}

    /// Takes what the answer says next.
    package mutating func take(_ event: WireEvent) {
        switch event {
        case .model(let name): model = name
        case .text(let piece): text += piece
        case .refusal(let piece): refusal += piece
        case .call(let piece): take(piece)
        case .usage(let piece): usage.update(piece)
        case .finished(let reason): finish = reason
        case .end: hasEnded = true
        case .failed(let error): fault = fault ?? error
        }
    }

    private mutating func take(_ piece: CallPiece) {
        // Some services give all calls of an answer one index; their ids tell them apart.
        let known = places[piece.index].flatMap { place -> Int? in
            guard let id = piece.id, !id.isEmpty, let other = calls[place].id else { return place }
            return other == id ? place : nil
        }
        let place: Int
        if let known {
            place = known
        } else {
            guard calls.count < Self.mostCalls else {
                fault =
                    fault ?? ModelError(.serverError, "the model asks for more than \(Self.mostCalls) tools at once")
                return
            }
            place = calls.count
            calls.append(Call())
            places[piece.index] = place
        }
        if let id = piece.id, !id.isEmpty { calls[place].id = id }
        // The name comes once, but some services repeat it with each piece.
        if let name = piece.name, !name.isEmpty { calls[place].name = name }
        calls[place].arguments += piece.arguments
        calls[place].token = piece.token ?? calls[place].token
    }

    // MARK: The result

    /// The answer to a request, or why there is none.
    package func reply(
        to request: ModelRequest, asked: String, answerTool: AnswerTool?, latency: Duration
    ) throws(ModelError) -> ModelReply {
        if let fault { throw fault }
        // A stream that was cut looks like one that has ended, but for this.
        guard hasEnded, let finish else {
            throw ModelError(.connection, "the model's answer broke off after \(text.utf8.count) bytes")
        }
        if !refusal.isEmpty { throw ModelError(.refused, "the model refused: \(String(refusal.prefix(500)))") }
        if finish == .contentFilter {
            throw ModelError(.refused, "the model's service held back the answer")
        }
        var toolCalls = self.toolCalls(before: request.messages.reduce(0) { $0 + $1.toolCalls.count })
        var text = self.text
        var reason = finish
        if let answerTool, let place = toolCalls.firstIndex(where: { $0.name == answerTool.spec.name }) {
            text = answerTool.text(of: toolCalls[place].arguments)
            toolCalls.remove(at: place)
            if toolCalls.isEmpty, finish == .toolCalls { reason = .stop }
        }
        // Not all services say so when they stop for a tool.
        if !toolCalls.isEmpty, reason == .stop { reason = .toolCalls }
        return ModelReply(
            text: text, json: request.schema == nil ? nil : JSONAnswer.parse(text), toolCalls: toolCalls,
            finishReason: reason, usage: modelUsage(of: request), model: model ?? asked, latency: latency)
    }

    /// The calls. Ids that are made up differ from those of the `earlier` calls of the conversation.
    private func toolCalls(before earlier: Int) -> [ToolCall] {
        calls.enumerated().map { index, call in
            let arguments: JSONValue =
                call.arguments.allSatisfy(\.isWhitespace)
                ? [:] : (try? JSONValue.parse(call.arguments)) ?? .string(call.arguments)
            return ToolCall(
                id: call.id ?? ToolCall.madeUpID(earlier + index + 1), name: call.name, arguments: arguments,
                token: call.token)
        }
    }

    private func modelUsage(of request: ModelRequest) -> ModelUsage {
        if let prompt = usage.prompt, let completion = usage.completion {
            return ModelUsage(
                promptTokens: prompt, completionTokens: completion, cachedTokens: usage.cached ?? 0,
                reasoningTokens: usage.reasoning ?? 0)
        }
        let written = calls.reduce(TokenEstimate.tokens(in: text)) { $0 + TokenEstimate.tokens(in: $1.arguments) }
        return ModelUsage(
            promptTokens: usage.prompt
                ?? request.messages.reduce(0) { $0 + TokenEstimate.tokens(in: $1.content) + 4 },
            completionTokens: usage.completion ?? written, estimated: true)
    }
}

extension ToolCall {
    /// An id for a call to which the service has given none.
    static func madeUpID(_ number: Int) -> String { "flow_call_\(number)" }

    /// Whether the id is not the service's own, so that it has no meaning there.
    var hasMadeUpID: Bool { id.hasPrefix("flow_call_") }
}
