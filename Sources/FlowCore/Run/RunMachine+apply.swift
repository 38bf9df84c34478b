// SPDX-License-Identifier: Apache-2.0

extension RunMachine {
    /// Takes a fact in. Total: a fact that does not fit the state is left out, so that no log can trap.
    public mutating func apply(_ event: RunEvent, at time: Timestamp) {
        moment = time
        if case .nodeInterrupted = event {} else { lastFact = time }
        switch event {
        case .runCreated, .nodeFingerprinted, .sharedBudget: break
        case .approvalDecided(let name, let decision):
            if let node = index(of: name) { note(decision, of: node) }
        case .nodeReleased(let name, let opens):
            if let node = index(of: name) { releaseWait(node, opens: opens) }
        case .runRewound(let rewind): goBack(rewind)
        case .pauseAsked(let request): if isPaused, ended == nil { pauseQuestion = request }
        case .pauseDecided(let decision): note(decision)
        case .intervened(let name, let intervention):
            if let node = index(of: name) { note(intervention, of: node) }
        case .runDerived: inherit()
        case .runStarted: open()
        case .runPaused:
            isPaused = true
            wantsPause = false
        case .runResumed:
            isPaused = false
            pauseQuestion = nil
            grantBudgets()
        case .cancelRequested(let by, let reason): cancel(by: by, reason: reason)
        case .runEnded(let status, let reason):
            ended = (status, reason)
            effects.append(.close(status))
        case .nodeExpanded(let name, let keys, let items):
            if let node = plan.index(of: name) { expand(node, keys: keys, items: items) }
        case .nodeStarted(let name, let attempt):
            if let node = index(of: name) { start(node, attempt: attempt, at: time) }
        case .nodeWaiting(let name, _, let wait):
            if let node = index(of: name) { suspend(node, wait: wait) }
        case .nodeInterrupted(let name, _):
            if let node = index(of: name) { interrupt(node) }
        case .nodeFailed(let name, _, let failure, let retryAt):
            guard let node = index(of: name) else { break }
            if let retryAt {
                retry(node, at: retryAt)
            } else {
                // Only a person's answer rejects; a program that says so has failed.
                let isRejected = failure.reason == .rejected && nodes[node].status == .waiting
                end(node, isRejected ? .rejected : .failed)
            }
        case .nodeRepeated(let name, _, _, let moment):
            if let node = index(of: name) { again(node, at: moment) }
        case .nodeSucceeded(let name, _, _): end(name, .succeeded)
        case .nodeReused(let name, _, _): end(name, .reused)
        case .nodeSkipped(let name, _): end(name, .skipped)
        case .nodeOmitted(let name, _): end(name, .omitted)
        case .nodeCancelled(let name): end(name, .cancelled)
        case .callStarted(let name, let attempt, let index, let call):
            if let node = self.index(of: name) { beginCall(node, attempt: attempt, index: index, call) }
        case .callEnded(let name, _, let index, let end):
            guard let node = self.index(of: name) else { break }
            calls.end(
                node, planNode: Int(nodes[node].planNode), number: index, charge: end.charge, isTaped: end.isTaped)
        case .budgetReached(let name, let measure, let percent):
            guard let budget = calls.budget(of: name) else { break }
            calls.noteTold(budget, measure, percent)
            if measure == .time { watchTime(of: budget) }
        case .budgetExceeded(let name, let reason):
            if let budget = calls.budget(of: name) { exceed(budget, reason: reason) }
        }
        dropStale()
        if !calls.unsettled.isEmpty { calls.dropSettled(at: moment) }
    }

    private mutating func end(_ name: String, _ status: NodeStatus) {
        if let node = index(of: name) { end(node, status) }
    }

    // MARK: Status

    /// The only place that writes a status: keeps the counts that depend on it.
    mutating func set(_ node: Int, _ status: NodeStatus) {
        if isBusy(node) { busy -= 1 }
        let ran = nodes[node].isAttemptRunning
        nodes[node].status = status
        if isBusy(node) { busy += 1 }
        if ran, status != .running { endWork(of: node) }
        if status.isTerminal { calls.close(node, planNode: Int(nodes[node].planNode), parts: true) }
    }

    private func isBusy(_ node: Int) -> Bool {
        switch nodes[node].status {
        case .ready, .retrying, .interrupted: true
        // A fan-out is at work itself only when its items have ended and their outputs are to be collected.
        case .running: !nodes[node].isExpanded || expansions[node]?.open == 0
        default: false
        }
    }

    mutating func setWait(_ node: Int, _ wait: NodeWait?) {
        let old = waits[node]
        waits[node] = wait
        if !votes.isEmpty { votes[node] = nil }
        if let old, !old.isForPeople { otherWaits -= 1 }
        if let wait, !wait.isForPeople { otherWaits += 1 }
    }

    private func takesSlot(_ node: Int) -> Bool { plan.needsSlot(Int(nodes[node].planNode)) }

    private func parent(of node: Int) -> Int? { nodes[node].item >= 0 ? Int(nodes[node].planNode) : nil }

    // MARK: Start and end of the run

    private mutating func open() {
        isEngaged = true
        guard !isStarted else { return }
        isStarted = true
        for node in 0..<plan.finallyStart where nodes[node].open == 0 { makeReady(node) }
        if openMain == 0 { openFinallyPhase() }
    }

    /// Sets the nodes that are taken over to `reused`. All of them first: what follows from the end of one must not make
    /// another one ready.
    private mutating func inherit() {
        guard !isStarted else { return }
        let taken = inherited.compactMap { plan.index(of: $0) }.filter {
            $0 < plan.finallyStart && nodes[$0].status.allows(.reused)
        }.sorted()
        for node in taken {
            set(node, .reused)
            endedCount += 1
        }
        for node in taken { endPlanNode(node, .reused) }
    }

    private mutating func openFinallyPhase() {
        guard !finallyIsOpen else { return }
        finallyIsOpen = true
        for node in plan.finallyStart..<plan.nodes.count where nodes[node].open == 0 { makeReady(node) }
    }

    private mutating func cancel(by: String, reason: String) {
        // Nothing holds up the end of a run, also where it was paused while it cleaned up.
        isPaused = false
        pauseQuestion = nil
        (wantsPause, stopReason) = (false, nil)
        guard cancellation == nil else { return }
        cancellation = (by, reason)
        for node in nodes.indices.reversed() where nodes[node].planNode < plan.finallyStart { stop(node) }
    }

    /// Ends a node that must not go on: at once if nothing of it runs, else through the engine.
    private mutating func stop(_ node: Int) {
        switch nodes[node].status {
        case .running where nodes[node].isExpanded: break
        case .running: effects.append(.cancel(node, attempt: Int(nodes[node].attempt)))
        case .waiting:
            if case .run = waits[node] {
                effects.append(.cancel(node, attempt: Int(nodes[node].attempt)))
            } else {
                condemned.append(node)
            }
        case .pending, .ready, .retrying, .interrupted: condemned.append(node)
        default: break
        }
    }

    /// Whether a node must end without more work: its run is cancelled, or another item of its `foreach` failed fast.
    func isStopped(_ node: Int) -> Bool {
        if cancellation != nil, nodes[node].planNode < plan.finallyStart { return true }
        guard let parent = parent(of: node), expansions[parent]?.firstFailed != nil else { return false }
        return plan.nodes[parent].options.foreach?.failureMode == .failFast
    }

    // MARK: Way of a node

    mutating func makeReady(_ node: Int) {
        guard nodes[node].status == .pending, !nodes[node].isDoomed else { return }
        set(node, .ready)
        effects.append(.prepare(node))
    }

    private mutating func expand(_ node: Int, keys: [String], items: Digest) {
        guard nodes[node].status == .ready, let foreach = plan.nodes[node].options.foreach else { return }
        set(node, .running)
        nodes[node].isExpanded = true
        expansions[node] = Expansion(
            first: nodes.count, keys: keys, items: items, open: keys.count, maxParallel: foreach.maxParallel ?? .max)
        if !isBusy(node) { busy -= 1 }
        let id = plan.nodes[node].id
        nodes.reserveCapacity(nodes.count + keys.count)
        for (place, key) in keys.enumerated() {
            itemIndexes["\(id)[\(key)]"] = nodes.count
            var state = NodeState(planNode: Int32(node))
            state.item = Int32(place)
            nodes.append(state)
            makeReady(nodes.count - 1)
        }
        if keys.isEmpty { effects.append(.join(node)) }
    }

    /// Puts a prepared node in line for a slot.
    mutating func enqueue(_ node: Int) {
        guard !nodes[node].isQueued, !nodes[node].isParked, !nodes[node].isExpanded,
            nodes[node].status.allows(.running), gate(before: node) == nil
        else { return }
        if !nodes[node].hasPlace, let parent = parent(of: node) {
            guard expansions[parent]?.admit(node) == true else {
                nodes[node].isParked = true
                return
            }
            nodes[node].hasPlace = true
        }
        guard takeUnits(node) else { return }
        nodes[node].isQueued = true
        if takesSlot(node) {
            queue.insert(
                node, priority: options(of: node).priority, height: plan.height[Int(nodes[node].planNode)])
        } else {
            freed.append(node)
        }
    }

    /// Takes a node out of line, or gives back what a running attempt held. A node that waits for its own timer or
    /// sub-workflow keeps its units of the pools: its work goes on elsewhere.
    mutating func release(_ node: Int, keepsUnits: Bool = false) {
        if nodes[node].status == .running, !nodes[node].isExpanded, takesSlot(node) { usedSlots -= 1 }
        nodes[node].isQueued = false
        if !keepsUnits { returnUnits(node) }
        guard nodes[node].hasPlace, let parent = parent(of: node) else { return }
        nodes[node].hasPlace = false
        expansions[parent]?.active -= 1
        while let next = expansions[parent]?.unpark() {
            // Entries of items that went another way are left behind.
            guard nodes[next].isParked, !nodes[next].hasPlace else { continue }
            nodes[next].isParked = false
            enqueue(next)
            break
        }
    }

    private mutating func start(_ node: Int, attempt: Int, at time: Timestamp) {
        guard nodes[node].status.allows(.running), !nodes[node].isExpanded else { return }
        if !nodes[node].hasPlace, let parent = parent(of: node) {
            expansions[parent]?.active += 1
            nodes[node].hasPlace = true
        }
        forceUnits(node)
        nodes[node].isQueued = false
        nodes[node].isParked = false
        nodes[node].isGateOpen = true
        retryTimes[node] = nil
        set(node, .running)
        nodes[node].attempt = Int32(clamping: attempt)
        if takesSlot(node) { usedSlots += 1 }
        for budget in calls.beginWork(planNode: Int(nodes[node].planNode), at: time) { watchTime(of: budget) }
        if options(of: node).retry?.maxTotal != nil, firstStarts[node] == nil { firstStarts[node] = time }
        effects.append(.run(node, attempt: attempt))
    }

    private mutating func suspend(_ node: Int, wait: NodeWait) {
        guard nodes[node].status.allows(.waiting) else { return }
        release(node, keepsUnits: !wait.isForPeople)
        set(node, .waiting)
        setWait(node, wait)
        if case .approval(let request) = wait, request.call != nil { openConversation(node) }
        if let effect = wakeEffect(of: node) { effects.append(effect) }
        // The answer crossed the cancellation; nobody is to wait for what no one wants.
        if isStopped(node) { stop(node) }
    }

    private mutating func retry(_ node: Int, at time: Timestamp) {
        guard nodes[node].status.allows(.retrying) else { return }
        release(node)
        setWait(node, nil)
        set(node, .retrying)
        closeConversation(node)
        nodes[node].failures += 1
        retryTimes[node] = time
        effects.append(.wake(node, at: time))
    }

    /// Another iteration of a `repeat` is to come.
    private mutating func again(_ node: Int, at time: Timestamp) {
        guard nodes[node].status.allows(.retrying) else { return }
        release(node)
        setWait(node, nil)
        set(node, .retrying)
        closeConversation(node)
        nodes[node].failures = 0
        nodes[node].repeats += 1
        firstStarts[node] = nil
        retryTimes[node] = time
        effects.append(.wake(node, at: time))
    }

    private mutating func interrupt(_ node: Int) {
        guard nodes[node].status.allows(.interrupted) else { return }
        release(node)
        set(node, .interrupted)
        if isStopped(node) { condemned.append(node) } else { enqueue(node) }
    }

    private mutating func end(_ node: Int, _ status: NodeStatus) {
        guard nodes[node].status.allows(status) else { return }
        nodes[node].isParked = false
        release(node)
        setWait(node, nil)
        retryTimes[node] = nil
        set(node, status)
        endedCount += 1
        if let parent = parent(of: node) {
            endItem(node, status, of: parent)
        } else {
            endPlanNode(node, status)
        }
    }

    private mutating func endItem(_ node: Int, _ status: NodeStatus, of parent: Int) {
        guard var expansion = expansions[parent] else { return }
        expansion.open -= 1
        let isFirstFailure = (status == .failed || status == .rejected) && expansion.firstFailed == nil
        if isFirstFailure { expansion.firstFailed = node }
        expansions[parent] = expansion
        if isFirstFailure, plan.nodes[parent].options.foreach?.failureMode == .failFast {
            for item in expansion.first..<expansion.first + expansion.keys.count { stop(item) }
        }
        if expansion.open == 0 {
            if isBusy(parent) { busy += 1 }
            effects.append(.join(parent))
        }
    }

    private mutating func endPlanNode(_ node: Int, _ status: NodeStatus) {
        if status == .failed || status == .rejected, let other = plan.fallback(of: node) {
            // What comes of the failure is known when the node that stands in has ended. That one waits for it.
            for edge in plan.successors(of: node) where Int(edge.node) == other { pass(status, along: edge, of: node) }
        } else {
            settle(node, status)
        }
        if node < plan.finallyStart {
            openMain -= 1
            if openMain == 0 { openFinallyPhase() }
        } else {
            openFinally -= 1
        }
    }

    /// Lets a node's end count for the nodes that need it: with the status of its fallback if that one has made the
    /// failure good.
    private mutating func settle(_ node: Int, _ status: NodeStatus) {
        let hasFailed = status == .failed || status == .rejected
        if hasFailed, plan.nodes[node].options.onFailure == .fail, failedNode == nil { failedNode = node }
        let other = nodes[node].status == .failed || nodes[node].status == .rejected ? plan.fallback(of: node) : nil
        for edge in plan.successors(of: node) where Int(edge.node) != other { pass(status, along: edge, of: node) }
        guard let rescued = plan.rescued(by: node) else { return }
        let before = nodes[rescued].status
        guard before == .failed || before == .rejected else { return }
        settle(rescued, status == .succeeded || status == .reused ? .succeeded : before)
    }

    private mutating func pass(_ status: NodeStatus, along edge: Plan.Edge, of node: Int) {
        let next = Int(edge.node)
        nodes[next].open -= 1
        if edge.condition.accepts(status, continues: plan.nodes[node].options.onFailure == .continue) {
            if nodes[next].open == 0 { makeReady(next) }
        } else if !nodes[next].isDoomed, nodes[next].status == .pending {
            nodes[next].isDoomed = true
            if cancellation == nil || next >= plan.finallyStart { doomed.append((next, node)) }
        }
    }

    // MARK: Queues and effects

    /// Forgets entries at the head of the queues whose nodes went another way.
    private mutating func dropStale() {
        while let node = queue.first, !nodes[node].isQueued { queue.removeFirst() }
        while let node = freed.last, !nodes[node].isQueued { freed.removeLast() }
        while let next = doomed.last, nodes[next.node].status != .pending { doomed.removeLast() }
        while let node = condemned.last, nodes[node].status.isTerminal || nodes[node].status == .running {
            condemned.removeLast()
        }
    }

    func wakeEffect(of node: Int) -> RunEffect? {
        switch waits[node] {
        case .until(let moment): .wake(node, at: moment)
        case .approval(let request): request.deadline.map { .wake(node, at: $0) }
        case .run(let run): .watch(node, run: run)
        case nil: nil
        }
    }

    /// All that is to be done from the present state; attempts that ran when the last engine ended are not among it.
    func outstandingEffects() -> [RunEffect] {
        if let ended { return [.close(ended.status)] }
        var effects: [RunEffect] = []
        for node in nodes.indices {
            switch nodes[node].status {
            case .ready: effects.append(.prepare(node))
            case .waiting:
                if let effect = wakeEffect(of: node) { effects.append(effect) }
                if isStopped(node) { effects.append(.cancel(node, attempt: Int(nodes[node].attempt))) }
            case .retrying: if let time = retryTimes[node] { effects.append(.wake(node, at: time)) }
            case .running where nodes[node].isExpanded && expansions[node]?.open == 0: effects.append(.join(node))
            default: break
            }
        }
        return effects
    }
}
