// SPDX-License-Identifier: Apache-2.0

public import FileSystem
public import FlowCore
import FlowEngine
public import Hashing
import Synchronization

/// Drives a real executor through a whole random life in which every order of steps, every delay, every fault and every
/// crash follows from a seed.
///
/// The executor, its tasks, the loop and the attempts are those of the product. Around them are a store with a memory of
/// its own that outlives crashes, programs, people and a clock, all of which do what the seed says. Must run on a thread
/// that runs no tasks.
public struct ExecutorSimulation {
    /// What a life came to.
    public struct Report: Sendable {
        public var counts: ExecutorSimulationCounts
        /// The log as it is durable at the end.
        public var log: [RecordedEvent]
        /// The last link of the log's hash chain: the same for the same log, byte by byte.
        public var link: SHA256Digest
        /// What happened, a line each; empty unless asked for.
        public var trace: [String]
    }

    /// What went wrong, with all that is needed to see it again.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        public var seed: UInt64
        public var problems: [String]
        public var plan: String
        public var log: String
        /// What happened, a line each; empty unless asked for.
        public var trace: [String]

        public var description: String { "seed \(seed): \(problems.joined(separator: "; "))" }
    }

    /// A fault of the world itself, to see that the rules notice it.
    public enum Defect: String, Sendable, CaseIterable {
        /// The store grants a write that it does not make.
        case losesWrites
        /// Programs outlive the process that started them.
        case leavesPrograms
        /// The store gives retries back without their times.
        case forgetsRetryTimes
        /// Each program is started twice.
        case startsTwice
        /// What is granted to people is not written.
        case forgetsRequests
    }

    /// Much of one trouble.
    public enum Storm: String, Sendable, CaseIterable {
        case clock, reads, people, crashes, disk
    }

    static let mostSteps = 60_000

    let seed: UInt64
    let folder: String
    let plan: Plan
    let slots: Int
    let scheduler = SeededScheduler()
    let world: ExecutorWorld
    let durable: any RunStore
    let weather: ExecutorWeather

    init(
        seed: UInt64, folder: String, store: any RunStore, printsTrace: Bool, defect: Defect? = nil,
        storm: Storm? = nil, isCalm: Bool = false
    ) {
        self.seed = seed
        self.folder = folder
        durable = store
        plan = SimulatedPlan(seed: seed).plan
        var random = SeededGenerator(seed: ~seed)
        slots = random.pick([1, 1, 2, 3, 8])
        weather = isCalm ? ExecutorWeather() : ExecutorWeather(&random, storm: storm)
        world = ExecutorWorld(
            plan: plan, slots: slots, weather: weather, random: random, printsTrace: printsTrace, defect: defect)
    }

    /// Lives the life of a seed, the same each time in the same build. Attempts have their folders below `folder`, which is emptied at the end.
    ///
    /// Throws what went wrong.
    public static func run(
        seed: UInt64, folder: String, printsTrace: Bool = false, defect: Defect? = nil, storm: Storm? = nil
    ) throws(Failure) -> Report {
        let simulation = ExecutorSimulation(
            seed: seed, folder: folder, store: InMemoryRunStore(), printsTrace: printsTrace, defect: defect,
            storm: storm)
        simulation.live()
        simulation.checkEnd()
        try? File.removeTree(FilePath.join(folder, "runs"))
        return try simulation.world.state.withLock { state throws(Failure) in
            guard state.problems.isEmpty else {
                throw Failure(
                    seed: seed, problems: state.problems, plan: simulation.plan.dump() + "slots \(simulation.slots)\n",
                    log: state.log.text, trace: state.trace)
            }
            return Report(counts: state.counts, log: state.log, link: state.link, trace: state.trace)
        }
    }

    /// Makes a folder for lives: in memory where there is such a place, since a disk would only make them slow.
    public static func makeFolder() throws(FileError) -> String {
        let memory = "/dev/shm"
        return try File.makeTemporaryDirectory(prefix: "flow-chaos-", in: File.isDirectory(memory) ? memory : nil)
    }

    // MARK: Life

    private func live() {
        openProcess()
        var steps = 0
        while !hasProblems {
            steps += 1
            guard steps < Self.mostSteps else { return world.note(problem: "the run does not end") }
            if let final = world.state.withLock({ $0.final }) {
                switch final {
                case .ended where settleDown(): return
                case .ended: continue
                case .storeFailed: reopen()
                default:
                    // The engine has ended in an orderly way; another one comes.
                    endProcess(keepsWrite: nil)
                    openProcess()
                }
                continue
            }
            step()
        }
    }

    var hasProblems: Bool { world.state.withLock { !$0.problems.isEmpty } }

    private func step() {
        let jobs = scheduler.count
        let (calls, fault) = world.state.withLock { state in
            state.counts[.steps] += 1
            let calls = state.holds.indices.filter { state.holds[$0].notBefore <= state.elapsed }
            return (calls, state.nextFault())
        }
        if let fault { return happen(fault) }
        if jobs == 0, calls.isEmpty { return rest() }
        let choice = world.below(jobs * weather.haste + calls.count)
        if choice < jobs * weather.haste {
            scheduler.run(at: choice / weather.haste)
        } else {
            answer(calls[choice - jobs * weather.haste])
        }
    }

    /// Runs on until nothing goes on by itself after the end of the run; false while something does.
    private func settleDown() -> Bool {
        if scheduler.count > 0 {
            scheduler.run(at: world.below(scheduler.count))
            return false
        }
        let left = world.state.withLock { state in
            state.attempts.keys.sorted()
                + state.holds.compactMap { if $0.wait.isStore { "a call of the store" } else { nil } }
        }
        if !left.isEmpty { world.note(problem: "after the end there is still \(left.joined(separator: ", "))") }
        return true
    }

    // MARK: Processes

    /// A new engine process takes the run up.
    func openProcess() {
        let (epoch, resumes) = world.state.withLock { state in
            state.epoch += 1
            state.isAlive = true
            state.isStopping = false
            state.isPoisoned = false
            state.final = nil
            state.run = nil
            state.oracle.crash()
            state.tell("process \(state.epoch) begins")
            return (state.epoch, state.random.chance(50))
        }
        spawn(epoch: epoch, recovers: true, resumes: resumes)
    }

    /// The same process makes another executor after the first one gave up.
    private func reopen() {
        let isBroken = world.state.withLock { state in
            state.breaks += 1
            state.expect(state.attempts.isEmpty, "an executor has given up, yet attempts of it run")
            return state.isPoisoned || state.random.chance(30)
        }
        if isBroken {
            endProcess(keepsWrite: nil)
            return openProcess()
        }
        let (epoch, resumes, rest) = world.state.withLock { state in
            state.epoch += 1
            state.final = nil
            state.run = nil
            state.oracle.crash()
            state.tell("process goes on as \(state.epoch)")
            defer { state.holds.removeAll() }
            return (state.epoch, state.random.chance(50), state.holds)
        }
        for hold in rest { hold.continuation.resume(returning: ExecutorWorld.answerOfTheDead(hold.wait)) }
        spawn(epoch: epoch, recovers: false, resumes: resumes)
    }

    private func spawn(epoch: Int, recovers: Bool, resumes: Bool) {
        let (world, plan, folder, slots) = (world, plan, folder, slots)
        let store = SimulatedRunStore(durable: durable, world: world, epoch: epoch)
        var surroundings = StandaloneRun.Surroundings(
            plan: plan, slots: slots, inputs: SimulatedPlan.inputs,
            kinds: [SimulatedProgram(world: world, epoch: epoch), SimulatedQuestion(world: world, epoch: epoch)],
            store: store, artifacts: NoArtifacts(), folder: folder, clock: world.clock(epoch: epoch),
            tasks: scheduler, observer: SimulatedObserver(world: world, epoch: epoch),
            children: SimulatedChildren(world: world, epoch: epoch))
        // Turns of one effect and of a few are as good as turns of thousands.
        surroundings.largestBatch = [4096, 1, 3, 8][(epoch + plan.nodes.count) % 4]
        let given = surroundings
        Task.detached(executorPreference: scheduler) {
            do {
                if recovers { try await RunRecovery(store: store, clock: given.clock).run() }
                if try await store.run(ExecutorWorld.run) == nil {
                    try await store.commit(Self.creation(of: plan, world))
                }
                let run = try await StandaloneRun.open(ExecutorWorld.run, in: given)
                world.opened(run, epoch: epoch)
                if resumes, await run.isPausedByPerson { _ = await run.request(.resume(by: "resume")) }
                await run.start(engine: "engine \(epoch)")
                world.ended(await run.final(), epoch: epoch)
            } catch let error as StoreError {
                world.ended(.storeFailed(error), epoch: epoch)
            } catch {
                world.ended(.storeFailed((error as? EngineError)?.store ?? .init(.closed, "\(error)")), epoch: epoch)
            }
        }
    }

    /// What an engine writes when it makes a run.
    private static func creation(of plan: Plan, _ world: ExecutorWorld) -> StoreBatch {
        let bytes = Array("{}".utf8)
        let digest = Digest(of: bytes)
        let now = world.state.withLock { $0.wall.now }
        return StoreBatch(
            run: ExecutorWorld.run,
            events: [
                RecordedEvent(
                    sequence: 1, at: now,
                    event: .runCreated(workflow: plan.definition.name, source: digest, inputs: digest))
            ],
            contents: [(digest, bytes)],
            summary: RunSummary(
                id: ExecutorWorld.run, workflow: plan.definition.name, status: .created, createdAt: now,
                nodeCount: plan.nodes.count, source: digest, inputs: digest))
    }

    /// The process is gone, with all that it had in memory. A write under way is kept or lost; nil leaves that to chance.
    func endProcess(keepsWrite: Bool?) {
        let (holds, run) = world.state.withLock { state in
            state.isAlive = false
            if world.defect != .leavesPrograms { state.attempts.removeAll() }
            defer {
                state.holds.removeAll()
                state.run = nil
            }
            let holds = state.holds.map { hold in
                (hold, state.random.chance(50))
            }
            state.tell("process \(state.epoch) is gone")
            return (holds, state.run)
        }
        for (hold, chance) in holds {
            var answer = ExecutorWorld.answerOfTheDead(hold.wait)
            if hold.wait == .commit {
                let isKept = keepsWrite ?? chance
                world.state.withLock { $0.counts[isKept ? .crashesAfterCommit : .crashesBeforeCommit] += 1 }
                if isKept, case .fail(let error) = answer { answer = .writeAndFail(error) }
            }
            hold.continuation.resume(returning: answer)
        }
        if let run {
            Task.detached(executorPreference: scheduler) {
                await run.abandon(StoreError(.closed, "the process is gone"))
            }
        }
        bury()
    }

    /// Lets all tasks of a dead process run to their ends, of which nobody sees anything.
    private func bury() {
        var steps = 0
        while scheduler.count > 0 {
            steps += 1
            guard steps < Self.mostSteps else { return world.note(problem: "a dead process does not come to an end") }
            scheduler.run(at: world.below(scheduler.count))
        }
        world.state.withLock { state in
            state.expect(state.holds.isEmpty, "a call of a dead process still waits")
            state.expect(state.openRequests == 0, "a request was never answered")
            state.expect(state.attempts.isEmpty, "an attempt of a dead process runs")
        }
    }
}

extension ExecutorWorld {
    /// The executor of a process is there.
    func opened(_ run: StandaloneRun, epoch: Int) {
        let isThere = run.lifeline()
        state.withLock { state in
            state.lifelines.append(isThere)
            if state.epoch == epoch, state.isAlive { state.run = run }
        }
    }

    /// The executor of a process has come to its end.
    func ended(_ outcome: RunOutcome, epoch: Int) {
        state.withLock { state in
            guard state.epoch == epoch, state.isAlive else { return }
            state.tell("the executor ends: \(outcome)")
            state.final = outcome
        }
    }
}
