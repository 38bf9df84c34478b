// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowEngine
import Synchronization

/// `calling:` makes calls, one for each element of its list, and puts out the answers. What a call costs stands in it:
/// `{ask: TEXT, reserve: TOKENS, cost: TOKENS}`.
struct CallingKind: NodeKind {
    let name = "calling"
    let summary = "Makes calls."
    let body = FieldType.any
    let service: Service

    /// Answers calls, and can let them wait.
    final class Service: Sendable {
        private struct State {
            var asked: [String] = []
            var waiting: [CheckedContinuation<Void, Never>] = []
            var isClosed = false
            var arrivals: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
        }

        private let state = Mutex(State())
        /// Comes after each answer.
        let mark: String

        init(mark: String = "") { self.mark = mark }

        var asked: [String] { state.withLock { $0.asked } }

        /// Lets calls wait from now on, until `open`.
        func close() { state.withLock { $0.isClosed = true } }

        func open() {
            let waiting = state.withLock { state in
                state.isClosed = false
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting { continuation.resume() }
        }

        /// Waits until so many calls have come in.
        func awaitCalls(_ count: Int) async {
            await withCheckedContinuation { continuation in
                let isThere = state.withLock { state in
                    if state.asked.count >= count { return true }
                    state.arrivals.append((count, continuation))
                    return false
                }
                if isThere { continuation.resume() }
            }
        }

        func answer(_ text: String) async -> String {
            let ready = state.withLock { state in
                state.asked.append(text)
                let count = state.asked.count
                let ready = state.arrivals.filter { $0.count <= count }
                state.arrivals.removeAll { $0.count <= count }
                return ready
            }
            for arrival in ready { arrival.continuation.resume() }
            await withCheckedContinuation { continuation in
                let waits = state.withLock { state in
                    if state.isClosed { state.waiting.append(continuation) }
                    return state.isClosed
                }
                if !waits { continuation.resume() }
            }
            return "\(text)!\(mark)"
        }
    }

    func outputType(of node: NodeDefinition, in site: KindSite) -> ValueType {
        .object(["answers": .any], open: false)
    }

    private func charge(_ tokens: JSONValue?) -> CallCharge {
        let tokens = Int(clamping: tokens?.integerValue ?? 0)
        return CallCharge(tokens: tokens, money: Money(dollars: Double(tokens) / 1000))
    }

    func run(_ context: NodeContext) async -> NodeOutcome {
        var answers: [JSONValue] = []
        for item in context.body.arrayValue ?? [] {
            let text = item["ask"]?.stringValue ?? ""
            let (reservation, charge) = (charge(item["reserve"]), charge(item["cost"]))
            let intent = CallIntent(
                kind: .tool, name: "service", request: ["ask": .string(text)], reservation: reservation)
            do throws(CallRefusal) {
                let outcome = try await context.calls.perform(intent) {
                    let answer = await service.answer(text)
                    return CallOutcome(
                        reply: .string(answer), answeredBy: "service-1",
                        usage: ModelUsage(promptTokens: 1, completionTokens: 2), charge: charge)
                }
                answers.append(outcome.reply)
            } catch {
                let reason: FailureReason =
                    switch error {
                    case .budget: .budget
                    case .notOnTape: .tape
                    case .stopped: .cancelled
                    }
                return .failed(NodeFailure(reason, error.message))
            }
        }
        return .succeeded(
            NodeResult(outputs: JSONObject([JSONObject.Member(key: "answers", value: .array(answers))])))
    }
}
