// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import FlowTesting
import Synchronization
import Testing

@testable import FlowEngine

/// Runs written row by row, and how many contents are read of them.
final class StoredRuns: Sendable {
    /// Counts what is read.
    final class CountingStore: RunStore {
        let inner = InMemoryRunStore()
        let contents = Mutex(0)

        func commit(_ batch: StoreBatch) async throws(StoreError) { try await inner.commit(batch) }
        func events(of run: String, after: Int64, limit: Int) async throws(StoreError) -> [RecordedEvent] {
            try await inner.events(of: run, after: after, limit: limit)
        }
        func run(_ id: String) async throws(StoreError) -> RunSummary? { try await inner.run(id) }
        func runs(_ query: RunQuery) async throws(StoreError) -> [RunSummary] { try await inner.runs(query) }
        func nodes(of run: String) async throws(StoreError) -> [NodeSummary] { try await inner.nodes(of: run) }
        func content(_ digest: Digest) async throws(StoreError) -> [UInt8]? {
            contents.withLock { $0 += 1 }
            return try await inner.content(digest)
        }
    }

    private let temporary: TemporaryDirectory
    let store = CountingStore()
    let layout: RunLayout
    var reader: RunReader { RunReader(store: store, layout: layout) }

    init() throws {
        temporary = try TemporaryDirectory()
        layout = RunLayout(folder: temporary.path)
    }

    /// Adds a run that has ended: rows by name with their status and one output `n`.
    func add(
        _ id: String, _ text: String, rows: [(name: String, status: NodeStatus, n: Int)]
    ) async throws -> RunSummary {
        let bundle = SourceBundle(entry: "test.yaml", files: ["test.yaml": Array(text.utf8)])
        let manifest = bundle.manifest.jsonBytes(.canonical)
        let source = Digest(of: manifest)
        try bundle.materialise(in: layout.source(source.hex))
        let inputs = Array(#"{"inputs":{},"options":{}}"#.utf8)
        var contents = [(digest: source, bytes: manifest), (digest: Digest(of: inputs), bytes: inputs)]
        var nodes: [NodeSummary] = []
        for row in rows {
            var node = NodeSummary(node: row.name, kind: "set", status: row.status)
            if row.status.isSuccess {
                let bytes = NodeRecord(outputs: JSONObject([.init(key: "n", value: .integer(Int64(row.n)))])).json
                    .jsonBytes(.compact)
                contents.append((Digest(of: bytes), bytes))
                node.result = Digest(of: bytes)
                node.attempt = row.status == .reused ? 0 : 1
            }
            nodes.append(node)
        }
        let at = Timestamp(milliseconds: 0)
        let summary = RunSummary(
            id: id, workflow: "test", status: .succeeded, createdAt: at, startedAt: at, endedAt: at,
            nodeCount: rows.count, endedCount: rows.count, source: source, inputs: Digest(of: inputs))
        try await store.commit(StoreBatch(run: id, contents: contents, summary: summary, nodes: nodes))
        return summary
    }

    func compare(_ runs: [RunSummary]) async throws -> RunPair {
        store.contents.withLock { $0 = 0 }
        let comparison = try await RunComparison.make(
            runs, reader: reader, loader: WorkflowLoader(kinds: Fixtures.kinds))
        return try #require(comparison.pairs.first)
    }

    /// A workflow of chains of ten nodes; `change` gives other lines for some nodes, nil for the usual ones.
    static func chains(_ count: Int, change: (Int) -> String? = { _ in nil }) -> String {
        var text = "flow: 1\nname: test\nnodes:\n"
        for node in 0..<count {
            let need = node % 10 == 0 ? "[]" : "[n\(node - 1)]"
            text += change(node) ?? "  n\(node):\n    needs: \(need)  # the one before\n    set: {n: 1}\n"
        }
        return text
    }
}
