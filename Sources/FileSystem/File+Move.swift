// SPDX-License-Identifier: Apache-2.0

import Glibc

extension File {
    /// Gives a file another name in the same file system, replacing a file of that name.
    public static func rename(_ path: String, to newPath: String) throws(FileError) {
        try path.requireNoNUL("rename")
        try newPath.requireNoNUL("rename")
        guard Glibc.rename(path, newPath) == 0 else { throw .last("rename", path) }
    }

    /// Copies the content and the permissions of a regular file.
    ///
    /// - Parameters:
    ///   - path: the file to read. A symbolic link is followed.
    ///   - newPath: the file to make. It is removed again if the copy fails.
    ///   - replacing: accept a file that is there already, and replace its content.
    public static func copy(
        _ path: String,
        to newPath: String,
        replacing: Bool = false
    ) throws(FileError) {
        let source = try Descriptor(open: path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
        let status = try FileStatus(source.status(path))
        guard status.kind == .file else { throw FileError(operation: "copy", path: path, code: EINVAL) }
        if replacing, let old = try? Self.status(of: newPath), old.inode == status.inode, old.device == status.device {
            return
        }
        let flags = O_WRONLY | O_CREAT | (replacing ? O_TRUNC : O_EXCL)
        let target = try Descriptor(open: newPath, flags, mode: status.permissions)
        do throws(FileError) {
            try copyContent(source, path, target, newPath)
            try target.close(newPath)
        } catch {
            unlink(newPath)
            throw error
        }
    }

    private static func copyContent(
        _ source: borrowing Descriptor,
        _ path: String,
        _ target: borrowing Descriptor,
        _ newPath: String
    ) throws(FileError) {
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        let (input, output) = (source.number, target.number)
        while true {
            let count = buffer.withUnsafeMutableBytes { memory in
                retryingInterrupts { Glibc.read(input, memory.baseAddress, memory.count) }
            }
            guard count >= 0 else { throw .last("read", path) }
            if count == 0 { return }
            let code = buffer.withUnsafeBytes {
                writeFully(output, UnsafeRawBufferPointer(rebasing: $0[..<count])).code
            }
            guard code == 0 else { throw FileError(operation: "write", path: newPath, code: code) }
        }
    }

    /// Gives a file a second name, or copies it where the file system cannot do that.
    ///
    /// Both names then may lead to one content: use it for files that are never changed. A copy is on the disk when this
    /// returns; its name, as that of a link, is when the directory has been synced.
    public static func hardLinkOrCopy(_ path: String, to newPath: String) throws(FileError) {
        try path.requireNoNUL("link")
        try newPath.requireNoNUL("link")
        if link(path, newPath) == 0 { return }
        switch errno {
        case EXDEV, EPERM, EMLINK, ENOSYS, EOPNOTSUPP:
            try copy(path, to: newPath)
            try syncContent(newPath)
        default: throw .last("link", newPath)
        }
    }

    /// Makes a symbolic link at `path` that holds the text `target`.
    public static func symlink(_ target: String, at path: String) throws(FileError) {
        try target.requireNoNUL("link")
        try path.requireNoNUL("link")
        guard Glibc.symlink(target, path) == 0 else { throw .last("link", path) }
    }

    /// Sets the permission bits of a file, such as `0o644`.
    public static func setPermissions(_ mode: UInt32, of path: String) throws(FileError) {
        try path.requireNoNUL("change the permissions of")
        guard chmod(path, mode) == 0 else { throw .last("change the permissions of", path) }
    }

    /// Waits until the names in a directory are on the disk.
    public static func syncDirectory(_ path: String) throws(FileError) {
        try Descriptor(open: path, O_RDONLY | O_DIRECTORY).sync(path)
    }
}
