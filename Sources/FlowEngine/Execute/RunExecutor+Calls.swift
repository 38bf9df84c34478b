// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// What an attempt asks of the loop for a call.
struct CallRequest: Sendable {
    /// A content of the store.
    typealias Content = (digest: Digest, bytes: [UInt8])

    enum Step: Sendable {
        case begin(CallStart, Content, claims: [Int64] = [])
        /// Waits until the run itself lets the call through; nothing is set aside yet.
        case probe(CallStart)
        /// Waits until the run is not paused.
        case hold
        case end(index: Int, CallEnd, Content)
        /// A tape has the answer: the call begins and ends at once, and its contents are in the store.
        case taped(CallStart, CallEnd)
    }

    /// Names the request, so that it can be withdrawn.
    var id: UInt64
    var node: Int
    var attempt: Int
    var step: Step
    var reply: CheckedContinuation<CallAnswer, Never>
}

extension CallRequest {
    /// Whether the call is made by the run of a sub-workflow.
    func isOfPart(_ calls: CallLedger) -> Bool {
        switch step {
        case .begin(let call, _, _), .probe(let call): call.kind == .part
        case .end(let index, _, _): calls.isOpenPart(node, number: index)
        case .taped, .hold: false
        }
    }
}

/// What an attempt is told when the facts of its call are durable.
enum CallAnswer: Sendable {
    case admitted(index: Int)
    case done
    case refused(CallRefusal)
}

/// Calls in the loop: facts first, then the call; its end, then the use of its answer.
extension RunExecutor {
    func take(_ given: CallRequest, into batch: inout RunBatch) {
        var request = given
        if request.isOfPart(machine.calls), machine.nodes.indices.contains(request.node) {
            // The part does not know of the attempts of the node that stands for it.
            request.attempt = Int(machine.nodes[request.node].attempt)
        }
        func answer(_ answer: CallAnswer) { batch.callReplies.append((request.reply, answer)) }
        let stopped = CallAnswer.refused(.stopped("the attempt is being ended"))
        switch request.step {
        case .hold:
            if isWithdrawn(request) { return answer(stopped) }
            if machine.isPausedByPerson { heldCalls.append(request) } else { answer(.done) }
        case .begin(let call, _, _), .probe(let call):
            if isWithdrawn(request) { return answer(stopped) }
            switch machine.verdict(on: call, of: request.node, attempt: request.attempt) {
            case .admitted(let index):
                guard case .begin(_, let content, let claims) = request.step else { return answer(.done) }
                advance(.callBegan(request.node, attempt: request.attempt, call), &batch)
                batch.contents.append(content)
                batch.claims += claims
                answer(.admitted(index: index))
            case .waits: heldCalls.append(request)
            case .held(let text) where call.kind == .part && !machine.isAtWork:
                // Nobody works on this run, so nobody would grant more.
                answer(.refused(.budget("\(text); go on with: flow resume \(site.run)")))
            case .held:
                advance(.callBegan(request.node, attempt: request.attempt, call), &batch)
                heldCalls.append(request)
            case .refused(let text):
                advance(.callBegan(request.node, attempt: request.attempt, call), &batch)
                answer(.refused(.budget(text)))
            case .stale: answer(stopped)
            }
        case .end(let index, let end, let content):
            guard machine.calls.isOpen(request.node, number: index) else { return answer(stopped) }
            advance(.callEnded(request.node, attempt: request.attempt, index: index, end), &batch)
            batch.contents.append(content)
            answer(.done)
        case .taped(let call, let end):
            guard case .admitted(let index) = machine.verdict(on: call, of: request.node, attempt: request.attempt)
            else { return answer(stopped) }
            advance(.callBegan(request.node, attempt: request.attempt, call), &batch)
            advance(.callEnded(request.node, attempt: request.attempt, index: index, end), &batch)
            answer(.done)
        }
    }

    private func isWithdrawn(_ request: CallRequest) -> Bool {
        withdrawnCalls.remove(request.id) != nil || cancelling.contains(request.node) || isStopping
    }

    /// Looks again at the calls that wait: others have ended, or a person has granted more.
    func takeHeldCalls(_ batch: inout RunBatch) {
        guard !heldCalls.isEmpty else { return }
        let held = heldCalls
        heldCalls = []
        for call in held { take(call, into: &batch) }
    }

    /// The attempt does not wait for its call any more.
    func withdraw(_ id: UInt64) {
        guard let place = heldCalls.firstIndex(where: { $0.id == id }) else {
            withdrawnCalls.insert(id)
            return
        }
        heldCalls.remove(at: place).reply.resume(returning: .refused(.stopped("the attempt is being ended")))
    }

    func budgetWarning(of node: Int) -> String? { machine.budgetWarning(of: node) }

    /// The request has its answer.
    func forget(_ id: UInt64) { withdrawnCalls.remove(id) }

    /// Whether all attempts that run only wait for a budget.
    var isHeldByBudget: Bool {
        guard !heldCalls.isEmpty, machine.calls.openCount == 0 else { return false }
        let waiting = Set(heldCalls.map(\.node))
        return attempts.keys.allSatisfy { waiting.contains($0) }
    }
}

extension CallRequest.Step {
    /// Whether its answer may take until others have ended, so that who asks may have to withdraw it.
    var canWait: Bool {
        switch self {
        case .begin, .probe, .hold: true
        case .end, .taped: false
        }
    }
}
