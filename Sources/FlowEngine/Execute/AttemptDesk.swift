// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Synchronization

/// The desk of one attempt: its calls are facts of the run.
struct AttemptDesk: CallDesk {
    let executor: RunExecutor
    let node: Int
    /// The node's name.
    let name: String
    let attempt: Int

    private static let lastID = Atomic<UInt64>(0)

    func perform(
        _ intent: CallIntent, _ call: @Sendable () async -> CallOutcome
    ) async throws(CallRefusal) -> CallOutcome {
        let site = executor.site
        let request = site.secrets.blanked(intent.request)
        let bytes = request.jsonBytes(.canonical)
        var start = CallStart(
            kind: intent.kind, name: site.secrets.blanked(intent.name), request: Digest(of: bytes),
            reservation: intent.reservation)
        if let tape = site.tape {
            // What a tape answers costs nothing.
            start.reservation = CallCharge()
            return try await replay(start, request, from: tape)
        }
        guard !Task.isCancelled else { throw .stopped("the attempt is being ended") }
        guard case .admitted(let index) = try await ask(.begin(start, (start.request, bytes))) else {
            throw .stopped("the engine did not take the call")
        }
        let clock = site.clock
        let began = clock.now()
        let outcome = await call()
        let reply = site.secrets.blanked(outcome.reply).jsonBytes(.compact)
        let end = CallEnd(
            reply: Digest(of: reply), failed: outcome.failed,
            answeredBy: outcome.answeredBy.map { site.secrets.blanked($0) }, usage: outcome.usage,
            charge: outcome.charge, latency: Swift.max(.zero, clock.now().since(began)))
        _ = try await ask(.end(index: index, end, (end.reply, reply)))
        return outcome
    }

    func warning() async -> String? {
        // A conversation on a tape goes as it went.
        executor.site.tape == nil ? await executor.budgetWarning(of: node) : nil
    }

    /// Gives the answer of the tape as if it had come now.
    private func replay(
        _ start: CallStart, _ request: JSONValue, from tape: CallTape
    ) async throws(CallRefusal) -> CallOutcome {
        let (recorded, reply) = try await tape.answer(start, request, of: name)
        let end = CallEnd(
            reply: recorded.reply, failed: recorded.failed, answeredBy: recorded.answeredBy, usage: recorded.usage,
            latency: .zero, isTaped: true)
        _ = try await ask(.taped(start, end))
        return CallOutcome(
            reply: reply, failed: recorded.failed, answeredBy: recorded.answeredBy, usage: recorded.usage)
    }

    /// Hands a step to the loop and waits until it is durable.
    private func ask(_ step: CallRequest.Step) async throws(CallRefusal) -> CallAnswer {
        let id = Self.lastID.add(1, ordering: .relaxed).newValue
        let answer: CallAnswer
        if case .begin = step {
            answer = await withTaskCancellationHandler {
                await send(step, id: id)
            } onCancel: {
                // Ends at once; who waits is `send`.
                Task(executorPreference: executor.site.tasks) { await executor.withdraw(id) }
            }
            if Task.isCancelled { await executor.forget(id) }
        } else {
            // The end of a call that was made is kept also when its attempt is being ended: it has cost something.
            answer = await send(step, id: id)
        }
        if case .refused(let refusal) = answer { throw refusal }
        return answer
    }

    private func send(_ step: CallRequest.Step, id: UInt64) async -> CallAnswer {
        await executor.takeCall(step, id: id, node: node, attempt: attempt)
    }
}

extension RunExecutor {
    /// Puts a step of a call before the loop; returns what became of it when that is durable.
    func takeCall(_ step: CallRequest.Step, id: UInt64, node: Int, attempt: Int) async -> CallAnswer {
        await withCheckedContinuation { reply in
            send(.call(CallRequest(id: id, node: node, attempt: attempt, step: step, reply: reply)))
        }
    }
}
