// SPDX-License-Identifier: Apache-2.0

import FileSystem

/// A text to compile, and how files beside it are read.
public struct WorkflowSource: Sendable {
    /// The name that diagnostics show.
    public var name: String
    public var bytes: [UInt8]
    /// The folder that relative paths in the text start from.
    public var directory: String
    /// Reads a file by its full path; nil when it cannot be read.
    public var readFile: @Sendable (String) -> [UInt8]?

    /// A text with its name and folder.
    public init(
        name: String, bytes: [UInt8], directory: String,
        readFile: @escaping @Sendable (String) -> [UInt8]? = { _ in nil }
    ) {
        self.name = name
        self.bytes = bytes
        self.directory = directory
        self.readFile = readFile
    }

    /// Where the text is, as far as its name and folder tell.
    var path: String {
        FilePath.normalise(FilePath.join(directory, name.split(separator: "/").last.map(String.init) ?? name))
    }
}
