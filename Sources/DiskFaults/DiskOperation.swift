// SPDX-License-Identifier: Apache-2.0

import CFaultVFS

/// Something that was done to the disk, by absolute paths.
package enum DiskOperation: Sendable {
    case create(String)
    case write(String, offset: Int, bytes: [UInt8])
    case truncate(String, size: Int)
    /// Of a file or a directory.
    case sync(String)
    /// As Linux does it: what was not on the disk is given up, and the next sync says nothing of it.
    case syncFailed(String)
    case delete(String)
    case makeDirectory(String)
    case rename(String, to: String)
    case link(String, to: String)

    init?(_ operation: flow_disk_operation) {
        guard let name = operation.path else { return nil }
        let path = String(cString: name)
        let other = operation.other.map { String(cString: $0) } ?? ""
        switch Int(operation.kind) {
        case FLOW_DISK_CREATE: self = .create(path)
        case FLOW_DISK_WRITE:
            let bytes = UnsafeRawBufferPointer(start: operation.bytes, count: Int(operation.size))
            self = .write(path, offset: Int(operation.offset), bytes: Array(bytes))
        case FLOW_DISK_TRUNCATE: self = .truncate(path, size: Int(operation.size))
        case FLOW_DISK_SYNC: self = .sync(path)
        case FLOW_DISK_SYNC_FAILED: self = .syncFailed(path)
        case FLOW_DISK_DELETE: self = .delete(path)
        case FLOW_DISK_MAKE_DIRECTORY: self = .makeDirectory(path)
        case FLOW_DISK_RENAME: self = .rename(path, to: other)
        case FLOW_DISK_LINK: self = .link(path, to: other)
        default: return nil
        }
    }
}
