// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowEngine
import Synchronization

/// Something that comes between the steps of an executor.
enum ExecutorTrouble: Sendable {
    case crash, stop, clockJump, request, stray
}

extension ExecutorWorld.State {
    /// The trouble that comes now, if one does.
    mutating func nextFault() -> ExecutorTrouble? {
        let roll = random.below(1000)
        var sum = 0
        func isNext(_ chance: Int) -> Bool {
            sum += chance
            return roll < sum
        }
        if isNext(breaks < weather.mostBreaks ? weather.crash : 0) { return .crash }
        if isNext(breaks < weather.mostBreaks && !isStopping && run != nil ? weather.stop : 0) { return .stop }
        if isNext(counts[.clockJumps] < weather.mostJumps ? weather.clockJump : 0) { return .clockJump }
        if isNext(run != nil && counts[.requests] < 40 ? weather.request : 0) { return .request }
        if isNext(run != nil && counts[.strayWakes] < 40 ? weather.stray : 0) { return .stray }
        return nil
    }

    /// What becomes of a write that is to be done now; nil when it takes longer.
    fileprivate mutating func fateOfWrite(_ place: Int) -> ExecutorWorld.Answer? {
        if isPoisoned { return .fail(StoreError(.inputOutput, "nothing more is written")) }
        if !holds[place].wasSlow, random.chance(weather.slowDisk) {
            holds[place].wasSlow = true
            holds[place].notBefore = elapsed + Int64(1 + random.below(3000))
            counts[.slowWrites] += 1
            return nil
        }
        guard breaks < weather.mostBreaks else { return .go }
        if random.chance(weather.fullDisk) {
            counts[.fullDisks] += 1
            return .fail(StoreError(.diskFull, "the disk is full"))
        }
        return .go
    }

    fileprivate mutating func fateOfReply() -> ExecutorWorld.Answer {
        guard breaks < weather.mostBreaks, random.chance(weather.lostReply) else { return .go }
        counts[.lostReplies] += 1
        isPoisoned = true
        return .fail(StoreError(.inputOutput, "the reply is lost"))
    }

    fileprivate mutating func fateOfRead() -> ExecutorWorld.Answer {
        guard breaks < weather.mostBreaks, random.chance(weather.failedRead) else { return .go }
        counts[.failedReads] += 1
        return .fail(StoreError(.inputOutput, "the disk cannot be read"))
    }

    /// How a sub-workflow ends.
    fileprivate mutating func end(ofChild run: String) -> RunStatus {
        if let status = children[run]?.status { return status }
        let isCancelled = children[run]?.isCancelled ?? false
        let status: RunStatus
        if isCancelled, random.chance(70) {
            status = .cancelled
        } else {
            status = random.chance(60) ? .succeeded : random.pick([.failed, .failed, .cancelled])
        }
        children[run, default: ExecutorWorld.Child()].status = status
        return status
    }
}

extension ExecutorSimulation {
    // MARK: Calls

    /// Answers a call that waits, or lets it wait longer.
    func answer(_ place: Int) {
        let (wait, crashes) = world.state.withLock { state in
            let wait = state.holds[place].wait
            let mayCrash = (wait == .commit || wait == .reply) && state.breaks < state.weather.mostBreaks
            return (wait, mayCrash && state.random.chance(state.weather.crashAtCommit))
        }
        if crashes { return crash() }
        let answered: (CheckedContinuation<ExecutorWorld.Answer, Never>, ExecutorWorld.Answer)? =
            world.state.withLock { state in
                let answer: ExecutorWorld.Answer?
                switch wait {
                case .commit: answer = state.fateOfWrite(place)
                case .reply: answer = state.fateOfReply()
                case .read: answer = state.fateOfRead()
                case .sleep: answer = .go
                case .attempt(let node, let attempt):
                    if state.holds[place].isCancelled { state.counts[.lateEnds] += 1 }
                    answer = .outcome(state.outcome(of: node, attempt: attempt))
                case .child(let run): answer = .child(state.end(ofChild: run))
                }
                guard let answer else { return nil }
                let hold = state.holds.remove(at: place)
                if state.printsTrace { state.tell("\(wait): \(answer)") }
                return (hold.continuation, answer)
            }
        if let (continuation, answer) = answered { continuation.resume(returning: answer) }
    }

    // MARK: Troubles

    func happen(_ trouble: ExecutorTrouble) {
        switch trouble {
        case .crash: crash()
        case .stop:
            world.state.withLock { state in
                state.breaks += 1
                state.isStopping = true
                state.counts[.stops] += 1
                state.tell("the engine is asked to end")
            }
            call { run, _ in await run.stop() }
        case .clockJump:
            world.state.withLock { state in
                state.counts[.clockJumps] += 1
                let length = Int64(state.random.below(state.random.pick([1000, 60_000, 3_600_000])))
                let jump = state.random.chance(60) ? length : -length / 10
                state.wall.advance(by: Milliseconds(jump))
                state.tell("the wall clock jumps by \(jump)")
            }
        case .request: makeRequest()
        case .stray:
            let (node, restarts) = world.state.withLock { state in
                let restarts = state.random.chance(30)
                state.counts[restarts ? .repeatedStarts : .strayWakes] += 1
                return (state.random.below(state.oracle.nodes.count + 2), restarts)
            }
            call { run, _ in
                if restarts { await run.start(engine: "again") } else { await run.wakeAgain(node) }
            }
        }
    }

    func crash() {
        world.state.withLock { state in
            state.breaks += 1
            state.counts[.crashes] += 1
            if state.run == nil { state.counts[.recoveryCrashes] += 1 }
            // Another engine takes some time to come.
            state.pass(Int64(state.random.below(2000)))
        }
        endProcess(keepsWrite: nil)
        openProcess()
    }

    /// Calls the executor beside everything else.
    private func call(_ body: @escaping @Sendable (StandaloneRun, ExecutorWorld) async -> Void) {
        guard let run = world.state.withLock({ $0.run }) else { return }
        let world = world
        Task.detached(executorPreference: scheduler) { await body(run, world) }
    }

    // MARK: People

    private func makeRequest() {
        let roll = world.below(10)
        switch roll {
        case 0: request { .pause(by: $0) }
        case 1 where world.chance(50):
            let node = world.below(world.state.withLock { $0.oracle.nodes.count } + 2)
            request { .intervened(node, Intervention(.redirect(.otherValue), by: $0)) }
        case 1: decidePause()
        case 2, 3, 4: request { .resume(by: $0) }
        case 5:
            if weather.mayCancel { request { .cancel(by: $0, reason: "enough") } }
        default:
            // Also of nodes where no answer is awaited.
            if !weather.peopleAreSlow { decide(onlyAwaited: roll < 9) }
        }
    }

    /// A request with a name of its own, so that it can be found in the log.
    private func request(_ input: (String) -> RunInput) {
        guard world.state.withLock({ $0.run != nil }) else { return }
        let name = newRequest()
        let input = input(name)
        world.tell("request \(input)")
        call { run, world in world.noteReply(to: input, by: name, await run.request(input)) }
    }

    /// Answers a question; false if there is none.
    @discardableResult
    func decide(onlyAwaited: Bool) -> Bool {
        let node: String? = world.state.withLock { state in
            // Nobody can ask an engine that is just being opened.
            if state.run == nil { return nil }
            var names = state.log.compactMap(\.event.node)
            if onlyAwaited {
                names = state.last.keys.sorted().filter { name in
                    if case .nodeWaiting(_, _, .approval) = state.last[name] { true } else { false }
                }
            }
            return names.isEmpty ? nil : state.random.pick(names)
        }
        guard let node else { return false }
        let name = newRequest()
        let decision = world.state.withLock { state in
            let rewinds = state.log.count { if case .runRewound = $0.event { true } else { false } }
            return state.random.decision(
                by: name, at: state.wall.now, mayAbort: weather.mayCancel,
                targets: rewinds < 3 ? plan.nodes.map(\.id) : [])
        }
        world.tell("\(name) decides \(node): \(decision.resolution.rawValue)")
        call { run, world in
            world.noteReply(to: .decided(0, decision, result: .zero), by: name, await run.decide(node: node, decision))
        }
        return true
    }

    /// Answers the question of a run that is paused, if there is one.
    private func decidePause() {
        let now = world.state.withLock { $0.wall.now }
        let resolution: ApprovalDecision.Resolution = world.chance(80) ? .approved : .modified
        request { .pauseDecided(ApprovalDecision(resolution, by: $0, comment: "go on", at: now)) }
    }

    private func newRequest() -> String {
        world.state.withLock { state in
            state.counts[.requests] += 1
            state.openRequests += 1
            return "person \(state.counts[.requests])"
        }
    }

    // MARK: Rest

    /// Nothing goes on by itself now: looks at the executor, then lets time pass until something does.
    func rest() {
        inspect()
        guard !hasProblems else { return }
        let next: Int64? = world.state.withLock { state in
            guard let next = state.holds.map(\.notBefore).min() else { return nil }
            state.pass(next - state.elapsed)
            return next
        }
        if next != nil {
            if !weather.peopleAreSlow, world.chance(20) { decide(onlyAwaited: true) }
            return
        }
        // Only people can go on.
        if world.state.withLock({ $0.oracle.pauseQuestion != nil }) { return decidePause() }
        if world.state.withLock({ $0.oracle.isPaused }) { return request { .resume(by: $0) } }
        if decide(onlyAwaited: true) { return }
        world.note(problem: "nothing goes on")
    }
}

extension ExecutorWorld {
    /// A request was answered: when it was granted, its fact is durable, and there once.
    func noteReply(to input: RunInput, by name: String, _ refusal: EngineError?) {
        state.withLock { state in
            state.openRequests -= 1
            state.tell("reply to \(name): \(refusal.map(\.description) ?? "done")")
            let count = state.log.count { recorded in
                switch (input, recorded.event) {
                case (.decided, .approvalDecided(_, let decision)), (.pauseDecided, .pauseDecided(let decision)):
                    decision.by == name
                case (.intervened, .intervened(_, let intervention)): intervention.by == name
                case (.decided, _), (.pauseDecided, _), (.intervened, _): false
                case (_, .runPaused(let by)), (_, .runResumed(let by)), (_, .cancelRequested(let by, _)): by == name
                default: false
                }
            }
            if refusal != nil {
                state.counts[.refusedRequests] += 1
                state.expect(count <= 1, "the request of \(name) counts \(count) times")
                if refusal?.code == .refused {
                    state.expect(count == 0, "the request of \(name) is refused, and counts")
                }
            } else if case .cancel = input {
                // The second request to cancel says nothing new.
                state.expect(state.oracle.isCancelled, "the request of \(name) is granted, and not durable")
            } else {
                state.expect(count == 1, "the request of \(name) is granted, and \(count) times durable")
            }
        }
    }
}
