// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowEngine
import Synchronization

/// What must be true of what the executor writes, starts and tells.
extension ExecutorWorld {
    // MARK: Facts

    /// A batch has become durable.
    func note(durable batch: StoreBatch) {
        state.withLock { state in
            state.counts[.commits] += 1
            for (digest, bytes) in batch.contents {
                state.contents.insert(digest)
                guard let value = try? JSONValue.parse(bytes)["outputs"]?["v"]?.stringValue else { continue }
                state.outputs[digest] = value
            }
            for recorded in batch.events { state.take(recorded) }
            state.checkRows(of: batch)
        }
    }

    /// Events were told to somebody: they must be durable, and come in order.
    func note(observed events: [RecordedEvent], epoch: Int) {
        state.withLock { state in
            // What a dead process would still say, nobody hears.
            guard state.isAlive, state.epoch == epoch else { return }
            for recorded in events {
                let (isDurable, isNew) = (recorded.sequence <= state.log.count, recorded.sequence > state.observed)
                state.expect(isDurable, "`\(recorded.event.line)` was told before it was durable")
                state.expect(isNew, "`\(recorded.event.line)` was told twice")
                state.observed = recorded.sequence
            }
        }
    }

    // MARK: Attempts

    /// An attempt begins; false if its process is dead.
    func noteStart(of context: NodeContext, epoch: Int) -> Bool {
        state.withLock { state in
            guard state.isAlive, state.epoch == epoch else { return false }
            let (node, name) = (context.node, "\(context.node) #\(context.attempt)")
            state.counts[.attempts] += 1
            state.tell("begins \(name)")
            if let other = state.attempts.updateValue(context.attempt, forKey: node) {
                state.expect(false, "\(name) runs beside #\(other)")
            }
            state.expect(state.dispatched.insert(name).inserted, "\(name) is started twice")
            if state.last[node] != .nodeStarted(node: node, attempt: context.attempt) {
                state.fault("\(name) runs after the fact `\(state.last[node]?.line ?? "none")`")
            }
            let turn = state.turns[node, default: 0]
            if let (key, old) = state.keys[node] {
                state.expect(
                    (key == context.idempotencyKey) == (old == turn),
                    "\(name) has the key \(context.idempotencyKey), the attempt before had \(key)")
            }
            state.keys[node] = (context.idempotencyKey, turn)
            checkValues(of: context, &state)
            return true
        }
    }

    /// A call is made: the fact that it begins must be durable, and nothing of it has ended.
    func noteCall(of context: NodeContext, epoch: Int) {
        state.withLock { state in
            guard state.isAlive, state.epoch == epoch, let node = state.oracle.index(of: context.node) else { return }
            state.counts[.calls] += 1
            state.expect(
                !state.oracle.openCalls(of: node).isEmpty, "\(context.node) makes a call before it is durable")
        }
    }

    /// What a node reads of others must be what they put out, whatever happened in between.
    private func checkValues(of context: NodeContext, _ state: inout State) {
        for need in context.definition.needs {
            guard var source = plan.index(of: need.node) else { continue }
            while let node = state.oracle.index(of: plan.nodes[source].id),
                [.failed, .rejected].contains(state.oracle.status(of: node)), let other = plan.fallback(of: source)
            {
                source = other
            }
            // The outputs of a fan-out are lists.
            if plan.nodes[source].options.foreach != nil { continue }
            let expected = state.results[plan.nodes[source].id] ?? "none"
            let found = context.with[need.node]?.stringValue
            state.expect(
                found == expected,
                "\(context.node) #\(context.attempt) reads `\(found ?? "nothing")` of \(need.node), not `\(expected)`")
        }
        guard let found = context.with["previous"]?.stringValue else { return }
        let expected = state.previous[context.node] ?? "none"
        state.expect(
            found == expected, "\(context.node) #\(context.attempt) has `\(found)` as `previous`, not `\(expected)`")
    }

    /// An attempt ends; gives what it puts out.
    func noteEnd(of context: NodeContext, _ outcome: NodeOutcome, epoch: Int) -> NodeOutcome {
        state.withLock { state in
            guard state.isAlive, state.epoch == epoch else { return outcome }
            state.expect(
                state.attempts.removeValue(forKey: context.node) == context.attempt,
                "\(context.node) #\(context.attempt) ends and did not run")
            state.tell("ends \(context.node) #\(context.attempt)")
            return outcome
        }
    }

    /// What a node that needs no slot answers at once.
    func inlineOutcome(of context: NodeContext) -> NodeOutcome {
        // Values are not compared: those of the same batch are not durable yet.
        state.withLock { state in
            switch state.random.below(100) {
            case ..<35: return .succeeded(state.result(of: context.node, attempt: context.attempt))
            case ..<50: return .failed(state.failure())
            case ..<70: return .waiting(.until(state.moment(within: 5000)))
            case ..<85: return .waiting(.approval(state.question()))
            default: return .waiting(.run("child of \(context.idempotencyKey)"))
            }
        }
    }
}

extension ExecutorWorld.State {
    mutating func expect(_ holds: Bool, _ problem: @autoclosure () -> String) {
        if !holds { fault(problem()) }
    }

    mutating func fault(_ problem: String) {
        problems.append(problem)
        tell("PROBLEM \(problem)")
    }

    fileprivate mutating func take(_ recorded: RecordedEvent) {
        let event = recorded.event
        counts[.facts] += 1
        tell("fact \(recorded.sequence) at \(recorded.at.milliseconds): \(event.line)")
        expect(recorded.sequence == Int64(log.count) + 1, "`\(event.line)` has the sequence \(recorded.sequence)")
        log.append(recorded)
        link = EventChain.link(
            after: link, sequence: recorded.sequence, at: recorded.at.milliseconds,
            canonical: event.json.jsonBytes(.canonical))
        oracle.takeUnprepared(event, at: recorded.at)
        for problem in oracle.problems where !problems.contains(problem) { expect(false, problem) }
        switch event {
        // What is said of a node is not what it is at.
        case .approvalDecided, .intervened, .budgetReached, .budgetExceeded: break
        case .runRewound(let rewind):
            for node in rewind.nodes {
                last[node] = nil
                results[node] = nil
                previous[node] = nil
                turns[node, default: 0] += 1
            }
        default: if let node = event.node { last[node] = event }
        }
        switch event {
        case .callStarted(let node, _, _, let call):
            expect(contents.contains(call.request), "the request of \(node) is not durable")
        case .callEnded(let node, _, _, let end):
            expect(contents.contains(end.reply), "the reply to \(node) is not durable")
        case .nodeSucceeded(let node, _, let digest):
            expect(contents.contains(digest), "the result of \(node) is not durable")
            results[node] = outputs[digest]
        case .nodeFingerprinted(let node, let digest):
            expect(contents.contains(digest), "what \(node) depends on is not durable")
        case .nodeReused(let node, _, let digest):
            expect(contents.contains(digest), "the result that \(node) has of another run is not durable")
            expect(keys[node] == nil, "\(node) is reused after it ran")
        case .nodeRepeated(let node, _, let digest, _):
            expect(contents.contains(digest), "the iteration of \(node) is not durable")
            previous[node] = outputs[digest]
            turns[node, default: 0] += 1
            counts[.iterations] += 1
        case .nodeFailed(let node, _, let failure, let retryAt):
            if failure.reason == .timeout, failure.message != Self.chance { counts[.timeouts] += 1 }
            guard retryAt != nil else { break }
            counts[.retries] += 1
            turns[node, default: 0] += 1
        case .nodeWaiting: counts[.waits] += 1
        case .approvalDecided: counts[.decisions] += 1
        case .runPaused: counts[.pauses] += 1
        case .cancelRequested: counts[.cancellations] += 1
        case .nodeExpanded(let node, _, let digest):
            counts[.fanOuts] += 1
            expect(contents.contains(digest), "the items of \(node) are not durable")
        case .nodeInterrupted(let node, let attempt):
            counts[.interruptions] += 1
            expect(attempts[node] == nil, "\(node) #\(attempt) is called interrupted while it runs")
        default: break
        }
    }

    /// The rows must say what the facts say.
    fileprivate mutating func checkRows(of batch: StoreBatch) {
        for row in batch.nodes {
            guard let node = oracle.index(of: row.node) else {
                expect(false, "a row names `\(row.node)`, which is no node")
                continue
            }
            let status = oracle.status(of: node)
            let attempt = oracle.nodes[node].attempt
            // That a node has become ready is no fact: after a way back its row says so when it goes on.
            let isEqual = row.status == status || row.status == .pending && status == .ready
            expect(
                isEqual && row.attempt == attempt,
                "the row of \(row.node) says \(row.status) #\(row.attempt), the facts say \(status) #\(attempt)")
        }
        guard let summary = batch.summary else { return }
        let status = oracle.runStatus
        // While an engine ends, what could go on does not.
        let isEqual = summary.status == status || isStopping && summary.status == .queued && status == .running
        expect(isEqual, "the row of the run says \(summary.status), the facts say \(status)")
        let ended = oracle.nodes.count(where: \.status.isTerminal)
        expect(
            summary.endedCount == ended, "the row of the run says that \(summary.endedCount) nodes ended, not \(ended)")
    }

    // MARK: Answers of the world

    /// What simulated failures say.
    private static let chance = "chance"

    mutating func result(of node: String, attempt: Int) -> NodeResult {
        var outputs = JSONObject()
        outputs["v"] = .string("\(node)#\(attempt)")
        outputs["done"] = .bool(random.chance(40))
        outputs["number"] = .integer(Int64(random.below(6)))
        outputs["list"] = .array((0..<random.below(4)).map { .integer(Int64($0)) })
        return NodeResult(outputs: outputs)
    }

    mutating func failure() -> NodeFailure {
        NodeFailure(
            random.pick(random.chance(60) ? [.exitCode, .connection, .timeout] : FailureReason.allCases), Self.chance,
            retryAfter: random.chance(20) ? Milliseconds(Int64(random.below(3000))) : nil)
    }

    mutating func moment(within milliseconds: Int) -> Timestamp {
        wall.now.advanced(by: Milliseconds(Int64(random.below(milliseconds))))
    }

    mutating func question() -> ApprovalRequest {
        let deadline = random.chance(50) ? moment(within: 100_000) : nil
        return ApprovalRequest(
            prompt: "go on?", deadline: deadline,
            onDeadline: random.pick(ApprovalRequest.DeadlineAction.allCases))
    }

    /// How a program ends.
    mutating func outcome(of node: String, attempt: Int) -> NodeOutcome {
        switch random.below(100) {
        case ..<60: .succeeded(result(of: node, attempt: attempt))
        case ..<82: .failed(failure())
        case ..<88: .waiting(.until(moment(within: 5000)))
        case ..<94: .waiting(.approval(question()))
        default: .waiting(.run("child of \(keys[node]?.key ?? node)"))
        }
    }
}

/// Tells the world what it is told.
struct SimulatedObserver: RunObserver {
    let world: ExecutorWorld
    let epoch: Int

    func observe(_ events: [RecordedEvent], of run: String) { world.note(observed: events, epoch: epoch) }
    func observe(_ line: NodeLogLine, node: String, attempt: Int, of run: String) {}
}
