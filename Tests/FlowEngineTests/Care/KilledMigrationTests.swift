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

    @Test func `each kill leaves a version that is whole`() throws {
        let symbol = try #require(dlsym(nil, "fork"))
        let fork = unsafeBitCast(symbol, to: Fork.self)
        var versions: Set<Int64> = []
        for round in 0..<Self.kills {
            let directory = try TemporaryDirectory()
            let path = directory.file("m.db")
            do {
                let database = try SQLiteConnection(path)
                try database.setPragma("journal_mode", .text("wal"))
                try database.migrate(Array(Self.migrations.prefix(1)), applicationID: 7)
            }
            let child = fork()
            if child == 0 {
                if let database = try? SQLiteConnection(path) {
                    _ = try? database.migrate(Self.migrations, applicationID: 7)
                }
                _exit(0)
            }
            try #require(child > 0)
            usleep(useconds_t(round % 20 * 1500))
            kill(child, SIGKILL)
            var status: Int32 = 0
            waitpid(child, &status, 0)

            let database = try SQLiteConnection(path)
            guard case .integer(let version)? = try database.pragma("user_version") else { continue }
            versions.insert(version)
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

    @Test func `a store of the first version is brought to the newest, and keeps its runs`() async throws {
        let folder = try StoreFolder()
        try File.createDirectory(folder.path)
        do {
            let database = try SQLiteConnection(folder.database)
            try database.migrate(Array(StoreSchema.migrations.prefix(1)), applicationID: StoreSchema.applicationID)
            let start = EventChain.start(run: "r").bytes
            let statement = try database.prepare(
                """
                INSERT INTO run (id, workflow, status, created_at, node_count, ended_count, source, inputs, interruptions,
                    last_sequence, last_hash) VALUES ('r', 'wf', 'queued', 1, 0, 0, zeroblob(32), zeroblob(32), 0, 0, ?)
                """)
            try statement.bind(1, start)
            try statement.run()
        }
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
}
