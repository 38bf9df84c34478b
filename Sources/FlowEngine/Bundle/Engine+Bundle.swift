// SPDX-License-Identifier: Apache-2.0

import FileSystem
public import FlowCore

/// What came of taking in a bundle.
public struct AcceptedBundle: Sendable, Hashable {
    /// The run that the bundle is about, as it stands now.
    public var run: RunSummary
    /// The runs that were not there before.
    public var added: [String]
    /// The runs that were there already, in this state or a later one.
    public var known: [String]
    /// Names the bundle; what `flow export` said when it was written.
    public var digest: Digest
    /// What is not as people might expect, such as a name of a branch that another run has too.
    public var notes: [String]
}

extension Engine {
    /// Takes in the runs of a bundle that are not in the store yet. The store has all of them afterwards, or none.
    ///
    /// Everything is checked before anything is written. Files come first; the rows of all runs are one transaction.
    /// A run that is there already stays as it is. It may have gone on since, but what the bundle has of it must be a part
    /// of it, else the bundle is refused (`conflict`).
    /// - Parameter expected: the digest that the bundle must have; nil takes any.
    public func accept(
        bundle path: String, expected: Digest? = nil
    ) async throws(BundleError) -> AcceptedBundle {
        let doing = "take in the bundle \(path)"
        let (file, runs) = try RunBundle.runs(of: path, loader: loader, expected: expected)
        var accepted: AcceptedBundle
        do {
            var added: [BundledRun] = []
            var known: [String] = []
            for run in runs {
                if try await isKnown(run, of: file) { known.append(run.entry.id) } else { added.append(run) }
            }
            let (branches, notes) = try await places(of: added)
            try await write(added, branches, from: file)
            let reader = RunReader(store: store, layout: layout)
            guard let summary = try await reader.summary(of: file.manifest.run) else {
                throw file.fault(.inputOutput, "the run \(file.manifest.run) is not in the store")
            }
            accepted = AcceptedBundle(
                run: summary, added: added.map(\.entry.id), known: known, digest: file.digest, notes: notes)
        } catch {
            throw BundleError(any: error, doing: doing)
        }
        return accepted
    }

    /// Whether the store has a run as the bundle has it, or further on.
    private func isKnown(_ run: BundledRun, of file: BundleFile) async throws -> Bool {
        let id = run.entry.id
        guard try await store.run(id) != nil else { return false }
        let hash = try await store.hash(ofEvent: run.entry.eventCount, of: id)
        if hash.map({ Digest($0) }) == run.entry.chain { return true }
        let start = try await store.events(of: id, after: 0, limit: 1)
        if hash == nil, start.first == run.events.first {
            throw file.fault(
                .conflict,
                "run \(id) is here in an earlier state. To take the later one in, remove this one: flow gc, or flow "
                    + "branch delete")
        }
        throw file.fault(
            .conflict, "the store has another run \(id), and a run is never changed. Nothing was taken in")
    }

    /// The places of runs in the tree of this store: who had a name or was the head of a line here stays so.
    private func places(of runs: [BundledRun]) async throws -> (states: [String: [BranchSummary]], notes: [String]) {
        let present = try await store.branches(of: nil)
        let tree = RunTree(branches: present, runs: [])
        var states: [String: [BranchSummary]] = [:]
        var notes: [String] = []
        for run in runs where !run.entry.states.isEmpty {
            var list = run.entry.states
            guard var last = list.last else { continue }
            if let name = last.name, last.verdict != .abandoned,
                let other = present.first(where: { $0.name == name && $0.verdict != .abandoned })
            {
                notes.append("the name `\(name)` belongs to run \(other.run) here; run \(run.entry.id) has none")
                for index in list.indices { list[index].name = nil }
                last.name = nil
            }
            if list.contains(where: \.isHead), let head = tree.head(ofLineWith: last.parent), head != run.entry.id {
                if last.isHead { notes.append("run \(head) stays the head of its line") }
                for index in list.indices { list[index].isHead = false }
            }
            states[run.entry.id] = list
        }
        return (states, notes)
    }

    // MARK: Writing

    private func write(
        _ runs: [BundledRun], _ states: [String: [BranchSummary]], from file: BundleFile
    ) async throws {
        guard !runs.isEmpty else { return }
        let (layout, objects) = (layout, ObjectFolder(path: FilePath.join(layout.folder, SQLiteRunStore.objectsName)))
        // Files may be many and large: the threads that tasks share must not wait for them.
        let failure = await onOwnThread { () -> BundleError? in
            do {
                for run in runs { try BundleUnpacking(layout: layout, objects: objects, file: file).unpack(run) }
                return nil
            } catch {
                return BundleError(any: error, doing: "keep the files of a bundle")
            }
        }
        if let failure { throw failure }
        var batches: [EncodedBatch] = []
        for run in runs {
            let (id, list) = (run.entry.id, states[run.entry.id] ?? [])
            for kept in run.files where kept.isObject {
                batches.append(EncodedBatch(file: kept.digest, size: file.manifest.contents[kept.digest] ?? 0))
            }
            let values = run.values.sorted { $0.key.hex < $1.key.hex }.map { (digest: $0.key, bytes: $0.value) }
            var batch = try EncodedBatch(
                StoreBatch(
                    run: id, events: run.events, contents: values, summary: run.summary, nodes: run.nodes,
                    branch: list.first))
            // What was spent elsewhere is not of this project's money.
            batch.countsSpending = false
            batches.append(batch)
            for state in list.dropFirst() { batches.append(try EncodedBatch(StoreBatch(run: id, branch: state))) }
        }
        try await store.commitTogether(batches)
    }
}

/// Writes the files of runs from a bundle. Without rows nothing refers to them: what a crash leaves of them is garbage.
private struct BundleUnpacking {
    let layout: RunLayout
    let objects: ObjectFolder
    let file: BundleFile

    func unpack(_ run: BundledRun) throws {
        for kept in run.files where kept.isObject { try writeObject(kept.digest) }
        for (digest, bytes) in run.values where bytes.count > EncodedBatch.largestContentInDatabase {
            try objects.write(bytes, digest: digest)
        }
        try run.source.materialise(in: layout.source(run.summary.source.hex))
        let target = layout.run(run.entry.id)
        try File.createDirectory(layout.runs)
        let temporary = try File.makeTemporaryDirectory(prefix: ".new-", in: layout.runs)
        do {
            var folders: Set<String> = [temporary]
            for kept in run.files {
                let path = FilePath.join(temporary, kept.path)
                let folder = FilePath.dirname(path)
                if folders.insert(folder).inserted {
                    try File.createDirectory(folder)
                    folders.insert(FilePath.dirname(folder))
                }
                if kept.isObject {
                    try File.hardLinkOrCopy(objects.path(of: kept.digest), to: path)
                } else {
                    try writeFile(kept.digest, to: path)
                }
            }
            for folder in folders.sorted(by: { $0.utf8.count > $1.utf8.count }) { try File.syncDirectory(folder) }
            try File.setPermissions(0o755, of: temporary)
            // What is there has no row: a start or another import was cut short.
            try File.removeTree(target)
            try File.rename(temporary, to: target)
            try File.syncDirectory(layout.runs)
        } catch {
            try? File.removeTree(temporary)
            throw error
        }
    }

    private func writeObject(_ digest: Digest) throws {
        try objects.write(digest, size: file.manifest.contents[digest] ?? 0) { put throws(BundleError) in
            try file.forEachChunk(of: digest, put)
        }
    }

    private func writeFile(_ digest: Digest, to path: String) throws {
        let writer = try FileWriter(path)
        try file.forEachChunk(of: digest) { piece throws(FileError) in try writer.write(piece) }
        try writer.sync()
        try writer.close()
    }
}
