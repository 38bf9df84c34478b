// SPDX-License-Identifier: Apache-2.0

import CFaultVFS
import Glibc

/// A fault to be made: the n-th operation of a kind fails, once or from then on.
package struct DiskFault: Sendable, Hashable, CustomStringConvertible {
    /// What fails, and how.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case open, read, write, full, sync, truncate, size, lock, delete, access
        case shmMap = "shm-map"
        case shmLock = "shm-lock"
        case fileOpen = "file-open"
        case fileWrite = "file-write"
        case fileFull = "file-full"
        case fileSync = "file-sync"
        case fileRename = "file-rename"
        case fileLink = "file-link"
        case fileMkdir = "file-mkdir"

        /// Whether it concerns other files than those of SQLite.
        package var concernsFiles: Bool { rawValue.hasPrefix("file-") }

        /// Whether it is a sync: what was not on the disk is given up.
        var isSync: Bool { self == .sync || self == .fileSync }

        /// The operation as the VFS counts it.
        var operation: Int32 {
            let operation =
                switch self {
                case .open: FLOW_FAULT_OPEN
                case .read: FLOW_FAULT_READ
                case .write, .full: FLOW_FAULT_WRITE
                case .sync: FLOW_FAULT_SYNC
                case .truncate: FLOW_FAULT_TRUNCATE
                case .size: FLOW_FAULT_SIZE
                case .lock: FLOW_FAULT_LOCK
                case .delete: FLOW_FAULT_DELETE
                case .access: FLOW_FAULT_ACCESS
                case .shmMap: FLOW_FAULT_SHM_MAP
                case .shmLock: FLOW_FAULT_SHM_LOCK
                case .fileOpen: FLOW_FAULT_FILE_OPEN
                case .fileWrite, .fileFull: FLOW_FAULT_FILE_WRITE
                case .fileSync: FLOW_FAULT_FILE_SYNC
                case .fileRename: FLOW_FAULT_FILE_RENAME
                case .fileLink: FLOW_FAULT_FILE_LINK
                case .fileMkdir: FLOW_FAULT_FILE_MKDIR
                }
            return Int32(operation)
        }

        /// The result code that SQLite gets: SQLITE_CANTOPEN, SQLITE_FULL, or SQLITE_IOERR with what failed; for other
        /// files EIO or ENOSPC.
        var code: Int32 {
            switch self {
            case .open: 14
            case .full: 13
            case .read: 10 | 1 << 8
            case .write: 10 | 3 << 8
            case .sync: 10 | 4 << 8
            case .truncate: 10 | 6 << 8
            case .size: 10 | 7 << 8
            case .delete: 10 | 10 << 8
            case .access: 10 | 13 << 8
            case .lock: 10 | 15 << 8
            case .shmLock: 10 | 20 << 8
            case .shmMap: 10 | 21 << 8
            case .fileOpen, .fileWrite, .fileSync, .fileRename, .fileLink: EIO
            case .fileFull, .fileMkdir: ENOSPC
            }
        }
    }

    package var kind: Kind
    /// From 1.
    package var nth: Int
    package var isForEver: Bool

    /// A fault.
    package init(_ kind: Kind, nth: Int, isForEver: Bool) {
        self.kind = kind
        self.nth = nth
        self.isForEver = isForEver
    }

    package var description: String { "\(kind.rawValue) \(nth) \(isForEver ? "for ever" : "once")" }
}
