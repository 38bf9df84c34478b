// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// Drives one run: takes inputs, lets the machine decide, makes the facts durable, tells observers, acts.
///
/// One loop (`drain`) does all of it, so the engine is serial; attempts of nodes run as tasks beside it and only send
/// their outcome back. What waits in the inbox when a commit returns goes into the next commit together. Memory runs
/// ahead of the store within a batch, but nothing outside sees a fact before its commit: when a commit fails the
/// executor stops and its memory is thrown away.
actor RunExecutor {
    /// Something for the loop.
    enum Arrival: Sendable {
        case input(RunInput)
        case succeeded(node: Int, attempt: Int, record: NodeRecord)
        case childSucceeded(node: Int, record: NodeRecord)
        case decision(node: Int, ApprovalDecision, reply: CheckedContinuation<RunError?, Never>)
        case request(RunInput, reply: CheckedContinuation<RunError?, Never>)
    }

    nonisolated let site: RunSite
    var machine: RunMachine
    var summary: RunSummary
    private var sequence: Int64

    private var inbox: [Arrival] = []
    private var isDraining = false
    private var stopReason: StoreError?
    private(set) var isStopping = false

    private(set) var rows: RunRows
    /// Records of nodes that have ended, as far as expressions refer to them.
    var records: [Int: NodeRecord] = [:]
    var itemLists: [Int: [JSONValue]] = [:]

    var attempts: [Int: Task<Void, Never>] = [:]
    private var cancelling: Set<Int> = []
    /// Nodes whose sub-workflow waits for a person.
    private var blockedChildren: Set<Int> = []
    private var wakes: [Int: Timestamp] = [:]
    private var timer: Task<Void, Never>?
    private var endWaiters: [CheckedContinuation<Void, Never>] = []
    private var waiters: [CheckedContinuation<RunOutcome, Never>] = []

    /// An executor that stands where the history ends. Nothing happens before `start`.
    init(site: RunSite, summary: RunSummary, history: [RecordedEvent]) {
        self.site = site
        self.summary = summary
        let machine = RunMachine(
            plan: site.plan, slots: site.slots, seed: site.seed, emptyResult: NodeRecord.emptyDigest, history: history)
        var rows = RunRows()
        for recorded in history { rows.note(recorded, machine: machine) }
        _ = rows.takeChanged()
        self.machine = machine
        self.rows = rows
        sequence = history.last?.sequence ?? 0
    }

    // MARK: From outside

    /// Takes the run up: attempts that ran when the last engine ended are interrupted, the rest goes on.
    func start(engine: String) {
        for (node, state) in machine.nodes.enumerated() where state.isAttemptRunning {
            inbox.append(.input(.interrupted(node, attempt: Int(state.attempt))))
        }
        send(.input(.start(engine: engine)))
    }

    /// Hands something to the loop.
    func send(_ arrival: Arrival) {
        inbox.append(arrival)
        guard !isDraining else { return }
        isDraining = true
        // The loop belongs to the actor and ends when the inbox is empty; `outcome` waits for what it leads to.
        Task { await self.drain() }
    }

    /// A person's request; returns when it is durable, or with the reason why it does not fit.
    func request(_ input: RunInput) async -> RunError? {
        await withCheckedContinuation { send(.request(input, reply: $0)) }
    }

    /// A person's answer to an approval.
    func decide(node name: String, _ decision: ApprovalDecision) async -> RunError? {
        guard let node = machine.index(of: name) else {
            return RunError(.unknownNode, "the run has no node `\(name)`")
        }
        return await withCheckedContinuation { send(.decision(node: node, decision, reply: $0)) }
    }

    /// Waits until the run has ended, or nothing goes on without a person, or the executor has stopped.
    func outcome() async -> RunOutcome {
        if let outcome = settledOutcome { return outcome }
        return await withCheckedContinuation { waiters.append($0) }
    }

    /// Waits until the run has ended, however long people take.
    func end() async -> (status: RunStatus, reason: String?) {
        while true {
            if let ended = machine.ended, !isDraining { return ended }
            if let stopReason { return (.queued, stopReason.description) }
            if isStopping { return (.queued, "the engine is ending") }
            await withCheckedContinuation { endWaiters.append($0) }
        }
    }

    /// Takes the run up unless that has been done or it has ended.
    func startIfIdle(engine: String) {
        guard !machine.isAtWork, machine.ended == nil else { return }
        start(engine: engine)
    }

    /// Ends all attempts and leaves the run to be resumed: what ran is recorded as interrupted.
    func stop() async {
        isStopping = true
        timer?.cancel()
        let running = attempts
        for task in running.values { task.cancel() }
        for task in running.values { await task.value }
        for (node, state) in machine.nodes.enumerated() where state.isAttemptRunning {
            inbox.append(.input(.interrupted(node, attempt: Int(state.attempt))))
        }
        machine.disengage()
        if !isDraining {
            isDraining = true
            await drain()
        }
        settle()
    }

    // MARK: The loop

    private func drain() async {
        while stopReason == nil {
            let effects = machine.takeEffects()
            if inbox.isEmpty, effects.isEmpty { break }
            await step(effects)
        }
        isDraining = false
        settle()
    }

    /// One turn: decide, commit, publish, act.
    private func step(_ effects: [RunEffect]) async {
        var batch = RunBatch(now: WallClock.now)
        var later: [RunEffect] = []
        var replies: [(CheckedContinuation<RunError?, Never>, RunError?)] = []
        let arrivals = inbox
        inbox.removeAll(keepingCapacity: true)
        for arrival in arrivals { take(arrival, into: &batch, replies: &replies) }
        var open = effects
        while true {
            for effect in open where !(await perform(inBatch: effect, &batch)) { later.append(effect) }
            guard batch.events.count < Self.largestBatch else { break }
            open = machine.takeEffects()
            if open.isEmpty { break }
        }
        do throws(StoreError) {
            try await commit(batch)
        } catch {
            stopReason = error
            for task in attempts.values { task.cancel() }
        }
        for (reply, error) in replies { reply.resume(returning: error) }
        guard stopReason == nil else { return }
        for effect in later { await perform(effect) }
    }

    private static let largestBatch = 4096

    private func take(
        _ arrival: Arrival, into batch: inout RunBatch,
        replies: inout [(CheckedContinuation<RunError?, Never>, RunError?)]
    ) {
        switch arrival {
        case .input(let input): _ = advance(input, &batch)
        case .request(let input, let reply): replies.append((reply, advance(input, &batch)))
        case .succeeded(let node, let attempt, let record):
            attempts[node] = nil
            finish(node, attempt: attempt, record: record, &batch)
        case .childSucceeded(let node, let record):
            let digest = keep(record, of: node, &batch)
            advance(.childEnded(node, result: digest, failure: nil), &batch)
        case .decision(let node, let decision, let reply):
            var outputs = JSONObject()
            outputs["decision"] = .string(decision.approved ? "approved" : "rejected")
            outputs["by"] = .string(decision.by)
            outputs["comment"] = .string(decision.comment ?? "")
            let digest = keep(NodeRecord(outputs: outputs), of: node, &batch)
            replies.append((reply, advance(.decided(node, decision, result: digest), &batch)))
        }
    }

    /// Lets the machine decide and notes the facts in the batch.
    @discardableResult
    func advance(_ input: RunInput, _ batch: inout RunBatch) -> RunError? {
        var input = input
        if case .failed(let node, let attempt, _) = input {
            attempts[node] = nil
            if cancelling.remove(node) != nil { input = .cancelled(node, attempt: attempt) }
        }
        do throws(RunError) {
            for event in try machine.advance(input, at: batch.now) {
                sequence += 1
                let recorded = RecordedEvent(sequence: sequence, at: batch.now, event: event)
                batch.events.append(recorded)
                switch event {
                case .runStarted: summary.startedAt = summary.startedAt ?? batch.now
                case .runEnded: summary.endedAt = batch.now
                default: break
                }
                rows.note(recorded, machine: machine)
            }
            return nil
        } catch {
            return error
        }
    }

    /// Takes a node's result into the run.
    func finish(_ node: Int, attempt: Int, record: NodeRecord, _ batch: inout RunBatch) {
        if cancelling.remove(node) != nil {
            advance(.cancelled(node, attempt: attempt), &batch)
        } else {
            let digest = keep(record, of: node, &batch)
            advance(.succeeded(node, attempt: attempt, result: digest), &batch)
        }
    }

    /// Puts a record among the contents of the batch.
    func keep(_ record: NodeRecord, of node: Int, _ batch: inout RunBatch) -> Digest {
        if record.outputs.isEmpty, record.artifacts.isEmpty { return keepEmpty(&batch) }
        // In the order of writing: a value must read the same after a resume as it did before.
        let bytes = record.json.jsonBytes(.compact)
        let digest = Digest(of: bytes)
        batch.contents.append((digest, bytes))
        if site.isReferenced(Int(machine.nodes[node].planNode)) { records[node] = record }
        return digest
    }

    private func keepEmpty(_ batch: inout RunBatch) -> Digest {
        if !batch.hasEmptyRecord {
            batch.contents.append((NodeRecord.emptyDigest, NodeRecord.empty.json.jsonBytes(.compact)))
            batch.hasEmptyRecord = true
        }
        return NodeRecord.emptyDigest
    }

    private func commit(_ batch: RunBatch) async throws(StoreError) {
        guard !batch.events.isEmpty else { return }
        summary.status = machine.status
        summary.nodeCount = machine.nodes.count
        summary.endedCount = machine.endedCount
        summary.failedNode = machine.failedNode.map { machine.name(of: $0) }
        if let ended = machine.ended { summary.reason = ended.reason }
        let changed = rows.takeChanged()
        try await site.store.commit(
            StoreBatch(
                run: site.run, events: batch.events, contents: batch.contents, summary: summary, nodes: changed))
        site.observer.observe(batch.events, of: site.run)
    }

    // MARK: Timers and ends

    /// Does what the world is to see; called after the commit that says so.
    private func perform(_ effect: RunEffect) async {
        guard !isStopping else { return }
        switch effect {
        case .run(let node, let attempt): await startAttempt(node, attempt: attempt)
        case .cancel(let node, let attempt):
            cancelling.insert(node)
            if let task = attempts[node] {
                task.cancel()
            } else if case .run(let child) = machine.waits[node] {
                await site.children.cancel(child)
            } else {
                send(.input(.cancelled(node, attempt: attempt)))
            }
        case .wake(let node, let moment):
            wakes[node] = moment
            armTimer()
        case .watch(let node, let child): await watch(child, for: node)
        case .prepare, .join, .close: break
        }
    }

    /// Sleeps until the next moment that somebody waits for. The sleep is cut at a minute, so that a jump of the
    /// wall clock is noticed.
    private func armTimer() {
        timer?.cancel()
        guard let next = wakes.values.min() else { return }
        let wait = Swift.max(0, Swift.min(next.since(WallClock.now).count, 60_000))
        timer = Task { [weak self] in
            try? await Task.sleep(for: .milliseconds(wait))
            if !Task.isCancelled { await self?.wake() }
        }
    }

    private func wake() {
        let now = WallClock.now
        for (node, moment) in wakes where moment <= now {
            wakes[node] = nil
            send(.input(.woken(node)))
        }
        armTimer()
    }

    private var settledOutcome: RunOutcome? {
        if let stopReason { return .storeFailed(stopReason) }
        guard !isDraining, inbox.isEmpty else { return nil }
        if let ended = machine.ended { return .ended(ended.status, reason: ended.reason) }
        if isStopping { return .stopped }
        if machine.status == .paused, attempts.isEmpty { return .paused }
        if waitsForPeople { return .waiting(nodes: waitingNodes) }
        return nil
    }

    /// Whether nothing goes on unless a person answers, here or in the run of a sub-workflow.
    private var waitsForPeople: Bool {
        machine.status == .waiting
            && machine.waits.allSatisfy { node, wait in
                switch wait {
                case .approval: true
                case .run: blockedChildren.contains(node)
                case .until: false
                }
            }
    }

    /// The run that a node waits for begins, or ends, to wait for a person.
    func childIsBlocked(_ node: Int, _ isBlocked: Bool) {
        if isBlocked { blockedChildren.insert(node) } else { blockedChildren.remove(node) }
        settle()
    }

    private var waitingNodes: [String] { machine.waits.keys.sorted().map { machine.name(of: $0) } }

    private func settle() {
        if machine.ended != nil || stopReason != nil || isStopping {
            let endWaiters = endWaiters
            self.endWaiters = []
            for waiter in endWaiters { waiter.resume() }
        }
        guard let outcome = settledOutcome else { return }
        let waiters = waiters
        self.waiters = []
        for waiter in waiters { waiter.resume(returning: outcome) }
    }
}

/// What one turn of the loop commits.
struct RunBatch: Sendable {
    var now: Timestamp
    var events: [RecordedEvent] = []
    var contents: [(digest: Digest, bytes: [UInt8])] = []
    var hasEmptyRecord = false
}

/// Where a run stands when its executor has nothing more to do.
public enum RunOutcome: Sendable, Hashable {
    case ended(RunStatus, reason: String?)
    /// Only people can go on: these nodes wait for an answer.
    case waiting(nodes: [String])
    case paused
    /// The engine was asked to stop; the run can be resumed.
    case stopped
    case storeFailed(StoreError)
}
