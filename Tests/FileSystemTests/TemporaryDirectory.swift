// SPDX-License-Identifier: Apache-2.0

import FileSystem

/// A folder of one test, removed at its end.
final class TemporaryDirectory {
    let path: String

    init() throws {
        path = try File.makeTemporaryDirectory(prefix: "file-system-tests-")
    }

    deinit {
        try? File.removeTree(path)
    }

    func file(_ name: String) -> String { FilePath.join(path, name) }

    func names() throws -> [String] { try File.list(path).map(\.name) }
}
