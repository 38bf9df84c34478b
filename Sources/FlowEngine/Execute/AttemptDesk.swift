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
    /// What the conversation was answered before the attempt.
    let memory: CallMemory?
    private let hearing = Hearing()

    /// How many words of people the conversation has heard.
    private final class Hearing: Sendable {
        let count = Atomic<Int>(0)
    }

    init(executor: RunExecutor, node: Int, name: String, attempt: Int, memory: CallMemory? = nil) {
        self.executor = executor
        self.node = node
        self.name = name
        self.attempt = attempt
        self.memory = memory
    }

    private static let lastID = Atomic<UInt64>(0)

    func perform(
        _ intent: CallIntent, _ call: @Sendable () async -> CallOutcome
    ) async throws(CallRefusal) -> CallOutcome {
        let site = executor.site
        let request = site.secrets.blanked(intent.request)
        let bytes = request.jsonBytes(.canonical)
        var start = CallStart(
            kind: intent.kind, name: site.secrets.blanked(intent.name), request: Digest(of: bytes),
            reservation: intent.reservation,
            heard: intent.kind == .model ? hearing.count.load(ordering: .relaxed) : 0)
        if let tape = site.tape {
            // What a tape answers costs nothing.
            start.reservation = CallCharge()
            return try await replay(start, request, from: tape)
        }
        guard !Task.isCancelled else { throw .stopped("the attempt is being ended") }
        switch memory?.take(start.request) {
        case .ended(let end)?:
            return CallOutcome(
                reply: try await memory?.reply(to: end) ?? .null, failed: end.failed, answeredBy: end.answeredBy,
                provider: end.provider, usage: end.usage)
        case .begun? where intent.isOnce:
            let text =
                "The engine ended while this call was made: nobody knows whether it was done. It is not made again."
            return CallOutcome(reply: ["text": .string(text), "is_error": true], failed: true)
        case .begun?, nil: break
        }
        let hold = try await reserve(start)
        let index: Int
        do throws(CallRefusal) {
            let step = CallRequest.Step.begin(start, (start.request, bytes), claims: hold.claim.map { [$0.key] } ?? [])
            guard case .admitted(let admitted) = try await ask(step) else {
                throw .stopped("the engine did not take the call")
            }
            index = admitted
        } catch {
            await site.scopes.shared?.drop(hold.claim)
            await hold.part?.settle(CallCharge())
            throw error
        }
        let clock = site.clock
        let began = clock.now()
        let outcome = await call()
        let reply = site.secrets.blanked(outcome.reply).jsonBytes(.compact)
        let end = CallEnd(
            reply: Digest(of: reply), failed: outcome.failed,
            answeredBy: outcome.answeredBy.map { site.secrets.blanked($0) },
            provider: outcome.provider.map { site.secrets.blanked($0) }, usage: outcome.usage, charge: outcome.charge,
            latency: Swift.max(.zero, clock.now().since(began)))
        do throws(CallRefusal) {
            _ = try await ask(.end(index: index, end, (end.reply, reply)))
        } catch {
            // The attempt has ended, and the run counts what was set aside.
            await site.scopes.shared?.settle(hold.claim, executor)
            await hold.part?.settle(start.reservation)
            throw error
        }
        await site.scopes.shared?.settle(hold.claim, executor)
        await hold.part?.settle(outcome.charge)
        return outcome
    }

    var canAsk: Bool { executor.site.tape == nil }

    func answer(to call: String) async -> ApprovalDecision? {
        if let tape = executor.site.tape { return tape.answer(to: call, of: name) }
        return await executor.answer(to: call, of: node)
    }

    func takeMessages() async -> [String] {
        let count = hearing.count.load(ordering: .relaxed)
        var new: [String]
        if let tape = executor.site.tape {
            new = tape.messages(for: name, after: count)
        } else {
            new = await executor.messages(for: node, after: count)
            // A turn that is told again has heard what it heard.
            if let heard = memory?.heard { new = Array(new.prefix(Swift.max(0, heard - count))) }
        }
        hearing.count.store(count + new.count, ordering: .relaxed)
        return new.map { executor.site.secrets.blanked($0) }
    }

    /// Sets the most that a call can cost aside wherever it counts, the run itself left out.
    private func reserve(
        _ start: CallStart
    ) async throws(CallRefusal) -> (part: PartHold?, claim: SharedBudgets.Claim?) {
        let scopes = executor.site.scopes
        guard !scopes.isEmpty else { return (nil, nil) }
        let shares = await scopes.shared?.counts(executor.site.options.session) ?? false
        guard shares || scopes.parent != nil else { return (nil, nil) }
        // A call that the run itself holds back must not hold others up meanwhile.
        _ = try await ask(.probe(start))
        let part = try await scopes.parent?.reserve(start, of: executor.site.run, node: name)
        do throws(CallRefusal) {
            return (part, shares ? try await scopes.shared?.reserve(start, self) : nil)
        } catch {
            await part?.settle(CallCharge())
            throw error
        }
    }

    func warning() async -> String? {
        // A conversation on a tape, or that is told again, goes as it went.
        guard executor.site.tape == nil, memory?.heard == nil else { return nil }
        if let text = await executor.budgetWarning(of: node) { return text }
        return await executor.site.scopes.parent?.warning()
    }

    /// Gives the answer of the tape as if it had come now.
    private func replay(
        _ start: CallStart, _ request: JSONValue, from tape: CallTape
    ) async throws(CallRefusal) -> CallOutcome {
        let (recorded, reply) = try await tape.answer(start, request, of: name)
        let end = CallEnd(
            reply: recorded.reply, failed: recorded.failed, answeredBy: recorded.answeredBy,
            provider: recorded.provider, usage: recorded.usage, latency: .zero, isTaped: true)
        _ = try await ask(.taped(start, end))
        return CallOutcome(
            reply: reply, failed: recorded.failed, answeredBy: recorded.answeredBy, provider: recorded.provider,
            usage: recorded.usage)
    }

    /// Hands a step to the loop and waits until it is durable.
    func ask(_ step: CallRequest.Step) async throws(CallRefusal) -> CallAnswer {
        let id = Self.lastID.add(1, ordering: .relaxed).newValue
        let answer: CallAnswer
        if step.canWait {
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
