// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import SQLite

extension StoreError {
    /// The error of SQLite, with what was being done and what to do next.
    init(_ cause: SQLiteError, doing: String) {
        let (code, advice) = Self.judge(cause)
        self.init(code, "cannot \(doing): \(cause.message) (SQLite code \(cause.extendedCode)). \(advice)")
    }

    private static func judge(_ cause: SQLiteError) -> (Code, advice: String) {
        if cause.isFull { return (.diskFull, "Make room on the disk, then go on.") }
        if cause.isBusy { return (.busy, "Another process writes to it; wait for it or end it.") }
        if cause.isReadOnly || cause.isCannotOpen {
            return (.readOnly, "Check that the folder exists and that this user may write to it.")
        }
        if cause.isNotADatabase { return (.notADatabase, "Move the file away, or name another folder.") }
        if cause.isCorrupt { return (.corrupt, "Stop, and restore the folder from a backup.") }
        if cause.isConstraint { return (.conflict, "What has ended or is recorded cannot be changed.") }
        return (.inputOutput, "Check the disk before going on.")
    }

    /// The error of a migration, with what was being done and what to do next.
    init(_ cause: SQLiteMigrationError, doing: String) {
        switch cause {
        case .database(let cause), .failed(_, let cause): self.init(cause, doing: doing)
        case .foreignDatabase:
            self.init(.notADatabase, "cannot \(doing): \(cause). Move the file away, or name another folder.")
        case .newerDatabase, .unknownMigration:
            self.init(
                .newerVersion, "cannot \(doing): \(cause). Use the version of flow that wrote it, or a newer one.")
        }
    }

    /// The error of a file, with what was being done and what to do next.
    init(_ cause: FileError, doing: String) {
        let code: Code
        let advice: String
        if cause.isNoSpace {
            (code, advice) = (.diskFull, "Make room on the disk, then go on.")
        } else if cause.isReadOnly || cause.isPermission {
            (code, advice) = (.readOnly, "Check that this user may write there.")
        } else if cause.isNotFound {
            (code, advice) = (.missing, "Check the path.")
        } else {
            (code, advice) = (.inputOutput, "Check the disk before going on.")
        }
        self.init(code, "cannot \(doing): \(cause). \(advice)")
    }
}
