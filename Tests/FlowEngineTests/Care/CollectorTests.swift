// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowTesting
import Testing

@testable import FlowEngine

struct CollectorTests {
    let folder: StoreFolder
    let clock = WallClock.now

    init() throws { folder = try StoreFolder() }

    private struct Stop: Error {}

    /// A run with a value and a file of its own; ended some days ago, or not at all.
    private func write(_ id: String, daysAgo: Int64?, parent: String? = nil, _ store: SQLiteRunStore) async throws {
        var options = JSONObject()
        options["parent"] = parent.map { .string($0) }
        let document: JSONValue = ["inputs": ["id": .string(id)], "options": .object(options)]
        let inputs = document.jsonBytes()
        let large = Array(id.utf8) + [UInt8](repeating: 7, count: 50_000)
        let small = Array("small \(id)".utf8)
        let result = Array(#"{"outputs":{},"artifacts":{"f":{"digest":"\#(try digest(of: large).hex)"}}}"#.utf8)
        let end = daysAgo.map { clock.advanced(by: Milliseconds(-$0 * 86_400_000)) }
        var summary = RunSummary(
            id: id, workflow: "wf", status: end == nil ? .waiting : .succeeded, createdAt: end ?? clock,
            endedAt: end, nodeCount: 1, source: try digest(of: small), inputs: try digest(of: inputs))
        summary.startedAt = summary.createdAt
        let event = RecordedEvent(
            sequence: 1, at: clock, event: .nodeSucceeded(node: "n", attempt: 1, result: try digest(of: result)))
        try await store.commit(
            StoreBatch(
                run: id, events: [event],
                contents: [
                    (try digest(of: inputs), inputs), (try digest(of: large), large), (try digest(of: small), small),
                    (try digest(of: result), result),
                ], summary: summary))
        let work = FilePath.join(RunLayout(folder: folder.path).logs(of: id), "n.1.log")
        try File.createDirectory(FilePath.dirname(work))
        try File.write("log of \(id)", to: work)
    }

    private func write() async throws {
        let store = try folder.open()
        try await write("old", daysAgo: 40, store)
        try await write("child-of-old", daysAgo: 40, parent: "old", store)
        try await write("child-of-live", daysAgo: 40, parent: "live", store)
        try await write("new", daysAgo: 2, store)
        try await write("live", daysAgo: nil, store)
        await store.close()
    }

    private func runs() async throws -> Set<String> {
        let store = try folder.open(.reader)
        return Set(try await store.runs(RunQuery()).map(\.id))
    }

    private func objects() throws -> Int {
        var count = 0
        for part in try File.list(FilePath.join(folder.path, "objects")) where part.name != "tmp" {
            count += try File.list(FilePath.join(folder.path, "objects/\(part.name)")).count
        }
        return count
    }

    private let month = StoreCollector.Rules(olderThan: Milliseconds(30 * 86_400_000))

    @Test func `only old runs that have ended go, with what they alone refer to`() async throws {
        try await write()
        var dry = month
        dry.isDryRun = true
        let promise = try StoreCollector.collect(folder.path, dry)
        #expect(try await runs().count == 5)
        #expect(try objects() == 5)
        let result = try StoreCollector.collect(folder.path, month)
        #expect(Set(result.runs) == ["old", "child-of-old"])
        #expect(result.contents == 8)
        #expect(result.bytes == promise.bytes)
        #expect(result.files == promise.files)
        #expect(try await runs() == ["child-of-live", "new", "live"])
        #expect(try objects() == 3)
        #expect(try File.list(FilePath.join(folder.path, "runs")).map(\.name) == ["child-of-live", "live", "new"])
        let store = try folder.open()
        for id in try await runs() {
            #expect(try await store.verify(run: id).firstBroken == nil)
            let events = try await store.events(of: id, after: 0, limit: 10)
            guard case .nodeSucceeded(_, _, let result) = events[0].event else { continue }
            #expect(try await store.content(result) != nil)
        }
        await store.close()
        // Events are guarded again.
        #expect(throws: (any Error).self) { try folder.execute("DELETE FROM event") }
        let again = try StoreCollector.collect(folder.path, month)
        #expect(again == StoreCollector.Result())
    }

    @Test func `the newest are kept however old they are`() async throws {
        try await write()
        let rules = StoreCollector.Rules(olderThan: nil, keep: 1)
        #expect(Set(try StoreCollector.collect(folder.path, rules).runs) == ["old", "child-of-old"])
        #expect(try await runs() == ["child-of-live", "new", "live"])
    }

    @Test(arguments: 1...5)
    func `what ends between two steps is finished by the next`(step: Int) async throws {
        try await write()
        #expect(throws: StoreError.self) {
            try StoreCollector.collect(folder.path, month) { if $0 == step { throw Stop() } }
        }
        let store = try folder.open()
        for id in try await store.runs(RunQuery()).map(\.id) {
            #expect(try await store.verify(run: id).firstBroken == nil)
        }
        await store.close()
        _ = try StoreCollector.collect(folder.path, month)
        #expect(try await runs() == ["child-of-live", "new", "live"])
        #expect(try objects() == 3)
        #expect(try File.list(FilePath.join(folder.path, "runs")).count == 3)
    }

    @Test func `an engine or a copy keeps it away`() async throws {
        try await write()
        let owner = try StoreOwner.acquire(folder: folder.path)
        #expect(await codeOfError { _ = try StoreCollector.collect(folder.path, month) } == .busy)
        owner.release()
        let lock = try StoreCollector.lock(folder.path, doing: "test")
        #expect(await codeOfError { _ = try StoreCollector.collect(folder.path, month) } == .busy)
        lock.release()
        #expect(try await runs().count == 5)
    }

    @Test func `only 64 hexadecimal digits that stand alone are a digest`() throws {
        let hex = try digest(of: [1]).hex
        #expect(StoreCollector.digests(in: Array("\"\(hex)\",\(hex)".utf8)).count == 2)
        #expect(StoreCollector.digests(in: Array("\(hex)0 \(hex.dropLast()) ".utf8)).isEmpty)
        #expect(StoreCollector.digests(in: []).isEmpty)
    }
}
