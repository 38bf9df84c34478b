// SPDX-License-Identifier: Apache-2.0

import Glibc

extension File {
    /// What the system knows of a path.
    ///
    /// - Parameter followingLinks: describe what a symbolic link leads to, not the link.
    public static func status(
        of path: String,
        followingLinks: Bool = true
    ) throws(FileError) -> FileStatus {
        try path.requireNoNUL("examine")
        var status = stat()
        guard (followingLinks ? stat(path, &status) : lstat(path, &status)) == 0 else {
            throw .last("examine", path)
        }
        return FileStatus(status)
    }

    /// What is at a path, nil when there is nothing or it cannot be seen. A symbolic link is not followed.
    public static func kind(of path: String) -> FileKind? {
        try? status(of: path, followingLinks: false).kind
    }

    /// Whether a path leads to something that can be seen. Symbolic links are followed.
    public static func exists(_ path: String) -> Bool {
        (try? status(of: path)) != nil
    }

    /// Whether a path leads to a directory. Symbolic links are followed.
    public static func isDirectory(_ path: String) -> Bool {
        (try? status(of: path))?.kind == .directory
    }

    /// Whether the user may run the file at a path.
    public static func isExecutable(_ path: String) -> Bool {
        (try? status(of: path))?.kind == .file && access(path, X_OK) == 0
    }

    /// The size of a file in bytes.
    public static func size(of path: String) throws(FileError) -> Int64 {
        try status(of: path).size
    }

    /// The time of the last change of the content, since 1970-01-01 00:00 UTC.
    public static func modificationTime(of path: String) throws(FileError) -> Duration {
        try status(of: path).modificationTime
    }

    /// The bytes that an ordinary user can still write to the file system of a path.
    public static func freeSpace(at path: String) throws(FileError) -> Int64 {
        try path.requireNoNUL("examine")
        var status = statvfs()
        guard retryingInterrupts({ statvfs(path, &status) }) == 0 else { throw .last("examine", path) }
        let (bytes, isTooMuch) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return isTooMuch ? .max : Int64(clamping: bytes)
    }

    /// The absolute path with every symbolic link and every `.` and `..` resolved. The path must exist.
    public static func realPath(_ path: String) throws(FileError) -> String {
        try path.requireNoNUL("resolve")
        guard let resolved = realpath(path, nil) else { throw .last("resolve", path) }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// The text that a symbolic link holds.
    public static func linkTarget(of path: String) throws(FileError) -> String {
        try path.requireNoNUL("read the link")
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = buffer.withUnsafeMutableBytes { bytes in
            bytes.bindMemory(to: CChar.self).baseAddress.map { readlink(path, $0, bytes.count) } ?? -1
        }
        guard count >= 0 else { throw .last("read the link", path) }
        return String(decoding: buffer.prefix(count), as: UTF8.self)
    }

    /// The directory that relative paths start from.
    public static func currentDirectory() throws(FileError) -> String {
        guard let path = getcwd(nil, 0) else { throw .last("find the current directory", ".") }
        defer { free(path) }
        return String(cString: path)
    }

    /// The home of the user: `HOME` when it is an absolute path, else what the user database says, else nil.
    public static func homeDirectory() -> String? {
        if let home = ProcessEnvironment.get("HOME"), FilePath.isAbsolute(home) { return home }
        var record = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16 << 10)
        return buffer.withUnsafeMutableBufferPointer { memory in
            guard let base = memory.baseAddress,
                getpwuid_r(getuid(), &record, base, memory.count, &found) == 0, found != nil, let path = record.pw_dir
            else { return nil }
            return String(cString: path)
        }
    }
}
