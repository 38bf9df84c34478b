// SPDX-License-Identifier: Apache-2.0

import FlowCore

extension RunExecutor {
    /// Waits until the run has ended, nothing goes on without a person, or nobody works on it.
    func outcome() async -> RunOutcome {
        if let outcome = settledOutcome { return outcome }
        return await withCheckedContinuation { waiters.append($0) }
    }

    /// Waits until the run has ended or the executor has stopped, however long people take.
    func final() async -> RunOutcome {
        if let outcome = finalOutcome { return outcome }
        return await withCheckedContinuation { finalWaiters.append($0) }
    }

    /// Waits until nothing of it runs any more if the store has failed; false if it has not.
    func hasFailed() async -> Bool {
        guard stopReason != nil else { return false }
        _ = await final()
        return true
    }

    /// Waits until the run has ended, however long people take; `queued` when the engine stopped first.
    func end() async -> (status: RunStatus, reason: String?) {
        switch await final() {
        case .ended(let status, let reason): (status, reason)
        case .storeFailed(let error): (.failed, error.description)
        case .waiting, .paused, .stopped: (.queued, "the engine is ending")
        }
    }

    /// How the run stands, each time that changes, until it is over. Only the newest is kept for who is slow.
    func standings() -> AsyncStream<RunStanding> {
        let (stream, continuation) = AsyncStream.makeStream(of: RunStanding.self, bufferingPolicy: .bufferingNewest(1))
        let standing = standing
        continuation.yield(standing)
        if standing == .over {
            continuation.finish()
        } else {
            lastStanding = standing
            listeners.append(continuation)
        }
        return stream
    }

    /// Tells those who wait, if there is something to tell.
    func settle() {
        life.isSpent = stopReason != nil && attempts.isEmpty
        life.isEnded = machine.ended != nil && !isDraining
        if let outcome = finalOutcome {
            site.folders.removeSpares()
            let waiters = finalWaiters
            finalWaiters = []
            for waiter in waiters { waiter.resume(returning: outcome) }
        }
        if !listeners.isEmpty { tellListeners() }
        guard !waiters.isEmpty, let outcome = settledOutcome else { return }
        let waiters = waiters
        self.waiters = []
        for waiter in waiters { waiter.resume(returning: outcome) }
    }

    /// The node and the run of a sub-workflow that the first part of a path such as `sub/gate` stands for, and the rest of
    /// the path.
    func childRun(onPath path: Substring) -> (node: Int, run: String, rest: Substring)? {
        if machine.index(of: String(path)) != nil { return nil }
        for slash in path.indices where path[slash] == "/" {
            if let node = machine.index(of: String(path[..<slash])), case .run(let child) = machine.waits[node] {
                return (node, child, path[path.index(after: slash)...])
            }
        }
        return nil
    }

    /// The run of a sub-workflow is about to be given an answer: it waits for nobody until it says so again. It says so each
    /// time that it has gone on.
    func expectChild(at node: Int) {
        answeredChildren[node] = blockedChildren.removeValue(forKey: node)
        // The run above is told too, so that the same question asked again is news to it.
        settle()
    }

    /// The answer was not taken.
    func childStillWaits(at node: Int) {
        guard let nodes = answeredChildren.removeValue(forKey: node), blockedChildren[node] == nil else { return }
        blockedChildren[node] = nodes
        settle()
    }

    private func tellListeners() {
        let standing = standing
        guard standing != lastStanding else { return }
        lastStanding = standing
        for listener in listeners {
            listener.yield(standing)
            if standing == .over { listener.finish() }
        }
        if standing == .over { listeners = [] }
    }

    private var standing: RunStanding {
        if finalOutcome != nil { return .over }
        return switch settledOutcome {
        case .waiting(let nodes): .waiting(nodes)
        case .paused: .waiting([])
        default: .working
        }
    }

    /// How the executor's work is over; nil while it is not.
    private var finalOutcome: RunOutcome? {
        // Before its attempts have ended, another executor must not start them again.
        if let stopReason { return attempts.isEmpty ? .storeFailed(stopReason) : nil }
        guard !isDraining, inbox.isEmpty else { return nil }
        if let ended = machine.ended { return .ended(ended.status, reason: ended.reason) }
        return isStopping ? .stopped : nil
    }

    private var settledOutcome: RunOutcome? {
        if let outcome = finalOutcome { return outcome }
        guard stopReason == nil, !isDraining, inbox.isEmpty else { return nil }
        if machine.status == .paused, attempts.isEmpty || isHeldByBudget { return .paused }
        if let nodes = awaitedNodes { return .waiting(nodes: nodes) }
        return machine.isAtWork || isInLine ? nil : .stopped
    }

    /// The nodes that wait for a person, if nothing else can go on: `gate`, or `sub/gate` in the run of the
    /// sub-workflow `sub`.
    private var awaitedNodes: [String]? {
        guard machine.status == .waiting, !machine.waits.isEmpty else { return nil }
        var names: [String] = []
        for (node, wait) in machine.waits.sorted(by: { $0.key < $1.key }) {
            let name = name(of: node)
            switch wait {
            case .until: return nil
            case .approval: names.append(name)
            case .run:
                guard let awaited = blockedChildren[node] else { return nil }
                names += awaited.isEmpty ? [name] : awaited.map { "\(name)/\($0)" }
            }
        }
        return names
    }
}

/// How a run stands for the run that it is a part of.
enum RunStanding: Sendable, Hashable {
    case working
    /// Only people can go on: at these nodes, or at the run as a whole when there are none.
    case waiting([String])
    case over
}

/// Where a run stands when its executor has nothing more to do.
public enum RunOutcome: Sendable, Hashable {
    case ended(RunStatus, reason: String?)
    /// Only people can go on: these nodes wait for an answer. `sub/gate` is the node `gate` in the run of the
    /// sub-workflow that the node `sub` stands for.
    case waiting(nodes: [String])
    case paused
    /// No engine works on the run, or the engine was asked to stop; the run can be resumed.
    case stopped
    case storeFailed(StoreError)
}
