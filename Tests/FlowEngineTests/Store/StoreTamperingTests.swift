// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowTesting
import SQLite
import Testing

@testable import FlowEngine

struct StoreTamperingTests {
    let folder: StoreFolder

    init() throws { folder = try StoreFolder() }

    @Test(arguments: [
        ("UPDATE event SET at = at + 1 WHERE sequence = 4", 4), ("UPDATE event SET node = 'x' WHERE sequence = 1", 1),
        ("UPDATE event SET node = NULL WHERE sequence = 1", 1),
        ("UPDATE event SET attempt = 2 WHERE sequence = 10", 10),
        ("UPDATE event SET type = 'node_succeeded' WHERE sequence = 7", 7),
        ("UPDATE event SET payload = '{\"attempt\":1}' WHERE sequence = 7", 7),
        ("UPDATE event SET payload = '{' WHERE sequence = 7", 7),
        ("UPDATE event SET result = zeroblob(32) WHERE sequence = 7", 7),
        ("UPDATE event SET result = x'00' WHERE sequence = 7", 7),
        ("UPDATE event SET hash = zeroblob(32) WHERE sequence = 3", 3), ("DELETE FROM event WHERE sequence = 5", 5),
        ("DELETE FROM event WHERE sequence > 8", 9), ("DELETE FROM event", 1),
        ("UPDATE run SET last_hash = zeroblob(32)", 11), ("UPDATE run SET id = 'renamed'", 1),
        ("INSERT INTO event SELECT run, 0, at, type, node, attempt, result, payload, hash FROM event LIMIT 1", 1),
        ("INSERT INTO event SELECT run, 11, at, type, node, attempt, result, payload, hash FROM event LIMIT 1", 11),
    ])
    func `a changed log shows`(sql: String, firstBroken: Int64) async throws {
        do {
            let store = try folder.open()
            try await store.commit(creation("r", events: 10))
            await store.close()
        }
        try folder.execute("DROP TRIGGER event_is_never_changed; DROP TRIGGER event_is_never_removed; \(sql)")
        let store = try folder.open(.reader)
        let run = try #require(try await store.runs(RunQuery()).first)
        #expect(try await store.verify(run: run.id).firstBroken == firstBroken)
    }

    @Test func `events that cannot be read are no events`() async throws {
        let store = try folder.open()
        try await store.commit(creation("r", events: 10))
        try folder.execute("DROP TRIGGER event_is_never_changed; UPDATE event SET type = 'x' WHERE sequence = 6")
        #expect(await codeOfError { _ = try await store.events(of: "r", after: 0, limit: 10) } == .corrupt)
        #expect(try await store.events(of: "r", after: 6, limit: 10).count == 4)
    }

    @Test func `a changed content is refused`() async throws {
        let store = try folder.open()
        let (small, large) = (Array("small".utf8), [UInt8](repeating: 9, count: 50_000))
        let (first, second) = (try digest(of: small), try digest(of: large))
        var batch = try creation("r")
        batch.contents = [(first, small), (second, large)]
        try await store.commit(batch)
        #expect(store.path(of: first) == nil)
        let path = try #require(store.path(of: second))
        #expect(path.hasPrefix(folder.path + "/objects/\(second.hex.prefix(2))/"))
        #expect(try File.status(of: path).permissions & 0o222 == 0)

        var changed = large
        changed[100] = 0
        for content in [changed, large + [1], Array(large.dropLast()), []] {
            try File.remove(path)
            try File.write(content, to: path)
            #expect(await codeOfError { _ = try await store.content(second) } == .corrupt)
        }
        try File.remove(path)
        #expect(await codeOfError { _ = try await store.content(second) } == .corrupt)
        #expect(store.path(of: second) == nil)
        try folder.execute("UPDATE content SET bytes = x'00' WHERE bytes IS NOT NULL")
        #expect(await codeOfError { _ = try await store.content(first) } == .corrupt)
    }
}
