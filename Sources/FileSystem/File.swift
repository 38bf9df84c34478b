// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Operations on files and directories by path. Every one blocks its thread.
///
/// A path that contains a NUL is refused with `EINVAL`. Interrupted calls are repeated.
public enum File {
    /// Reads a whole file.
    ///
    /// - Parameters:
    ///   - path: the file. A directory is refused.
    ///   - limit: the largest number of bytes to accept. More than that is an error with `isTooLarge`.
    ///   - allowSpecial: accept pipes and devices too, and wait for them. They are refused otherwise, because
    ///     reading them may never end.
    public static func read(
        _ path: String,
        limit: Int,
        allowSpecial: Bool = false
    ) throws(FileError) -> [UInt8] {
        // O_NONBLOCK: to open a pipe that nobody writes to would block before its kind is known.
        let descriptor = try Descriptor(open: path, O_RDONLY | (allowSpecial ? 0 : O_NONBLOCK | O_NOCTTY))
        let status = try descriptor.status(path)
        switch FileKind(mode: status.st_mode) {
        case .file: break
        case .directory: throw FileError(operation: "read", path: path, code: EISDIR)
        default:
            guard allowSpecial else { throw FileError(operation: "read", path: path, code: EINVAL) }
        }
        guard status.st_size <= limit else { throw FileError(operation: "read", path: path, code: EFBIG) }
        return try descriptor.readAll(path, limit: limit, expected: Int(status.st_size))
    }

    /// Reads a whole file as text; bytes that are not UTF-8 are an error with `isInvalidText`.
    public static func readText(
        _ path: String,
        limit: Int,
        allowSpecial: Bool = false
    ) throws(FileError) -> String {
        let bytes = try read(path, limit: limit, allowSpecial: allowSpecial)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw FileError(operation: "read", path: path, code: EILSEQ)
        }
        return text
    }

    /// Writes a file, replacing the content of one that is there.
    ///
    /// A crash or a full disk can leave a part of the content; see ``writeDurably(_:to:mode:)-([UInt8],_,_)``.
    /// - Parameter mode: the permissions of a new file, less what the umask of the process takes away.
    public static func write(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o644) throws(FileError) {
        try put(bytes, path, O_WRONLY | O_CREAT | O_TRUNC, mode)
    }

    /// Writes a text as UTF-8, replacing the content of a file that is there.
    public static func write(_ text: String, to path: String, mode: UInt32 = 0o644) throws(FileError) {
        try write(Array(text.utf8), to: path, mode: mode)
    }

    /// Adds bytes to the end of a file in one system call where possible; makes the file if needed.
    public static func append(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o644) throws(FileError) {
        try put(bytes, path, O_WRONLY | O_CREAT | O_APPEND, mode)
    }

    /// Adds a text as UTF-8 to the end of a file; makes the file if needed.
    public static func append(_ text: String, to path: String, mode: UInt32 = 0o644) throws(FileError) {
        try append(Array(text.utf8), to: path, mode: mode)
    }

    /// Writes a file so that after a crash there is either the old content or all of the new content.
    ///
    /// When this returns, the content and the name are on the disk. A symbolic link at `path` is replaced, not
    /// followed. On an error the old file is untouched and no temporary file is left.
    public static func writeDurably(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o644) throws(FileError) {
        try replace(path, with: bytes, mode: mode, isDurable: true)
        try syncDirectory(FilePath.dirname(path))
    }

    /// Writes a file in the place of another one: whoever opens it sees the old content or all of the new one.
    ///
    /// Only a crash of the machine can lose it, which suits a file that is kept elsewhere soon. A symbolic link at `path` is
    /// replaced, not followed. On an error the old file is untouched and no temporary file is left.
    public static func replace(_ path: String, with text: String, mode: UInt32 = 0o644) throws(FileError) {
        try replace(path, with: Array(text.utf8), mode: mode, isDurable: false)
    }

    private static func replace(
        _ path: String, with bytes: [UInt8], mode: UInt32, isDurable: Bool
    ) throws(FileError) {
        try path.requireNoNUL("write")
        let temporary = FilePath.join(FilePath.dirname(path), temporaryName())
        do throws(FileError) {
            try create(bytes, temporary, mode, isDurable: isDurable)
            try rename(temporary, to: path)
        } catch {
            unlink(temporary)
            // The caller knows the path it gave, not the temporary one.
            throw FileError(operation: error.operation, path: path, code: error.code)
        }
    }

    /// Writes a text as UTF-8 so that after a crash there is either the old content or all of the new content.
    public static func writeDurably(_ text: String, to path: String, mode: UInt32 = 0o644) throws(FileError) {
        try writeDurably(Array(text.utf8), to: path, mode: mode)
    }

    private static func put(
        _ bytes: [UInt8],
        _ path: String,
        _ flags: Int32,
        _ mode: UInt32
    ) throws(FileError) {
        let descriptor = try Descriptor(open: path, flags | O_NOCTTY, mode: mode)
        try write(bytes, descriptor, path)
        try descriptor.close(path)
    }

    private static func create(
        _ bytes: [UInt8], _ path: String, _ mode: UInt32, isDurable: Bool
    ) throws(FileError) {
        let descriptor = try Descriptor(open: path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode)
        try write(bytes, descriptor, path)
        if isDurable { try descriptor.sync(path) }
        try descriptor.close(path)
    }

    private static func write(
        _ bytes: [UInt8],
        _ descriptor: borrowing Descriptor,
        _ path: String
    ) throws(FileError) {
        let number = descriptor.number
        let code = bytes.withUnsafeBytes { writeFully(number, $0).code }
        guard code == 0 else { throw FileError(operation: "write", path: path, code: code) }
    }

    /// A name no other program uses; hidden, and short enough for every file system.
    static func temporaryName() -> String {
        ".tmp-" + String(UInt64.random(in: .min ... .max), radix: 36)
    }
}
