// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What a path leads to.
public enum FileKind: String, Sendable, Hashable {
    /// A regular file.
    case file
    /// A directory.
    case directory
    /// A symbolic link.
    case symlink
    /// A device, a pipe or a socket.
    case other

    init(mode: mode_t) {
        self =
            switch mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            case S_IFLNK: .symlink
            default: .other
            }
    }
}

/// What the system knows of a file without opening it.
public struct FileStatus: Sendable, Hashable {
    /// What it is.
    public let kind: FileKind
    /// The size in bytes; of a directory or device this means nothing.
    public let size: Int64
    /// The time of the last change of the content, since 1970-01-01 00:00 UTC.
    public let modificationTime: Duration
    /// The permission bits, such as `0o644`.
    public let permissions: UInt32
    /// The number of the file system; with ``inode`` it tells whether two paths lead to one file.
    public let device: UInt64
    /// The number of the file in its file system.
    public let inode: UInt64
    /// How many names lead to the file.
    public let linkCount: Int

    init(_ status: stat) {
        kind = FileKind(mode: status.st_mode)
        size = Int64(status.st_size)
        modificationTime =
            .seconds(Int64(status.st_mtim.tv_sec)) + .nanoseconds(Int64(status.st_mtim.tv_nsec))
        permissions = UInt32(status.st_mode & 0o7777)
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        linkCount = Int(clamping: status.st_nlink)
    }
}

/// One name in a directory.
public struct DirectoryEntry: Sendable, Hashable {
    /// The name, without a folder. Bytes that are not UTF-8 are replaced, such a file cannot be opened by this name.
    public let name: String
    /// What it is; a link is not followed.
    public let kind: FileKind

    /// Makes an entry.
    public init(name: String, kind: FileKind) {
        self.name = name
        self.kind = kind
    }
}
