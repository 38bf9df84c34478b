// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// A second, slow and simple reading of the rules of a run, made from its facts alone. It shares nothing with the
/// run machine but the plan and the tables of `NodeStatus`.
struct RunSimulationOracle {
    /// A box, so that a check that reads the oracle may add to it.
    private final class Problems {
        var list: [String] = []
    }

    /// What the facts say of a node or item.
    struct Node: Sendable {
        var planNode: Int
        var isItem = false
        /// Never `ready`, which no fact says: `status(of:)` derives it.
        var status = NodeStatus.pending
        var attempt = 0
        var failures = 0
        var items: Range<Int>?
        var wait: NodeWait?
        var retryAt: Timestamp?
        var firstStart: Timestamp?
        var wasInterrupted = false
        /// Whether the world has answered all that the node needs to start, a slot aside.
        var wantsSlot = false
        /// Whether it holds units of the pools although it does not run.
        var keepsUnits = false
        /// Whether what is asked before it begins was answered.
        var isGateOpen = false
        /// What the last person said to its present question.
        var decision: ApprovalDecision?
    }

    /// What the facts say of a call.
    struct Call: Sendable {
        var node: Int
        var planNode: Int
        var index: Int
        var reservation: CallCharge
        /// Whether the run of a sub-workflow makes it.
        var isPart = false
        /// Nil while it is open.
        var charge: CallCharge?
    }

    let plan: Plan
    let slots: Int
    let approvals: ApprovalPolicy
    private(set) var pauseQuestion: ApprovalRequest?
    private(set) var nodes: [Node]
    private var indexes: [String: Int] = [:]
    private(set) var isStarted = false
    private(set) var isPaused = false
    private(set) var isEngaged = false
    private(set) var isCancelled = false
    private(set) var ended: RunStatus?
    private var openMain: Int
    private(set) var openAll: Int
    private var usedSlots = 0
    /// All calls, in the order in which they began.
    var calls: [Call] = []
    /// By node, with nil for the run: how often its budget was granted, and what was told since.
    var grants: [String?: Int] = [:]
    var told: [String?: Set<String>] = [:]
    var over: Set<String?> = []
    /// While the oracle takes in facts of the past, of which it does not know what the world had answered.
    private var isReplaying = false
    /// The latest moment that the wall clock has shown: it may have been set back since.
    private var latest = Timestamp(milliseconds: .min)
    private let found = Problems()

    init(plan: Plan, slots: Int, approvals: ApprovalPolicy = .standard) {
        self.plan = plan
        self.approvals = approvals
        self.slots = slots
        nodes = plan.nodes.indices.map { Node(planNode: $0) }
        for (index, node) in plan.nodes.enumerated() { indexes[node.id] = index }
        openMain = plan.finallyStart
        openAll = plan.nodes.count
    }

    /// What is wrong with the facts and the machine.
    var problems: [String] { found.list }

    // MARK: Reading

    private func definition(_ node: Int) -> NodeDefinition { plan.nodes[nodes[node].planNode] }

    private func isMain(_ node: Int) -> Bool { nodes[node].planNode < plan.finallyStart }

    private func takesSlot(_ node: Int) -> Bool { !plan.slotFreeKinds.contains(definition(node).kind) }

    func runs(_ node: Int) -> Bool { nodes[node].status == .running && nodes[node].items == nil }

    /// Whether the node must come to an end without more work: its run is cancelled, or a sibling failed fast.
    func isStopped(_ node: Int) -> Bool {
        if isCancelled, isMain(node) { return true }
        let parent = nodes[node].planNode
        guard nodes[node].isItem, definition(node).options.foreach?.failureMode == .failFast else { return false }
        return (nodes[parent].items ?? 0..<0).contains { [.failed, .rejected].contains(nodes[$0].status) }
    }

    /// The status with which a node counts for those that need it; nil while that is open.
    private func effect(of node: Int) -> NodeStatus? {
        let status = nodes[node].status
        guard status.isTerminal else { return nil }
        guard status == .failed || status == .rejected, let other = plan.fallback(of: node) else { return status }
        guard let end = effect(of: other) else { return nil }
        return end == .succeeded || end == .reused ? .succeeded : status
    }

    /// Whether what a node waits for has come; nil while that is open.
    private func accepts(_ need: NeedDefinition, of user: Int) -> Bool? {
        guard let index = indexes[need.node], nodes[index].status.isTerminal else { return nil }
        let isFallback = plan.fallback(of: index) == nodes[user].planNode
        guard let status = isFallback ? nodes[index].status : effect(of: index) else { return nil }
        return need.condition.accepts(status, continues: plan.nodes[index].options.onFailure == .continue)
    }

    /// The units of each pool that nodes hold.
    private func unitsInUse(but excluded: Int) -> [Int] {
        var used = [Int](repeating: 0, count: plan.pools.count)
        for node in nodes.indices where node != excluded && (runs(node) || nodes[node].keepsUnits) {
            for demand in plan.demands(of: nodes[node].planNode) {
                used[demand.pool] += Swift.min(demand.units, plan.pools[demand.pool].units ?? .max)
            }
        }
        return used
    }

    private func phaseIsOpen(_ node: Int) -> Bool {
        isMain(node) ? isStarted : openMain == 0 && (isStarted || plan.finallyStart > 0)
    }

    func status(of node: Int) -> NodeStatus {
        guard nodes[node].status == .pending else { return nodes[node].status }
        if nodes[node].isItem { return .ready }
        return phaseIsOpen(node) && definition(node).needs.allSatisfy { accepts($0, of: node) == true }
            ? .ready : .pending
    }

    /// What the status of the run must be.
    var runStatus: RunStatus {
        if let ended { return ended }
        if !isStarted { return .created }
        if isPaused { return .paused }
        let works = nodes.indices.contains { node in
            if let items = nodes[node].items, nodes[node].status == .running {
                return items.allSatisfy { nodes[$0].status.isTerminal }
            }
            return [.ready, .running, .retrying, .interrupted].contains(status(of: node))
        }
        if !works, openAll > 0 { return .waiting }
        return isEngaged ? .running : .queued
    }

    private var expectedEnd: RunStatus {
        if isCancelled { return .cancelled }
        let fails = plan.nodes.indices.contains {
            [.failed, .rejected].contains(effect(of: $0)) && plan.nodes[$0].options.onFailure == .fail
        }
        return fails ? .failed : .succeeded
    }

    // MARK: Folding

    /// The oracle of a log.
    init(plan: Plan, slots: Int, approvals: ApprovalPolicy = .standard, log: [RecordedEvent]) {
        self.init(plan: plan, slots: slots, approvals: approvals)
        isReplaying = true
        for recorded in log { take(recorded.event, at: recorded.at) }
        isReplaying = false
    }

    /// Takes in a fact of an executor, of which nobody sees when it prepares its nodes.
    mutating func takeUnprepared(_ event: RunEvent, at now: Timestamp) {
        isReplaying = true
        take(event, at: now)
        isReplaying = false
    }

    /// Takes in that the wall clock has shown this moment.
    mutating func noteTime(_ now: Timestamp) { latest = Swift.max(latest, now) }

    /// Takes in that all nodes that are ready have been prepared.
    mutating func noteAllPrepared() {
        for node in nodes.indices where status(of: node) == .ready { noteWantsSlot(node) }
    }

    /// The node or item of a name.
    func index(of name: String) -> Int? { indexes[name] }

    mutating func crash() {
        isEngaged = false
        for node in nodes.indices { nodes[node].wantsSlot = nodes[node].status == .interrupted }
    }

    mutating func noteWantsSlot(_ node: Int) {
        if !nodes[node].status.isTerminal, !runs(node) { nodes[node].wantsSlot = true }
    }

    func expect(_ holds: Bool, _ message: @autoclosure () -> String) {
        if !holds { found.list.append(message()) }
    }

    private mutating func move(_ node: Int, _ status: NodeStatus, _ event: RunEvent) {
        let old = self.status(of: node)
        expect(old.allows(status), "`\(event.line)` goes from \(old) to \(status)")
        if runs(node) || status.isTerminal {
            // Nobody will see the end of a call whose attempt has ended; of a part's call, when the node has.
            for place in calls.indices where calls[place].node == node && calls[place].charge == nil {
                guard !calls[place].isPart || status.isTerminal else { continue }
                calls[place].charge = calls[place].reservation
            }
        }
        if runs(node), takesSlot(node) { usedSlots -= 1 }
        nodes[node].status = status
        nodes[node].wantsSlot = false
        nodes[node].wait = nil
        nodes[node].keepsUnits = false
        nodes[node].retryAt = nil
        if runs(node), takesSlot(node) { usedSlots += 1 }
        guard status.isTerminal, !nodes[node].isItem else { return }
        openAll -= 1
        if isMain(node) { openMain -= 1 }
    }

    /// Takes a fact in and notes what is wrong with it.
    mutating func take(_ event: RunEvent, at now: Timestamp) {
        noteTime(now)
        expect(ended == nil, "`\(event.line)` comes after the end")
        switch event {
        case .budgetReached(let name, let measure, let percent): return noteTold(event, name, measure, percent)
        case .budgetExceeded(let name, _):
            expect(budget(of: name) != nil, "`\(event.line)` without a budget")
            expect(over.insert(name).inserted, "`\(event.line)` comes twice")
            return
        default: break
        }
        if let name = event.node {
            guard let node = indexes[name] else {
                found.list.append("`\(event.line)` names no node")
                return
            }
            take(event, of: node, at: now)
            return
        }
        switch event {
        case .runStarted:
            isStarted = true
            isEngaged = true
        case .runPaused: isPaused = true
        case .runRewound(let rewind): goBack(rewind, event)
        case .pauseAsked(let request):
            expect(isPaused && approvals.asksAtPause, "`\(event.line)` in a run that does not ask")
            pauseQuestion = request
        case .pauseDecided: expect(pauseQuestion != nil, "`\(event.line)` answers no question")
        case .runResumed:
            isPaused = false
            pauseQuestion = nil
            for name in over where budget(of: name)?.onExceed == .pause {
                grants[name, default: 1] += 1
                told[name] = nil
                over.remove(name)
            }
        case .cancelRequested:
            isCancelled = true
            isPaused = false
            pauseQuestion = nil
        case .runEnded(let status, _):
            expect(openAll == 0, "the run ends although \(openAll) nodes have not")
            expect(nodes.allSatisfy(\.status.isTerminal), "the run ends although items have not")
            expect(status == expectedEnd, "the run ends as \(status), not as \(expectedEnd)")
            ended = status
        default: break
        }
    }

    private mutating func take(_ event: RunEvent, of node: Int, at now: Timestamp) {
        let definition = definition(node)
        switch event {
        case .nodeExpanded(let name, let keys, _):
            expect(definition.options.foreach != nil && !nodes[node].isItem, "`\(name)` has no items")
            move(node, .running, event)
            if takesSlot(node) { usedSlots -= 1 }
            nodes[node].items = nodes.count..<nodes.count + keys.count
            for key in keys {
                indexes["\(name)[\(key)]"] = nodes.count
                nodes.append(Node(planNode: node, isItem: true))
            }
        case .nodeStarted(_, let attempt): start(node, attempt: attempt, event, at: now)
        case .nodeSucceeded:
            if nodes[node].items != nil { checkJoin(node, event) }
            move(node, .succeeded, event)
        case .nodeRepeated(_, let attempt, _, let moment):
            expect(attempt == nodes[node].attempt, "`\(event.line)` is of attempt \(attempt)")
            expect(definition.options.repetition != nil, "`\(event.line)` of a node that does not repeat")
            move(node, .retrying, event)
            nodes[node].failures = 0
            nodes[node].firstStart = nil
            nodes[node].retryAt = moment
        case .nodeFailed(_, _, let failure, let retryAt): fail(node, failure, retryAt, event, at: now)
        case .nodeWaiting(_, let attempt, let wait):
            expect(attempt == nodes[node].attempt, "`\(event.line)` is of attempt \(attempt)")
            checkQuestion(wait, of: node, event)
            move(node, .waiting, event)
            nodes[node].decision = nil
            nodes[node].wait = wait
            if case .approval = wait {} else { nodes[node].keepsUnits = true }
        case .approvalDecided(_, let decision):
            nodes[node].decision = decision
            if case .approval = nodes[node].wait { return }
            found.list.append("`\(event.line)` answers no question")
        case .nodeReleased(_, let opens):
            expect(nodes[node].decision != nil, "`\(event.line)` without an answer")
            move(node, .ready, event)
            nodes[node].status = .pending
            nodes[node].isGateOpen = opens
        case .intervened: expect(!nodes[node].status.isTerminal, "`\(event.line)` after its end")
        case .nodeFingerprinted:
            expect(status(of: node) == .ready, "`\(event.line)` of a node that is \(status(of: node))")
        case .nodeReused:
            expect(nodes[node].items == nil, "`\(event.line)` of a fan-out")
            expect(!isStopped(node), "`\(event.line)` although it is cancelled")
            expect(nodes[node].attempt == 0, "`\(event.line)` after attempt \(nodes[node].attempt)")
            move(node, .reused, event)
        case .nodeSkipped: move(node, .skipped, event)
        case .nodeOmitted:
            expect(definition.needs.contains { accepts($0, of: node) == false }, "`\(event.line)` without a cause")
            move(node, .omitted, event)
        case .nodeCancelled:
            let isAborted = isCancelled && nodes[node].decision?.resolution == .abort
            expect(isStopped(node) || isAborted, "`\(event.line)` without a cause")
            expect(!isMain(node) || isCancelled || nodes[node].isItem, "`\(event.line)` in a run that goes on")
            move(node, .cancelled, event)
        case .nodeInterrupted(_, let attempt):
            expect(attempt == nodes[node].attempt, "`\(event.line)` is of attempt \(nodes[node].attempt)")
            move(node, .interrupted, event)
            nodes[node].wasInterrupted = true
            nodes[node].wantsSlot = true
        case .callStarted(_, let attempt, let index, let call):
            expect(takesCall(call.kind, of: node, attempt), "`\(event.line)` of an attempt that does not run")
            expect(index == calls.count { $0.node == node } + 1, "`\(event.line)` has the wrong index")
            expect(
                refusal(of: call, planNode: nodes[node].planNode, countsOpen: true) == nil,
                "`\(event.line)` does not fit its budget")
            calls.append(
                Call(
                    node: node, planNode: nodes[node].planNode, index: index, reservation: call.reservation,
                    isPart: call.kind == .part))
        case .callEnded(_, let attempt, let index, let end):
            let isPart = calls.contains { $0.node == node && $0.index == index && $0.isPart }
            let isAwaited = takesCall(isPart ? .part : .tool, of: node, attempt)
            expect(isAwaited, "`\(event.line)` of an attempt that does not run")
            guard let place = calls.firstIndex(where: { $0.node == node && $0.index == index }),
                calls[place].charge == nil
            else {
                found.list.append("`\(event.line)` of a call that is not open")
                return
            }
            calls[place].charge = end.charge
        default: break
        }
    }

    private mutating func start(_ node: Int, attempt: Int, _ event: RunEvent, at now: Timestamp) {
        let definition = definition(node)
        expect(attempt == nodes[node].attempt + 1, "`\(event.line)` after attempt \(nodes[node].attempt)")
        expect(isEngaged && !isPaused, "`\(event.line)` in a run that stands still")
        expect(!isStopped(node), "`\(event.line)` although it is cancelled")
        expect(isReplaying || nodes[node].wantsSlot, "`\(event.line)` before it is prepared")
        expect(
            status(of: node) != .ready || nodes[node].isGateOpen || !isAskedBefore(node),
            "`\(event.line)` before anybody was asked")
        nodes[node].isGateOpen = true
        expect(
            nodes[node].isItem || definition.needs.allSatisfy { accepts($0, of: node) == true },
            "`\(event.line)` before its needs")
        expect(isMain(node) || openMain == 0, "`\(event.line)` before the main nodes have ended")
        expect(!takesSlot(node) || usedSlots < slots, "`\(event.line)` without a slot")
        let used = unitsInUse(but: node)
        for demand in plan.demands(of: nodes[node].planNode) {
            let units = plan.pools[demand.pool].units ?? .max
            let isFree = used[demand.pool] <= units - Swift.min(demand.units, units)
            expect(isFree, "`\(event.line)` without units of `\(plan.pools[demand.pool].name)`")
        }
        if let moment = nodes[node].retryAt {
            expect(latest >= moment, "`\(event.line)` before \(moment.milliseconds)")
        }
        if nodes[node].wasInterrupted {
            expect(definition.options.onInterrupt == .rerun, "`\(event.line)` although `on_interrupt` is `fail`")
        }
        if nodes[node].isItem, let most = definition.options.foreach?.maxParallel {
            let siblings = nodes[nodes[node].planNode].items ?? 0..<0
            expect(siblings.count(where: { runs($0) }) < most, "`\(event.line)` beside \(most) siblings")
        }
        if takesSlot(node), !isReplaying {
            func urgency(_ node: Int) -> (Int, Int32) {
                (self.definition(node).options.priority, plan.height[nodes[node].planNode])
            }
            let passed = plan.nodes.indices.first {
                nodes[$0].wantsSlot && takesSlot($0) && plan.demands(of: $0).isEmpty && urgency($0) > urgency(node)
            }
            expect(passed == nil, "`\(event.line)` before `\(passed.map { plan.nodes[$0].id } ?? "")`")
        }
        move(node, .running, event)
        nodes[node].attempt = attempt
        nodes[node].firstStart = nodes[node].firstStart ?? now
    }

    private mutating func fail(
        _ node: Int, _ failure: NodeFailure, _ retryAt: Timestamp?, _ event: RunEvent, at now: Timestamp
    ) {
        let from = status(of: node)
        if nodes[node].items != nil { checkJoin(node, event) }
        let policy = definition(node).options.retry ?? .none
        let mayRetry =
            nodes[node].items == nil && (from == .running || isChildRun(nodes[node].wait))
            && nodes[node].failures + 1 < policy.maxAttempts && !isStopped(node) && policy.covers(failure)
        let wasAsked = isErrorQuestion(nodes[node].wait)
        if let retryAt, wasAsked {
            expect(
                nodes[node].decision?.resolution == .retry || nodes[node].decision?.resolution == .modified,
                "`\(event.line)` is tried again, and nobody said so")
            move(node, .retrying, event)
            nodes[node].failures += 1
            nodes[node].wasInterrupted = false
            nodes[node].retryAt = retryAt
            return
        }
        guard let retryAt else {
            expect(
                isReplaying || from == .waiting && !isChildRun(nodes[node].wait) || !asksOnError(node)
                    || failure.reason == .cancelled,
                "`\(event.line)`, and nobody was asked")
            if mayRetry {
                let wait = policy.wait(
                    afterFailure: nodes[node].failures + 1, asked: failure.retryAfter, chance: 0)
                let latest = now.advanced(by: wait).since(nodes[node].firstStart ?? now)
                expect(policy.maxTotal.map { latest > $0 } ?? false, "`\(event.line)` without another attempt")
            }
            let isRejected = failure.reason == .rejected && from == .waiting
            move(node, isRejected ? .rejected : .failed, event)
            return
        }
        expect(mayRetry, "`\(event.line)` has no attempt left")
        let longest = expectedWait(policy, failures: nodes[node].failures)
        let shortest = longest * (1 - policy.jitter)
        let asked = Double(failure.retryAfter?.count ?? 0)
        let wait = Double(retryAt.since(now).count)
        expect(
            wait >= Swift.max(shortest - 1, asked) && wait <= Swift.max(longest, asked),
            "`\(event.line)` waits \(wait) ms, not \(shortest) to \(longest)")
        if let total = policy.maxTotal, let first = nodes[node].firstStart {
            expect(retryAt.since(first) <= total, "`\(event.line)` after the limit of \(total.count)")
        }
        move(node, .retrying, event)
        nodes[node].failures += 1
        nodes[node].wasInterrupted = false
        nodes[node].retryAt = retryAt
    }

    private func isErrorQuestion(_ wait: NodeWait?) -> Bool {
        if case .approval(let request) = wait { request.checkpoint == .onError } else { false }
    }

    private func asksOnError(_ node: Int) -> Bool {
        isMain(node) && nodes[node].items == nil && !isStopped(node)
            && approvals.gate(onErrorOf: definition(node)) != nil
    }

    private func isAskedBefore(_ node: Int) -> Bool {
        isMain(node) && approvals.gate(before: definition(node), works: takesSlot(node)) != nil
    }

    private func checkQuestion(_ wait: NodeWait, of node: Int, _ event: RunEvent) {
        guard case .approval(let request) = wait else { return }
        let from = status(of: node)
        if request.checkpoint.isBeforeNode {
            expect(from == .ready && isAskedBefore(node) && !nodes[node].isGateOpen, "`\(event.line)` for nothing")
        } else if request.checkpoint == .onError {
            expect(asksOnError(node), "`\(event.line)` for nothing")
        } else {
            expect(from == .running, "`\(event.line)` of a node that does not run")
        }
    }

    /// A node and all that follows from it are as if they had not run.
    private mutating func goBack(_ rewind: RunRewind, _ event: RunEvent) {
        guard let target = indexes[rewind.target] else {
            found.list.append("`\(event.line)` names no node")
            return
        }
        var back: Set<Int> = [target]
        var hasGrown = true
        while hasGrown {
            hasGrown = false
            for node in plan.nodes.indices where !back.contains(node) {
                let needed = plan.nodes[node].needs.compactMap { indexes[$0.node] }
                let follows = needed.contains { need in
                    back.contains(need) || plan.fallback(of: need).map { back.contains($0) } ?? false
                }
                if follows, (node < plan.finallyStart) == (target < plan.finallyStart) {
                    back.insert(node)
                    hasGrown = true
                }
            }
        }
        expect(rewind.nodes == back.sorted().map { plan.nodes[$0].id }, "`\(event.line)` is not what follows")
        for node in back {
            expect(!runs(node) && nodes[node].items == nil, "`\(event.line)` although a node of it runs")
            if nodes[node].status.isTerminal {
                openAll += 1
                if isMain(node) { openMain += 1 }
            }
            var fresh = Node(planNode: node)
            fresh.attempt = nodes[node].attempt
            nodes[node] = fresh
        }
    }

    private func isChildRun(_ wait: NodeWait?) -> Bool { if case .run = wait { true } else { false } }

    private func expectedWait(_ policy: RetryPolicy, failures: Int) -> Double {
        var wait = Double(policy.delay.count)
        for _ in 0..<failures { wait *= policy.factor }
        return Swift.min(wait, Double(policy.maxDelay.count))
    }

    private func checkJoin(_ node: Int, _ event: RunEvent) {
        let items = nodes[node].items ?? 0..<0
        expect(items.allSatisfy { nodes[$0].status.isTerminal }, "`\(event.line)` before its items")
        let failed = items.contains { [.failed, .rejected].contains(nodes[$0].status) }
        let mustFail = failed && definition(node).options.foreach?.failureMode != .continue
        let isSample = definition(node).options.foreach?.keepsOutputTypes == true
        if case .nodeFailed = event { expect(mustFail || isSample, "`\(event.line)` although no item takes it along") }
        if case .nodeSucceeded = event { expect(!mustFail, "`\(event.line)` although an item failed") }
    }

    // MARK: Checking

    /// What is wrong in a machine that has nothing more to decide.
    func checkSettled(_ machine: borrowing RunMachine) {
        guard problems.isEmpty else { return }
        expect(machine.nodes.count == nodes.count, "the machine has \(machine.nodes.count) nodes, not \(nodes.count)")
        guard problems.isEmpty else { return }
        for (index, state) in machine.nodes.enumerated() {
            let status = status(of: index)
            if state.status != status || Int(state.attempt) != nodes[index].attempt
                || Int(state.failures) != nodes[index].failures
            {
                found.list.append(
                    "`\(machine.name(of: index))` is \(state.status) #\(state.attempt) after \(state.failures) failures, "
                        + "not \(status) #\(nodes[index].attempt) after \(nodes[index].failures)")
            }
            if status == .pending, isStarted,
                definition(index).needs.contains(where: { accepts($0, of: index) == false }),
                !isMain(index) || !isCancelled
            {
                found.list.append("`\(machine.name(of: index))` ought to be omitted")
            }
            if isStopped(index), !status.isTerminal, status != .running, !isChildRun(nodes[index].wait) {
                found.list.append("`\(machine.name(of: index))` ought to be cancelled")
            }
            if nodes[index].wantsSlot { checkMustWait(index, machine) }
        }
        expect(machine.endedCount == nodes.count(where: \.status.isTerminal), "endedCount is \(machine.endedCount)")
        expect(machine.status == runStatus, "the run is \(machine.status), not \(runStatus)")
        expect(ended != nil || openAll > 0 || !isEngaged, "all nodes have ended, the run has not")
        checkCalls(machine)
        let people = nodes.filter { $0.status == .waiting }
        let onlyPeople = people.allSatisfy { if case .approval = $0.wait { true } else { false } }
        expect(
            machine.waitsForPeople == (runStatus == .waiting && !people.isEmpty && onlyPeople),
            "waitsForPeople is \(machine.waitsForPeople)")
    }

    /// A node that could start must have a reason not to.
    private func checkMustWait(_ node: Int, _ machine: borrowing RunMachine) {
        guard isEngaged, !isPaused, ended == nil, !takesSlot(node) || usedSlots < slots else { return }
        if nodes[node].isItem, let most = definition(node).options.foreach?.maxParallel {
            let siblings = nodes[nodes[node].planNode].items ?? 0..<0
            if siblings.count(where: { runs($0) }) >= most { return }
        }
        let demands = plan.demands(of: nodes[node].planNode)
        let used = unitsInUse(but: node)
        if demands.contains(where: { used[$0.pool] > 0 }) { return }
        // Who stands in line for a slot has its units already, and may keep them from a node that needs no slot.
        if !demands.isEmpty, !takesSlot(node), usedSlots == slots { return }
        found.list.append("`\(machine.name(of: node))` waits although a slot is free")
    }
}
