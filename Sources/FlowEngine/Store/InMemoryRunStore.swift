// SPDX-License-Identifier: Apache-2.0

public import FlowCore
import Synchronization

/// Runs in memory, gone with the process: for tests, and for runs of which nothing is to be kept.
public final class InMemoryRunStore: RunStore {
    private struct Run {
        var summary: RunSummary
        var events: [RecordedEvent] = []
        var nodes: [NodeSummary] = []
        var positions: [[UInt8]: Int] = [:]
        var branch: BranchSummary?

        func status(of node: [UInt8]) -> NodeStatus? { positions[node].map { nodes[$0].status } }

        mutating func add(_ batch: StoreBatch) {
            if let summary = batch.summary { self.summary = summary }
            events += batch.events
            branch = batch.branch ?? branch
            for node in batch.nodes {
                let name = Array(node.node.utf8)
                if let position = positions[name] {
                    nodes[position] = node
                } else {
                    positions[name] = nodes.count
                    nodes.append(node)
                }
            }
        }
    }

    private struct State {
        /// By the bytes of the ids: texts that only look the same are not the same id.
        var runs: [[UInt8]: Run] = [:]
        /// Ids in the order in which they came.
        var order: [[UInt8]] = []
        var contents: [Digest: [UInt8]] = [:]
    }

    private let state = Mutex(State())

    /// An empty store.
    public init() {}

    public func commit(_ batch: StoreBatch) async throws(StoreError) {
        precondition(batch.summary.map { $0.id.utf8.elementsEqual(batch.run.utf8) } ?? true, "the row of another run")
        for (digest, bytes) in batch.contents { try EncodedBatch.check(bytes, digest) }
        let failure = state.withLock { state -> StoreError? in
            do throws(StoreError) {
                try Self.write(batch, &state)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }

    private static func write(_ batch: StoreBatch, _ state: inout State) throws(StoreError) {
        let id = Array(batch.run.utf8)
        if !batch.events.isEmpty || !batch.nodes.isEmpty || batch.summary != nil || batch.branch != nil {
            try check(batch, state.runs[id])
            if let branch = batch.branch, state.runs[Array(branch.parent.utf8)] == nil {
                throw StoreError(
                    .missing, "cannot write run '\(batch.run)': its parent '\(branch.parent)' is not there")
            }
            if state.runs[id] == nil, let summary = batch.summary {
                state.runs[id] = Run(summary: summary)
                state.order.append(id)
            }
            state.runs[id]?.add(batch)
        }
        for (digest, bytes) in batch.contents { state.contents[digest] = bytes }
    }

    private static func check(_ batch: StoreBatch, _ run: Run?) throws(StoreError) {
        let doing = "cannot write run '\(batch.run)'"
        guard run != nil || batch.summary != nil else { throw StoreError(.missing, "\(doing): there is no such run") }
        var expected = Int64(run?.events.count ?? 0) + 1
        for event in batch.events {
            guard event.sequence == expected else {
                throw StoreError(.conflict, "\(doing): event \(event.sequence) is not the next, \(expected) is")
            }
            expected += 1
        }
        if let old = run?.summary.status, let new = batch.summary?.status, old.isTerminal, new != old {
            throw StoreError(.conflict, "\(doing): the run has ended")
        }
        let isSentBack = ((run?.events ?? []) + batch.events).contains {
            if case .runRewound = $0.event { true } else { false }
        }
        var statuses: [[UInt8]: NodeStatus] = [:]
        for node in batch.nodes {
            let name = Array(node.node.utf8)
            let old = statuses[name] ?? run?.status(of: name)
            if let old, old.isTerminal, node.status != old, !isSentBack {
                throw StoreError(.conflict, "\(doing): node '\(node.node)' has ended")
            }
            statuses[name] = node.status
        }
    }

    public func events(of run: String, after: Int64, limit: Int) async throws(StoreError) -> [RecordedEvent] {
        state.withLock { state in
            guard let events = state.runs[Array(run.utf8)]?.events, after < events.count else { return [] }
            return Array(events.dropFirst(Int(max(0, after))).prefix(max(0, limit)))
        }
    }

    public func run(_ id: String) async throws(StoreError) -> RunSummary? {
        state.withLock { $0.runs[Array(id.utf8)]?.summary }
    }

    public func runs(_ query: RunQuery) async throws(StoreError) -> [RunSummary] {
        state.withLock { state in
            var found: [RunSummary] = []
            for id in state.order.reversed() {
                guard found.count < query.limit else { break }
                guard let run = state.runs[id]?.summary else { continue }
                guard query.statuses.isEmpty || query.statuses.contains(run.status),
                    query.workflow.map({ $0.utf8.elementsEqual(run.workflow.utf8) }) ?? true,
                    query.idPrefix.map({ id.starts(with: $0.utf8) }) ?? true
                else { continue }
                found.append(run)
            }
            return found
        }
    }

    public func nodes(of run: String) async throws(StoreError) -> [NodeSummary] {
        state.withLock { $0.runs[Array(run.utf8)]?.nodes ?? [] }
    }

    public func branch(_ run: String) async throws(StoreError) -> BranchSummary? {
        state.withLock { $0.runs[Array(run.utf8)]?.branch }
    }

    public func branches(of parents: [String]?) async throws(StoreError) -> [BranchSummary] {
        let wanted = parents.map { Set($0.map { Array($0.utf8) }) }
        return state.withLock { state in
            state.order.compactMap { state.runs[$0]?.branch }.filter { wanted?.contains(Array($0.parent.utf8)) ?? true }
        }
    }

    public func content(_ digest: Digest) async throws(StoreError) -> [UInt8]? {
        state.withLock { $0.contents[digest] }
    }
}
