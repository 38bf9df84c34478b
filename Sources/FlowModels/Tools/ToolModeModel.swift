// SPDX-License-Identifier: Apache-2.0

package import FlowCore
import Synchronization

/// Offers tools to a model in the way that it understands.
package struct ToolModeModel: ModelProvider {
    /// The models that take tools as JSON only.
    package final class Memory: Sendable {
        private let names = Mutex<Set<String>>([])

        package init() {}

        func refusesTools(_ model: String) -> Bool { names.withLock { $0.contains(model) } }
        func keep(_ model: String) { names.withLock { _ = $0.insert(model) } }
    }

    private let inner: any ModelProvider
    private let mode: ToolMode
    private let memory: Memory

    /// A model with its way; a request that names another way goes before.
    package init(_ inner: any ModelProvider, mode: ToolMode, memory: Memory = Memory()) {
        self.inner = inner
        self.mode = mode
        self.memory = memory
    }

    /// Asks once; in the mode `auto` again as JSON, when tools are refused.
    package func complete(_ request: ModelRequest) async throws(ModelError) -> ModelReply {
        // Calls that were made in words of JSON have to be told in the same words, also when no tool is offered now.
        let hasCalls = request.messages.contains { !$0.toolCalls.isEmpty || $0.role == .tool }
        guard !request.tools.isEmpty || hasCalls else { return try await inner.complete(request) }
        let model = request.model ?? ""
        switch request.toolMode ?? mode {
        case .json: return try await asJSON(request)
        case .native: return try await natively(request)
        case .auto where memory.refusesTools(model): return try await asJSON(request)
        case .auto:
            do {
                return try await natively(request)
            } catch {
                guard error.mayBeAboutTools, !Task.isCancelled else { throw error }
                let refusal = error
                let reply: ModelReply
                do {
                    reply = try await asJSON(request)
                } catch {
                    // Then tools were not the cause.
                    throw error.kind == .cancelled ? error : refusal
                }
                // A failure of the server may have been chance.
                if refusal.kind == .clientError { memory.keep(model) }
                return reply
            }
        }
    }

    private func natively(_ request: ModelRequest) async throws(ModelError) -> ModelReply {
        var reply = try await inner.complete(request)
        guard reply.toolCalls.isEmpty, request.toolChoice != .none,
            let calls = ToolText.calls(in: reply.text, offered: request.tools.map(\.name))
        else { return reply }
        reply.toolCalls = calls.enumerated().map { index, call in
            ToolCall(id: ToolCall.madeUpID(request.callCount + index + 1), name: call.name, arguments: call.arguments)
        }
        reply.text = ""
        reply.json = nil
        reply.finishReason = .toolCalls
        return reply
    }

    private func asJSON(_ request: ModelRequest) async throws(ModelError) -> ModelReply {
        let talk = ToolTalk(request)
        let reply = try talk.reply(try await inner.complete(talk.request))
        if reply.toolCalls.isEmpty, !reply.text.isEmpty, !talk.streams { request.onText?(reply.text) }
        return reply
    }
}

extension ModelError {
    /// Whether the same question without tools in the service's own form may be answered.
    fileprivate var mayBeAboutTools: Bool {
        switch kind {
        case .clientError, .serverError: [400, 404, 422, 500, 501].contains(status)
        default: false
        }
    }
}

extension ModelRequest {
    /// The calls in the conversation so far.
    var callCount: Int { messages.reduce(0) { $0 + $1.toolCalls.count } }
}
