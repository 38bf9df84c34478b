// SPDX-License-Identifier: Apache-2.0

import FileSystem
public import FlowCore
import Hashing
import SQLite
import Synchronization

/// Runs in a folder: a SQLite database, and large contents as files beside it.
///
/// One thread writes. All batches that wait for it go into one transaction and one fsync. Other threads read; the
/// threads that tasks share never wait for the disk.
public final class SQLiteRunStore: RunStore {
    /// How a store is opened.
    public enum Mode: Sendable, Hashable {
        /// For the one engine that owns the store, see ``StoreOwner``. The store is made if it is not there.
        case writer
        /// Only to read, also while an engine writes.
        case reader
    }

    private enum Request: Sendable {
        case commit(EncodedBatch, CheckedContinuation<StoreError?, Never>)
        case perform(@Sendable (StoreWriter) -> Void)
    }

    static let databaseName = "flow.db"
    static let objectsName = "objects"
    /// The most batches of one transaction: later ones need not wait longer for the first ones to be answered.
    private static let batchesPerTransaction = 8192
    private static let readingThreads = 2
    private static let eventsPerStep = 10_000

    /// The folder of the store.
    public let folder: String
    /// How the store was opened.
    public let mode: Mode

    private let objects: ObjectFolder
    private let inbox = Inbox<Request>()
    /// Nil for a reader.
    private let writer: WorkerThread?
    let readers: BlockingPool<StoreReader>
    /// Copies files: a long copy must not hold up those who read. Nil for a reader.
    private let copier: BlockingPool<ObjectFolder>?
    private let transactions = TransactionCount()
    /// Waits for room on the disk; nil where a full disk is the caller's matter.
    let disk: DiskWatch?

    private final class TransactionCount: Sendable {
        let value = Atomic<Int>(0)
    }

    /// Opens the store of a folder. Blocks until it is open.
    ///
    /// Throws `missing` when a reader finds no store, `readOnly`, `notADatabase`, `newerVersion`, `corrupt`, `busy`,
    /// `diskFull` or `inputOutput`.
    public convenience init(folder: String, mode: Mode) throws(StoreError) {
        try self.init(folder: folder, mode: mode, disk: nil)
    }

    init(folder: String, mode: Mode, disk: DiskWatch?) throws(StoreError) {
        self.disk = disk
        self.folder = folder
        self.mode = mode
        let objects = ObjectFolder(path: FilePath.join(folder, Self.objectsName))
        self.objects = objects
        readers = try BlockingPool(threads: Self.readingThreads) { StoreReader(folder: folder, objects: objects) }
        guard mode == .writer else {
            writer = nil
            copier = nil
            try readers.runBlocking { reader throws(StoreError) in _ = try reader.connection() }
            return
        }
        let (inbox, transactions) = (inbox, transactions)
        let opened = Inbox<StoreError?>()
        let writer = try WorkerThread {
            do throws(StoreError) {
                let writer = try StoreWriter(folder: folder)
                _ = opened.send(nil)
                Self.serve(inbox, writer, transactions, disk)
            } catch {
                _ = opened.send(error)
            }
        }
        if case .some(.some(let error)) = opened.take() {
            writer.join()
            throw error
        }
        self.writer = writer
        do throws(StoreError) {
            copier = try BlockingPool(threads: 1) { objects }
        } catch {
            inbox.close()
            writer.join()
            throw error
        }
        objects.removeLeftovers(now: WallClock.now)
    }

    deinit {
        // A call that waits holds the store, so none is left; only the checkpoint remains to be done.
        inbox.close()
        writer?.join()
    }

    /// Finishes what was begun and closes the files. Calls after it throw `closed`.
    public func close() async {
        await copier?.close()
        inbox.close()
        await writer?.end()
        await readers.close()
    }

    /// How many transactions with batches were begun since the store was opened.
    public var transactionCount: Int { transactions.value.load(ordering: .relaxed) }

    /// How many calls wait for the writer.
    var waitingCount: Int { inbox.count }

    // MARK: Writing

    public func commit(_ batch: StoreBatch) async throws(StoreError) {
        guard copier != nil else { throw readOnly }
        let encoded = try EncodedBatch(batch)
        let large = batch.contents.filter { $0.bytes.count > EncodedBatch.largestContentInDatabase }
        if !large.isEmpty {
            for (digest, bytes) in large { try EncodedBatch.check(bytes, digest) }
            let size = large.reduce(0) { $0 + Int64($1.bytes.count) }
            try await keep("write a content to", size) { objects throws(FileError) in
                for (digest, bytes) in large { try objects.write(bytes, digest: digest) }
            }
        }
        try await commit(encoded)
    }

    /// Makes several batches durable in one transaction, or none of them. Their large contents must be files already.
    func commitTogether(_ batches: [EncodedBatch]) async throws(StoreError) {
        try await patiently { () throws(StoreError) in
            try await perform { writer throws(StoreError) in try writer.writeTogether(batches) }
        }
    }

    /// Copies a file into the store, whatever its size. The file must not change meanwhile.
    ///
    /// Throws `missing` when there is no such file, `readOnly` when it may not be read.
    public func store(file path: String) async throws(StoreError) -> (digest: Digest, size: Int64) {
        let needed = (try? File.size(of: path)) ?? 0
        let (digest, size) = try await keep("copy '\(path)' into", needed) { objects throws(FileError) in
            try objects.copy(path)
        }
        try await commit(EncodedBatch(file: digest, size: size))
        return (digest, size)
    }

    /// Keeps a content as a file of the store, whatever its size.
    public func store(bytes: [UInt8]) async throws(StoreError) -> Digest {
        let size = Int64(bytes.count)
        let digest = try await keep("write a file of", size) { objects throws(FileError) in
            let digest = Digest(of: bytes)
            try objects.write(bytes, digest: digest)
            return digest
        }
        try await commit(EncodedBatch(file: digest, size: size))
        return digest
    }

    /// Makes an object, beside the reads, and again whenever the disk was full and has room.
    private func keep<Value: Sendable>(
        _ verb: String, _ size: Int64, _ body: @escaping @Sendable (ObjectFolder) throws(FileError) -> Value
    ) async throws(StoreError) -> Value {
        guard let copier else { throw readOnly }
        let doing = "\(verb) the store \(folder)"
        return try await patiently(for: size) { () throws(StoreError) in
            try await copier.run { objects throws(StoreError) in
                do throws(FileError) {
                    return try body(objects)
                } catch {
                    throw StoreError(error, doing: doing)
                }
            }
        }
    }

    private var readOnly: StoreError {
        StoreError(.readOnly, "the store \(folder) was opened to read only")
    }

    private func commit(_ batch: EncodedBatch) async throws(StoreError) {
        try await patiently { () throws(StoreError) in
            let failure: StoreError? = await withCheckedContinuation { continuation in
                if !inbox.send(.commit(batch, continuation)) { continuation.resume(returning: .closed) }
            }
            if let failure { throw failure }
        }
    }

    /// Does something again whenever the disk was full and has room.
    private func patiently<Value>(
        for bytes: Int64 = 0, _ body: () async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        while true {
            do throws(StoreError) { return try await body() } catch {
                guard error.code == .diskFull, let disk, await disk.room(for: bytes) else { throw error }
            }
        }
    }

    /// Runs a body on the writer's thread, between transactions.
    func perform<Value: Sendable>(
        _ body: @escaping @Sendable (StoreWriter) throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        guard writer != nil else { throw readOnly }
        let result: Result<Value, StoreError> = await withCheckedContinuation { continuation in
            let isOpen = inbox.send(
                .perform { writer in
                    do throws(StoreError) {
                        continuation.resume(returning: .success(try body(writer)))
                    } catch {
                        continuation.resume(returning: .failure(error))
                    }
                })
            if !isOpen { continuation.resume(returning: .failure(.closed)) }
        }
        return try result.get()
    }

    /// The life of the writer's thread.
    private static func serve(
        _ inbox: Inbox<Request>, _ writer: StoreWriter, _ transactions: TransactionCount, _ disk: DiskWatch?
    ) {
        while let requests = inbox.take(upTo: batchesPerTransaction) {
            var batches: [EncodedBatch] = []
            var callers: [CheckedContinuation<StoreError?, Never>] = []
            func write() {
                guard !batches.isEmpty else { return }
                var results = writer.write(batches)
                if let disk, results.contains(where: { $0?.code == .diskFull }) {
                    // The reserve is for this: what has happened is kept, and nothing new is started.
                    disk.raise()
                    results = writer.write(batches)
                } else {
                    disk?.noteWritten()
                }
                transactions.value.add(1, ordering: .relaxed)
                for (caller, result) in zip(callers, results) { caller.resume(returning: result) }
                batches.removeAll()
                callers.removeAll()
                writer.checkpointIfDue()
            }
            for request in requests {
                switch request {
                case .commit(let batch, let caller):
                    batches.append(batch)
                    callers.append(caller)
                case .perform(let body):
                    write()
                    body(writer)
                }
            }
            write()
        }
        writer.finish()
    }

    // MARK: Reading

    public func events(of run: String, after: Int64, limit: Int) async throws(StoreError) -> [RecordedEvent] {
        try await readers.run { reader throws(StoreError) in try reader.events(of: run, after: after, limit: limit) }
    }

    public func run(_ id: String) async throws(StoreError) -> RunSummary? {
        try await readers.run { reader throws(StoreError) in try reader.run(id) }
    }

    public func runs(_ query: RunQuery) async throws(StoreError) -> [RunSummary] {
        try await readers.run { reader throws(StoreError) in try reader.runs(query) }
    }

    public func nodes(of run: String) async throws(StoreError) -> [NodeSummary] {
        try await readers.run { reader throws(StoreError) in try reader.nodes(of: run) }
    }

    public func lastSequence(of run: String) async throws(StoreError) -> Int64 {
        try await readers.run { reader throws(StoreError) in try reader.lastSequence(of: run) }
    }

    public func overview(of run: String, settled: Set<NodeStatus>) async throws(StoreError) -> NodeOverview {
        try await readers.run { reader throws(StoreError) in try reader.overview(of: run, settled: settled) }
    }

    public func node(_ name: String, of run: String) async throws(StoreError) -> NodeSummary? {
        try await readers.run { reader throws(StoreError) in try reader.node(name, of: run) }
    }

    public func fingerprints(of run: String) async throws(StoreError) -> [NodeFingerprintSummary] {
        try await readers.run { reader throws(StoreError) in try reader.fingerprints(of: run) }
    }

    public func results(for fingerprint: Digest) async throws(StoreError) -> [ReusableResult] {
        try await readers.run { reader throws(StoreError) in try reader.results(for: fingerprint) }
    }

    public func calls(of run: String) async throws(StoreError) -> [CallSummary] {
        try await readers.run { reader throws(StoreError) in try reader.calls(of: run) }
    }

    public func branch(_ run: String) async throws(StoreError) -> BranchSummary? {
        try await readers.run { reader throws(StoreError) in try reader.branch(run) }
    }

    public func branches(of parents: [String]?) async throws(StoreError) -> [BranchSummary] {
        try await readers.run { reader throws(StoreError) in try reader.branches(of: parents) }
    }

    public func content(_ digest: Digest) async throws(StoreError) -> [UInt8]? {
        try await readers.run { reader throws(StoreError) in try reader.content(digest) }
    }

    /// The hash of an event, which covers all before it; nil when there is no such event.
    func hash(ofEvent sequence: Int64, of run: String) async throws(StoreError) -> SHA256Digest? {
        try await readers.run { reader throws(StoreError) in try reader.hash(ofEvent: sequence, of: run) }
    }

    /// The file of a content that is one; nil when it is not there or lies in the database. Not to be changed.
    public func path(of digest: Digest) -> String? {
        let path = objects.path(of: digest)
        return File.kind(of: path) == .file ? path : nil
    }

    /// Recomputes the hashes of all events of a run, and compares them with what is stored.
    ///
    /// Throws `missing` when there is no such run.
    public func verify(run: String) async throws(StoreError) -> ChainReport {
        // In steps, so that others get their turn on the reading threads.
        var walk = StoreReader.ChainWalk(run: run, hash: EventChain.start(run: run))
        while !walk.isOver {
            let start = walk
            walk = try await readers.run { reader throws(StoreError) in
                try reader.walk(start, limit: Self.eventsPerStep)
            }
        }
        return walk.report
    }
}
