// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowTesting
import Glibc
import SQLite
import Testing

@testable import FlowEngine

struct StoreFailureTests {
    let folder: StoreFolder

    init() throws { folder = try StoreFolder() }

    private func errorOfOpen(_ mode: SQLiteRunStore.Mode, at path: String? = nil) -> StoreError? {
        do throws(StoreError) {
            _ = try SQLiteRunStore(folder: path ?? folder.path, mode: mode)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a reader finds no store`() throws {
        #expect(errorOfOpen(.reader)?.code == .missing)
        #expect(!File.exists(folder.path))
        try File.createDirectory(folder.path)
        #expect(errorOfOpen(.reader)?.code == .missing)
        try File.write("", to: folder.database)
        #expect(errorOfOpen(.reader)?.code == .missing)
        #expect(errorOfOpen(.writer) == nil)
        #expect(errorOfOpen(.reader) == nil)
    }

    @Test(arguments: [SQLiteRunStore.Mode.reader, .writer])
    func `what is no store is left alone`(mode: SQLiteRunStore.Mode) throws {
        try File.createDirectory(folder.path)
        let text = String(repeating: "this is not a database. ", count: 100)
        try File.write(text, to: folder.database)
        #expect(errorOfOpen(mode)?.code == .notADatabase)
        #expect(try File.readText(folder.database, limit: 1 << 20) == text)

        try File.remove(folder.database)
        try folder.execute("PRAGMA application_id = 7; CREATE TABLE t (a)")
        let foreign = try File.read(folder.database, limit: 1 << 20)
        #expect(errorOfOpen(mode)?.code == .notADatabase)
        #expect(try File.read(folder.database, limit: 1 << 20) == foreign)

        try File.remove(folder.database)
        try folder.execute("CREATE TABLE t (a)")
        #expect(errorOfOpen(mode)?.code == (mode == .writer ? .notADatabase : .missing))
    }

    @Test(arguments: [SQLiteRunStore.Mode.reader, .writer])
    func `a store of a newer version is refused`(mode: SQLiteRunStore.Mode) async throws {
        await (try folder.open()).close()
        try folder.execute("INSERT INTO schema_migration VALUES (99, 'later', ''); PRAGMA user_version = 99")
        let error = errorOfOpen(mode)
        #expect(error?.code == .newerVersion)
        #expect(error?.description.contains("version 99") == true)
    }

    @Test func `a folder that cannot be written is told`() throws {
        // Nobody, not even root, makes files there.
        #expect(errorOfOpen(.writer, at: "/sys/kernel/.flow")?.code == .readOnly)
        try File.write("", to: folder.path)
        #expect(errorOfOpen(.writer)?.code == .inputOutput)
    }

    @Test(.enabled(if: geteuid() != 0, "root may write everywhere"))
    func `a folder without the right to write is told`() async throws {
        await (try folder.open()).close()
        try File.setPermissions(0o500, of: folder.path)
        try File.setPermissions(0o400, of: folder.database)
        defer { try? File.setPermissions(0o700, of: folder.path) }
        #expect(errorOfOpen(.writer)?.code == .readOnly)
    }

    @Test func `a full disk fails the batch, and room heals it`() async throws {
        let store = try folder.open()
        try await store.commit(creation("r"))
        try await limitPages(store, 60)
        let long = String(repeating: "x", count: 1_000_000)
        let error = await #expect(throws: StoreError.self) {
            try await store.commit(StoreBatch(run: "r", events: starts(4...4, reason: long)))
        }
        #expect(error?.code == .diskFull)
        #expect(error?.description.contains("Make room") == true)
        #expect(try await store.events(of: "r", after: 0, limit: 10).count == 3)
        // Small batches still fit, and the failed one was not the fourth.
        try await store.commit(StoreBatch(run: "r", events: starts(4...4)))
        #expect(
            await codeOfError { try await store.commit(StoreBatch(run: "r", events: starts(5...5, reason: long))) }
                == .diskFull)
        try await limitPages(store, 1_000_000)
        try await store.commit(StoreBatch(run: "r", events: starts(5...5, reason: long)))
        #expect(try await store.verify(run: "r") == ChainReport(count: 5))
    }

    private func limitPages(_ store: SQLiteRunStore, _ pages: Int64) async throws {
        _ = try await store.perform { writer throws(StoreError) in
            try writer.perform("limit") { connection throws(SQLiteError) in
                try connection.setPragma("max_page_count", .integer(pages))
            }
        }
    }

    @Test func `after a failed fsync nothing more is written`() async throws {
        let store = try folder.open()
        try await store.commit(creation("r"))
        // SQLITE_IOERR_FSYNC
        let failed = SQLiteError(extendedCode: 10 | 4 << 8, message: "disk I/O error", operation: "step")
        let code = try await store.perform { writer throws(StoreError) in writer.judge(failed).code }
        #expect(code == .inputOutput)
        #expect(
            await codeOfError { try await store.commit(StoreBatch(run: "r", events: starts(4...4))) } == .inputOutput)
        #expect(try await store.events(of: "r", after: 0, limit: 10).count == 3)
    }

    @Test func `a lock of another connection is told`() async throws {
        let store = try folder.open()
        try await store.commit(creation("r"))
        let other = try SQLiteConnection(folder.database)
        try other.execute("BEGIN IMMEDIATE")
        _ = try await store.perform { writer throws(StoreError) in
            try writer.perform("set") { connection throws(SQLiteError) in
                try connection.setPragma("busy_timeout", .integer(0))
            }
        }
        #expect(await codeOfError { try await store.commit(StoreBatch(run: "r", events: starts(4...4))) } == .busy)
        try other.execute("ROLLBACK")
        try await store.commit(StoreBatch(run: "r", events: starts(4...4)))
    }

    @Test func `what another process wrote is seen`() async throws {
        let (first, second) = (try folder.open(), try folder.open())
        try await first.commit(creation("r"))
        try await second.commit(StoreBatch(run: "r", events: starts(4...4)))
        #expect(await codeOfError { try await first.commit(StoreBatch(run: "r", events: starts(4...4))) } == .conflict)
        try await first.commit(StoreBatch(run: "r", events: starts(5...5)))
        #expect(try await second.verify(run: "r") == ChainReport(count: 5))
    }
}
