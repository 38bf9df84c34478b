// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowEngine
import Hashing
import Synchronization

/// Looks at an executor when nothing of it goes on.
extension ExecutorSimulation {
    private final class Box: Sendable {
        let hasAnswered = Atomic<Bool>(false)
        let events = Mutex<[RecordedEvent]>([])
        let rows = Mutex<[NodeSummary]>([])
    }

    /// Compares what the executor believes with what is durable and with what runs.
    func inspect() {
        let run: StandaloneRun? = world.state.withLock { state in
            guard state.isAlive, state.final == nil, !state.holds.contains(where: \.wait.isStore) else { return nil }
            return state.run
        }
        guard let run else { return }
        let (box, world, plan, slots) = (Box(), world, plan, slots)
        Task.detached(executorPreference: scheduler) {
            await run.inspect { machine, standing in
                box.hasAnswered.store(true, ordering: .relaxed)
                if Self.check(machine, standing, world) { Self.compare(machine, plan, slots: slots, world) }
            }
        }
        while scheduler.count > 0 { scheduler.run(at: 0) }
        if !box.hasAnswered.load(ordering: .relaxed) { world.note(problem: "the executor does not answer") }
    }

    /// Gives whether the log is to be folded too.
    private static func check(
        _ machine: borrowing RunMachine, _ standing: StandaloneRun.Standing, _ world: ExecutorWorld
    ) -> Bool {
        world.state.withLock { state in
            // Attempts that are asked to end may take their time.
            if standing.hasFailed || standing.isStopping { return false }
            state.expect(standing.isAtRest, "the loop of the executor hangs")
            state.checkAttempts(machine)
            guard state.problems.isEmpty, state.settledAt != state.log.count else { return false }
            state.settledAt = state.log.count
            var oracle = state.oracle
            oracle.noteAllPrepared()
            oracle.checkSettled(machine)
            for problem in oracle.problems { state.expect(false, problem) }
            return state.random.chance(10)
        }
    }

    /// A machine made from the log must be as the one that wrote it.
    private static func compare(
        _ machine: borrowing RunMachine, _ plan: Plan, slots: Int, _ world: ExecutorWorld
    ) {
        let log = world.state.withLock { state in
            state.counts[.replays] += 1
            return state.log
        }
        let other = RunMachine(plan: plan, slots: slots, seed: 1, emptyResult: .zero, history: log)
        func same(_ a: NodeState, _ b: NodeState) -> Bool {
            (a.status, a.attempt, a.failures, a.repeats, a.planNode)
                == (b.status, b.attempt, b.failures, b.repeats, b.planNode)
        }
        let status: RunStatus = machine.status == .running ? .queued : machine.status
        let otherStatus: RunStatus = other.status == .running ? .queued : other.status
        if machine.nodes.count != other.nodes.count || !zip(machine.nodes, other.nodes).allSatisfy(same)
            || status != otherStatus || machine.endedCount != other.endedCount
            || machine.failedNode != other.failedNode || machine.waits != other.waits
        {
            world.note(problem: "the machine made from the log differs from the one that wrote it")
        }
    }

    /// What must be true when all is over.
    func checkEnd() {
        guard !hasProblems else { return }
        endProcess(keepsWrite: nil)
        let left = world.state.withLock { $0.lifelines }.count { $0() }
        if left > 0 { world.note(problem: "\(left) executors are still in memory") }
        let (durable, box) = (durable, Box())
        Task.detached(executorPreference: scheduler) {
            let events = (try? await durable.events(of: ExecutorWorld.run, after: 0, limit: .max)) ?? []
            let rows = (try? await durable.nodes(of: ExecutorWorld.run)) ?? []
            box.events.withLock { $0 = events }
            box.rows.withLock { $0 = rows }
        }
        while scheduler.count > 0 { scheduler.run(at: 0) }
        let (events, rows) = (box.events.withLock { $0 }, box.rows.withLock { $0 })
        if scheduler.strays > 0 { world.note(problem: "\(scheduler.strays) jobs came from other threads") }
        world.state.withLock { state in
            state.expect(state.log == events, "the store does not give back what was written")
            if case .runEnded = state.log.last?.event {
            } else {
                state.expect(false, "the log does not end with the end of the run")
            }
            var link = EventChain.start(run: ExecutorWorld.run)
            for (place, recorded) in events.enumerated() {
                state.expect(recorded.sequence == Int64(place) + 1, "the log has a hole before \(recorded.sequence)")
                let bytes = recorded.event.json.jsonBytes(.canonical)
                link = EventChain.link(
                    after: link, sequence: recorded.sequence, at: recorded.at.milliseconds, canonical: bytes)
                let read = (try? JSONValue.parse(bytes)).flatMap(RunEvent.init(json:))
                state.expect(read == recorded.event, "`\(recorded.event.line)` reads differently than it was written")
            }
            state.expect(link == state.link, "the hash chain is broken")
            for row in rows {
                guard let node = state.oracle.index(of: row.node) else { continue }
                let status = state.oracle.status(of: node)
                state.expect(row.status == status, "the row of \(row.node) says \(row.status), not \(status)")
            }
        }
    }
}

extension ExecutorWorld.State {
    /// Each attempt that the machine believes in runs, and no other.
    fileprivate mutating func checkAttempts(_ machine: borrowing RunMachine) {
        var expected = 0
        for (node, state) in machine.nodes.enumerated() where state.isAttemptRunning {
            expected += 1
            let name = machine.name(of: node)
            let there = attempts[name]
            if there != Int(state.attempt) {
                fault("\(name) #\(state.attempt) counts as running, and \(there.map { "#\($0)" } ?? "nothing") runs")
            }
        }
        let count = attempts.count
        if count != expected { fault("\(count) attempts run, \(expected) count as running") }
    }
}
