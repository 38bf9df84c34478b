// SPDX-License-Identifier: Apache-2.0

import FlowEngine
import FlowTesting
import Testing

struct RunStoreTests {
    @Test(arguments: RunStoreConformance.checks)
    func `the store in memory`(check: RunStoreConformance.Check) async {
        #expect(await check.failure(of: InMemoryRunStore()) == nil)
    }

    @Test(arguments: RunStoreConformance.checks)
    func `the store in SQLite`(check: RunStoreConformance.Check) async throws {
        let folder = try TemporaryDirectory()
        let store = try SQLiteRunStore(folder: folder.file(".flow"), mode: .writer)
        #expect(await check.failure(of: store) == nil)
        for run in try await store.runs(RunQuery(limit: 1000)) {
            #expect(try await store.verify(run: run.id).firstBroken == nil, "\(run.id)")
        }
        await store.close()
    }

    @Test func `a failure of a check is told`() async throws {
        let used = InMemoryRunStore()
        let row = RunSummary(
            id: "r", workflow: "w", status: .created, createdAt: Timestamp(milliseconds: 1), nodeCount: 0,
            source: try #require(Digest(bytes: [UInt8](repeating: 1, count: 32))),
            inputs: try #require(Digest(bytes: [UInt8](repeating: 1, count: 32))))
        try await used.commit(StoreBatch(run: "r", summary: row))
        #expect(await RunStoreConformance.failures { used }.count >= 3)
    }
}
