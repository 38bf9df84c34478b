// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Synchronization

/// What a program may ask models for while a node runs: its token is valid for one attempt.
final class GatewayPass: Sendable {
    /// What stands for the call of a model in the log and is counted.
    struct Use: Sendable, Hashable {
        /// Calls that were answered.
        var answered = 0
        var failed = 0
        var usage = ModelUsage()
    }

    private struct State {
        var use = Use()
        var calls = 0
        var isClosed = false
        var refusal: ModelError?
        var running: [Int: Task<Result<ModelReply, ModelError>, Never>] = [:]
        var waiter: CheckedContinuation<Void, Never>?
        var ignored: Set<String> = []
    }

    /// The key that the program sends.
    let token: String
    /// The address up to and with the version.
    let address: String
    private let model: RecordedModel
    /// Which model answers for which name; `*` is for all others.
    private let names: [String: String]
    private let log: @Sendable (String) -> Void
    private let onRefusal: @Sendable (ModelError) -> Void
    private let state = Mutex(State())

    init(
        token: String, address: String, model: RecordedModel, names: [String: String],
        log: @escaping @Sendable (String) -> Void, onRefusal: @escaping @Sendable (ModelError) -> Void
    ) {
        self.token = token
        self.address = address
        self.model = model
        self.names = names
        self.log = log
        self.onRefusal = onRefusal
    }

    var use: Use { state.withLock { $0.use } }

    /// Why a call was refused for good: over a budget, or not on the tape.
    var refusal: ModelError? { state.withLock { $0.refusal } }

    /// The names of models that a client is told of.
    var modelNames: [String] { names.keys.filter { $0 != "*" }.sorted() + ["default"] }

    /// Makes a call at the desk of the attempt.
    func complete(
        _ asked: ChatRequestReader.Asked, onText: (@Sendable (String) -> Void)?
    ) async -> (number: Int, Result<ModelReply, ModelError>) {
        var request = asked.request
        let name = request.model ?? "default"
        request.model = names[name] ?? names["*"] ?? request.model
        request.onText = onText
        let (model, whole) = (model, request)
        // The lock is held until the task is known, so that `close` cannot miss it.
        let begun = state.withLock { state -> (Int, Task<Result<ModelReply, ModelError>, Never>)? in
            guard !state.isClosed else { return nil }
            state.calls += 1
            // Ends with the call; `close` cancels and awaits it.
            let task = Task { () async -> Result<ModelReply, ModelError> in
                do throws(ModelError) {
                    return .success(try await model.complete(whole))
                } catch {
                    return .failure(error)
                }
            }
            state.running[state.calls] = task
            return (state.calls, task)
        }
        guard let (number, task) = begun else {
            return (0, .failure(ModelError(.cancelled, "the node that this key belongs to has ended")))
        }
        let result = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        note(number, name, asked, result)
        return (number, result)
    }

    private func note(
        _ number: Int, _ name: String, _ asked: ChatRequestReader.Asked, _ result: Result<ModelReply, ModelError>
    ) {
        var words = ["call \(number): \(name)"]
        if let schema = asked.schemaName { words.append("schema \(schema)") }
        if !asked.request.tools.isEmpty {
            words.append("tools \(asked.request.tools.map(\.name).joined(separator: " "))")
        }
        words.append("\(asked.request.messages.count) messages")
        var refusal: ModelError?
        switch result {
        case .success(let reply):
            let count = "\(reply.usage.promptTokens)+\(reply.usage.completionTokens) tokens"
            words.append("answered by \(reply.model)\(reply.toolCalls.isEmpty ? "" : " with a tool call"), \(count)")
        case .failure(let error):
            words.append("\(error.kind == .budget || error.kind == .tape ? "refused" : "failed"): \(error.message)")
            if error.kind == .budget || error.kind == .tape { refusal = error }
        }
        let (waiter, isFirst, unknown) = state.withLock { state in
            state.running[number] = nil
            switch result {
            case .success(let reply):
                state.use.answered += 1
                state.use.usage = state.use.usage + reply.usage
            case .failure: state.use.failed += 1
            }
            let isFirst = refusal != nil && state.refusal == nil
            if isFirst { state.refusal = refusal }
            let unknown = asked.ignored.filter { state.ignored.insert($0).inserted }
            guard state.running.isEmpty else { return (nil as CheckedContinuation<Void, Never>?, isFirst, unknown) }
            defer { state.waiter = nil }
            return (state.waiter, isFirst, unknown)
        }
        log(words.joined(separator: ", "))
        if !unknown.isEmpty { log("not passed on to models: \(unknown.joined(separator: ", "))") }
        if isFirst, let refusal { onRefusal(refusal) }
        waiter?.resume()
    }

    /// Ends all calls that are still being made, and returns when their ends are kept.
    func close() async {
        await withCheckedContinuation { continuation in
            let (tasks, isIdle) = state.withLock { state in
                state.isClosed = true
                if !state.running.isEmpty { state.waiter = continuation }
                return (Array(state.running.values), state.running.isEmpty)
            }
            if isIdle { return continuation.resume() }
            for task in tasks { task.cancel() }
        }
    }
}
