// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowTesting
import SQLite
import Testing

@testable import FlowEngine

struct SQLiteRunStoreTests {
    let folder: StoreFolder

    init() throws { folder = try StoreFolder() }

    @Test func `gives all after it was closed and opened again`() async throws {
        let content = [UInt8](repeating: 5, count: 100_000)
        let batch: StoreBatch
        do {
            let store = try folder.open()
            var first = try creation("r")
            first.contents = [(try digest(of: [7]), [7]), (try digest(of: content), content)]
            batch = first
            try await store.commit(batch)
            await store.close()
            // The log was moved to the database.
            #expect(!File.exists(folder.database + "-wal"))
        }
        for mode in [SQLiteRunStore.Mode.reader, .writer] {
            let store = try folder.open(mode)
            #expect(try await store.events(of: "r", after: 0, limit: 10) == batch.events)
            #expect(try await store.run("r") == batch.summary)
            #expect(try await store.nodes(of: "r") == batch.nodes)
            #expect(try await store.content(digest(of: [7])) == [7])
            #expect(try await store.content(digest(of: content)) == content)
            #expect(try await store.verify(run: "r") == ChainReport(count: 3))
            await store.close()
        }
        let store = try folder.open()
        try await store.commit(StoreBatch(run: "r", events: starts(4...5)))
        #expect(try await store.verify(run: "r") == ChainReport(count: 5))
    }

    @Test func `a store that is dropped without a close keeps all`() async throws {
        do { try await folder.open().commit(creation("r")) }
        #expect(try await folder.open(.reader).events(of: "r", after: 0, limit: 10).count == 3)
    }

    @Test func `a reader sees what is committed, and writes nothing`() async throws {
        let writer = try folder.open()
        let reader = try folder.open(.reader)
        try await writer.commit(creation("r"))
        #expect(try await reader.run("r")?.id == "r")
        #expect(await codeOfError { try await reader.commit(StoreBatch(run: "r", events: starts(4...4))) } == .readOnly)
        #expect(await codeOfError { _ = try await reader.store(file: folder.database) } == .readOnly)
        #expect(await codeOfError { _ = try await reader.verify(run: "q") } == .missing)
    }

    @Test func `gives the nodes of a run in their order, however many of other runs are among them`() async throws {
        let store = try folder.open()
        try await store.commit(creation("r"))
        try await store.commit(creation("other"))
        let others = (0..<1500).map { NodeSummary(node: "other-\($0)", kind: "set", status: .succeeded, attempt: 1) }
        try await store.commit(StoreBatch(run: "other", nodes: others))
        let late = NodeSummary(node: "a", kind: "run", status: .failed, attempt: 2)
        try await store.commit(StoreBatch(run: "r", nodes: [late]))
        #expect(try await store.nodes(of: "r").map(\.node) == ["node-1", "a"])
        #expect(
            try await store.overview(of: "r", settled: [.running])
                == NodeOverview(counts: [.running: 1, .failed: 1], rows: [late]))
        #expect(try await store.nodes(of: "other").map(\.node) == ["node-1"] + others.map(\.node))
        #expect(
            try await store.overview(of: "other", settled: [.succeeded])
                == NodeOverview(counts: [.running: 1, .succeeded: 1500], rows: [creation("other").nodes[0]]))
    }

    @Test func `after a close every call is refused`() async throws {
        let store = try folder.open()
        try await store.commit(creation("r"))
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<5 { group.addTask { await store.close() } }
        }
        #expect(await codeOfError { try await store.commit(creation("q")) } == .closed)
        #expect(await codeOfError { _ = try await store.run("r") } == .closed)
        #expect(await codeOfError { _ = try await store.store(file: folder.database) } == .closed)
    }

    @Test func `what was sent before the close is answered`() async throws {
        let store = try folder.open()
        let answers = await withTaskGroup(of: StoreError.Code?.self) { group in
            for number in 0..<100 {
                group.addTask { await codeOfError { try await store.commit(creation("r\(number)")) } }
            }
            group.addTask {
                await store.close()
                return nil
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let written = answers.count { $0 == nil } - 1
        #expect(answers.allSatisfy { $0 == nil || $0 == .closed })
        #expect(try await folder.open(.reader).runs(RunQuery(limit: 1000)).count == written)
    }

    @Test func `batches that wait share a transaction`() async throws {
        let store = try folder.open()
        try await store.commit(creation("r0"))
        #expect(store.transactionCount == 1)
        let (entered, gate) = (Inbox<Bool>(), Inbox<Bool>())
        async let held: Bool? = store.perform { _ throws(StoreError) in
            _ = entered.send(true)
            return gate.take()
        }
        while entered.count == 0 { await Task.yield() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...200 { group.addTask { try await store.commit(creation("r\(number)")) } }
            while store.waitingCount < 200 { await Task.yield() }
            #expect(gate.send(true))
            try await group.waitForAll()
        }
        #expect(try await held == true)
        #expect(store.transactionCount == 2)
        #expect(try await store.runs(RunQuery(limit: 1000)).count == 201)
    }

    @Test func `settings that durability rests on are in force`() async throws {
        let store = try folder.open()
        let found = try await store.perform { writer throws(StoreError) in
            try writer.perform("read") { connection throws(SQLiteError) in
                var values: [SQLiteValue?] = []
                for name in ["journal_mode", "synchronous", "wal_autocheckpoint", "foreign_keys", "application_id"] {
                    values.append(try connection.pragma(name))
                }
                return values
            }
        }
        #expect(found == [.text("wal"), .integer(2), .integer(0), .integer(1), .integer(0x464C_4F57)])
        #expect(try File.status(of: folder.path).permissions == 0o700)
    }

    @Test func `SQL cannot change what is recorded`() async throws {
        let store = try folder.open()
        try await store.commit(creation("r"))
        try await store.commit(
            StoreBatch(
                run: "r", summary: summary("r", status: .succeeded),
                nodes: [NodeSummary(node: "node-1", kind: "run", status: .failed)]))
        for sql in [
            "UPDATE event SET at = 0 WHERE sequence = 2", "DELETE FROM event", "UPDATE run SET status = 'failed'",
            "UPDATE node SET status = 'running'",
            "UPDATE node SET run = 'x'",
        ] {
            #expect(throws: SQLiteError.self, "\(sql)") { try folder.execute(sql) }
        }
    }

    @Test func `the log is moved to the database as it grows`() async throws {
        let store = try folder.open()
        try await store.commit(creation("r"))
        try await store.perform { writer throws(StoreError) in writer.pagesPerCheckpoint = 256 }
        let text = String(repeating: "x", count: 200_000)
        for number in 1...20 {
            let node = NodeSummary(node: "\(number)", kind: "run", status: .failed, message: text)
            try await store.commit(StoreBatch(run: "r", nodes: [node]))
        }
        // 4 MB were written.
        #expect(try File.size(of: folder.database + "-wal") < 2 << 20)
        #expect(try File.size(of: folder.database) > 2 << 20)
        #expect(try await store.nodes(of: "r").count == 21)
    }

    @Test func `an event needs little room`() async throws {
        let store = try folder.open()
        try await store.commit(StoreBatch(run: "r", summary: summary("r")))
        let before = try await pages(store)
        let count: Int64 = 5000
        let result = try digest(of: [1])
        for first in stride(from: 1, through: count, by: 500) {
            let events = (first..<first + 500).map { sequence in
                let node = "node-\(sequence / 2)"
                let event: RunEvent =
                    sequence.isMultiple(of: 2)
                    ? .nodeStarted(node: node, attempt: 1) : .nodeSucceeded(node: node, attempt: 1, result: result)
                return RecordedEvent(
                    sequence: sequence, at: Timestamp(milliseconds: 1_700_000_000_000 + sequence), event: event)
            }
            try await store.commit(StoreBatch(run: "r", events: events))
        }
        let bytes = try await (pages(store) - before) * 4096 / count
        #expect(bytes < 120, "\(bytes) bytes an event")
    }

    private func pages(_ store: SQLiteRunStore) async throws -> Int64 {
        try await store.perform { writer throws(StoreError) in
            try writer.perform("count") { connection throws(SQLiteError) in
                guard case .integer(let pages) = try connection.pragma("page_count") else { return 0 }
                return pages
            }
        }
    }
}
