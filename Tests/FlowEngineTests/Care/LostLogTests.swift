// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowTesting
import SQLite
import Testing

@testable import FlowEngine

/// SQLite takes a log that is damaged or gone for a shorter one; the store does not.
struct LostLogTests {
    let folder: StoreFolder

    init() throws { folder = try StoreFolder() }

    /// A copy of the store as a killed process leaves it: with the log not yet moved to the database.
    private func killed(checkpointed: Bool) async throws -> StoreFolder {
        let store = try folder.open()
        try await store.commit(creation("r"))
        if checkpointed {
            _ = try await store.perform { writer throws(StoreError) in
                try writer.perform("checkpoint") { connection throws(SQLiteError) in
                    try connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                }
            }
        }
        try await store.commit(StoreBatch(run: "r", events: starts(4...6)))
        let copy = try StoreFolder()
        try File.createDirectory(copy.path)
        for name in ["flow.db", "flow.db-wal", "head"] {
            try File.copy(FilePath.join(folder.path, name), to: FilePath.join(copy.path, name))
        }
        await store.close()
        return copy
    }

    private func errorOfOpen(_ folder: StoreFolder) async -> StoreError.Code? {
        await codeOfError { await (try folder.open()).close() }
    }

    @Test func `a log that is whole is taken`() async throws {
        let copy = try await killed(checkpointed: true)
        #expect(await errorOfOpen(copy) == nil)
        let store = try copy.open()
        #expect(try await store.events(of: "r", after: 0, limit: 10).count == 6)
    }

    @Test(arguments: [true, false])
    func `a log that is gone is missed`(checkpointed: Bool) async throws {
        let copy = try await killed(checkpointed: checkpointed)
        try File.remove(FilePath.join(copy.path, "flow.db-wal"))
        #expect(await errorOfOpen(copy) == .corrupt || !checkpointed)
        if checkpointed {
            let report = try StoreCheck.run(folder: copy.path)
            #expect(report.problems.contains { $0.run == "r" && $0.message.contains("newest entries are lost") })
        }
    }

    @Test func `a log with a byte changed, anywhere in it, is missed or no matter`() async throws {
        let copy = try await killed(checkpointed: true)
        let log = try File.read(FilePath.join(copy.path, "flow.db-wal"), limit: 1 << 24)
        var missed = 0
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<40 {
            var bytes = log
            bytes[Int.random(in: 0..<log.count, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            let folder = try StoreFolder()
            try File.createDirectory(folder.path)
            for name in ["flow.db", "head"] {
                try File.copy(FilePath.join(copy.path, name), to: FilePath.join(folder.path, name))
            }
            try File.write(bytes, to: FilePath.join(folder.path, "flow.db-wal"))
            if await errorOfOpen(folder) != nil {
                missed += 1
                continue
            }
            let store = try folder.open()
            #expect(try await store.events(of: "r", after: 0, limit: 10).count == 6)
            #expect(try await store.verify(run: "r").firstBroken == nil)
        }
        #expect(missed > 0)
    }

    @Test func `readers that follow each other closely do not let the log grow`() async throws {
        let store = try folder.open()
        try await store.commit(creation("r"))
        let pages = 64
        try await store.perform { $0.pagesPerCheckpoint = pages }
        // There is always one that reads: each begins before the one before it ends.
        let path = folder.database
        let reading = Task.detached {
            var held: [SQLiteConnection] = []
            while !Task.isCancelled {
                let reader = try SQLiteConnection(path, mode: .readOnly)
                try reader.execute("BEGIN; SELECT count(*) FROM event")
                held.append(reader)
                if held.count > 2 { held.removeFirst() }
                await Task.yield()
            }
        }
        var largest: Int64 = 0
        for sequence in Int64(4)...1200 {
            try await store.commit(StoreBatch(run: "r", events: starts(sequence...sequence, reason: "\(sequence)")))
            largest = max(largest, try File.size(of: folder.database + "-wal"))
        }
        reading.cancel()
        _ = await reading.result
        // Two rounds, and more while the checkpoint waits for readers, which takes as long as the machine is busy. A log that
        // is never begun anew is three times as long as this.
        #expect(largest < Int64(16 * pages * 4120), "\(largest)")
        await store.close()
    }

    @Test func `after a long reader the log is short again`() async throws {
        let store = try folder.open()
        try await store.commit(creation("r"))
        try await store.perform { $0.pagesPerCheckpoint = 64 }
        var reader: SQLiteConnection? = try SQLiteConnection(folder.database, mode: .readOnly)
        try reader?.execute("BEGIN; SELECT count(*) FROM event")
        for sequence in Int64(4)...200 {
            try await store.commit(StoreBatch(run: "r", events: starts(sequence...sequence)))
        }
        let held = try File.size(of: folder.database + "-wal")
        reader = nil
        for sequence in Int64(201)...600 {
            try await store.commit(StoreBatch(run: "r", events: starts(sequence...sequence)))
        }
        // It is written from its start again: it grows no more.
        #expect(try File.size(of: folder.database + "-wal") <= held + 64 * 4120 * 2)
        await store.close()
    }
}
