// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import Glibc
import SQLite

/// A read-only connection. Lives on one reading thread, and is opened when it is first used.
final class StoreReader {
    let folder: String
    let objects: ObjectFolder
    private var opened: SQLiteConnection?

    init(folder: String, objects: ObjectFolder) {
        self.folder = folder
        self.objects = objects
    }

    /// Runs a body with the connection, and tells what was being done when it fails.
    func read<Value>(_ doing: String, _ body: (SQLiteConnection) throws -> Value) throws(StoreError) -> Value {
        do {
            return try body(connection())
        } catch let error as SQLiteError {
            throw StoreError(error, doing: "\(doing) from the store \(folder)")
        } catch let error as FileError {
            throw StoreError(error, doing: "\(doing) from the store \(folder)")
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(.inputOutput, "cannot \(doing) from the store \(folder): \(error)")
        }
    }

    /// The error of a row that this program did not write.
    func damaged(_ what: String) -> StoreError {
        StoreError(.corrupt, "\(what) in the store \(folder) is damaged. Stop, and restore the folder from a backup.")
    }

    /// Opens the connection, after the check that the database is a store of this version.
    func connection() throws(StoreError) -> SQLiteConnection {
        if let opened { return opened }
        let path = FilePath.join(folder, SQLiteRunStore.databaseName)
        guard File.exists(path) else {
            throw StoreError(.missing, "there is no store in \(folder): nothing has run there yet")
        }
        let doing = "open the store \(folder)"
        let owner: SQLiteValue?
        let found: SQLiteValue?
        let connection: SQLiteConnection
        do throws(SQLiteError) {
            connection = try SQLiteConnection(path, mode: .readOnly)
            owner = try connection.pragma("application_id")
            found = try connection.pragma("user_version")
        } catch {
            throw StoreError(error, doing: doing)
        }
        if owner == .integer(0), found == .integer(0) {
            throw StoreError(.missing, "the store in \(folder) is empty: nothing has run there yet")
        }
        guard owner == .integer(Int64(StoreSchema.applicationID)), case .integer(let version) = found else {
            throw StoreError(
                SQLiteMigrationError.foreignDatabase(applicationID: 0), doing: doing)
        }
        let known = StoreSchema.migrations.count
        guard version <= known else {
            throw StoreError(SQLiteMigrationError.newerDatabase(version: Int(version), known: known), doing: doing)
        }
        if version < known { try bringUpToDate(path) }
        opened = connection
        return connection
    }

    /// Migrates a store that an older program wrote. One that an older program is at work on stays as it is.
    private func bringUpToDate(_ path: String) throws(StoreError) {
        let doing = "bring the store \(folder), which an older flow wrote, up to date"
        let start = ContinuousClock.now
        while let owner = StoreOwnership.livingOwner(of: folder) {
            // An engine that begins at this moment migrates by itself.
            guard ContinuousClock.now - start < .seconds(1) else {
                throw StoreError(.busy, "cannot \(doing): process \(owner) is at work on it. Wait for it, or end it.")
            }
            usleep(10_000)
            if try isUpToDate(path, doing) { return }
        }
        do throws(SQLiteMigrationError) {
            let database: SQLiteConnection
            do throws(SQLiteError) { database = try SQLiteConnection(path) } catch { throw .database(error) }
            try database.migrate(StoreSchema.migrations, applicationID: StoreSchema.applicationID)
        } catch {
            throw StoreError(error, doing: doing)
        }
    }

    private func isUpToDate(_ path: String, _ doing: String) throws(StoreError) -> Bool {
        do throws(SQLiteError) {
            let version = try SQLiteConnection(path, mode: .readOnly).pragma("user_version")
            return version == .integer(Int64(StoreSchema.migrations.count))
        } catch {
            throw StoreError(error, doing: doing)
        }
    }
}
