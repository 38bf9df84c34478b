// SPDX-License-Identifier: Apache-2.0

public import FileSystem

/// A folder of one test, removed with everything in it when the object goes.
public final class TemporaryDirectory: Sendable {
    /// The absolute path of the folder.
    public let path: String

    /// Makes an empty folder.
    public init() throws(FileError) {
        path = try File.realPath(File.makeTemporaryDirectory(prefix: "flow-tests-"))
    }

    deinit {
        try? File.removeTree(path)
    }

    /// The path of a name in the folder.
    public func file(_ name: String) -> String { FilePath.join(path, name) }
}
