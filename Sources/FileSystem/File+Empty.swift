// SPDX-License-Identifier: Apache-2.0

import Glibc

extension File {
    /// Whether a path is a directory that holds exactly the names given, and how it may be used (its mode); nil when it
    /// is not, holds others, or cannot be read. A symbolic link is not followed.
    public static func mode(ofDirectory path: String, holding names: [String]) -> UInt32? {
        guard !path.utf8.contains(0) else { return nil }
        let number = retryingInterrupts { open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
        guard number >= 0 else { return nil }
        guard let stream = fdopendir(number) else {
            _ = close(number)
            return nil
        }
        defer { closedir(stream) }
        var status = stat()
        guard fstat(number, &status) == 0 else { return nil }
        var found = 0
        while true {
            errno = 0
            guard let record = readdir(stream) else { return errno == 0 && found == names.count ? status.st_mode : nil }
            let name = DirectoryStream.text(of: record)
            if name == "." || name == ".." { continue }
            guard names.contains(name) else { return nil }
            found += 1
        }
    }
}
