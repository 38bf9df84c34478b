// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// One run of a workflow without programs, models and people: the run machine decides as always, the time is a
/// number, and what nodes put out is made up by type. `when`, `foreach` and all templates are really evaluated.
struct SimulatedRun: ~Copyable {
    /// Something that will happen.
    enum Happening {
        case ends(node: Int, attempt: Int, NodeOutcome, NodeRecord?)
        case wake(node: Int)
        case answer(node: Int, approved: Bool)
        case childEnds(node: Int, failure: NodeFailure?)
    }

    /// What became of a node or an item.
    struct Fact: Sendable {
        var start: Timestamp?
        var end: Timestamp?
        var attempts = 0
        var tokens: Int64 = 0
        var usd = 0.0
    }

    static let origin = Timestamp(milliseconds: 1_767_225_600_000)
    /// A run of more facts than this is taken for one that does not end.
    static let mostFacts = 2_000_000

    let site: SimulationSite
    let scenario: Scenario
    let inputs: JSONObject
    var values: FakeValues
    var machine: RunMachine
    var now = SimulatedRun.origin
    var log: [RecordedEvent] = []
    var facts: [Int: Fact] = [:]
    var violations: [String] = []
    var failures: [Int: NodeFailure] = [:]
    var records: [Int: NodeRecord] = [:]
    var itemLists: [Int: [JSONValue]] = [:]
    /// The first of the `samples` of a node.
    var samples: [Int: NodeRecord] = [:]
    /// What the last iteration of a `repeat` put out.
    var previous: [Int: NodeRecord] = [:]
    /// By node: the attempt that runs.
    var running: [Int: Int] = [:]
    var injected: [Int: Int] = [:]
    private var agenda: [(at: Timestamp, order: Int, Happening)] = []
    private var order = 0
    private(set) var widest = 0
    private var active: Set<Int> = []

    init(_ scenario: Scenario, site: SimulationSite) {
        self.site = site
        self.scenario = scenario
        var values = FakeValues(random: scenario.random, hints: site.hints, isWild: scenario.isWild)
        var inputs = JSONObject()
        for input in site.plan.definition.inputs {
            inputs[input.name] =
                site.options.inputs[input.name] ?? values.value(input, candidates: site.candidates[input.name] ?? [])
        }
        self.inputs = inputs
        self.values = values
        machine = RunMachine(
            plan: site.plan, slots: site.slots, seed: site.options.seed &+ UInt64(scenario.number), emptyResult: .zero,
            approvals: site.plan.definition.approvals ?? .standard)
    }

    // MARK: The loop

    /// Lives the run to its end.
    mutating func live() async {
        send(.start(engine: "simulation"))
        while true {
            await work()
            if machine.ended != nil { break }
            guard log.count < Self.mostFacts else {
                violations.append("the run does not end: \(log.count) facts and more to come")
                break
            }
            guard let next = takeNext() else {
                violations.append("nothing goes on, and the run has not ended: it is \(machine.status.rawValue)")
                break
            }
            now = max(now, next.at)
            happen(next.what)
        }
        checkEnd()
    }

    /// Does what the machine asks for until it asks for nothing more at this moment.
    private mutating func work() async {
        while machine.isAtWork || machine.ended != nil {
            let effects = machine.takeEffects()
            guard !effects.isEmpty, log.count < Self.mostFacts else { return }
            var prepared: [Int] = []
            for effect in effects {
                switch effect {
                case .prepare(let node) where machine.nodes[node].status == .ready:
                    let answer = preparation(of: node)
                    if case .prepared = answer, let gate = machine.gate(before: node) {
                        let prompt = gate.prompt ?? "Shall `\(machine.name(of: node))` run?"
                        let request = ApprovalRequest(prompt: prompt, checkpoint: gate.checkpoint)
                        send(.asked(node, machine.approvals.completed(request, submitter: nil, at: now)))
                    } else if case .prepared = answer {
                        prepared.append(node)
                    } else {
                        send(answer)
                    }
                // What agents use up is not tried out.
                case .prepare, .close, .watchTime, .restart: break
                case .run(let node, let attempt): await startAttempt(node, attempt: attempt)
                case .cancel(let node, let attempt): cancel(node, attempt: attempt)
                case .wake(let node, let moment): plan(.wake(node: node), at: moment)
                case .join(let node): join(node)
                case .watch(let node, _): watch(node)
                }
            }
            if !prepared.isEmpty { note(machine.advance(prepared: prepared, at: now)) }
        }
    }

    mutating func send(_ input: RunInput) {
        do throws(RunError) {
            note(try machine.advance(input, at: now))
        } catch {
            violations.append("the machine refuses \(input): \(error.message)")
        }
    }

    private mutating func happen(_ what: Happening) {
        switch what {
        case .ends(let node, let attempt, let outcome, let record):
            guard running[node] == attempt else { return }
            running[node] = nil
            finish(node, attempt: attempt, outcome, record)
        case .wake(let node): send(.woken(node))
        case .answer(let node, let approved):
            guard case .approval(let request)? = machine.waits[node] else { return }
            answer(node, request, approved: approved)
        case .childEnds(let node, let failure):
            guard case .run? = machine.waits[node] else { return }
            let record = result(of: node, context: nil)
            let attempt = Int(machine.nodes[node].attempt)
            guard failure != nil || !iterate(node, attempt: attempt, record: record) else { return }
            send(.childEnded(node, result: failure == nil ? .zero : nil, failure: failure))
            if failure == nil { remember(record, of: node) }
        }
    }

    // MARK: Time

    mutating func plan(_ what: Happening, at moment: Timestamp) {
        order += 1
        agenda.append((moment, order, what))
        var child = agenda.count - 1
        while child > 0, precedes(child, (child - 1) / 2) {
            agenda.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private func precedes(_ a: Int, _ b: Int) -> Bool {
        (agenda[a].at, agenda[a].order) < (agenda[b].at, agenda[b].order)
    }

    private mutating func takeNext() -> (at: Timestamp, what: Happening)? {
        guard let first = agenda.first, let last = agenda.popLast() else { return nil }
        if !agenda.isEmpty {
            agenda[0] = last
            var parent = 0
            while true {
                var best = parent
                for child in [2 * parent + 1, 2 * parent + 2] where child < agenda.count && precedes(child, best) {
                    best = child
                }
                if best == parent { break }
                agenda.swapAt(parent, best)
                parent = best
            }
        }
        return (first.at, first.2)
    }

    /// The random length of an attempt, or of the wait for a person or a sub-workflow.
    mutating func length(of node: Int) -> Milliseconds {
        let range = site.estimates[machine.definition(of: node).id]?.time ?? 1000...10_000
        return Milliseconds(values.random.number(in: range))
    }

    // MARK: Facts

    private mutating func note(_ events: [RunEvent]) {
        for event in events {
            log.append(RecordedEvent(sequence: Int64(log.count + 1), at: now, event: event))
            guard let name = event.node, let node = machine.index(of: name) else { continue }
            if facts[node]?.end != nil { violations.append("`\(name)`: \(event.typeName) after its end") }
            switch event {
            case .nodeExpanded: facts[node, default: Fact()].start = now
            case .nodeStarted(_, let attempt):
                checkStart(node, attempt: attempt)
                facts[node, default: Fact()].start = facts[node]?.start ?? now
                facts[node, default: Fact()].attempts += 1
                if site.plan.needsSlot(Int(machine.nodes[node].planNode)) { active.insert(node) }
                widest = max(widest, active.count)
            case .nodeFailed(_, _, let failure, let retryAt):
                failures[node] = failure
                active.remove(node)
                if retryAt == nil { facts[node, default: Fact()].end = now }
            case .nodeSucceeded, .nodeReused, .nodeSkipped, .nodeOmitted, .nodeCancelled:
                active.remove(node)
                facts[node, default: Fact()].end = now
            case .approvalDecided, .intervened, .nodeFingerprinted: break
            case .nodeWaiting(_, _, .approval(let request)) where request.checkpoint != .gate:
                active.remove(node)
                ask(node, request)
            default: active.remove(node)
            }
        }
        if active.count > site.slots {
            violations.append("\(active.count) nodes run, but there are \(site.slots) slots")
        }
        checkPools()
    }

    /// No pool gives more than it has; a node that asks for more than there is runs alone.
    private mutating func checkPools() {
        guard !site.plan.pools.isEmpty else { return }
        var used = [Int](repeating: 0, count: site.plan.pools.count)
        for node in active {
            for demand in site.plan.demands(of: Int(machine.nodes[node].planNode)) {
                used[demand.pool] += min(demand.units, site.plan.pools[demand.pool].units ?? 0)
            }
        }
        for (pool, used) in zip(site.plan.pools, used) where used > pool.units ?? 0 {
            violations.append("\(used) units of the pool `\(pool.name)` are in use")
        }
    }

    /// A node starts after its needs, with the next number.
    private mutating func checkStart(_ node: Int, attempt: Int) {
        let name = machine.name(of: node)
        let expected = (facts[node]?.attempts ?? 0) + 1
        if attempt != expected { violations.append("`\(name)` starts attempt \(attempt), not \(expected)") }
        for edge in site.plan.needs(of: Int(machine.nodes[node].planNode))
        where !machine.nodes[Int(edge.node)].status.isTerminal {
            violations.append("`\(name)` starts before `\(site.plan.nodes[Int(edge.node)].id)` has ended")
        }
    }

    private mutating func checkEnd() {
        guard machine.ended != nil else { return }
        for (node, state) in machine.nodes.enumerated() where !state.status.isTerminal {
            violations.append("the run has ended and `\(machine.name(of: node))` is \(state.status.rawValue)")
        }
        if let left = running.keys.min() { violations.append("`\(machine.name(of: left))` runs after the end") }
        let again = RunMachine(
            plan: site.plan, slots: site.slots, seed: site.options.seed &+ UInt64(scenario.number), emptyResult: .zero,
            history: log)
        let same = zip(machine.nodes, again.nodes).allSatisfy { ($0.status, $0.attempt) == ($1.status, $1.attempt) }
        if !same || again.nodes.count != machine.nodes.count || again.ended?.status != machine.ended?.status {
            violations.append("the machine made from the log differs")
        }
    }
}
