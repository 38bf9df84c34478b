// SPDX-License-Identifier: Apache-2.0

/// Where runs are kept. One engine writes; readers may be in other processes.
///
/// The engine calls `commit` and goes on only when it has returned: what it returned for is durable. All other
/// calls read. Every implementation passes the conformance suite of `FlowTesting`.
public protocol RunStore: Sendable {
    /// Makes all parts of the batch durable, or none. Batches of several callers may share one transaction.
    func commit(_ batch: StoreBatch) async throws(StoreError)
    /// Events of a run with a sequence above `after`, in order.
    func events(of run: String, after: Int64, limit: Int) async throws(StoreError) -> [RecordedEvent]
    /// The sequence of the last event of a run; 0 without any. A store that does not keep it reads the events.
    func lastSequence(of run: String) async throws(StoreError) -> Int64
    /// One run; nil if there is none of this id.
    func run(_ id: String) async throws(StoreError) -> RunSummary?
    /// Runs, the newest first.
    func runs(_ query: RunQuery) async throws(StoreError) -> [RunSummary]
    /// The nodes of a run that something has happened to, in the order in which it first did.
    func nodes(of run: String) async throws(StoreError) -> [NodeSummary]
    /// How many of them have which status, and the rows of those that are not `settled`. A store that cannot count reads them
    /// all.
    func overview(of run: String, settled: Set<NodeStatus>) async throws(StoreError) -> NodeOverview
    /// One of them; nil when nothing has happened to it. A store that cannot look up reads them all.
    func node(_ name: String, of run: String) async throws(StoreError) -> NodeSummary?
    /// What is known of what nodes of a run depend on, in the order in which it was found out. A store that keeps no rows of
    /// it reads its events.
    func fingerprints(of run: String) async throws(StoreError) -> [NodeFingerprintSummary]
    /// The nodes that ran, ended well and depended on the same, the newest first. A store without an index reads all events.
    func results(for fingerprint: Digest) async throws(StoreError) -> [ReusableResult]
    /// The calls of a run, in the order in which they began. A store that keeps no rows of them reads its events.
    func calls(of run: String) async throws(StoreError) -> [CallSummary]
    /// A derived run in the tree of runs; nil for a run that comes from no other.
    func branch(_ run: String) async throws(StoreError) -> BranchSummary?
    /// The runs derived from any of the given ones, the oldest first; all derived runs without any.
    func branches(of parents: [String]?) async throws(StoreError) -> [BranchSummary]
    /// Errors of all runs that were like one, and that a later attempt has got over; the newest first.
    func solved(_ category: ErrorCategory, _ fingerprint: String, limit: Int) async throws(StoreError) -> [SolvedError]
    /// A stored content, checked against its digest; nil if it is not there.
    func content(_ digest: Digest) async throws(StoreError) -> [UInt8]?
}

extension RunStore {
    public func lastSequence(of run: String) async throws(StoreError) -> Int64 {
        var last: Int64 = 0
        while let event = try await events(of: run, after: last, limit: 10_000).last { last = event.sequence }
        return last
    }

    public func overview(of run: String, settled: Set<NodeStatus>) async throws(StoreError) -> NodeOverview {
        NodeOverview(of: try await nodes(of: run), settled: settled)
    }
}

/// What is written together.
public struct StoreBatch: Sendable {
    public var run: String
    /// The next events of the run. Their sequences continue what is stored.
    public var events: [RecordedEvent]
    /// Contents that the events refer to, with their digests.
    public var contents: [(digest: Digest, bytes: [UInt8])]
    /// The run's row as it is after the events; nil if it has not changed.
    public var summary: RunSummary?
    /// The rows of nodes that have changed.
    public var nodes: [NodeSummary]
    /// The run's place in the tree of runs, if it is new or has changed.
    public var branch: BranchSummary?
    /// The session that a new run belongs to; it must be there, and open unless the run is a part of another.
    public var session: String?
    public var isPart = false
    /// What was set aside of shared budgets for calls that begin in this batch; the calls take its place.
    public var claims: [Int64] = []
    /// Errors of the run that later attempts have got over.
    public var solved: [SolvedError] = []

    /// A batch for a run.
    public init(
        run: String, events: [RecordedEvent] = [], contents: [(digest: Digest, bytes: [UInt8])] = [],
        summary: RunSummary? = nil, nodes: [NodeSummary] = [], branch: BranchSummary? = nil
    ) {
        self.run = run
        self.events = events
        self.contents = contents
        self.summary = summary
        self.nodes = nodes
        self.branch = branch
    }
}

/// A run in a list: derived from its events, kept for quick reading.
public struct RunSummary: Sendable, Hashable {
    public var id: String
    public var workflow: String
    public var status: RunStatus
    public var createdAt: Timestamp
    public var startedAt: Timestamp?
    public var endedAt: Timestamp?
    public var nodeCount: Int
    /// How many nodes have ended.
    public var endedCount: Int
    /// The first node that failed for good.
    public var failedNode: String?
    /// Why the run ended as it did, or what it waits for.
    public var reason: String?
    /// The digest of the source bundle, and of the inputs.
    public var source: Digest
    public var inputs: Digest
    /// How often an engine took the run up and died with it.
    public var interruptions: Int

    /// A run's row.
    public init(
        id: String, workflow: String, status: RunStatus, createdAt: Timestamp, startedAt: Timestamp? = nil,
        endedAt: Timestamp? = nil, nodeCount: Int, endedCount: Int = 0, failedNode: String? = nil,
        reason: String? = nil, source: Digest, inputs: Digest, interruptions: Int = 0
    ) {
        self.id = id
        self.workflow = workflow
        self.status = status
        self.createdAt = createdAt
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.nodeCount = nodeCount
        self.endedCount = endedCount
        self.failedNode = failedNode
        self.reason = reason
        self.source = source
        self.inputs = inputs
        self.interruptions = interruptions
    }
}

/// A node of a run: derived from the events, kept for quick reading.
public struct NodeSummary: Sendable, Hashable {
    public var node: String
    public var kind: String
    public var status: NodeStatus
    public var attempt: Int
    /// The start of the first attempt.
    public var startedAt: Timestamp?
    public var endedAt: Timestamp?
    /// The digest of the node's result: its outputs and artifacts.
    public var result: Digest?
    /// The failure, or the reason for skipping, omitting or waiting.
    public var message: String?
    /// The run in which the node ran, if that is another one; not a part of the stored row.
    public var origin: String?

    /// A node's row.
    public init(
        node: String, kind: String, status: NodeStatus, attempt: Int = 0, startedAt: Timestamp? = nil,
        endedAt: Timestamp? = nil, result: Digest? = nil, message: String? = nil
    ) {
        self.node = node
        self.kind = kind
        self.status = status
        self.attempt = attempt
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.result = result
        self.message = message
    }
}

/// Which runs to list.
public struct RunQuery: Sendable, Hashable {
    /// Empty means all.
    public var statuses: Set<RunStatus>
    public var workflow: String?
    /// The first characters of the id.
    public var idPrefix: String?
    public var limit: Int

    /// A query.
    public init(statuses: Set<RunStatus> = [], workflow: String? = nil, idPrefix: String? = nil, limit: Int = 50) {
        self.statuses = statuses
        self.workflow = workflow
        self.idPrefix = idPrefix
        self.limit = limit
    }
}

/// Why the store could not do what it was asked.
public struct StoreError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is the matter; more may come.
    public enum Code: String, Sendable, Hashable {
        /// The events do not continue what is stored: somebody else wrote, or it was written already.
        case conflict
        case diskFull, readOnly, inputOutput, corrupt, notADatabase, newerVersion, busy, closed, missing
    }

    public var code: Code
    /// What was being done, and what the layer below said.
    public var description: String

    /// A failure of the store.
    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
