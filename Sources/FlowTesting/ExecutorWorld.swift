// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowEngine
import Hashing
import Synchronization

/// All that surrounds the executor of a simulated run: time, disk, programs, sub-workflows. What calls it waits until
/// the simulation lets it go on, so every moment between a cause and its effect is one at which something may go wrong.
final class ExecutorWorld: Sendable {
    /// What a call waits for.
    enum Wait: Sendable, Hashable {
        /// Before a write, and between the write and its reply.
        case commit, reply
        case read, sleep
        case attempt(node: String, attempt: Int)
        case child(String)

        var isStore: Bool {
            switch self {
            case .commit, .reply, .read: true
            case .sleep, .attempt, .child: false
            }
        }
    }

    /// What a call gets.
    enum Answer: Sendable {
        case go
        case fail(StoreError)
        /// The batch becomes durable, and the caller is told that it did not.
        case writeAndFail(StoreError)
        case outcome(NodeOutcome)
        case child(RunStatus?)
    }

    /// A call that waits.
    struct Hold: Sendable {
        var id: Int
        var wait: Wait
        /// On the clock that never jumps, in milliseconds.
        var notBefore: Int64
        var isCancelled = false
        var wasSlow = false
        var continuation: CheckedContinuation<Answer, Never>
    }

    /// What became of a sub-workflow.
    struct Child: Sendable {
        var isCancelled = false
        var status: RunStatus?
    }

    struct State {
        var random: SeededGenerator
        var weather: ExecutorWeather
        var counts = ExecutorSimulationCounts()
        var problems: [String] = []
        var printsTrace: Bool
        var trace: [String] = []

        // Time.
        var elapsed: Int64 = 0
        var wall = HandClock()

        // The engine process that is alive; others are dead.
        var epoch = 0
        var isAlive = false
        var isStopping = false
        var holds: [Hold] = []
        var nextID = 0
        var run: StandaloneRun?
        var final: RunOutcome?
        /// Tell which executors are still in memory.
        var lifelines: [@Sendable () -> Bool] = []
        var openRequests = 0
        var breaks = 0
        /// After a write with an unknown end nothing more is written by the process.
        var isPoisoned = false

        // The world.
        var attempts: [String: Int] = [:]
        var children: [String: Child] = [:]

        // What is durable, and what is known of it.
        var oracle: RunSimulationOracle
        var log: [RecordedEvent] = []
        var observed: Int64 = 0
        var link: SHA256Digest
        var contents: Set<Digest> = []
        /// The text that each attempt put out.
        var outputs: [Digest: String] = [:]
        /// The text that stands in the store as a node's result, and as that of its last iteration.
        var results: [String: String] = [:]
        var previous: [String: String] = [:]
        /// The last fact of each node.
        var last: [String: RunEvent] = [:]
        /// The key of a node's last attempt, with the failures and iterations before it.
        var keys: [String: (key: String, turn: Int)] = [:]
        var turns: [String: Int] = [:]
        var dispatched: Set<String> = []
        var settledAt = -1
    }

    static let run = "run-1"

    let plan: Plan
    let state: Mutex<State>
    let defect: ExecutorSimulation.Defect?

    init(
        plan: Plan, slots: Int, weather: ExecutorWeather, random: SeededGenerator, printsTrace: Bool,
        defect: ExecutorSimulation.Defect?
    ) {
        self.plan = plan
        self.defect = defect
        state = Mutex(
            State(
                random: random, weather: weather, printsTrace: printsTrace,
                oracle: RunSimulationOracle(
                    plan: plan, slots: slots, approvals: plan.definition.approvals ?? .standard),
                link: EventChain.start(run: Self.run)))
    }

    // MARK: Telling

    func note(problem: String) {
        state.withLock { state in
            state.problems.append(problem)
            state.tell("PROBLEM \(problem)")
        }
    }

    func tell(_ text: @autoclosure () -> String) {
        state.withLock { if $0.printsTrace { $0.tell(text()) } }
    }

    // MARK: Chance and time

    func chance(_ percent: Int) -> Bool { state.withLock { $0.random.chance(percent) } }

    func below(_ bound: Int) -> Int { state.withLock { $0.random.below(bound) } }

    /// The clock of the process of an epoch.
    func clock(epoch: Int) -> RunClock {
        RunClock(
            now: {
                self.state.withLock { state in
                    state.oracle.noteTime(state.wall.now)
                    return state.wall.now
                }
            },
            sleep: { duration in
                let (seconds, attoseconds) = duration.components
                let wait = seconds * 1000 + attoseconds / 1_000_000_000_000_000
                _ = await self.hold(.sleep, epoch: epoch, for: wait)
            })
    }

    // MARK: Waiting

    /// Waits until the simulation answers.
    func hold(_ wait: Wait, epoch: Int, for delay: Int64 = 0) async -> Answer {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isCancelled = Task.isCancelled
                let answer: Answer? = state.withLock { state in
                    guard state.isAlive, state.epoch == epoch else { return Self.answerOfTheDead(wait) }
                    if isCancelled, wait == .sleep { return .go }
                    var hold = Hold(
                        id: id, wait: wait, notBefore: state.elapsed + delay, continuation: continuation)
                    if case .attempt = wait { hold.notBefore += state.duration() }
                    if isCancelled { state.cancel(&hold) }
                    state.holds.append(hold)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            cancel(id)
        }
    }

    static func answerOfTheDead(_ wait: Wait) -> Answer {
        switch wait {
        case .commit, .reply, .read: .fail(StoreError(.closed, "the process is gone"))
        case .sleep: .go
        case .attempt: .outcome(.failed(NodeFailure(.interrupted, "killed")))
        case .child: .child(nil)
        }
    }

    private func cancel(_ id: Int) {
        let woken: CheckedContinuation<Answer, Never>? = state.withLock { state in
            guard let place = state.holds.firstIndex(where: { $0.id == id }) else { return nil }
            if state.holds[place].wait == .sleep { return state.holds.remove(at: place).continuation }
            state.cancel(at: place)
            return nil
        }
        woken?.resume(returning: .go)
    }

    func cancelChild(_ run: String) {
        state.withLock { state in
            state.children[run, default: Child()].isCancelled = true
            guard let place = state.holds.firstIndex(where: { $0.wait == .child(run) }) else { return }
            state.cancel(at: place)
        }
    }
}

extension ExecutorWorld.State {
    mutating func tell(_ text: String) {
        guard printsTrace else { return }
        trace.append("\(elapsed) \(text)")
    }

    /// How long a program runs by itself: often it can end at once, some hang.
    mutating func duration() -> Int64 {
        switch random.below(20) {
        case ..<14: 0
        case ..<18: Int64(random.below(2000))
        default: Int64(random.below(600_000))
        }
    }

    /// Asks a call that waits to end.
    mutating func cancel(at place: Int) {
        var hold = holds[place]
        cancel(&hold)
        holds[place] = hold
    }

    /// Asks a call to end: it does so now or later, as programs do.
    mutating func cancel(_ hold: inout ExecutorWorld.Hold) {
        guard !hold.isCancelled else { return }
        hold.isCancelled = true
        let late = random.chance(50) ? 0 : Int64(random.below(10_000))
        hold.notBefore = Swift.min(hold.notBefore, elapsed) + late
    }

    /// Moves both clocks on.
    mutating func pass(_ milliseconds: Int64) {
        elapsed += milliseconds
        wall.advance(by: Milliseconds(milliseconds))
    }
}
