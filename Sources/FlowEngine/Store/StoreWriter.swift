// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import Hashing
import SQLite

/// The one writing connection. Lives on the writer's thread.
final class StoreWriter {
    /// Where the log of a run ends.
    struct Head {
        var key: Int64
        var sequence: Int64
        var hash: SHA256Digest
        /// As its row says.
        var status: RunStatus?
    }

    /// A batch that does not fit what is stored. Only this batch fails.
    private struct Refusal: Error {
        var error: StoreError
        /// Nothing of the batch was written.
        var isClean: Bool
    }

    /// Pages in the log (64 MiB) after which they are moved to the database file. Many runs at once change the same
    /// pages again and again, which costs one write when they are moved late.
    var pagesPerCheckpoint = 16_384
    private static let mostHeads = 10_000
    /// Milliseconds for which a checkpoint waits for readers, when the log is twice as long as it should be.
    private static let patienceWithReaders: Int64 = 1000

    private let folder: String
    let connection: SQLiteConnection
    /// The runs that were written to, by the bytes of their ids: as the database compares them.
    private var heads: [[UInt8]: Head] = [:]
    /// The same of the open transaction.
    private var changed: [[UInt8]: Head] = [:]
    private var dataVersion: SQLiteValue?
    private var pagesAtCheckpoint = 0
    /// Whether the calls that are written now count for the budgets of the project.
    var countsSpending = true
    /// Why nothing can be written any more.
    private var failure: StoreError?
    private let pen: HeadMark.Pen

    /// Opens the database of a folder, makes it if needed, and brings it to the newest schema.
    init(folder: String) throws(StoreError) {
        self.folder = folder
        let doing = "open the store \(folder)"
        do throws(FileError) {
            // Outputs and prompts of runs are not for other users.
            try File.createDirectoryDurably(folder, mode: 0o700)
            // Also when it is there: whoever made it may have ended before its name was on the disk. The folder of the
            // contents is made now, so that no content waits for its name later.
            try File.createDirectory(FilePath.join(folder, SQLiteRunStore.objectsName))
            try File.syncDirectory(folder)
            try File.syncDirectory(FilePath.dirname(FilePath.normalise(folder)))
        } catch {
            throw StoreError(error, doing: doing)
        }
        do throws(SQLiteError) {
            connection = try SQLiteConnection(FilePath.join(folder, SQLiteRunStore.databaseName))
        } catch {
            throw StoreError(error, doing: doing)
        }
        pen = HeadMark.Pen(folder: folder)
        try configure()
        do throws(SQLiteMigrationError) {
            try connection.migrate(StoreSchema.migrations, applicationID: StoreSchema.applicationID)
        } catch {
            throw StoreError(error, doing: doing)
        }
        try requireHead()
    }

    /// Refuses a database that ends before what was durable once.
    private func requireHead() throws(StoreError) {
        guard let mark = HeadMark(folder: folder) else { return }
        let last = try perform("read the last event") { connection throws(SQLiteError) in
            let statement = try connection.prepare("SELECT last_sequence FROM run WHERE id = ?")
            try statement.bind(1, mark.run)
            return try statement.step() ? statement.int64(0) : nil
        }
        guard let problem = mark.problem(lastSequence: last) else { return }
        throw StoreError(
            .corrupt,
            "cannot open the store \(folder): \(problem). Put a backup back (`flow db restore`), or take what "
                + "is there (`flow db salvage`).")
    }

    /// Sets what durability rests on, and reads it back: SQLite keeps the old value without an error.
    private func configure() throws(StoreError) {
        // Before anything is changed: a database of another program must stay as it is.
        do throws(SQLiteError) {
            let owner = try connection.pragma("application_id")
            guard owner == .integer(0) || owner == .integer(Int64(StoreSchema.applicationID)) else {
                throw SQLiteError(
                    extendedCode: 26, message: "the database belongs to another program", operation: "open")
            }
            for (name, value, expected) in [
                ("journal_mode", .text("wal"), .text("wal")), ("synchronous", .integer(2), .integer(2)),
                ("foreign_keys", .integer(1), .integer(1)), ("cell_size_check", .integer(1), .integer(1)),
                // Checkpoints are made by `checkpointIfDue`: the automatic ones hide their errors.
                ("wal_autocheckpoint", .integer(0), .integer(0)),
                ("journal_size_limit", .integer(128 << 20), .integer(128 << 20)),
                ("cache_size", .integer(-16_384), .integer(-16_384)), ("temp_store", .integer(2), .integer(2)),
            ] as [(String, SQLiteValue, SQLiteValue)] {
                try connection.setPragma(name, value)
                let found = try connection.pragma(name)
                guard found == expected else {
                    throw SQLiteError(
                        extendedCode: 1, message: "\(name) stays \(found ?? .null)", operation: "configure")
                }
            }
        } catch {
            throw StoreError(error, doing: "open the store \(folder)")
        }
    }

    /// Runs a body with the connection, for tests and maintenance.
    func perform<Value>(
        _ doing: String, _ body: (SQLiteConnection) throws(SQLiteError) -> Value
    ) throws(StoreError) -> Value {
        do throws(SQLiteError) {
            return try body(connection)
        } catch {
            throw StoreError(error, doing: doing)
        }
    }

    // MARK: Writing

    /// Writes all batches in one transaction. Gives for each nil, or why nothing of it is stored.
    func write(_ batches: [EncodedBatch]) -> [StoreError?] {
        if let failure { return batches.map { _ in failure } }
        do {
            // The second time each batch can be taken back alone, which costs a savepoint for each.
            if let results = try write(batches, apart: false) { return results }
            return try write(batches, apart: true) ?? []
        } catch {
            let failure = judge(error)
            return batches.map { _ in failure }
        }
    }

    /// Nil when a batch was refused after a part of it was written; then nothing is stored.
    private func write(_ batches: [EncodedBatch], apart: Bool) throws -> [StoreError?]? {
        try connection.cached("BEGIN IMMEDIATE").run()
        do {
            try forgetIfOthersWrote()
            var results: [StoreError?] = []
            results.reserveCapacity(batches.count)
            for batch in batches {
                let id = Array(batch.run.utf8)
                let before = changed[id]
                if apart { try connection.cached("SAVEPOINT batch").run() }
                do {
                    try writeOne(batch, id)
                    results.append(nil)
                } catch let refusal as Refusal {
                    guard apart || refusal.isClean else {
                        rollBack()
                        return nil
                    }
                    if apart { try connection.cached("ROLLBACK TO batch").run() }
                    changed[id] = before
                    results.append(refusal.error)
                }
                if apart { try connection.cached("RELEASE batch").run() }
            }
            try commit()
            return results
        } catch {
            rollBack()
            throw error
        }
    }

    /// Writes all batches in one transaction, or none of them.
    func writeTogether(_ batches: [EncodedBatch]) throws(StoreError) {
        if let failure { throw failure }
        do {
            try connection.cached("BEGIN IMMEDIATE").run()
            do {
                try forgetIfOthersWrote()
                for batch in batches { try writeOne(batch, Array(batch.run.utf8)) }
                try commit()
            } catch {
                rollBack()
                throw error
            }
        } catch let refusal as Refusal {
            throw refusal.error
        } catch {
            throw judge(error)
        }
    }

    private func commit() throws(SQLiteError) {
        try writeHeads()
        try connection.cached("COMMIT").run()
        if let (run, head) = changed.first {
            pen.write(run: String(decoding: run, as: UTF8.self), sequence: head.sequence)
        }
        if heads.count + changed.count > Self.mostHeads { heads.removeAll() }
        heads.merge(changed) { _, new in new }
        changed.removeAll(keepingCapacity: true)
    }

    private func rollBack() {
        changed.removeAll(keepingCapacity: true)
        // Some errors, a full disk for one, make SQLite roll back by itself.
        guard connection.isInTransaction else { return }
        try? connection.cached("ROLLBACK").run()
    }

    /// The write lock is held: what is read now stays true until the commit.
    private func forgetIfOthersWrote() throws(SQLiteError) {
        let statement = try connection.cached("PRAGMA data_version")
        defer { statement.reset() }
        let version: SQLiteValue? = try statement.step() ? statement.value(0) : nil
        if version != dataVersion { heads.removeAll() }
        dataVersion = version
    }

    private func writeOne(_ batch: EncodedBatch, _ id: [UInt8]) throws {
        var isClean = true
        do {
            var head = try checkedHead(of: batch, id)
            let before = head
            if batch.session != nil { try checkSession(of: batch) }
            isClean = false
            countsSpending = batch.countsSpending
            try write(batch.contents)
            if let summary = batch.summary { try write(summary, &head) }
            if var head {
                // Before the calls: they count for it.
                if let session = batch.session { try enter(head.key, into: session) }
                try take(batch.claims)
                for error in batch.solved { try write(error, run: head.key) }
                for event in batch.events { try write(event, &head) }
                for node in batch.nodes { try write(node, run: head.key) }
                if let branch = batch.branch { try write(branch, run: head.key) }
                if before?.status != head.status || !batch.events.isEmpty { changed[id] = head }
            }
        } catch let error as StoreError {
            throw Refusal(error: error, isClean: isClean)
        } catch let error as SQLiteError where error.isConstraint || error.isTooBig {
            throw Refusal(error: StoreError(error, doing: "write run '\(batch.run)'"), isClean: isClean)
        }
    }

    /// Where the run stands; nil for a run that the batch creates. Writes nothing.
    private func checkedHead(of batch: EncodedBatch, _ id: [UInt8]) throws -> Head? {
        guard batch.concernsRun else { return nil }
        let head = try changed[id] ?? heads[id] ?? storedHead(batch.run, id)
        guard head != nil || batch.summary != nil else {
            throw StoreError(.missing, "cannot write run '\(batch.run)': there is no such run in \(folder)")
        }
        var expected = (head?.sequence ?? 0) &+ 1
        for event in batch.events {
            guard event.row.sequence == expected else {
                throw StoreError(
                    .conflict,
                    "cannot write event \(event.row.sequence) of run '\(batch.run)': the next one is \(expected). "
                        + "Another process wrote, or it was written already; read the run again.")
            }
            expected &+= 1
        }
        return head
    }

    private func storedHead(_ run: String, _ id: [UInt8]) throws -> Head? {
        let statement = try connection.cached("SELECT key, last_sequence, last_hash, status FROM run WHERE id = ?")
        try statement.bind(1, run)
        let head = try statement.firstRow { row in
            guard let hash = SHA256Digest(bytes: row.blob(2)) else {
                throw StoreError(.corrupt, "the row of run '\(run)' in \(folder) is damaged")
            }
            return Head(
                key: row.int64(0), sequence: row.int64(1), hash: hash, status: RunStatus(rawValue: row.text(3)))
        }
        heads[id] = head
        return head
    }

    private func writeHeads() throws(SQLiteError) {
        for head in changed.values {
            let statement = try connection.cached("UPDATE run SET last_sequence = ?, last_hash = ? WHERE key = ?")
            try statement.bind(1, head.sequence)
            try statement.bind(2, head.hash.bytes)
            try statement.bind(3, head.key)
            try statement.run()
        }
    }

    /// Runs a body as a transaction of its own, between those of the runs.
    func transact<Value>(_ body: () throws -> Value) throws(StoreError) -> Value {
        if let failure { throw failure }
        do { return try connection.transaction(.immediate, body) } catch { throw judge(error) }
    }

    // MARK: Failing

    /// What is tried when a file grows: SQLITE_IOERR_WRITE, _SHMSIZE, _SHMMAP. Never a failed fsync.
    private static let growing: [Int32] = [10 | 3 << 8, 10 | 19 << 8, 10 | 21 << 8]

    /// What an error means for the callers, and for all that comes after it.
    func judge(_ error: any Error) -> StoreError {
        if let error = error as? StoreError { return error }
        guard let error = error as? SQLiteError else { return StoreError(.inputOutput, "\(error)") }
        let doing = "write to the store \(folder)"
        guard error.isIOError else { return StoreError(error, doing: doing) }
        if Self.growing.contains(error.extendedCode), let free = try? File.freeSpace(at: folder), free < 1 << 20 {
            // The index of the log, for one, cannot grow: SQLite does not call that a full disk.
            return StoreError(
                .diskFull, "cannot \(doing): \(error.message) (SQLite code \(error.extendedCode)). Make room.")
        }
        // After a failed fsync the system may have dropped what it could not write, and the next fsync succeeds.
        // Nothing that is still in memory can be trusted; what is on the disk is found at the next start.
        let failure = StoreError(
            .inputOutput,
            "cannot \(doing): \(error.message) (SQLite code \(error.extendedCode)). "
                + "Nothing more is written; check the disk, then start again.")
        self.failure = failure
        return failure
    }

    // MARK: Checkpoints

    /// Moves the log to the database file when it has grown long. Called after the callers have their answers.
    func checkpointIfDue() {
        let pages = connection.pagesWritten
        // After a try that a reader held up, or that found the disk full, a while passes before the next.
        guard failure == nil, pages - pagesAtCheckpoint >= pagesPerCheckpoint else { return }
        pagesAtCheckpoint = pages
        do throws(SQLiteError) {
            let checkpoint = try connection.cached("PRAGMA wal_checkpoint(PASSIVE)")
            let pagesInLog = try checkpoint.step() ? checkpoint.int64(1) : 0
            checkpoint.reset()
            // Readers that follow each other closely keep the log from being begun anew: wait for them once.
            if pagesInLog > 2 * pagesPerCheckpoint {
                try connection.setPragma("busy_timeout", .integer(Self.patienceWithReaders))
                defer { _ = try? connection.setPragma("busy_timeout", .integer(5000)) }
                try connection.cached("PRAGMA wal_checkpoint(RESTART)").run()
            }
        } catch {
            // Remembers a failed fsync; with a full disk all is still in the log.
            if error.isIOError { _ = judge(error) }
        }
        // What the checkpoint itself wrote is not in the log.
        pagesAtCheckpoint = connection.pagesWritten
    }

    /// Empties the log before the connection is closed. What fails here is done at the next start.
    func finish() {
        guard failure == nil else { return }
        try? connection.execute("PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)")
    }
}
