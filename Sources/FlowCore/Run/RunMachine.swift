// SPDX-License-Identifier: Apache-2.0

/// One run as a state machine: no clock, no input or output, no lock.
///
/// Facts (`RunEvent`) come from `advance`, which decides on an input and adds what follows from it; `apply` is the
/// only thing that changes state, and a machine made from the log has the same state as the one that wrote it.
/// What is to be done in the world is handed out by `takeEffects`. Each step costs the node and its neighbours, never
/// the whole graph. The tables of allowed statuses stand in `NodeStatus.swift` and `RunStatus.swift`.
///
/// The order in which prepared nodes get slots is kept in memory only: after a crash they are prepared again.
public struct RunMachine: ~Copyable, Sendable {
    public let plan: Plan
    /// The state of each node of the plan, then of each item of a `foreach`.
    public internal(set) var nodes: [NodeState]
    /// The most nodes that hold a slot at the same time.
    public let slots: Int
    /// Chooses the jitter of retries: the same run waits the same times.
    let seed: UInt64
    /// The digest of a result without outputs and artifacts.
    let emptyResult: Digest

    /// The nodes that the run takes over from the one it is derived from.
    let inherited: Set<String>
    /// When people are asked, and who started the run.
    public let approvals: ApprovalPolicy
    let submitter: String?
    var expansions: [Int: Expansion] = [:]
    /// Names of items; those of plan nodes are in the plan.
    var itemIndexes: [String: Int] = [:]

    var isStarted = false
    var isPaused = false
    /// Whether an engine works on the run now; not so for a machine that was just made from a log.
    var isEngaged = false
    public internal(set) var cancellation: (by: String, reason: String)?
    public internal(set) var ended: (status: RunStatus, reason: String?)?
    /// The first node that failed for good and takes the run with it.
    public internal(set) var failedNode: Int?
    var finallyIsOpen = false

    var openMain: Int
    var openFinally: Int
    var usedSlots = 0
    /// Nodes that are ready, running or in wait for a retry: something the engine itself works on.
    var busy = 0
    public internal(set) var endedCount = 0

    var queue = ReadyQueue()
    /// The state of each pool of the plan.
    var pools: [PoolUse]
    /// Nodes of which a need can no longer be met, with that need.
    var doomed: [(node: Int, need: Int)] = []
    /// Nodes that a cancellation ends although they have not run.
    var condemned: [Int] = []
    /// Prepared nodes that need no slot.
    var freed: [Int] = []
    var effects: [RunEffect] = []
    /// What each waiting node waits for.
    public internal(set) var waits: [Int: NodeWait] = [:]
    /// How many of them people cannot end.
    var otherWaits = 0
    /// The answers to the present questions, while more people have to answer.
    public internal(set) var votes: [Int: [ApprovalDecision]] = [:]
    /// The question that a paused run waits for.
    public internal(set) var pauseQuestion: ApprovalRequest?
    /// What people have said and changed, by node.
    var notes: [Int: NodeNotes] = [:]
    /// What people have said to all agents of the run from now on.
    public internal(set) var runFeedback: [NodeFeedback] = []
    var retryTimes: [Int: Timestamp] = [:]
    /// The first starts of nodes whose retries have a limit in time.
    var firstStarts: [Int: Timestamp] = [:]

    /// The calls of the run, and the budgets.
    public internal(set) var calls: CallLedger
    /// The time of the last fact but those that an engine found after another's death: nobody worked in between.
    var lastFact = Timestamp(milliseconds: 0)
    /// The moment of which the machine was told last.
    var moment = Timestamp(milliseconds: 0)
    /// A budget wants the run to pause, or to end, with the reason.
    var wantsPause = false
    var stopReason: String?

    /// The machine of a run. With a history it stands where the history ends, and `takeEffects` gives all that is
    /// to be done from there. `machine` says how much there is of what `resources` ask for: `cpus`, `memory` in MiB,
    /// `gpus`; what it does not name has no limit. `inherited` are the nodes that `run_derived` sets to `reused`; `approvals` says when people are asked, which
    /// decides on what comes and not on what the history says.
    public init(
        plan: Plan, slots: Int, seed: UInt64 = 0, emptyResult: Digest, machine: [String: Int] = [:],
        inherited: Set<String> = [], approvals: ApprovalPolicy = .standard,
        submitter: String? = nil, history: some Sequence<RecordedEvent> = []
    ) {
        self.plan = plan
        self.slots = Swift.max(1, slots)
        self.seed = seed
        self.emptyResult = emptyResult
        self.inherited = inherited
        self.approvals = approvals
        self.submitter = submitter
        calls = CallLedger(plan: plan)
        pools = plan.pools.map { pool in
            PoolUse(capacity: pool.units ?? machine[String(pool.name.dropFirst("machine:".count))] ?? .max)
        }
        nodes = plan.nodes.indices.map { NodeState(planNode: Int32($0)) }
        openMain = plan.finallyStart
        openFinally = plan.nodes.count - plan.finallyStart
        for index in nodes.indices { nodes[index].open = Int32(plan.needs(of: index).count) }
        for recorded in history { apply(recorded.event, at: recorded.at) }
        isEngaged = false
        effects = outstandingEffects()
    }

    // MARK: Reading

    /// The status of the run.
    public var status: RunStatus {
        if let ended { return ended.status }
        if !isStarted { return .created }
        if isPaused { return .paused }
        if busy == 0, doomed.isEmpty, openMain + openFinally > 0 { return .waiting }
        return isEngaged ? .running : .queued
    }

    /// The index of a node or item by its name.
    public func index(of name: String) -> Int? { plan.index(of: name) ?? itemIndexes[name] }

    /// Whether nothing goes on unless a person answers: no node runs, no timer and no sub-workflow is awaited.
    public var waitsForPeople: Bool {
        status == .waiting && !waits.isEmpty && otherWaits == 0
    }

    /// The name of a node, or `node[key]` of an item.
    public func name(of index: Int) -> String {
        let state = nodes[index]
        let id = plan.nodes[Int(state.planNode)].id
        guard state.item >= 0, let expansion = expansions[Int(state.planNode)],
            expansion.keys.indices.contains(Int(state.item))
        else { return id }
        return "\(id)[\(expansion.keys[Int(state.item)])]"
    }

    /// The definition that a node or item runs by.
    public func definition(of index: Int) -> NodeDefinition { plan.nodes[Int(nodes[index].planNode)] }

    /// The options of that definition: cheaper than all of it.
    public func options(of index: Int) -> NodeOptions { plan.nodes[Int(nodes[index].planNode)].options }

    /// The kind of that definition.
    public func kind(of index: Int) -> String { plan.nodes[Int(nodes[index].planNode)].kind }

    /// The machine's indexes of the items of a `foreach`, once they are known.
    public func items(of node: Int) -> Range<Int>? {
        expansions[node].map { $0.first..<$0.first + $0.keys.count }
    }

    /// The node whose outputs count as those of a node: its fallback's when it failed and the fallback did not.
    public func standIn(for node: Int) -> Int {
        var node = node
        while nodes[node].status == .failed || nodes[node].status == .rejected, let other = plan.fallback(of: node) {
            node = other
        }
        return node
    }

    /// The outcome of the run as far as it is known: what `finally` and the handlers see.
    public var outlook: RunStatus {
        if let ended { return ended.status }
        if cancellation != nil { return .cancelled }
        if failedNode != nil { return .failed }
        return openMain == 0 ? .succeeded : .running
    }

    /// The digest of the list that a `foreach` goes over.
    public func itemsDigest(of node: Int) -> Digest? { expansions[node]?.items }

    // MARK: Deciding

    /// Decides on an input, applies what it decides and all that follows, and returns these facts in order.
    ///
    /// An answer that comes late, twice, or for another attempt has no effect. Throws when a person's request does
    /// not fit the state.
    public mutating func advance(_ input: RunInput, at now: Timestamp) throws(RunError) -> [RunEvent] {
        moment = Swift.max(moment, now)
        switch input {
        case .timePassed(let budget): calls.noteUnsettled(budget)
        case .prepared(let node) where has(node, .ready): enqueue(node)
        case .woken(let node) where has(node, .retrying) && retryTimes[node] ?? now <= now: enqueue(node)
        default: break
        }
        var events = try decide(input, at: now)
        for event in events { apply(event, at: now) }
        addConsequences(to: &events, at: now)
        // Of a moment that brought nothing, because the clock was set, another one is wanted.
        if case .timePassed(let budget) = input, events.isEmpty {
            calls.dropSettled(at: moment)
            watchTime(of: budget, after: now.advanced(by: Milliseconds(1000)))
        }
        return events
    }

    /// Takes in that several nodes are prepared, before a slot is given to any of them: the most urgent comes first
    /// whatever their order here.
    public mutating func advance(prepared nodes: [Int], at now: Timestamp) -> [RunEvent] {
        for node in nodes where has(node, .ready) { enqueue(node) }
        var events: [RunEvent] = []
        addConsequences(to: &events, at: now)
        return events
    }

    private mutating func addConsequences(to events: inout [RunEvent], at now: Timestamp) {
        while let event = consequence() {
            apply(event, at: now)
            events.append(event)
        }
    }

    /// Hands out what is to be done since the last call.
    public mutating func takeEffects() -> [RunEffect] {
        // Not `removeAll(keepingCapacity:)`: the caller holds the buffer, so that would make one of the same size.
        defer { effects = [] }
        return effects
    }

    /// Whether an engine works on the run.
    public var isAtWork: Bool { isEngaged }

    /// Whether a person has paused the run.
    public var isPausedByPerson: Bool { isPaused && ended == nil }

    /// Lets no node start from now on: the engine is about to end. Not a fact; `start` engages the machine again.
    public mutating func disengage() { isEngaged = false }

    func has(_ node: Int, _ status: NodeStatus) -> Bool {
        nodes.indices.contains(node) && nodes[node].status == status
    }
}
