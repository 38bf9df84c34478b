// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A failed operation on a file: what was tried, on which path, and the error number of the system.
public struct FileError: Error, Sendable, Hashable {
    /// What was being done, such as `open` or `rename`.
    public let operation: String
    /// The path, or the name of a stream, it was done to.
    public let path: String
    /// The `errno` of the system.
    public let code: Int32

    /// Makes an error for an operation that failed with an `errno`.
    public init(operation: String, path: String, code: Int32) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    /// Makes an error of the last system call of this thread.
    static func last(_ operation: String, _ path: String) -> FileError {
        FileError(operation: operation, path: path, code: errno)
    }

    /// The disk or a quota is full.
    public var isNoSpace: Bool { code == ENOSPC || code == EDQUOT }
    /// The file system is mounted read-only.
    public var isReadOnly: Bool { code == EROFS }
    /// The user may not do this.
    public var isPermission: Bool { code == EACCES || code == EPERM }
    /// There is nothing at the path.
    public var isNotFound: Bool { code == ENOENT }
    /// Something is at the path already.
    public var isExisting: Bool { code == EEXIST || code == ENOTEMPTY }
    /// The content is larger than the limit of the caller.
    public var isTooLarge: Bool { code == EFBIG }
    /// The reader of a pipe is gone.
    public var isBrokenPipe: Bool { code == EPIPE }
    /// The content is not valid UTF-8.
    public var isInvalidText: Bool { code == EILSEQ }

    /// The cause alone, in the words of the system, such as `No such file or directory`.
    public var reason: String {
        switch code {
        case EFBIG: "larger than the limit"
        case EILSEQ: "not valid UTF-8"
        default: String(cString: strerror(code))
        }
    }
}

extension FileError: CustomStringConvertible {
    /// One line: operation, path and reason.
    public var description: String { "cannot \(operation) '\(path)': \(reason)" }
}
