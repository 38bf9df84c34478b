// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Where programs without a folder in their name were found last: a shell remembers that too. What was found is looked
/// for again after a second, so that a program that was installed or removed meanwhile is noticed.
struct ProgramPaths {
    private struct Found {
        var path: String
        var moment: Nanoseconds
    }

    private static let mostKnown = 256
    private static let lifetime: Nanoseconds = 1_000_000_000

    private var found: [String: Found] = [:]

    /// The first file of the name in the folders that may be run; nil if there is none.
    mutating func path(of name: String, in folders: String, now: Nanoseconds) -> String? {
        // No name and no folder of a path holds a NUL byte.
        let key = "\(name)\u{0}\(folders)"
        if let known = found[key], now &- known.moment < Self.lifetime { return known.path }
        for folder in folders.split(separator: ":", omittingEmptySubsequences: true) {
            // A relative folder is one below the directory of the child.
            guard folder.utf8.first == UInt8(ascii: "/") else { return nil }
            let path = "\(folder)/\(name)"
            guard !path.utf8.contains(0), access(path, X_OK) == 0, !isDirectory(path) else { continue }
            if found.count >= Self.mostKnown { found.removeAll() }
            found[key] = Found(path: path, moment: now)
            return path
        }
        return nil
    }

    private func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
