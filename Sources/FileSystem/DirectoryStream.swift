// SPDX-License-Identifier: Apache-2.0

import Glibc

/// An open directory: its names, and what is below it, named relative to it.
///
/// Names are C strings with the NUL at the end, because a name need not be UTF-8.
struct DirectoryStream: ~Copyable {
    struct Entry {
        let name: [CChar]
        /// Nil when the file system does not say.
        let kind: FileKind?
    }

    private let stream: OpaquePointer

    init(_ descriptor: consuming Descriptor, _ path: String) throws(FileError) {
        // The stream takes over a copy, so that there is one owner of each on every path.
        let copy = fcntl(descriptor.number, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw .last("list", path) }
        guard let stream = fdopendir(copy) else {
            let code = errno
            _ = Glibc.close(copy)
            throw FileError(operation: "list", path: path, code: code)
        }
        self.stream = stream
    }

    deinit {
        closedir(stream)
    }

    private var number: Int32 { dirfd(stream) }

    func status(_ path: String) throws(FileError) -> FileStatus {
        var status = stat()
        guard fstat(number, &status) == 0 else { throw .last("examine", path) }
        return FileStatus(status)
    }

    func open(_ name: [CChar], _ path: String) throws(FileError) -> DirectoryStream {
        let number = retryingInterrupts {
            openat(self.number, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        }
        guard number >= 0 else { throw .last("open", path) }
        return try DirectoryStream(Descriptor(owning: number), path)
    }

    func kind(of name: [CChar]) -> FileKind? {
        var status = stat()
        guard fstatat(number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
        return FileKind(mode: status.st_mode)
    }

    /// All names but `.` and `..`.
    func entries(_ path: String) throws(FileError) -> [Entry] {
        var entries: [Entry] = []
        rewinddir(stream)
        while true {
            errno = 0
            guard let record = readdir(stream) else {
                guard errno == 0 else { throw .last("list", path) }
                return entries
            }
            let name = Self.name(of: record)
            if name == [0x2E, 0] || name == [0x2E, 0x2E, 0] { continue }
            let kind: FileKind? =
                switch Int(record.pointee.d_type) {
                case Int(DT_REG): .file
                case Int(DT_DIR): .directory
                case Int(DT_LNK): .symlink
                case Int(DT_UNKNOWN): nil
                default: .other
                }
            entries.append(Entry(name: name, kind: kind))
        }
    }

    /// Removes everything that is not a directory; gives the names of the directories.
    func removeFiles(_ path: String) throws(FileError) -> [[CChar]] {
        var directories: [[CChar]] = []
        for entry in try entries(path) {
            if (entry.kind ?? kind(of: entry.name)) == .directory {
                directories.append(entry.name)
            } else if unlinkat(number, entry.name, 0) != 0, errno != ENOENT {
                throw .last("remove", path)
            }
        }
        return directories
    }

    func removeDirectory(_ name: [CChar], _ path: String) throws(FileError) {
        guard unlinkat(number, name, AT_REMOVEDIR) == 0 || errno == ENOENT else { throw .last("remove", path) }
    }

    /// The record is as long as its name, so the array of the C type must not be copied as a whole.
    private static func name(of record: UnsafeMutablePointer<dirent>) -> [CChar] {
        guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { return [0] }
        let start = (UnsafeRawPointer(record) + offset).assumingMemoryBound(to: CChar.self)
        return Array(UnsafeBufferPointer(start: start, count: strlen(start) + 1))
    }

    /// The name of a record as text; bytes that are no UTF-8 are replaced.
    static func text(of record: UnsafeMutablePointer<dirent>) -> String {
        String(decoding: name(of: record).dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
