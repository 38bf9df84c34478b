// SPDX-License-Identifier: Apache-2.0

import FileSystem
public import FlowCore
import SQLite

/// Compares all that a store holds with what was written: pages, chains of events, rows, values and files.
///
/// Reads only, also beside a living engine. Blocks its thread.
public struct StoreCheck {
    /// The folder of the store.
    public let folder: String
    let layout: RunLayout
    let objects: ObjectFolder
    let reader: StoreReader
    let loader: WorkflowLoader
    var report = StoreReport()
    /// Digests whose content is there and as it was written.
    var whole: Set<Digest> = []
    /// Digests of which that is not so, with the problem.
    var broken: [Digest: String] = [:]
    /// Files that were compared already, by device and inode.
    var comparedFiles: [FileIdentity: Digest] = [:]
    var checkedSources: Set<Digest> = []

    struct FileIdentity: Hashable {
        var device: UInt64
        var inode: UInt64
    }

    /// A check of the store in a folder.
    public init(folder: String) {
        self.folder = folder
        layout = RunLayout(folder: folder)
        objects = ObjectFolder(path: FilePath.join(folder, "objects"))
        reader = StoreReader(folder: folder, objects: objects)
        loader = WorkflowLoader(kinds: BuiltinKinds.forCompiling(environment: [:]))
    }

    /// Checks everything. Throws when there is no store, or it is one of another version or another program.
    public static func run(folder: String) throws(StoreError) -> StoreReport {
        var check = StoreCheck(folder: folder)
        try check.run()
        return check.report
    }

    /// Throws `missing` when there is no store.
    static func requireStore(in folder: String) throws(StoreError) {
        guard File.exists(FilePath.join(folder, SQLiteRunStore.databaseName)) else {
            throw StoreError(.missing, "there is no store in \(folder)")
        }
    }

    mutating func run() throws(StoreError) {
        try Self.requireStore(in: folder)
        let connection: SQLiteConnection
        do throws(StoreError) {
            connection = try reader.connection()
        } catch {
            guard [.corrupt, .notADatabase, .inputOutput].contains(error.code) else { throw error }
            return add(.database, error.description)
        }
        checkPages(connection)
        checkSchema(connection)
        checkContents(connection)
        checkHead(connection)
        for key in keys(of: "run", connection) { checkRun(key, connection) }
    }

    mutating func add(
        _ subject: StoreProblem.Subject, run: String? = nil, node: String? = nil, path: String? = nil,
        _ message: String
    ) {
        report.problems.append(StoreProblem(subject, run: run, node: node, path: path, message))
    }

    // MARK: The database

    private mutating func checkPages(_ connection: SQLiteConnection) {
        do {
            for pragma in ["integrity_check", "foreign_key_check"] {
                try connection.prepare("PRAGMA \(pragma)").forEachRow { row in
                    let text = row.values.map { value in
                        switch value {
                        case .text(let text): text
                        case .integer(let number): String(number)
                        default: ""
                        }
                    }
                    if text != ["ok"] { add(.database, "\(pragma): \(text.joined(separator: " "))") }
                }
            }
        } catch {
            add(.database, "\(error)")
        }
    }

    /// The tables, indexes and triggers must be those of this version, to the letter.
    private mutating func checkSchema(_ connection: SQLiteConnection) {
        func schema(_ connection: SQLiteConnection) throws -> [[SQLiteValue]] {
            var rows: [[SQLiteValue]] = []
            try connection.prepare(
                "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%' ORDER BY name"
            ).forEachRow { rows.append($0.values) }
            return rows
        }
        do {
            let model = try SQLiteConnection("", mode: .memory)
            try model.migrate(StoreSchema.migrations, applicationID: StoreSchema.applicationID)
            if try schema(connection) != schema(model) { add(.database, "the schema is not that of this version") }
        } catch {
            add(.database, "the schema cannot be read: \(error)")
        }
    }

    private mutating func checkHead(_ connection: SQLiteConnection) {
        guard let mark = HeadMark(folder: folder) else { return }
        do {
            let statement = try connection.prepare("SELECT last_sequence FROM run WHERE id = ?")
            try statement.bind(1, mark.run)
            let last = try statement.firstRow { $0.int64(0) }
            if let problem = mark.problem(lastSequence: last) { add(.database, run: mark.run, problem) }
        } catch {
            add(.database, "\(error)")
        }
    }

    /// The keys of a table; what can be found when the table is damaged.
    func keys(of table: String, _ connection: SQLiteConnection) -> [Int64] {
        var keys: [Int64] = []
        do {
            try connection.prepare("SELECT key FROM \(table) ORDER BY key").forEachRow { keys.append($0.int64(0)) }
        } catch {
            // Behind a damaged page others may be whole: each key is asked for alone.
            guard let one = try? connection.prepare("SELECT key FROM \(table) WHERE key = ?") else { return keys }
            var next = (keys.last ?? 0) &+ 1
            var misses = 0
            while misses < 20_000 {
                let isThere = (try? one.bind(1, next)) != nil && ((try? one.firstRow { _ in true }) ?? nil) == true
                one.reset()
                if isThere { keys.append(next) }
                misses = isThere ? 0 : misses + 1
                next &+= 1
            }
        }
        return keys
    }

    // MARK: Contents

    private mutating func checkContents(_ connection: SQLiteConnection) {
        for key in keys(of: "content", connection) {
            do {
                let statement = try connection.cached("SELECT digest, size, bytes FROM content WHERE key = ?")
                try statement.bind(1, key)
                try statement.firstRow { row in
                    guard let digest = Digest(bytes: row.blob(0)) else {
                        return add(.content, "the row \(key) has no digest")
                    }
                    report.values += 1
                    if row.isNull(2) {
                        checkObject(digest, size: row.int64(1))
                    } else if Digest(of: row.blob(2)) == digest, Int64(row.blob(2).count) == row.int64(1) {
                        whole.insert(digest)
                    } else {
                        broken[digest] = "the value \(digest) does not match its digest"
                    }
                }
            } catch {
                add(.content, "the row \(key) cannot be read: \(error)")
            }
        }
        for (digest, problem) in broken.sorted(by: { $0.key.hex < $1.key.hex }) {
            let path = objects.path(of: digest)
            add(.content, path: File.exists(path) ? path : nil, problem)
        }
    }

    private mutating func checkObject(_ digest: Digest, size: Int64) {
        let path = objects.path(of: digest)
        do throws(FileError) {
            if try self.digest(of: path) == digest, try File.size(of: path) == size {
                whole.insert(digest)
            } else {
                broken[digest] = "the file \(path) does not match its digest"
            }
        } catch {
            broken[digest] = "\(error)"
        }
    }

    /// The digest of a file; each file is read once however many names it has.
    mutating func digest(of path: String) throws(FileError) -> Digest {
        let status = try File.status(of: path, followingLinks: false)
        let identity = FileIdentity(device: status.device, inode: status.inode)
        if let known = comparedFiles[identity] { return known }
        let digest = try ObjectFolder.digest(of: path)
        report.files += 1
        comparedFiles[identity] = digest
        return digest
    }
}
