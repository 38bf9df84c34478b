// SPDX-License-Identifier: Apache-2.0

import CSQLite

extension SQLiteConnection {
    /// Copies the whole database, as it is now, into a file. Content that is there is replaced.
    ///
    /// Other connections may go on to read, and in WAL mode to write.
    public func backup(to path: String) throws(SQLiteError) {
        let target = try SQLiteConnection(path)
        let database = target.handle.database
        guard let backup = sqlite3_backup_init(database, "main", handle.database, "main") else {
            throw target.handle.error("back up", nil)
        }
        let code = sqlite3_backup_step(backup, -1)
        // Takes over the error of the step, except that a locked database is no error to it.
        let end = sqlite3_backup_finish(backup)
        guard code == SQLITE_DONE, end == SQLITE_OK else {
            let failure = code == SQLITE_DONE ? end : code
            throw SQLiteError(
                extendedCode: failure, message: String(cString: sqlite3_errstr(failure)), operation: "back up")
        }
    }
}
