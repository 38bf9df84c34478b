// SPDX-License-Identifier: Apache-2.0

import Glibc

extension File {
    /// Makes a directory.
    ///
    /// - Parameters:
    ///   - path: the directory.
    ///   - intermediates: make the directories above it too, and accept one that is there already.
    ///   - mode: the permissions of each new directory, less what the umask of the process takes away.
    public static func createDirectory(
        _ path: String,
        intermediates: Bool = true,
        mode: UInt32 = 0o755
    ) throws(FileError) {
        try path.requireNoNUL("create the directory")
        guard intermediates else {
            guard mkdir(path, mode) == 0 else { throw .last("create the directory", path) }
            return
        }
        // Up to the first directory that is there, then down again.
        var missing: [String] = []
        var current = path
        while mkdir(current, mode) != 0 {
            let code = errno
            if code == EEXIST || code == EISDIR {
                if isDirectory(current) { break }
                throw FileError(operation: "create the directory", path: current, code: ENOTDIR)
            }
            let parent = FilePath.dirname(current)
            guard code == ENOENT, parent != current else {
                throw FileError(operation: "create the directory", path: current, code: code)
            }
            missing.append(current)
            current = parent
        }
        for directory in missing.reversed() where mkdir(directory, mode) != 0 {
            // Somebody else may make the same directories now.
            let code = errno
            guard code == EEXIST, isDirectory(directory) else {
                throw FileError(operation: "create the directory", path: directory, code: code)
            }
        }
    }

    /// Makes a new empty directory for this user alone, below `folder`, `TMPDIR` or `/tmp`; gives its path.
    public static func makeTemporaryDirectory(
        prefix: String,
        in folder: String? = nil
    ) throws(FileError) -> String {
        let parent = folder ?? ProcessEnvironment.get("TMPDIR").flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        let template = FilePath.join(parent, prefix + "XXXXXX")
        try template.requireNoNUL("create the directory")
        var bytes = Array(template.utf8CString)
        let made = bytes.withUnsafeMutableBufferPointer { buffer -> String? in
            guard let base = buffer.baseAddress, mkdtemp(base) != nil else { return nil }
            return String(cString: base)
        }
        guard let made else { throw .last("create the directory", template) }
        return made
    }

    /// The names in a directory, without `.` and `..`, sorted by their bytes.
    public static func list(_ path: String) throws(FileError) -> [DirectoryEntry] {
        let stream = try DirectoryStream(Descriptor(open: path, O_RDONLY | O_DIRECTORY), path)
        var entries: [DirectoryEntry] = []
        for entry in try stream.entries(path) {
            guard let kind = entry.kind ?? stream.kind(of: entry.name) else { continue }
            let name = String(decoding: entry.name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            entries.append(DirectoryEntry(name: name, kind: kind))
        }
        return entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// Removes a file, a symbolic link or an empty directory.
    public static func remove(_ path: String) throws(FileError) {
        try path.requireNoNUL("remove")
        if Glibc.unlink(path) == 0 { return }
        let code = errno
        // Linux says EISDIR for a directory, POSIX asks for EPERM.
        guard code == EISDIR || code == EPERM, kind(of: path) == .directory else {
            throw FileError(operation: "remove", path: path, code: code)
        }
        guard rmdir(path) == 0 else { throw .last("remove", path) }
    }

    /// Removes a file if it is there, whatever happens.
    static func unlink(_ path: String) {
        _ = Glibc.unlink(path)
    }

    /// Removes a directory that is empty; does nothing when it is not, or not there.
    public static func removeIfEmpty(_ path: String) { _ = rmdir(path) }

    /// Removes a file, or a directory with everything below it. Nothing at the path is no error.
    ///
    /// Symbolic links are removed, never followed, also when somebody swaps a directory for a link meanwhile. The
    /// depth of the tree is not limited: three descriptors are open at most.
    public static func removeTree(_ path: String) throws(FileError) {
        // Most of what is removed so is an empty directory.
        if !path.utf8.contains(0), rmdir(path) == 0 || errno == ENOENT { return }
        do throws(FileError) {
            try remove(path)
            return
        } catch {
            if error.isNotFound { return }
            guard error.isExisting else { throw error }
        }
        try empty(path)
        guard rmdir(path) == 0 || errno == ENOENT else { throw .last("remove", path) }
    }

    /// Removes everything below a directory.
    private static func empty(_ path: String) throws(FileError) {
        struct Level {
            var name: [CChar]
            var directories: [[CChar]]
            var device: UInt64
            var inode: UInt64
        }

        var current = try DirectoryStream(Descriptor(open: path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW), path)
        var levels: [Level] = []
        func enter(_ stream: borrowing DirectoryStream, _ name: [CChar]) throws(FileError) {
            let status = try stream.status(path)
            let directories = try stream.removeFiles(path)
            levels.append(
                Level(name: name, directories: directories, device: status.device, inode: status.inode))
        }
        try enter(current, [])
        while let level = levels.last {
            if let name = level.directories.last {
                levels[levels.count - 1].directories.removeLast()
                current = try current.open(name, path)
                try enter(current, name)
                continue
            }
            levels.removeLast()
            guard let parent = levels.last else { return }
            current = try current.open([0x2E, 0x2E, 0], path)
            let status = try current.status(path)
            guard status.device == parent.device, status.inode == parent.inode else {
                // The directory was moved while it was being emptied; to go on would remove what is not ours.
                throw FileError(operation: "remove", path: path, code: ESTALE)
            }
            try current.removeDirectory(level.name, path)
        }
    }
}
