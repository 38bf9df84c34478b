// SPDX-License-Identifier: Apache-2.0

import FileSystem
public import FlowCore
import SQLite

/// Takes what is whole out of a damaged store into a new one.
///
/// A run whose events are all as they were written goes into the new store, with what is left of its values and
/// files. Of a run that is damaged, the events that can be read are written as lines of JSON into the folder
/// `damaged`: it could not be gone on with, because nobody knows what is missing.
public struct StoreSalvage {
    /// What was saved.
    public struct Result: Sendable, Hashable {
        public var folder: String
        /// Runs that are in the new store.
        public var runs: [String] = []
        /// Runs that are not, with the number of their events that were written out.
        public var damaged: [String: Int] = [:]
        public var values = 0
        public var files = 0
        /// What was wrong with the old store.
        public var report: StoreReport
    }

    private var check: StoreCheck
    private let target: String
    private var result: Result

    /// Makes a new store in a folder that is not there yet. Nobody may own the old one.
    ///
    /// Throws `conflict` when the folder is there, `busy` when an engine owns the store, and what stops reading at all.
    public static func run(_ folder: String, to target: String) throws(StoreError) -> Result {
        guard !File.exists(target) else {
            throw StoreError(.conflict, "\(target) is there already; what is saved goes into a new folder")
        }
        try StoreCheck.requireStore(in: folder)
        let owner = try StoreOwner.acquire(folder: folder)
        defer { owner.release() }
        var check = StoreCheck(folder: folder)
        try check.run()
        var salvage = StoreSalvage(
            check: check, target: target, result: Result(folder: target, report: check.report))
        do {
            try salvage.run()
        } catch {
            throw StoreError(any: error, doing: "save the store \(folder) to \(target)")
        }
        return salvage.result
    }

    private mutating func run() throws {
        let writer = try StoreWriter(folder: target)
        defer { writer.finish() }
        // Nothing could be read at all when this fails; the new store is empty then.
        guard let connection = try? check.reader.connection() else { return }
        try copyContents(connection, writer)
        let whole = Set(check.report.wholeRuns)
        for key in check.keys(of: "run", connection) {
            let name = try? connection.prepare("SELECT id FROM run WHERE key = \(key)").firstRow { $0.text(0) }
            guard let run = name else { continue }
            if whole.contains(run), try copyRun(run, writer) {
                result.runs.append(run)
            } else {
                result.damaged[run] = try writeOut(run, key, connection)
            }
        }
    }

    private mutating func copyContents(_ connection: SQLiteConnection, _ writer: StoreWriter) throws {
        let objects = ObjectFolder(path: FilePath.join(target, "objects"))
        for digest in check.whole {
            var content = EncodedBatch.Content(digest: digest, size: 0)
            if let bytes = try? check.reader.content(digest), bytes.count <= EncodedBatch.largestContentInDatabase {
                content.size = Int64(bytes.count)
                content.bytes = bytes
                result.values += 1
            } else if let (found, size) = try? objects.copy(check.objects.path(of: digest)), found == digest {
                content.size = size
                result.files += 1
            } else {
                continue
            }
            var batch = EncodedBatch(file: digest, size: 0)
            batch.contents = [content]
            if let error = writer.write([batch]).compactMap({ $0 }).first { throw error }
        }
    }

    /// Copies a whole run: events first, rows as they follow from the events. False when it cannot be.
    private mutating func copyRun(_ run: String, _ writer: StoreWriter) throws -> Bool {
        let events = try check.wholeEvents(of: run)
        guard var summary = try? check.reader.run(run) else { return false }
        var nodes = (try? check.reader.nodes(of: run)) ?? []
        if let plan = check.plan(of: summary) {
            let inherited = try check.reader.inherited(by: run)
            let replay = RunReplay(plan: plan, events: events, inherited: Set(inherited.keys))
            if replay.difference(from: summary, events: events) != nil { replay.correct(&summary, events: events) }
            nodes = replay.nodes
        }
        let batch = try EncodedBatch(StoreBatch(run: run, events: events, summary: summary, nodes: nodes))
        if let error = writer.write([batch]).compactMap({ $0 }).first { throw error }
        // Its place in the tree cannot be kept where the parent was not copied.
        if let branch = (try? check.reader.branch(run)) ?? nil {
            _ = writer.write([try EncodedBatch(StoreBatch(run: run, branch: branch))])
        }
        let bad = Set(check.report.problems.compactMap(\.path))
        let (old, new) = (check.layout, RunLayout(folder: target))
        var copy = TreeCopy()
        for part in ["inputs", "artifacts", "logs"] {
            try copy.copy(FilePath.join(old.run(run), part), to: FilePath.join(new.run(run), part), except: bad)
        }
        for source in StoredSource(folder: old.source(summary.source.hex)).names {
            let kept = new.source(source)
            if !File.exists(kept) { try copy.copy(old.source(source), to: kept, except: bad) }
        }
        try restoreArtifacts(nodes, run: run)
        result.files += copy.files
        return true
    }

    /// A file whose content is also among the objects is taken from there.
    private func restoreArtifacts(_ nodes: [NodeSummary], run: String) throws {
        let objects = ObjectFolder(path: FilePath.join(target, "objects"))
        let layout = RunLayout(folder: target)
        for node in nodes {
            guard let digest = node.result, check.whole.contains(digest), let bytes = try? check.reader.content(digest),
                let json = try? JSONValue.parse(bytes)
            else { continue }
            for artifact in NodeRecord(json: json).artifacts {
                let path = FilePath.join(layout.artifacts(node.node, of: run), artifact.file)
                guard !File.exists(path), File.exists(objects.path(of: artifact.digest)) else { continue }
                try File.createDirectory(FilePath.dirname(path))
                try File.hardLinkOrCopy(objects.path(of: artifact.digest), to: path)
            }
        }
    }

    /// Writes the events of a damaged run that can be read as lines of JSON. Gives their number.
    private func writeOut(_ run: String, _ key: Int64, _ connection: SQLiteConnection) throws -> Int {
        var lines = ""
        var count = 0
        try? connection.prepare("SELECT sequence FROM event WHERE run = \(key) ORDER BY sequence").forEachRow { row in
            let sequence = row.int64(0)
            // One at a time: behind one that cannot be read others may be whole.
            guard let event = try? check.reader.events(of: run, after: sequence &- 1, limit: 1).first else { return }
            var object = JSONObject()
            object["sequence"] = .integer(event.sequence)
            object["at"] = .string(event.at.iso8601)
            for member in event.event.json.objectValue ?? JSONObject() { object[member.key] = member.value }
            lines += JSONValue.object(object).jsonText() + "\n"
            count += 1
        }
        let folder = FilePath.join(target, "damaged")
        try File.createDirectory(folder)
        try File.writeDurably(lines, to: FilePath.join(folder, "\(RunLayout.fileName(run)).jsonl"))
        return count
    }
}

extension RunReplay {
    /// Puts what follows from the events into a run's row.
    func correct(_ row: inout RunSummary, events: [RecordedEvent]) {
        if case .runCreated(let workflow, let source, let inputs)? = events.first?.event {
            (row.workflow, row.source, row.inputs) = (workflow, source, inputs)
        }
        row.createdAt = events.first?.at ?? row.createdAt
        (row.startedAt, row.endedAt) = (startedAt, endedAt)
        row.status = machine.status
        row.reason = machine.ended?.reason
        row.nodeCount = machine.nodes.count
        row.endedCount = machine.endedCount
        row.failedNode = machine.failedNode.map { machine.name(of: $0) }
    }
}
