// SPDX-License-Identifier: Apache-2.0

import FlowEngine
import FlowTesting
import Hashing
import SQLite
import Testing

func digest(of bytes: [UInt8]) throws -> Digest { try #require(Digest(bytes: SHA256.hash(bytes).bytes)) }

func summary(_ id: String, status: RunStatus = .running) throws -> RunSummary {
    RunSummary(
        id: id, workflow: "wf", status: status, createdAt: Timestamp(milliseconds: 1), nodeCount: 1,
        source: try digest(of: [1]), inputs: try digest(of: [2]))
}

func starts(_ sequences: ClosedRange<Int64>, reason: String? = nil) -> [RecordedEvent] {
    sequences.map { sequence in
        let node = "node-\(sequence)"
        return RecordedEvent(
            sequence: sequence, at: Timestamp(milliseconds: 1_700_000_000_000 + sequence),
            event: reason.map { .nodeSkipped(node: node, reason: $0) } ?? .nodeStarted(node: node, attempt: 1))
    }
}

/// A run with some events, as its first batch.
func creation(_ id: String, events: Int64 = 3) throws -> StoreBatch {
    StoreBatch(
        run: id, events: starts(1...events), summary: try summary(id),
        nodes: [NodeSummary(node: "node-1", kind: "run", status: .running, attempt: 1)])
}

func codeOfError(_ body: () async throws -> Void) async -> StoreError.Code? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? StoreError)?.code
    }
}

/// A folder with a store, and a way into its database past the store.
struct StoreFolder {
    let directory: TemporaryDirectory
    var path: String { directory.file(".flow") }
    var database: String { directory.file(".flow/flow.db") }

    init() throws { directory = try TemporaryDirectory() }

    func open(_ mode: SQLiteRunStore.Mode = .writer) throws -> SQLiteRunStore {
        try SQLiteRunStore(folder: path, mode: mode)
    }

    func execute(_ sql: String) throws { try SQLiteConnection(database).execute(sql) }
}
