// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowEngine

/// The store as one engine process of a simulation sees it: what is durable lies in another store that outlives the
/// process. Each call waits until the simulation lets it go on, or fails as a disk does.
struct SimulatedRunStore: RunStore {
    let durable: any RunStore
    let world: ExecutorWorld
    /// The process that the calls come from.
    let epoch: Int
    /// Whether what is written must keep the rules of runs.
    var isWatched = true

    func commit(_ batch: StoreBatch) async throws(StoreError) {
        let fate = await world.hold(.commit, epoch: epoch)
        if case .fail(let error) = fate { throw error }
        if world.defect == .losesWrites, world.chance(10) { return }
        if world.defect == .forgetsRequests, batch.events.contains(where: \.event.isRequest) { return }
        do throws(StoreError) {
            try await durable.commit(batch)
        } catch {
            if isWatched { world.note(problem: "the store refuses a batch: \(error)") }
            throw error
        }
        if isWatched { world.note(durable: batch) }
        if case .writeAndFail(let error) = fate { throw error }
        if case .fail(let error) = await world.hold(.reply, epoch: epoch) { throw error }
    }

    private func read() async throws(StoreError) {
        if case .fail(let error) = await world.hold(.read, epoch: epoch) { throw error }
    }

    func events(of run: String, after: Int64, limit: Int) async throws(StoreError) -> [RecordedEvent] {
        try await read()
        let events = try await durable.events(of: run, after: after, limit: limit)
        guard world.defect == .forgetsRetryTimes else { return events }
        return events.map { recorded in
            var recorded = recorded
            if case .nodeFailed(let node, let attempt, let failure, .some) = recorded.event {
                recorded.event = .nodeFailed(node: node, attempt: attempt, failure: failure, retryAt: recorded.at)
            }
            return recorded
        }
    }

    func run(_ id: String) async throws(StoreError) -> RunSummary? {
        try await read()
        return try await durable.run(id)
    }

    func runs(_ query: RunQuery) async throws(StoreError) -> [RunSummary] {
        try await read()
        return try await durable.runs(query)
    }

    func nodes(of run: String) async throws(StoreError) -> [NodeSummary] {
        try await read()
        return try await durable.nodes(of: run)
    }

    /// Other runs are a part of the world: there may be one with a result for the same, or none.
    func results(for fingerprint: Digest) async throws(StoreError) -> [ReusableResult] {
        try await read()
        guard world.chance(50) else { return [] }
        return [
            ReusableResult(
                origin: NodeOrigin(run: "other", node: "n"), result: RunReader.emptyResult,
                endedAt: Timestamp(milliseconds: 0))
        ]
    }

    func branch(_ run: String) async throws(StoreError) -> BranchSummary? {
        try await read()
        return try await durable.branch(run)
    }

    func branches(of parents: [String]?) async throws(StoreError) -> [BranchSummary] {
        try await read()
        return try await durable.branches(of: parents)
    }

    func content(_ digest: Digest) async throws(StoreError) -> [UInt8]? {
        try await read()
        return try await durable.content(digest)
    }
}

extension RunEvent {
    /// Whether a person asked for it.
    fileprivate var isRequest: Bool {
        switch self {
        case .runPaused, .runResumed, .cancelRequested, .approvalDecided, .pauseDecided, .intervened: true
        default: false
        }
    }
}

/// Keeps no files: simulated programs leave none.
struct NoArtifacts: ArtifactStore {
    func store(file path: String) async throws(StoreError) -> (digest: Digest, size: Int64) {
        throw StoreError(.missing, "there are no files in a simulation")
    }

    func store(bytes: [UInt8]) async throws(StoreError) -> Digest { Digest(of: bytes) }

    func path(of digest: Digest) -> String? { nil }
}
