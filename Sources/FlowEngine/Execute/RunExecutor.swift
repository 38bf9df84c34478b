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
        /// A moment has come, as far as the clock said then.
        case woken(node: Int, due: Timestamp)
        case succeeded(node: Int, attempt: Int, record: NodeRecord)
        case childSucceeded(node: Int, record: NodeRecord)
        case decision(node: Int, ApprovalDecision, reply: Reply)
        /// A change by a person, with the contents that it names.
        case intervention(node: Int, Intervention, [CallRequest.Content], reply: Reply)
        case request(RunInput, reply: Reply)
        case call(CallRequest)

        /// Who waits for what becomes of it.
        var reply: Reply? {
            switch self {
            case .decision(_, _, let reply), .request(_, let reply), .intervention(_, _, _, let reply): reply
            case .input, .woken, .succeeded, .childSucceeded, .call: nil
            }
        }

        /// Tells who waits that nothing becomes of it.
        func refuse(_ error: EngineError) {
            reply?.resume(returning: error)
            if case .call(let call) = self { call.reply.resume(returning: .refused(.stopped(error.description))) }
        }
    }

    /// Is told when a request is durable (nil), or why it is not.
    typealias Reply = CheckedContinuation<EngineError?, Never>

    nonisolated let site: RunSite
    var machine: RunMachine
    var summary: RunSummary
    private var sequence: Int64

    private(set) var inbox: [Arrival] = []
    private(set) var isDraining = false
    private var drainWaiters: [CheckedContinuation<Void, Never>] = []
    private(set) var stopReason: StoreError? {
        didSet { life.isSpent = attempts.isEmpty }
    }
    private(set) var isStopping = false
    private var isStopped = false
    /// Whether `start` has been called: the run is worked on by this executor.
    private var isTakenUp = false
    /// Whether it waits for its concurrency group, and will be started.
    private(set) var isInLine = false
    /// What those who hold the executor see from outside.
    nonisolated let life = ExecutorLife()

    private(set) var rows: RunRows
    /// Records of nodes that have ended, as far as expressions refer to them.
    var records: [Int: NodeRecord] = [:]
    var itemLists: [Int: [JSONValue]] = [:]
    /// Inputs as parts of what nodes depend on.
    var inputParts: [String: JSONValue] = [:]
    /// Results of other runs that are about to take the place of running a node.
    var foundRecords: [Int: (record: NodeRecord, digest: Digest)] = [:]

    /// The batch that is being written while the next one is decided.
    private var writing: Writing?
    /// Effects that have not had their turn.
    private var openEffects: ArraySlice<RunEffect> = []
    /// Nodes whose conditions hold and that are not in line for a slot yet.
    var preparedForSlots: [Int] = []
    /// Calls that wait for what others leave of a budget, or for a person to grant more; in the order in which they came.
    var heldCalls: [CallRequest] = []
    /// The calls of parts that were open when the last engine ended.
    var lostParts: [(node: Int, number: Int)] = []
    /// Calls that were withdrawn before they could be held.
    var withdrawnCalls: Set<UInt64> = []

    var attempts: [Int: Task<Void, Never>] = [:]
    var cancelling: Set<Int> = []
    /// Attempts that are ended because a person has given their nodes another task.
    var restarting: Set<Int> = []
    private var wakes: [Int: Timestamp] = [:]
    private var timer: Task<Void, Never>?
    var finalWaiters: [CheckedContinuation<RunOutcome, Never>] = []
    var waiters: [CheckedContinuation<RunOutcome, Never>] = []
    /// The nodes whose sub-workflows wait for people, with what is awaited there.
    var blockedChildren: [Int: [String]] = [:]
    /// What those waited for that are being answered.
    var answeredChildren: [Int: [String]] = [:]
    var listeners: [AsyncStream<RunStanding>.Continuation] = []
    var lastStanding: RunStanding?

    /// An executor that stands where the history ends. Nothing happens before `start`.
    init(site: RunSite, summary: RunSummary, history: [RecordedEvent]) {
        self.site = site
        self.summary = summary
        let machine = RunMachine(
            plan: site.plan, slots: site.slots, seed: site.seed, emptyResult: NodeRecord.emptyDigest,
            machine: site.machine, inherited: Set(site.inherited.keys), approvals: site.approvals,
            submitter: site.options.startedBy, history: history)
        var rows = RunRows()
        for (name, node) in site.inherited {
            if let index = machine.index(of: name), machine.nodes[index].status == .reused {
                rows.inherit(index, node.result)
            }
        }
        for recorded in history { rows.note(recorded, machine: machine) }
        _ = rows.takeChanged()
        _ = rows.takeSolved()
        lostParts = machine.calls.openParts
        self.machine = machine
        self.rows = rows
        sequence = history.last?.sequence ?? 0
    }

    // MARK: From outside

    /// Takes the run up: attempts that ran when the last engine ended are interrupted, the rest goes on. Does nothing
    /// when that has been done or the run has ended.
    func start(engine: String) {
        guard !isTakenUp, !isStopping, machine.ended == nil else { return }
        isTakenUp = true
        isInLine = false
        for (node, state) in machine.nodes.enumerated() where state.isAttemptRunning || state.status == .interrupted {
            inbox.append(.input(.interrupted(node, attempt: Int(state.attempt))))
        }
        send(.input(.start(engine: engine)))
    }

    /// Whether nobody has started it and there is something to do.
    var isIdle: Bool { !isTakenUp && !isStopping && machine.ended == nil && !isInLine }

    /// Says that it will be started when its group is free.
    func standInLine() { if isIdle { isInLine = true } }

    /// Hands something to the loop.
    func send(_ arrival: Arrival) {
        if isStopped || stopReason != nil {
            arrival.refuse(refusal)
            return
        }
        inbox.append(arrival)
        guard !isDraining else { return }
        isDraining = true
        // The loop belongs to the actor and ends when the inbox is empty; `outcome` waits for what it leads to.
        Task(executorPreference: site.tasks) { await self.drain() }
    }

    /// A person's request; returns when it is durable, or with the reason why it is not.
    func request(_ input: RunInput) async -> EngineError? {
        await withCheckedContinuation { send(.request(input, reply: $0)) }
    }

    /// A person's answer to an approval.
    func decide(node name: String, _ decision: ApprovalDecision) async -> EngineError? {
        guard let node = machine.index(of: name) else {
            return EngineError(.noSuchNode, "the run has no node `\(name)`")
        }
        return await withCheckedContinuation { send(.decision(node: node, decision, reply: $0)) }
    }

    /// A person's change of a node; returns when it is durable, or with the reason why it is not.
    func intervene(
        node: Int, _ intervention: Intervention, contents: [CallRequest.Content]
    ) async -> EngineError? {
        await withCheckedContinuation { send(.intervention(node: node, intervention, contents, reply: $0)) }
    }

    /// Ends all attempts and leaves the run to be resumed: what ran is recorded as interrupted.
    func stop() async {
        guard !isStopping else { return await drained() }
        isStopping = true
        // From here on the machine starts nothing; what has succeeded is still taken in.
        machine.disengage()
        timer?.cancel()
        let running = runningTasks
        for task in running { task.cancel() }
        for task in running { await task.value }
        await drained()
        for (node, state) in machine.nodes.enumerated() where state.isAttemptRunning {
            inbox.append(.input(.interrupted(node, attempt: Int(state.attempt))))
        }
        isDraining = true
        await drain()
        isStopped = true
        refuseAll()
        settle()
    }

    /// Waits until the loop stands still.
    private func drained() async {
        while isDraining { await withCheckedContinuation { drainWaiters.append($0) } }
    }

    /// Gives up after a failure of the store: what is in memory may be ahead of it.
    func fail(_ error: StoreError) {
        guard stopReason == nil else { return }
        stopReason = error
        timer?.cancel()
        for task in runningTasks { task.cancel() }
        guard !isDraining else { return }
        refuseAll()
        settle()
    }

    /// The tasks of the attempts that run, in the order of nodes: what happens follows from what came before, not from
    /// the places in a hash table.
    private var runningTasks: [Task<Void, Never>] {
        attempts.sorted { $0.key < $1.key }.map(\.value)
    }

    private var refusal: EngineError {
        stopReason.map { EngineError($0) } ?? EngineError(.refused, "the engine is ending")
    }

    private func refuseAll() {
        let refused = inbox
        inbox = []
        for arrival in refused { arrival.refuse(refusal) }
        let held = heldCalls
        heldCalls = []
        for call in held { call.reply.resume(returning: .refused(.stopped(refusal.description))) }
    }

    // MARK: The loop

    private func drain() async {
        repeat {
            while stopReason == nil {
                // The effects of a run that nobody works on wait until somebody does.
                if machine.isAtWork { openEffects.append(contentsOf: machine.takeEffects()) }
                if inbox.isEmpty, openEffects.isEmpty || !machine.isAtWork {
                    if writing == nil { break }
                    await finishWriting()
                } else {
                    await step()
                }
            }
            await finishWriting()
            if stopReason != nil { refuseAll() }
            await leave()
            // What came in the meantime has nobody else: an attempt may wait for the end of its call to be durable, and
            // the engine for the attempt.
        } while !inbox.isEmpty
        isDraining = false
        let drainWaiters = drainWaiters
        self.drainWaiters = []
        for waiter in drainWaiters { waiter.resume() }
        settle()
    }

    /// When the engine ends: says in the run's row that nobody works on it any more.
    private func leave() async {
        guard isStopping, isTakenUp, stopReason == nil, summary.status != machine.status else { return }
        summary.status = machine.status
        do throws(StoreError) {
            try await site.store.commit(StoreBatch(run: site.run, summary: summary))
        } catch {
            stopReason = error
        }
    }

    /// One turn: decide, commit, publish, act. While there is more that can be decided at once, a batch is written
    /// beside the next turn; nothing of it is seen before, and nothing that has to be read waits in it.
    private func step() async {
        if !inbox.isEmpty { await finishWriting() }
        guard stopReason == nil else { return }
        var batch = RunBatch(now: site.clock.now())
        let arrivals = inbox
        inbox.removeAll(keepingCapacity: true)
        var taken = 0
        do throws(StoreError) {
            for arrival in arrivals {
                taken += 1
                try await take(arrival, into: &batch)
            }
            takeHeldCalls(&batch)
            if machine.isAtWork { openEffects.append(contentsOf: machine.takeEffects()) }
            while machine.isAtWork, !openEffects.isEmpty {
                let turn = openEffects.prefix(site.largestBatch)
                openEffects = openEffects.dropFirst(site.largestBatch)
                for effect in turn where !performAtOnce(effect, &batch) {
                    try await requireWritten()
                    if try await !perform(inBatch: effect, &batch) { batch.later.append(effect) }
                }
                note(machine.advance(prepared: batch.prepared, at: batch.now), &batch)
                batch.prepared = []
                if openEffects.isEmpty {
                    // Slots are given away when all that became ready together is prepared: the most urgent first.
                    note(machine.advance(prepared: preparedForSlots, at: batch.now), &batch)
                    preparedForSlots = []
                    openEffects = machine.takeEffects()[...]
                }
                if batch.events.count >= site.largestBatch { break }
            }
            try await requireWritten()
        } catch {
            stop(because: error)
            batch.refuse(error)
            // A value could not be read: those who stood behind it wait for an answer too.
            for arrival in arrivals[taken...] { arrival.refuse(EngineError(error)) }
            return
        }
        await write(batch)
    }

    /// Makes a batch durable; at once if nothing else can be decided meanwhile.
    private func write(_ batch: RunBatch) async {
        guard let written = storeBatch(of: batch) else { return await publish(batch, nil) }
        let store = site.store
        guard !openEffects.isEmpty, inbox.isEmpty, machine.isAtWork else {
            do throws(StoreError) {
                try await store.commit(written)
                return await publish(batch, nil)
            } catch {
                return await publish(batch, error)
            }
        }
        // Its end is awaited before the next batch is written, and before the loop ends.
        let task = Task(executorPreference: site.tasks) { () -> StoreError? in
            do throws(StoreError) {
                try await store.commit(written)
                return nil
            } catch {
                return error
            }
        }
        writing = Writing(batch: batch, task: task)
    }

    /// Waits until the batch that is being written is durable, and does what it says.
    private func finishWriting() async {
        guard let writing else { return }
        let error = await writing.task.value
        self.writing = nil
        await publish(writing.batch, error)
    }

    private func requireWritten() async throws(StoreError) {
        await finishWriting()
        if let stopReason { throw stopReason }
    }

    /// Tells everybody of a batch that is durable, and does its effects; or ends the loop because it is not.
    private func publish(_ batch: RunBatch, _ error: StoreError?) async {
        if let error {
            stop(because: error)
            return batch.refuse(error)
        }
        if !batch.events.isEmpty { site.observer.observe(batch.events, of: site.run) }
        for (reply, error) in batch.replies { reply.resume(returning: error) }
        for (reply, answer) in batch.callReplies { reply.resume(returning: answer) }
        for effect in batch.later where stopReason == nil { await perform(effect) }
    }

    private func stop(because error: StoreError) {
        stopReason = stopReason ?? error
        timer?.cancel()
        for task in runningTasks { task.cancel() }
    }

    private func take(_ arrival: Arrival, into batch: inout RunBatch) async throws(StoreError) {
        switch arrival {
        case .input(.start) where isStopping: break
        case .input(.start(let engine)):
            try await settleLostParts(&batch)
            advance(.start(engine: engine), &batch)
        case .input(let input): advance(input, &batch)
        case .call(let call): take(call, into: &batch)
        case .woken(let node, let due) where batch.now < due:
            // The clock has been set back since; the machine would take no notice, and nobody would wake the node again.
            wakes[node] = wakes[node] ?? due
            armTimer()
        case .woken(let place, _) where place < 0: advance(.timePassed(budget: -1 - place), &batch)
        case .woken(let node, _): wake(node, &batch)
        case .intervention(let node, let intervention, let contents, let reply):
            let problem = advance(.intervened(node, intervention), &batch)
            if problem == nil { batch.contents += contents }
            batch.replies.append((reply, problem.map(EngineError.init)))
        case .request(let input, let reply):
            let problem = advance(input, &batch)
            batch.replies.append((reply, problem.map(EngineError.init)))
        case .succeeded(let node, let attempt, let record):
            attempts[node] = nil
            try await finish(node, attempt: attempt, record: record, &batch)
        case .childSucceeded(let node, let record):
            cancelling.remove(node)
            let attempt = Int(machine.nodes[node].attempt)
            if try await iterate(node, attempt: attempt, record: record, &batch) { return }
            let digest = keep(record, &batch)
            advance(.childEnded(node, result: digest, failure: nil), &batch)
            remember(record, digest, of: node)
        case .decision(let node, let decision, let reply):
            let problem = decide(node, decision, &batch)
            batch.replies.append((reply, problem))
        }
    }

    /// Lets the machine decide and notes the facts in the batch.
    @discardableResult
    func advance(_ input: RunInput, _ batch: inout RunBatch) -> RunError? {
        var input = input
        switch input {
        case .failed(let node, let attempt, let failure):
            attempts[node] = nil
            input = .failed(node, attempt: attempt, site.secrets.blanked(failure))
            if cancelling.remove(node) != nil {
                input = .cancelled(node, attempt: attempt)
            } else if restarting.remove(node) != nil {
                input = .interrupted(node, attempt: attempt)
            }
        case .waiting(let node, let attempt, _) where restarting.contains(node):
            restarting.remove(node)
            input = .interrupted(node, attempt: attempt)
        case .evaluationFailed(let node, let failure): input = .evaluationFailed(node, site.secrets.blanked(failure))
        case .asked(let node, let request): input = .asked(node, site.secrets.blanked(request))
        case .waiting(let node, let attempt, .approval(let request)):
            input = .waiting(node, attempt: attempt, .approval(site.secrets.blanked(request)))
        default: break
        }
        do throws(RunError) {
            note(try machine.advance(input, at: batch.now), &batch)
            return nil
        } catch {
            return error
        }
    }

    private func note(_ events: [RunEvent], _ batch: inout RunBatch) {
        for event in events {
            sequence += 1
            let recorded = RecordedEvent(sequence: sequence, at: batch.now, event: event)
            batch.events.append(recorded)
            switch event {
            case .runStarted: summary.startedAt = summary.startedAt ?? batch.now
            case .runEnded: summary.endedAt = batch.now
            // The end of a wait has a result that nobody put out; whoever reads the log must find it too.
            case .nodeSucceeded(_, _, NodeRecord.emptyDigest), .nodeReused(_, _, NodeRecord.emptyDigest):
                _ = keepEmpty(&batch)
            case .runRewound(let rewind):
                for node in rewind.nodes.compactMap({ machine.index(of: $0) }) {
                    records[node] = nil
                    itemLists[node] = nil
                }
                rows.note(rewind, machine: machine)
            default: break
            }
            Self.note(recorded, &machine, &rows)
        }
    }

    /// Takes the machine by reference: to call it as a property would copy it for each fact.
    private static func note(_ recorded: RecordedEvent, _ machine: inout RunMachine, _ rows: inout RunRows) {
        guard let name = recorded.event.node, let node = machine.index(of: name) else { return }
        let state = machine.nodes[node]
        rows.note(
            recorded, name: name, node: node, state: state, kind: machine.plan.nodes[Int(state.planNode)].kind)
    }

    /// The definition that a node or item runs by; without a copy of the machine, as those below.
    func definition(of node: Int) -> NodeDefinition { site.plan.nodes[Int(machine.nodes[node].planNode)] }

    /// The options of that definition.
    func options(of node: Int) -> NodeOptions { site.plan.nodes[Int(machine.nodes[node].planNode)].options }

    /// The kind of that definition.
    func kind(of node: Int) -> String { site.plan.nodes[Int(machine.nodes[node].planNode)].kind }

    /// The name of a node or item.
    func name(of node: Int) -> String {
        let state = machine.nodes[node]
        return state.item < 0 ? site.plan.nodes[Int(state.planNode)].id : machine.name(of: node)
    }

    /// Takes a node's result into the run.
    func finish(
        _ node: Int, attempt: Int, record: NodeRecord, _ batch: inout RunBatch
    ) async throws(StoreError) {
        let isOpen = !cancelling.contains(node) && !restarting.contains(node)
        if isOpen, try await iterate(node, attempt: attempt, record: record, &batch) { return }
        finishOnce(node, attempt: attempt, record: record, &batch)
    }

    /// Takes the result of a node into the run that does not go through another iteration.
    func finishOnce(_ node: Int, attempt: Int, record: NodeRecord, _ batch: inout RunBatch) {
        if cancelling.remove(node) != nil {
            advance(.cancelled(node, attempt: attempt), &batch)
        } else if restarting.remove(node) != nil {
            // What it has put out answers the task that it had before.
            advance(.interrupted(node, attempt: attempt), &batch)
        } else {
            let digest = keep(record, &batch)
            advance(.succeeded(node, attempt: attempt, result: digest), &batch)
            remember(record, digest, of: node)
        }
    }

    /// Puts a record among the contents of the batch.
    func keep(_ record: NodeRecord, _ batch: inout RunBatch) -> Digest {
        if record.outputs.isEmpty, record.artifacts.isEmpty { return keepEmpty(&batch) }
        // In the order of writing: a value must read the same after a resume as it did before.
        let bytes = record.json.jsonBytes(.compact)
        let digest = Digest(of: bytes)
        batch.contents.append((digest, bytes))
        return digest
    }

    /// Keeps a record in memory if it has become the node's result and expressions refer to it, or it is an item's,
    /// which may be collected in this very batch.
    func remember(_ record: NodeRecord, _ digest: Digest, of node: Int) {
        let state = machine.nodes[node]
        guard rows.results[node] == digest, state.item >= 0 || site.isReferenced(Int(state.planNode)) else { return }
        records[node] = record
    }

    private func keepEmpty(_ batch: inout RunBatch) -> Digest {
        if !batch.hasEmptyRecord {
            batch.contents.append((NodeRecord.emptyDigest, NodeRecord.empty.json.jsonBytes(.compact)))
            batch.hasEmptyRecord = true
        }
        return NodeRecord.emptyDigest
    }

    /// What the store is given of a batch, as things stand now; nil if there is nothing to write.
    private func storeBatch(of batch: RunBatch) -> StoreBatch? {
        guard !batch.events.isEmpty else { return nil }
        summary.status = machine.status
        summary.nodeCount = machine.nodes.count
        summary.endedCount = machine.endedCount
        summary.failedNode = machine.failedNode.map { machine.name(of: $0) }
        if let ended = machine.ended { summary.reason = ended.reason }
        let changed = rows.takeChanged()
        var written = StoreBatch(
            run: site.run, events: batch.events, contents: batch.contents, summary: summary, nodes: changed)
        written.claims = batch.claims
        written.solved = rows.takeSolved()
        return written
    }

    // MARK: Timers and ends

    /// Does what the world is to see; called after the commit that says so.
    private func perform(_ effect: RunEffect) async {
        guard !isStopping, stopReason == nil else { return }
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
        case .restart(let node, _):
            guard let task = attempts[node] else { break }
            restarting.insert(node)
            task.cancel()
        case .wake(let node, let moment):
            wakes[node] = moment
            armTimer()
        case .watch(let node, let child): await watch(child, for: node)
        case .watchTime(let budget, let moment):
            // Among the moments of nodes, budgets have the numbers below zero.
            wakes[-1 - budget] = moment
            armTimer()
        case .prepare, .join, .close: break
        }
    }

    /// Sleeps until the next moment that somebody waits for. The sleep is cut at a minute, so that a jump of the
    /// wall clock is noticed.
    private func armTimer() {
        timer?.cancel()
        // A timer that ends just when the executor does must not be followed by another.
        guard !isStopping, stopReason == nil, machine.ended == nil, let next = wakes.values.min() else { return }
        let wait = Swift.max(0, Swift.min(next.since(site.clock.now()).count, 60_000))
        timer = Task(executorPreference: site.tasks) { [weak self, clock = site.clock] in
            await clock.sleep(.milliseconds(wait))
            if !Task.isCancelled { await self?.wake() }
        }
    }

    private func wake() {
        let now = site.clock.now()
        for (node, moment) in wakes.sorted(by: { $0.key < $1.key }) where moment <= now {
            wakes[node] = nil
            send(.woken(node: node, due: moment))
        }
        armTimer()
    }
}
