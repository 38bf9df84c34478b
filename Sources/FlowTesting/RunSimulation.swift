// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// Drives a run machine through a whole random life without an engine: random answers in random order, pauses,
/// cancellation, answers that come late or twice, crashes with and without the last commit. After each step a
/// second reading of the rules (`RunSimulationOracle`) must agree.
public struct RunSimulation: ~Copyable {
    /// What went wrong, with all that is needed to see it again.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        public var seed: UInt64
        public var problems: [String]
        public var plan: String
        public var log: String

        public var description: String {
            "seed \(seed): \(problems.joined(separator: "; "))\n\(plan)\(log)"
        }
    }

    let seed: UInt64
    let plan: Plan
    let slots: Int
    var random: SeededGenerator
    var clock = HandClock()
    var machine: RunMachine
    var oracle: RunSimulationOracle
    var problems: [String] = []

    /// What is durable, and what the next commit makes durable.
    var log: [RecordedEvent] = []
    var pending: [RecordedEvent] = []
    /// Effects that belong to the run alone, and those that wait for the commit.
    var chores: [RunEffect] = []
    var outbox: [RunEffect] = []

    /// The world: attempts that run, those asked to end, timers and sub-workflows.
    var attempts: [Int: Int] = [:]
    var cancelling: Set<Int> = []
    var wakes: [Int: Timestamp] = [:]
    var watches: Set<Int> = []
    var unwanted: Set<Int> = []
    /// Attempts that are ended because their nodes have another task.
    var restarting: Set<Int> = []
    var rewinds = 0
    let approvalPolicy: ApprovalPolicy
    /// Answers that were given before, and may come again.
    var stale: [RunInput] = []
    var crashes = 0
    var pauses = 0
    /// All runs of people's absence: nobody answers before nothing else is left to do.
    let peopleAreSlow: Bool
    let mayCancel: Bool
    public private(set) var steps = 0

    /// The life of a seed.
    public init(seed: UInt64) {
        self.seed = seed
        var generator = PlanGenerator(seed: seed)
        plan = generator.plan()
        random = SeededGenerator(seed: ~seed)
        slots = random.pick([1, 1, 2, 3, 8])
        approvalPolicy = random.approvalPolicy()
        machine = RunMachine(plan: plan, slots: slots, seed: seed, emptyResult: .zero, approvals: approvalPolicy)
        oracle = RunSimulationOracle(plan: plan, slots: slots, approvals: approvalPolicy)
        peopleAreSlow = random.chance(30)
        mayCancel = random.chance(30)
    }

    /// Lives the life of a seed; gives the log, or throws what went wrong.
    @discardableResult
    public static func run(seed: UInt64) throws(Failure) -> [RecordedEvent] {
        var simulation = RunSimulation(seed: seed)
        simulation.live()
        guard simulation.problems.isEmpty else { throw simulation.failure }
        return simulation.log
    }

    var failure: Failure {
        Failure(
            seed: seed, problems: problems, plan: plan.dump() + "slots \(slots)\n",
            log: (log + pending).text)
    }

    static let mostSteps = 5000

    mutating func live() {
        if random.chance(5) { send(.cancel(by: "test", reason: "before the start")) }
        send(.start(engine: "engine 0"))
        while problems.isEmpty, !isOver {
            steps += 1
            if steps > Self.mostSteps {
                problems.append("the run does not end")
                break
            }
            step()
        }
        if problems.isEmpty { checkEnd() }
    }

    private var isOver: Bool { machine.ended != nil && pending.isEmpty && chores.isEmpty && outbox.isEmpty }

    /// Something that may happen next.
    enum Move { case chore, commit, attempt, call, child, person, time, fault }

    private mutating func step() {
        var moves: [Move] = []
        if !chores.isEmpty { moves += [.chore, .chore, .chore] }
        if !pending.isEmpty || !outbox.isEmpty { moves += [.commit, .commit] }
        if !attempts.isEmpty { moves += [.attempt, .attempt, .call] }
        if !watches.isEmpty { moves += [.child, .call] }
        if !approvals.isEmpty, !peopleAreSlow { moves.append(.person) }
        if !wakes.isEmpty { moves.append(.time) }
        if random.chance(8) { moves = [.fault] }
        if moves.isEmpty {
            if machine.pauseQuestion != nil { return decidePause() }
            if machine.isPausedByPerson { return send(.resume(by: "test")) }
            guard !approvals.isEmpty else {
                problems.append("nothing goes on")
                return
            }
            if !machine.waitsForPeople, machine.status != .paused {
                problems.append("nothing goes on, yet the run does not wait for people")
            }
            moves = [.person]
        }
        switch random.pick(moves) {
        case .chore: doChore()
        case .commit: commit()
        case .attempt: endAttempt()
        case .call: moveCall()
        case .child: endChild()
        case .person: decide()
        case .time: passTime()
        case .fault: disturb()
        }
    }

    /// Gives the machine an input and checks all that comes of it.
    mutating func send(_ input: RunInput) {
        do throws(RunError) {
            note(input)
            take(try machine.advance(input, at: clock.now))
        } catch {
            switch (input, error.code) {
            case (.resume, .notAllowed), (.decided, .notAllowed), (.decided, .unknownNode), (.pauseDecided, _),
                (.intervened, .notAllowed), (.intervened, .unknownNode):
                break
            case (.pause, .alreadyPaused), (.resume, .notPaused), (.decided, .notWaitingForApproval), (_, .runEnded):
                break
            default: problems.append("\(input) is refused: \(error.message)")
            }
        }
    }

    /// Tells the oracle which node may start from now on.
    private mutating func note(_ input: RunInput) {
        switch input {
        case .prepared(let node)
        where oracle.nodes.indices.contains(node) && oracle.status(of: node) == .ready
            && machine.gate(before: node) == nil:
            oracle.noteWantsSlot(node)
        case .woken(let node) where oracle.nodes.indices.contains(node):
            if let moment = oracle.nodes[node].retryAt, moment <= clock.now { oracle.noteWantsSlot(node) }
        default: break
        }
    }

    mutating func take(_ events: [RunEvent]) {
        for event in events {
            pending.append(
                RecordedEvent(sequence: Int64(log.count + pending.count + 1), at: clock.now, event: event))
            oracle.take(event, at: clock.now)
        }
        oracle.checkSettled(machine)
        problems += oracle.problems
        for effect in machine.takeEffects() {
            switch effect {
            case .prepare, .join, .close: chores.append(effect)
            case .run, .cancel, .restart, .wake, .watch, .watchTime: outbox.append(effect)
            }
        }
    }

    /// Makes a machine from the log; it must equal the present one when nothing is left uncommitted.
    func replayed(upTo count: Int? = nil) -> RunMachine {
        RunMachine(
            plan: plan, slots: slots, seed: seed, emptyResult: .zero, approvals: approvalPolicy,
            history: log.prefix(count ?? log.count))
    }

    mutating func checkReplay(_ other: borrowing RunMachine, _ what: String) {
        func same(_ a: NodeState, _ b: NodeState) -> Bool {
            (a.status, a.attempt, a.failures, a.planNode) == (b.status, b.attempt, b.failures, b.planNode)
        }
        let status: RunStatus = machine.status == .running ? .queued : machine.status
        let otherStatus: RunStatus = other.status == .running ? .queued : other.status
        if !zip(machine.nodes, other.nodes).allSatisfy(same) || machine.nodes.count != other.nodes.count
            || status != otherStatus || machine.endedCount != other.endedCount
            || machine.failedNode != other.failedNode || machine.waits != other.waits
            || machine.votes != other.votes || machine.pauseQuestion != other.pauseQuestion
            || machine.calls.spent != other.calls.spent || machine.calls.reserved != other.calls.reserved
            || machine.calls.budgets != other.calls.budgets
        {
            problems.append("\(what) differs")
        }
    }

    private mutating func checkEnd() {
        if case .runEnded = log.last?.event {} else { problems.append("the log does not end with the end of the run") }
        checkReplay(replayed(), "the machine made from the log")
        // fold(a + b) is fold(b) after fold(a), wherever the log is cut.
        let cut = random.below(log.count + 1)
        var resumed = replayed(upTo: cut)
        for recorded in log[cut...] { resumed.apply(recorded.event, at: recorded.at) }
        checkReplay(resumed, "the machine made from the log in two parts, cut at \(cut),")
        if !attempts.isEmpty { problems.append("attempts run after the end") }
    }
}
