// SPDX-License-Identifier: Apache-2.0

import FileSystem
public import FlowCore
import SQLite

/// Copies of a whole store, made while runs go on, and the way back.
///
/// The database is copied first, as it is at one moment. Whatever it refers to was written before that moment and is
/// never changed, and only garbage collection, which waits for the copy, removes anything.
public enum StoreBackup {
    /// What a backup holds.
    public struct Result: Sendable, Hashable {
        public var folder: String
        public var bytes: Int64
        /// The check of the copy.
        public var report: StoreReport
        /// Where the store went that was there before; only of a restore.
        public var former: String?
    }

    /// Copies a store into a folder that is not there yet; it appears whole or not at all.
    ///
    /// Throws `missing` when there is no store, `conflict` when the folder is there, `busy` while garbage is collected.
    public static func make(of folder: String, in target: String) throws(StoreError) -> Result {
        guard !File.exists(target) else {
            throw StoreError(.conflict, "\(target) is there already; a backup goes into a new folder")
        }
        try StoreCheck.requireStore(in: folder)
        let doing = "back up the store \(folder) into \(target)"
        let lock = try StoreCollector.lock(folder, doing: doing)
        defer { lock.release() }
        do {
            let parent = FilePath.dirname(FilePath.normalise(target))
            try File.createDirectory(parent)
            let temporary = try File.makeTemporaryDirectory(prefix: ".flow-backup-", in: parent)
            do {
                let bytes = try copy(folder, to: temporary)
                let report = try StoreCheck.run(folder: temporary)
                try File.rename(temporary, to: target)
                try File.syncDirectory(parent)
                return Result(folder: target, bytes: bytes, report: report.moved(from: temporary, to: target))
            } catch {
                try? File.removeTree(temporary)
                throw error
            }
        } catch {
            throw StoreError(any: error, doing: doing)
        }
    }

    /// Puts a copy in the place of a store, after a check that it is whole.
    ///
    /// - Parameter force: whether a store that is there may be moved aside.
    /// Throws `corrupt` when the copy is damaged, `conflict` when there is a store, `busy` when an engine owns it.
    public static func restore(
        _ backup: String, to folder: String, force: Bool = false
    ) throws(StoreError) -> Result {
        let doing = "restore \(backup) to \(folder)"
        let report = try StoreCheck.run(folder: backup)
        if let problem = report.problems.first {
            throw StoreError(.corrupt, "cannot \(doing): \(problem.description)")
        }
        let isThere = File.exists(folder)
        guard !isThere || force else {
            throw StoreError(.conflict, "cannot \(doing): there is a store; `--force` moves it aside")
        }
        let owner = isThere ? try StoreOwner.acquire(folder: folder) : nil
        defer { owner?.release() }
        do {
            let parent = FilePath.dirname(FilePath.normalise(folder))
            try File.createDirectory(parent)
            let temporary = try File.makeTemporaryDirectory(prefix: ".flow-restore-", in: parent)
            do {
                let bytes = try copy(backup, to: temporary)
                var former: String?
                if isThere {
                    let name = "\(FilePath.normalise(folder)).before-\(WallClock.now.iso8601)"
                    try File.rename(folder, to: name)
                    former = name
                }
                try File.rename(temporary, to: folder)
                try File.syncDirectory(parent)
                return Result(
                    folder: folder, bytes: bytes, report: report.moved(from: backup, to: folder), former: former)
            } catch {
                try? File.removeTree(temporary)
                throw error
            }
        } catch {
            throw StoreError(any: error, doing: doing)
        }
    }

    /// Copies a store into an empty folder. Gives the number of bytes.
    private static func copy(_ folder: String, to target: String) throws -> Int64 {
        let objects = ObjectFolder(path: FilePath.join(folder, "objects"))
        let reader = StoreReader(folder: folder, objects: objects)
        let database = FilePath.join(target, SQLiteRunStore.databaseName)
        try reader.connection().backup(to: database)
        var copied = TreeCopy()
        let copies = ObjectFolder(path: FilePath.join(target, "objects"))
        let copy = StoreReader(folder: target, objects: copies)
        var bytes = try File.size(of: database)
        try copy.connection().prepare("SELECT digest FROM content WHERE bytes IS NULL").forEachRow { row in
            guard let digest = Digest(bytes: row.blob(0)) else { return }
            let source = objects.path(of: digest)
            let (found, size) = try copies.copy(source)
            guard found == digest else {
                throw StoreError(.corrupt, "the file \(source) does not match its digest. `flow db check` tells more")
            }
            bytes += size
            try copied.note(source, copiedTo: copies.path(of: digest))
        }
        let (old, new) = (RunLayout(folder: folder), RunLayout(folder: target))
        var runs: [(id: String, source: Digest?)] = []
        try copy.connection().prepare("SELECT id, source FROM run").forEachRow { row in
            runs.append((row.text(0), Digest(bytes: row.blob(1))))
        }
        var sources: Set<String> = []
        for (run, source) in runs {
            for part in ["inputs", "artifacts", "logs"] {
                try copied.copy(
                    FilePath.join(old.run(run), part), to: FilePath.join(new.run(run), part))
            }
            guard let source else { continue }
            for name in StoredSource(folder: old.source(source.hex)).names where sources.insert(name).inserted {
                try copied.copy(old.source(name), to: new.source(name))
            }
        }
        try File.syncDirectory(target)
        return bytes + copied.bytes
    }
}

extension StoreReport {
    /// The report with the paths that hold after a folder got its name.
    func moved(from old: String, to new: String) -> StoreReport {
        var report = self
        for index in report.problems.indices {
            func moved(_ text: String) -> String {
                text.split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
            }
            report.problems[index].message = moved(report.problems[index].message)
            report.problems[index].path = report.problems[index].path.map(moved)
        }
        return report
    }
}

extension StoreError {
    /// The error of any layer below, with what was being done.
    init(any error: any Error, doing: String) {
        switch error {
        case let error as StoreError: self = error
        case let error as SQLiteError: self.init(error, doing: doing)
        case let error as FileError: self.init(error, doing: doing)
        case let error as SQLiteMigrationError: self.init(error, doing: doing)
        default: self.init(.inputOutput, "cannot \(doing): \(error)")
        }
    }
}
