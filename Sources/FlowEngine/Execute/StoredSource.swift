// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore

/// The folder in which a run's source is kept. The text of a large workflow that was edited is kept as its difference to
/// the text that it comes from, so that a thousand branches of a workflow do not keep it a thousand times.
struct StoredSource: Sendable {
    /// The file that holds the difference; a workflow's own files cannot be called so.
    static let differenceFile = "_edited"
    /// A smaller text is kept whole.
    private static let smallest = 8192

    /// The folder's path; its name is the digest of the source.
    var folder: String

    /// The names of the folders that are needed to read the source: its own, and the one that its text is an edit of.
    var names: [String] { [FilePath.basename(folder)] + ((try? difference()).flatMap { $0 }.map { [$0.base] } ?? []) }

    /// The bytes of the workflow file.
    func text(of entry: String) throws(FileError) -> [UInt8] {
        guard let difference = try difference() else {
            return try File.read(FilePath.join(folder, entry), limit: WorkflowLoader.largestFile)
        }
        let base = FilePath.join(FilePath.join(FilePath.dirname(folder), difference.base), difference.entry)
        return try difference.applied(to: File.read(base, limit: WorkflowLoader.largestFile))
    }

    /// Whether the folder keeps the text of this file as a difference.
    func isDifference(_ path: String) -> Bool { (try? difference())?.path == path }

    private func difference() throws(FileError) -> TextDifference? {
        let path = FilePath.join(folder, Self.differenceFile)
        guard File.kind(of: path) == .file else { return nil }
        return TextDifference(json: (try? JSONValue.parse(File.read(path, limit: WorkflowLoader.largestFile))) ?? .null)
    }

    /// What stands for an edited text; nil if it is to be kept whole. What it refers to is never a difference itself.
    func difference(of bundle: SourceBundle) -> [UInt8]? {
        guard let text = bundle.files[bundle.entry], text.count >= Self.smallest, let entry = bundle.editedFrom?.entry,
            let origin = bundle.editedFrom?.source
        else { return nil }
        let parent = StoredSource(folder: FilePath.join(FilePath.dirname(folder), origin))
        let first = (try? parent.difference()) ?? nil
        let root = first.map { ($0.base, $0.entry) } ?? (origin, entry)
        let path = FilePath.join(FilePath.join(FilePath.dirname(folder), root.0), root.1)
        guard FilePath.basename(folder) != root.0,
            let old = try? File.read(path, limit: WorkflowLoader.largestFile)
        else { return nil }
        let difference = TextDifference(from: old, to: text, base: root.0, entry: root.1, path: bundle.entry)
        guard difference.middle.count * 4 < text.count, difference.applied(to: old) == text else { return nil }
        return difference.json.jsonBytes(.compact)
    }
}
