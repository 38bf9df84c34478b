// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowTesting
import Glibc
import Hashing
import SQLite
import Testing

@testable import FlowEngine

/// A process that is killed in the middle of its migrations leaves a database of some version, and the next one goes on.
@Suite(.serialized) struct KilledMigrationTests {
    /// Each one changes many pages, so that there is time to be killed in the middle.
    private static let migrations: [SQLiteMigration] =
        [
            SQLiteMigration(
                name: "start",
                sql: """
                    CREATE TABLE t (k INTEGER PRIMARY KEY, version INTEGER NOT NULL, filling BLOB) STRICT;
                    WITH RECURSIVE n (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < 400)
                    INSERT INTO t SELECT k, 1, zeroblob(1000) FROM n;
                    """)
        ]
        + (2...12).map { version in
            SQLiteMigration(
                name: "version \(version)",
                sql: "UPDATE t SET version = \(version); CREATE TABLE extra_\(version) (a TEXT) STRICT;")
        }

    /// `fork` is not offered to Swift. The child only migrates, and is killed or leaves by `_exit`.
    private typealias Fork = @convention(c) () -> pid_t

    private static var kills: Int {
        ProcessEnvironment.get("FLOW_MANY").flatMap { Int($0) } ?? 20
    }

    /// When a child is killed: later while it has done nothing, sooner when it was done, so that most kills come between,
    /// however busy the machine is.
    private struct KillTime {
        var microseconds = 300

        mutating func learn(from version: Int64, first: Int64, newest: Int64) {
            if version == first { microseconds += microseconds / 2 }
            if version == newest { microseconds -= microseconds / 3 }
        }
    }

    /// Migrates in a process of its own, which is killed after so many microseconds.
    private static func migrate(
        _ path: String, _ migrations: [SQLiteMigration], id: Int32, killedAfter time: Int
    ) throws {
        let fork = unsafeBitCast(try #require(dlsym(nil, "fork")), to: Fork.self)
        let child = fork()
        if child == 0 {
            if let database = try? SQLiteConnection(path) { _ = try? database.migrate(migrations, applicationID: id) }
            _exit(0)
        }
        try #require(child > 0)
        usleep(useconds_t(time))
        kill(child, SIGKILL)
        var status: Int32 = 0
        waitpid(child, &status, 0)
    }

    @Test func `each kill leaves a version that is whole`() throws {
        var versions: Set<Int64> = []
        var time = KillTime()
        for _ in 0..<Self.kills {
            let directory = try TemporaryDirectory()
            let path = directory.file("m.db")
            do {
                let database = try SQLiteConnection(path)
                try database.setPragma("journal_mode", .text("wal"))
                try database.migrate(Array(Self.migrations.prefix(1)), applicationID: 7)
            }
            try Self.migrate(path, Self.migrations, id: 7, killedAfter: time.microseconds)

            let database = try SQLiteConnection(path)
            guard case .integer(let version)? = try database.pragma("user_version") else { continue }
            versions.insert(version)
            time.learn(from: version, first: 1, newest: 12)
            // The whole of a version, and nothing of the next one.
            let found = try database.prepare("SELECT min(version), max(version), count(*) FROM t").firstRow {
                $0.values
            }
            #expect(found == [.integer(version), .integer(version), .integer(400)])
            let tables = try database.prepare("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'extra%'")
                .firstRow { $0.int64(0) }
            #expect(tables == version - 1)
            #expect(try database.pragma("integrity_check") == .text("ok"))
            let applied = try database.migrate(Self.migrations, applicationID: 7)
            #expect(applied.count == 12 - Int(version))
            #expect(try database.pragma("user_version") == .integer(12))
        }
        // Some were killed in the middle.
        #expect(versions.count > 1, "\(versions.sorted())")
    }

    /// A database of an earlier version with one run and its calls, 10 tokens each.
    private static func makeStore(at path: String, version: Int, calls: Int) throws {
        let database = try SQLiteConnection(path)
        try database.setPragma("journal_mode", .text("wal"))
        try database.migrate(
            Array(StoreSchema.migrations.prefix(version)), applicationID: StoreSchema.applicationID)
        let statement = try database.prepare(
            """
            INSERT INTO run (key, id, workflow, status, created_at, node_count, ended_count, source, inputs,
                interruptions, last_sequence, last_hash)
            VALUES (1, 'r', 'wf', 'queued', 1, 0, 0, zeroblob(32), zeroblob(32), 0, 0, ?)
            """)
        try statement.bind(1, EventChain.start(run: "r").bytes)
        try statement.run()
        guard calls > 0 else { return }
        try database.execute(
            """
            WITH RECURSIVE n (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < \(calls))
            INSERT INTO call (run, node, number, attempt, kind, name, request, reserved_tokens, reserved_money,
                is_reservation_priced, started_at, tokens)
            SELECT 1, 'a', k, 1, 'model', 'm', zeroblob(32), 20, 0, 0, 1, 10 FROM n
            """)
    }

    @Test(arguments: 1..<StoreSchema.migrations.count)
    func `a store of any earlier version is brought to the newest, and keeps its runs`(version: Int) async throws {
        let folder = try StoreFolder()
        try File.createDirectory(folder.path)
        try Self.makeStore(at: folder.database, version: version, calls: 0)
        let store = try folder.open()
        #expect(try await store.run("r")?.workflow == "wf")
        #expect(try await store.noteDeath(of: "r") == 1)
        #expect(try await store.noteDeath(of: "r") == 2)
        try await store.commit(
            StoreBatch(
                run: "r",
                events: [RecordedEvent(sequence: 1, at: WallClock.now, event: .nodeSkipped(node: "a", reason: "x"))]))
        #expect(try await store.noteDeath(of: "r") == 1)
        await store.close()
    }

    @Test(arguments: 1..<StoreSchema.migrations.count)
    func `a reader of a store of any earlier version brings it up to date`(version: Int) async throws {
        let folder = try StoreFolder()
        try File.createDirectory(folder.path)
        try Self.makeStore(at: folder.database, version: version, calls: version < 4 ? 0 : 3)
        let store = try folder.open(.reader)
        #expect(try await store.run("r")?.workflow == "wf")
        #expect(try await store.calls(of: "r").count == (version < 4 ? 0 : 3))
        await store.close()
    }

    @Test func `a store that somebody is at work on is not brought up to date by a reader`() async throws {
        let folder = try StoreFolder()
        try File.createDirectory(folder.path)
        try Self.makeStore(at: folder.database, version: 2, calls: 0)
        let owner = try StoreOwner.acquire(folder: folder.path)
        let error = #expect(throws: StoreError.self) { _ = try folder.open(.reader) }
        #expect(error?.code == .busy)
        #expect(error?.description.contains("which an older flow wrote") == true)
        owner.release()
        #expect(try SQLiteConnection(folder.database).pragma("user_version") == .integer(2))
    }

    @Test func `the store's own migrations, killed, leave a version from which the next engine goes on`() async throws {
        let newest = Int64(StoreSchema.migrations.count)
        var versions: Set<Int64> = []
        var time = KillTime()
        for _ in 0..<Self.kills {
            let folder = try StoreFolder()
            try File.createDirectory(folder.path)
            // The calls that there are become sums in a later version, which takes a while.
            try Self.makeStore(at: folder.database, version: 4, calls: 20_000)
            try Self.migrate(
                folder.database, StoreSchema.migrations, id: StoreSchema.applicationID, killedAfter: time.microseconds)
            do {
                let database = try SQLiteConnection(folder.database)
                guard case .integer(let version)? = try database.pragma("user_version") else { continue }
                versions.insert(version)
                time.learn(from: version, first: 4, newest: newest)
            }
            let store = try folder.open()
            #expect(try await store.run("r")?.workflow == "wf")
            await store.close()
            let database = try SQLiteConnection(folder.database)
            #expect(try database.pragma("user_version") == .integer(newest))
            #expect(try database.pragma("integrity_check") == .text("ok"))
            // Counted once, however often it was begun.
            let sums = try database.prepare("SELECT count(*), sum(calls), sum(tokens) FROM spending").firstRow {
                $0.values
            }
            #expect(sums == [.integer(1), .integer(20_000), .integer(200_000)])
        }
        #expect(versions.count > 1, "\(versions.sorted())")
    }
}
