// SPDX-License-Identifier: Apache-2.0

import FileSystem
public import FlowCore
import SQLite

/// Removes old runs that have ended, and what nothing refers to any more.
///
/// Each step leaves a whole store: rows go in one transaction, then files without a row, then values without a
/// reference. What a crash leaves behind is found by the next collection. The owner of the store collects, so no
/// engine is at work; a run that has not ended is never touched, nor one that belongs to such a run.
public struct StoreCollector {
    /// Which runs are kept.
    public struct Rules: Sendable, Hashable {
        /// Runs that ended within this time are kept; nil when age does not matter.
        public var olderThan: Milliseconds?
        /// The newest runs that are kept however old they are.
        public var keep: Int
        /// Only say what would be removed.
        public var isDryRun: Bool
        /// Only these runs, whatever their age, with the runs of their sub-workflows.
        var only: Set<String>?

        /// Rules.
        public init(olderThan: Milliseconds?, keep: Int = 0, isDryRun: Bool = false) {
            self.olderThan = olderThan
            self.keep = keep
            self.isDryRun = isDryRun
        }
    }

    /// What was removed, or would be.
    public struct Result: Sendable, Hashable {
        /// The ids of runs.
        public var runs: [String] = []
        public var events = 0
        /// Values and files that nothing referred to.
        public var contents = 0
        public var files = 0
        /// Bytes of files, and of the database if it became smaller.
        public var bytes: Int64 = 0
    }

    private let folder: String
    private let layout: RunLayout
    private let objects: ObjectFolder
    private let rules: Rules
    private var result = Result()
    private let connection: SQLiteConnection

    /// Collects. Throws `busy` when an engine owns the store or it is being copied.
    public static func collect(_ folder: String, _ rules: Rules) throws(StoreError) -> Result {
        try collect(folder, rules, between: { _ in })
    }

    /// Removes one run that has ended. Refuses (`conflict`) when it goes on or another one takes its results over.
    public static func remove(_ run: String, from folder: String) throws(StoreError) -> Result {
        try remove([run], from: folder)
    }

    /// Removes runs that have ended, all or none of them.
    static func remove(_ runs: Set<String>, from folder: String) throws(StoreError) -> Result {
        var rules = Rules(olderThan: nil)
        rules.only = runs
        return try collect(folder, rules)
    }

    /// `between` is called between the steps, with their number; an error ends the collection there.
    static func collect(
        _ folder: String, _ rules: Rules, between: (Int) throws -> Void
    ) throws(StoreError) -> Result {
        let doing = "collect the garbage of the store \(folder)"
        try StoreCheck.requireStore(in: folder)
        let owner = try StoreOwner.acquire(folder: folder)
        defer { owner.release() }
        let lock = try lock(folder, doing: doing)
        defer { lock.release() }
        let writer = try StoreWriter(folder: folder)
        defer { writer.finish() }
        var collector = StoreCollector(
            folder: folder, layout: RunLayout(folder: folder),
            objects: ObjectFolder(path: FilePath.join(folder, "objects")), rules: rules, connection: writer.connection)
        do {
            try collector.collect(between)
        } catch {
            throw StoreError(any: error, doing: doing)
        }
        return collector.result
    }

    /// The lock that keeps copying and collecting apart.
    static func lock(_ folder: String, doing: String) throws(StoreError) -> FileLock {
        do throws(FileError) {
            if let lock = try FileLock(FilePath.join(folder, "copy.lock")) { return lock }
        } catch {
            throw StoreError(error, doing: doing)
        }
        throw StoreError(.busy, "cannot \(doing): it is being copied or collected by another process")
    }

    private init(
        folder: String, layout: RunLayout, objects: ObjectFolder, rules: Rules, connection: SQLiteConnection
    ) {
        self.folder = folder
        self.layout = layout
        self.objects = objects
        self.rules = rules
        self.connection = connection
    }

    private mutating func collect(_ between: (Int) throws -> Void) throws {
        let dead = try deadRuns()
        result.runs = dead.map(\.id)
        if !rules.isDryRun, !dead.isEmpty { try removeRows(dead) }
        try between(1)
        try removeRunFolders(dead: Set(dead.map(\.id)))
        try between(2)
        let live = try liveDigests(without: Set(dead.map(\.key)))
        try removeContents(live)
        try between(3)
        try removeFiles(live, between)
        try between(5)
        if !rules.isDryRun { try shrink() }
    }

    // MARK: Runs

    /// Runs that have ended and are old enough, and not a part of one that stays.
    private func deadRuns() throws -> [(key: Int64, id: String)] {
        struct Row {
            var key: Int64
            var id: String
            var parent: String?
        }
        let reader = StoreReader(folder: folder, objects: objects)
        let before = rules.olderThan.map { WallClock.now.milliseconds - $0.count } ?? .max
        var kept: Set<String> = []
        var candidates: [Row] = []
        var ended = 0
        try connection.prepare(
            "SELECT key, id, status, coalesce(ended_at, created_at), inputs FROM run ORDER BY key DESC"
        ).forEachRow { row in
            let isOver = RunStatus(rawValue: row.text(2))?.isTerminal ?? false
            let inputs = try Digest(bytes: row.blob(4)).flatMap { try reader.content($0) }
            let options = inputs.flatMap { try? JSONValue.parse($0) }.map { RunOptions(json: $0["options"] ?? .null) }
            if isOver, options?.parent == nil { ended += 1 }
            let isWanted = rules.only?.contains(row.text(1)) ?? true || options?.parent != nil
            guard isOver, isWanted, row.int64(3) < before, ended > rules.keep || options?.parent != nil else {
                kept.insert(row.text(1))
                return
            }
            candidates.append(Row(key: row.int64(0), id: row.text(1), parent: options?.parent))
        }
        var derived: [String: [String]] = [:]
        for branch in try reader.branches(of: nil) { derived[branch.parent, default: []].append(branch.run) }
        // What a node was spared for may name files of the run that made it by their full paths.
        try connection.prepare(
            "SELECT run.id, origin_run FROM fingerprint JOIN run ON run.key = fingerprint.run WHERE origin_run IS NOT NULL"
        ).forEachRow { row in derived[row.text(1), default: []].append(row.text(0)) }
        // A run is there as long as the one it belongs to, and as long as another one takes its results over.
        var changed = true
        while changed {
            let staying = candidates.filter { row in
                row.parent.map { kept.contains($0) } ?? false
                    || derived[row.id]?.contains { kept.contains($0) } ?? false
            }
            changed = !staying.isEmpty
            kept.formUnion(staying.map(\.id))
            candidates.removeAll { kept.contains($0.id) }
        }
        let wanted = Set(candidates.map(\.id))
        if let only = rules.only?.sorted().first(where: { !wanted.contains($0) }) {
            let rests = derived[only]?.joined(separator: ", ")
            throw StoreError(
                .conflict, rests.map { "run \(only) stays: it gives results to \($0)" } ?? "run \(only) has not ended")
        }
        return candidates.map { ($0.key, $0.id) }
    }

    private mutating func removeRows(_ dead: [(key: Int64, id: String)]) throws {
        // The mark may name a run that goes.
        HeadMark.Pen(folder: folder).clear()
        var events = 0
        try connection.transaction {
            // The only place where events are removed, and only all of a run.
            let guardian = try connection.prepare(
                "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name = 'event_is_never_removed'"
            ).firstRow { $0.text(0) }
            try connection.execute("DROP TRIGGER IF EXISTS event_is_never_removed")
            for run in dead {
                for table in [
                    "branch_note", "branch", "call", "fingerprint", "session_run", "solved_error", "event", "node",
                    "run",
                ] {
                    let column = table == "run" ? "key" : "run"
                    let statement = try connection.cached("DELETE FROM \(table) WHERE \(column) = ?")
                    try statement.bind(1, run.key)
                    try statement.run()
                    if table == "event" { events += Int(connection.changes) }
                }
            }
            if let guardian { try connection.execute(guardian) }
        }
        result.events = events
    }

    /// Folders of runs without a row: those removed now, and what a crash left.
    private mutating func removeRunFolders(dead: Set<String>) throws {
        let runs = FilePath.join(folder, "runs")
        guard File.isDirectory(runs) else { return }
        var known: Set<String> = []
        try connection.prepare("SELECT id FROM run").forEachRow { known.insert($0.text(0)) }
        for entry in try File.list(runs) where !known.contains(entry.name) || dead.contains(entry.name) {
            let path = FilePath.join(runs, entry.name)
            try remove(path)
        }
    }

    /// By file: how many of its names go.
    private var goingNames: [StoreCheck.FileIdentity: Int] = [:]

    /// Counts what a tree holds. A file that keeps another name frees nothing.
    private mutating func measure(_ path: String) throws {
        let status = try File.status(of: path, followingLinks: false)
        if status.kind == .directory {
            for entry in try File.list(path) { try measure(FilePath.join(path, entry.name)) }
            return
        }
        let identity = StoreCheck.FileIdentity(device: status.device, inode: status.inode)
        goingNames[identity, default: 0] += 1
        result.files += 1
        if goingNames[identity] == status.linkCount { result.bytes += status.size }
    }

    // MARK: Contents

    /// All digests that runs refer to, also inside values: whatever reads like a digest counts as one.
    private func liveDigests(without dead: Set<Int64>) throws -> Set<Digest> {
        var live: Set<Digest> = []
        var values: Set<Digest> = []
        try connection.prepare("SELECT key, source, inputs FROM run").forEachRow { row in
            guard !dead.contains(row.int64(0)) else { return }
            values.formUnion([Digest(bytes: row.blob(1)), Digest(bytes: row.blob(2))].compactMap { $0 })
        }
        try connection.prepare("SELECT run, result, payload, type FROM event").forEachRow { row in
            guard !dead.contains(row.int64(0)) else { return }
            // What is pinned is named by the derivation, not by the event; pictures are named by requests.
            if row.text(3) == "run_derived" || row.text(3) == "call_started" {
                values.formUnion(Self.digests(in: row.blob(2)))
            }
            if let result = Digest(bytes: row.blob(1)) { values.insert(result) }
            if !row.isNull(2) { live.formUnion(Self.digests(in: row.blob(2))) }
        }
        live.formUnion(values)
        let reader = StoreReader(folder: folder, objects: objects)
        for digest in values {
            // A value that is gone or damaged is no reason to remove more.
            if let bytes = try? reader.content(digest) { live.formUnion(Self.digests(in: bytes)) }
        }
        return live
    }

    /// What reads like a digest: 64 hexadecimal digits and no more.
    static func digests(in bytes: [UInt8]) -> [Digest] {
        var found: [Digest] = []
        var start = 0
        for end in 0...bytes.count {
            if end < bytes.count, (0x30...0x39).contains(bytes[end]) || (0x61...0x66).contains(bytes[end]) { continue }
            if end - start == 64, let digest = Digest(hex: String(decoding: bytes[start..<end], as: UTF8.self)) {
                found.append(digest)
            }
            start = end + 1
        }
        return found
    }

    private mutating func removeContents(_ live: Set<Digest>) throws {
        var keys: [Int64] = []
        var bytes: Int64 = 0
        try connection.prepare("SELECT key, digest, size, bytes IS NULL FROM content").forEachRow { row in
            guard let digest = Digest(bytes: row.blob(1)), !live.contains(digest) else { return }
            // A run's folder still has the file under a name of its own.
            if row.int64(3) != 0, hasOtherNames(objects.path(of: digest)) { return }
            keys.append(row.int64(0))
            if row.int64(3) == 0 { bytes += row.int64(2) }
        }
        result.contents = keys.count
        guard !rules.isDryRun, !keys.isEmpty else { return }
        try connection.transaction {
            let statement = try connection.cached("DELETE FROM content WHERE key = ?")
            for key in keys {
                try statement.bind(1, key)
                try statement.run()
                statement.reset()
            }
        }
    }

    private func hasOtherNames(_ path: String) -> Bool {
        guard let status = try? File.status(of: path, followingLinks: false) else { return false }
        let identity = StoreCheck.FileIdentity(device: status.device, inode: status.inode)
        let going = rules.isDryRun ? goingNames[identity, default: 0] : 0
        return status.linkCount - going > 1
    }

    // MARK: Files

    private mutating func removeFiles(_ live: Set<Digest>, _ between: (Int) throws -> Void) throws {
        var known: Set<Digest> = []
        try connection.prepare("SELECT digest, bytes IS NULL FROM content").forEachRow { row in
            guard let digest = Digest(bytes: row.blob(0)), row.int64(1) != 0 else { return }
            if rules.isDryRun, !live.contains(digest), !hasOtherNames(objects.path(of: digest)) { return }
            known.insert(digest)
        }
        for part in (try? File.list(objects.path)) ?? [] where part.kind == .directory {
            let folder = FilePath.join(objects.path, part.name)
            for entry in try File.list(folder) {
                if part.name != "tmp", let digest = Digest(hex: part.name + entry.name), known.contains(digest) {
                    continue
                }
                try remove(FilePath.join(folder, entry.name))
            }
        }
        try between(4)
        let sources = FilePath.join(folder, "sources")
        var used: Set<String> = []
        let gone = Set(result.runs)
        try connection.prepare("SELECT id, source FROM run").forEachRow { row in
            guard !gone.contains(row.text(0)), let digest = Digest(bytes: row.blob(1)) else { return }
            guard !used.contains(digest.hex) else { return }
            used.formUnion(StoredSource(folder: FilePath.join(sources, digest.hex)).names)
        }
        for entry in (try? File.list(sources)) ?? [] where !used.contains(entry.name) {
            try remove(FilePath.join(sources, entry.name))
        }
    }

    private mutating func remove(_ path: String) throws {
        try measure(path)
        guard !rules.isDryRun else { return }
        try File.removeTree(path)
        // The names that are gone do not count among those that a file has.
        goingNames.removeAll()
    }

    /// Gives the pages that became free back to the disk, when they are many and there is room to do so.
    private mutating func shrink() throws {
        guard case .integer(let free)? = try connection.pragma("freelist_count"),
            case .integer(let pages)? = try connection.pragma("page_count"),
            case .integer(let pageSize)? = try connection.pragma("page_size"), free > 256, free > pages / 4
        else { return }
        let database = FilePath.join(folder, SQLiteRunStore.databaseName)
        let before = try File.size(of: database)
        guard try File.freeSpace(at: folder) > 3 * (pages - free) * pageSize else { return }
        try connection.execute("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")
        result.bytes += max(0, before - (try File.size(of: database)))
    }
}
