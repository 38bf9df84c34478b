// SPDX-License-Identifier: Apache-2.0

import FileSystem
public import FlowCore
import Hashing

/// A run as one file, with all that is needed to view it, to compare it, to branch from it and to go on with it elsewhere:
/// the runs that it comes from and those of its sub-workflows, their events, workflows, inputs, results, kept files, logs,
/// and what people said of them. The values of secrets are not in a store, and so not in a bundle.
public struct RunBundle: Sendable, Hashable {
    /// The run that the bundle is about.
    public var run: String
    /// All runs in it, each after the one that it comes from.
    public var runs: [String]
    /// Names the bundle: the same run in the same state gives the same.
    public var digest: Digest
    /// How many contents it has, and the size of the file in bytes.
    public var contents: Int
    public var bytes: Int64

    /// Whether a file begins as a bundle does.
    public static func isBundle(_ path: String) -> Bool { BundleFile.isBundle(path) }

    /// Checks all of a bundle without a store. Throws what `Engine.accept` would throw of it. Blocks its thread.
    ///
    /// - Parameter expected: the digest that the bundle must have; nil takes any.
    public static func check(
        _ path: String, loader: WorkflowLoader, expected: Digest? = nil
    ) throws(BundleError) {
        _ = try runs(of: path, loader: loader, expected: expected)
    }

    /// A bundle and the runs in it, checked.
    static func runs(
        of path: String, loader: WorkflowLoader, expected: Digest?
    ) throws(BundleError) -> (file: BundleFile, runs: [BundledRun]) {
        let file = try BundleFile(path)
        if let expected, file.digest != expected {
            throw file.fault(.conflict, "it is the bundle \(file.digest), not \(expected)")
        }
        return (file, try BundleCheck.runs(of: file, loader: loader))
    }

    /// Writes a run of a store into a file, which appears whole or not at all. An engine may work meanwhile.
    ///
    /// Throws `noSuchRun`, or `inputOutput` when the store is damaged, garbage is being collected or the file cannot be
    /// written. Blocks its thread.
    public static func export(_ run: String, from folder: String, to path: String) throws(BundleError) -> RunBundle {
        let doing = "write run \(run) into \(path)"
        do {
            try StoreCheck.requireStore(in: folder)
            // What is to be copied must not be collected meanwhile.
            let lock = try StoreCollector.lock(folder, doing: doing)
            defer { lock.release() }
            var packing = BundlePacking(folder: folder)
            try packing.add(run)
            return try packing.write(run, to: path)
        } catch {
            throw BundleError(any: error, doing: doing)
        }
    }
}

/// Collects what goes into a bundle, and writes it.
private struct BundlePacking {
    private enum Place {
        case stored
        case bytes([UInt8])
        case file(String)
    }

    private let layout: RunLayout
    private let objects: ObjectFolder
    private let reader: StoreReader
    private var seen: Set<String> = []
    private var runs: [BundleManifest.Run] = []
    private var sizes: [Digest: Int64] = [:]
    private var places: [Digest: Place] = [:]

    init(folder: String) {
        layout = RunLayout(folder: folder)
        objects = ObjectFolder(path: FilePath.join(folder, SQLiteRunStore.objectsName))
        reader = StoreReader(folder: folder, objects: objects)
    }

    /// Adds a run after the one that it comes from, then the runs of its sub-workflows.
    mutating func add(_ first: String) throws {
        var waiting = [first]
        while let next = waiting.popLast() {
            guard !seen.contains(next) else { continue }
            // A parent is read after what comes from it: then it has all that was taken over.
            var line: [(run: String, events: BundleEvents, holdings: RunHoldings)] = []
            var current: String? = next
            while let run = current, !seen.contains(run) {
                seen.insert(run)
                guard let (events, holdings) = try read(run) else {
                    // The run of a sub-workflow may have been lost with its start; all others must be there.
                    if line.isEmpty, run != first { break }
                    throw BundleError(.noSuchRun, "there is no run \(run) in the store \(layout.folder)")
                }
                line.append((run, events, holdings))
                current = holdings.parent
            }
            for (run, events, holdings) in line.reversed() {
                try pack(run, events, holdings)
                waiting += holdings.children.reversed()
            }
        }
    }

    private func read(_ run: String) throws -> (BundleEvents, RunHoldings)? {
        guard try reader.run(run) != nil else { return nil }
        var walk = StoreReader.ChainWalk(run: run, hash: EventChain.start(run: run))
        while !walk.isOver { walk = try reader.walk(walk, limit: 10_000) }
        if let first = walk.report.firstBroken {
            throw StoreError(
                .corrupt, "event \(first) of run \(run) is changed or missing. `flow db check` tells what else is")
        }
        let events = BundleEvents(run: run, events: try reader.events(of: run, after: 0, limit: .max))
        let holdings = try RunHoldings(run: run, events: events.events) { digest throws(BundleError) in
            do throws(StoreError) { return try reader.content(digest) } catch {
                throw BundleError(any: error, doing: "read run \(run)")
            }
        }
        return (events, holdings)
    }

    private mutating func pack(_ run: String, _ events: BundleEvents, _ holdings: RunHoldings) throws {
        let text = events.bytes
        let digest = Digest(of: text)
        note(digest, Int64(text.count), .bytes(text))
        for (value, bytes) in holdings.values { note(value, Int64(bytes.count), .stored) }
        let source = StoredSource(folder: layout.source(holdings.source.hex))
        for (path, digest) in holdings.files {
            if source.isDifference(path) {
                let bytes = try source.text(of: path)
                guard Digest(of: bytes) == digest else {
                    throw StoreError(.corrupt, "the workflow of run \(run) does not match its digest")
                }
                note(digest, Int64(bytes.count), .bytes(bytes))
            } else {
                try note(digest, file: FilePath.join(source.folder, path))
            }
        }
        for artifact in holdings.artifacts {
            try note(
                artifact.digest, file: FilePath.join(layout.artifacts(artifact.node, of: run), artifact.file))
        }
        var files: [String: Digest] = [:]
        for folder in ["inputs", "logs"] { try addFiles(folder, of: run, to: &files) }
        let summary = try reader.run(run)
        runs.append(
            BundleManifest.Run(
                id: run, events: digest, eventCount: Int64(events.events.count), chain: Digest(events.chain),
                interruptions: summary?.interruptions ?? 0, files: files, states: try reader.branchStates(run)))
    }

    private mutating func addFiles(_ path: String, of run: String, to files: inout [String: Digest]) throws {
        let folder = FilePath.join(layout.run(run), path)
        guard File.isDirectory(folder) else { return }
        for entry in try File.list(folder) {
            let inner = "\(path)/\(entry.name)"
            if entry.kind == .directory {
                try addFiles(inner, of: run, to: &files)
            } else if entry.kind == .file, BundlePath.isOfRun(inner) {
                let file = FilePath.join(folder, entry.name)
                if path == "logs" {
                    // It may still grow.
                    let bytes = try File.read(file, limit: 1 << 30)
                    let digest = Digest(of: bytes)
                    note(digest, Int64(bytes.count), .bytes(bytes))
                    files[inner] = digest
                } else {
                    let digest = try ObjectFolder.digest(of: file)
                    try note(digest, file: file)
                    files[inner] = digest
                }
            }
        }
    }

    private mutating func note(_ digest: Digest, file: String) throws {
        guard sizes[digest] == nil else { return }
        note(digest, try File.size(of: file), .file(file))
    }

    private mutating func note(_ digest: Digest, _ size: Int64, _ place: Place) {
        guard sizes[digest] == nil else { return }
        sizes[digest] = size
        places[digest] = place
    }

    // MARK: Writing

    func write(_ run: String, to path: String) throws -> RunBundle {
        let manifest = BundleManifest(run: run, runs: runs, contents: sizes)
        let text = manifest.bytes
        let folder = FilePath.dirname(path)
        let temporary = FilePath.join(folder, ".\(FilePath.basename(path)).\(UInt64.random(in: .min ... .max))")
        do {
            // Outputs and prompts of runs are not for other users.
            let writer = try FileWriter(temporary, mode: 0o600)
            try writer.write(BundleFile.header(of: text))
            try writer.write(text)
            for digest in manifest.order { try write(digest, to: writer) }
            try writer.sync()
            try writer.close()
            try File.rename(temporary, to: path)
            try File.syncDirectory(folder)
        } catch {
            try? File.remove(temporary)
            throw error
        }
        return RunBundle(
            run: run, runs: runs.map(\.id), digest: Digest(of: text), contents: sizes.count,
            bytes: try File.size(of: path))
    }

    private func write(_ digest: Digest, to writer: FileWriter) throws {
        switch places[digest] {
        case .bytes(let bytes)?: try writer.write(bytes)
        case .stored?:
            guard let bytes = try reader.content(digest) else {
                throw StoreError(.corrupt, "the content \(digest) has gone from the store \(layout.folder)")
            }
            try writer.write(bytes)
        case .file(let path)?:
            let (found, size) = try copy(path, to: writer)
            guard found == digest, size == sizes[digest] else {
                throw StoreError(.corrupt, "the file \(path) does not match its digest. `flow db check` tells more")
            }
        case nil: break
        }
    }

    private func copy(_ path: String, to writer: FileWriter) throws(FileError) -> (Digest, Int64) {
        var hash = SHA256()
        var size: Int64 = 0
        try File.forEachChunk(of: path) { chunk throws(FileError) in
            hash.update(chunk)
            size += Int64(chunk.count)
            try writer.write(chunk)
        }
        return (Digest(hash.finish()), size)
    }
}
