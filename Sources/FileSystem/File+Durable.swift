// SPDX-License-Identifier: Apache-2.0

import Glibc

extension File {
    /// Makes a directory and those above it that are missing; when this returns, the names of the new ones are on the disk.
    ///
    /// - Parameter mode: the permissions of each new directory, less what the umask of the process takes away.
    public static func createDirectoryDurably(_ path: String, mode: UInt32 = 0o755) throws(FileError) {
        var missing: [String] = []
        var current = FilePath.normalise(path)
        while !exists(current) {
            missing.append(current)
            let parent = FilePath.dirname(current)
            if parent == current { break }
            current = parent
        }
        try createDirectory(path, mode: mode)
        for directory in missing { try syncDirectory(FilePath.dirname(directory)) }
    }

    /// Waits until the content of a file is on the disk.
    static func syncContent(_ path: String) throws(FileError) {
        try Descriptor(open: path, O_RDONLY).sync(path)
    }
}
