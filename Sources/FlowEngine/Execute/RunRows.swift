// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// What the executor keeps of each node beside the machine's state: the row of the store, the digest of the result, and
/// the last failure.
struct RunRows: Sendable {
    private(set) var results = NodeTable<Digest>()
    private(set) var failures: [Int: NodeFailure] = [:]
    /// The last failed attempts of each node that has not ended, the oldest first.
    private(set) var failedAttempts: [Int: [RetryAdvice.Attempt]] = [:]
    /// So many failed attempts of a node are kept in mind.
    private static let mostFailedAttempts = 8
    /// Errors that a later attempt has got over.
    private(set) var solved: [SolvedError] = []
    /// The result of the last iteration of nodes that repeat and have not ended.
    private(set) var previous: [Int: Digest] = [:]
    /// Nodes of which the log says what they depend on.
    private(set) var fingerprinted = NodeSet()
    private var rows: [Int: NodeSummary] = [:]
    /// The nodes whose rows have changed, each once.
    private var changed: [Int] = []
    private var isChanged = NodeSet()
    /// Nodes whose rows were forgotten because they had ended.
    private var ended = NodeSet()

    /// Takes over the result of a node that ran in another run; it has no row in this one.
    mutating func inherit(_ node: Int, _ result: Digest) { results[node] = result }

    /// Takes in a fact that the machine has applied.
    mutating func note(_ recorded: RecordedEvent, machine: borrowing RunMachine) {
        if case .runRewound(let rewind) = recorded.event { return note(rewind, machine: machine) }
        guard let name = recorded.event.node, let node = machine.index(of: name) else { return }
        note(recorded, name: name, node: node, state: machine.nodes[node], kind: machine.kind(of: node))
    }

    /// Takes in that the run has gone back: the nodes are as if they had not run.
    mutating func note(_ rewind: RunRewind, machine: borrowing RunMachine) {
        for name in rewind.nodes {
            guard let node = machine.index(of: name), machine.nodes[node].status != .reused else { continue }
            // What has never begun has no row.
            let isKnown = rows[node] != nil || ended.contains(node)
            results[node] = nil
            failures[node] = nil
            failedAttempts[node] = nil
            fingerprinted.remove(node)
            previous[node] = nil
            ended.remove(node)
            guard isKnown else { continue }
            var row = NodeSummary(node: name, kind: machine.kind(of: node), status: machine.nodes[node].status)
            row.attempt = Int(machine.nodes[node].attempt)
            row.message = "sent back by \(rewind.by)" + (rewind.feedback.map { ": \($0)" } ?? "")
            rows[node] = row
            noteChange(of: node)
        }
    }

    /// The same, of a node that is known already.
    mutating func note(_ recorded: RecordedEvent, name: String, node: Int, state: NodeState, kind: String) {
        if case .nodeFingerprinted = recorded.event { fingerprinted.insert(node) }
        guard recorded.event.movesNode else { return }
        var row = rows[node] ?? NodeSummary(node: name, kind: kind, status: state.status)
        row.status = state.status
        row.attempt = Int(state.attempt)
        switch recorded.event {
        case .nodeStarted, .nodeExpanded: row.startedAt = row.startedAt ?? recorded.at
        case .nodeSucceeded(_, _, let result):
            row.result = result
            row.message = nil
            results[node] = result
            if let last = failedAttempts.removeValue(forKey: node)?.last, row.attempt > last.number {
                solved.append(SolvedError(last, node: name, solvedAttempt: row.attempt))
            }
        case .nodeReused(_, let origin, let result):
            row.result = result
            row.message = "from run \(origin.run)"
            results[node] = result
        case .nodeRepeated(_, _, let result, _):
            row.message = "iteration \(state.repeats) has ended"
            previous[node] = result
        case .nodeFailed(_, _, let failure, _):
            row.message = failure.message
            failures[node] = failure
            let attempt = RetryAdvice.Attempt(number: row.attempt, failure: failure)
            failedAttempts[node] = (failedAttempts[node] ?? []).suffix(Self.mostFailedAttempts - 1) + [attempt]
        case .nodeSkipped(_, let reason), .nodeOmitted(_, let reason): row.message = reason
        case .nodeInterrupted: row.message = "the engine ended while it ran"
        case .nodeWaiting(_, _, let wait): row.message = wait.phrase
        case .nodeReleased: row.message = nil
        default: break
        }
        if row.status.isTerminal { row.endedAt = recorded.at }
        rows[node] = row
        noteChange(of: node)
    }

    private mutating func noteChange(of node: Int) {
        if isChanged.insert(node) { changed.append(node) }
    }

    /// The errors that were got over since the last call.
    mutating func takeSolved() -> [SolvedError] {
        defer { solved = [] }
        return solved
    }

    /// The rows that have changed since the last call. Rows of nodes that have ended are forgotten.
    mutating func takeChanged() -> [NodeSummary] {
        let taken = changed.sorted().compactMap { rows[$0] }
        for node in changed {
            isChanged.remove(node)
            guard rows[node]?.status.isTerminal == true else { continue }
            rows[node] = nil
            ended.insert(node)
        }
        changed.removeAll(keepingCapacity: true)
        return taken
    }
}

extension NodeWait {
    /// What is waited for, in a few words.
    var phrase: String {
        switch self {
        case .approval(let request): request.prompt
        case .until(let moment): "until \(moment.iso8601)"
        case .run(let run): "for run \(run)"
        }
    }
}
