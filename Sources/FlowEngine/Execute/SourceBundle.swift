// SPDX-License-Identifier: Apache-2.0

import FileSystem
public import FlowCore

/// The files of a workflow as a run keeps them: the workflow itself, its agents, and the files that belong to it. A
/// run goes on from these whatever happens to the originals.
public struct SourceBundle: Sendable {
    /// The name under which agents lie in a bundle; a workflow's own files cannot be called so.
    public static let agentFolder = "_agents"

    /// The workflow's file name.
    public var entry: String
    /// The files by their path in the bundle.
    public var files: [String: [UInt8]]
    /// The kept source that the workflow file is an edit of, by its digest, and its file there.
    var editedFrom: (source: String, entry: String)?

    /// A bundle of an entry file and others.
    public init(entry: String, files: [String: [UInt8]]) {
        self.entry = entry
        self.files = files
    }

    /// The bundle's description: the entry and each file's digest. Its canonical text's digest names the bundle.
    public var manifest: JSONValue {
        var digests = JSONObject()
        for (path, bytes) in files.sorted(by: { $0.key < $1.key }) { digests[path] = .string(Digest(of: bytes).hex) }
        return ["entry": .string(entry), "files": .object(digests)]
    }

    /// Writes the bundle into `folder` unless it is there already. The folder appears whole or not at all.
    ///
    /// When this returns, the bundle is on the disk.
    /// - Parameter isDurable: if it is there, its name is known to be on the disk.
    func materialise(in folder: String, isDurable: Bool = false) throws(FileError) {
        let parent = FilePath.dirname(folder)
        // Also when it is there: whoever gave it its name may have ended before the name was on the disk.
        guard !File.exists(folder) else {
            if !isDurable { try File.syncDirectory(parent) }
            return
        }
        try File.createDirectory(parent)
        let temporary = try File.makeTemporaryDirectory(prefix: ".new-", in: parent)
        var files = files
        if let difference = StoredSource(folder: folder).difference(of: self) {
            files[entry] = nil
            files[StoredSource.differenceFile] = difference
        }
        for (path, bytes) in files {
            let target = FilePath.join(temporary, path)
            try File.createDirectoryDurably(FilePath.dirname(target))
            try File.writeDurably(bytes, to: target)
        }
        do throws(FileError) {
            try File.setPermissions(0o755, of: temporary)
            try File.rename(temporary, to: folder)
        } catch {
            try? File.removeTree(temporary)
            // Another run of the same source may have been quicker.
            if !File.exists(folder) { throw error }
        }
        try File.syncDirectory(parent)
    }
}
