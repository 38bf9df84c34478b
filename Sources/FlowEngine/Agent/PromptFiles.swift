// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore

/// The files that a node gives its agent under `files:`: as text in the prompt, as pictures, or as paths in the work
/// folder, where tools find them.
struct PromptFiles {
    /// How a file is given.
    enum Form: String, CaseIterable {
        case auto, content, path, image
    }

    /// One entry of `files:`.
    private struct Entry {
        var path: String
        var name: String
        var form: Form
        var largest: Int
    }

    /// A text up to this is in the prompt as a whole; of a longer one beginning and end are.
    static let largestContent = 32 << 10
    /// The most of all contents together.
    static let largestSum = 256 << 10
    private static let largestImage = 5 << 20
    private static let largestFile = 256 << 20
    static let mostFiles = 50

    /// What goes after the prompt.
    private(set) var text = ""
    private(set) var images: [ModelImage] = []
    private var names: Set<String> = []
    private let context: NodeContext
    /// Whether the files are put into the work folder too.
    private let hasTools: Bool

    /// Reads the files of a node.
    init(_ context: NodeContext, hasTools: Bool) throws(NodeFailureError) {
        self.context = context
        self.hasTools = hasTools
        let list = context.fields["files"]?.arrayValue ?? []
        guard list.count <= Self.mostFiles else { throw Self.bad("`files` has more than \(Self.mostFiles) entries") }
        for item in list where !item.isNull { try add(try entry(item)) }
    }

    private static func bad(_ text: String) -> NodeFailureError {
        NodeFailureError(failure: NodeFailure(.badData, text))
    }

    private func entry(_ item: JSONValue) throws(NodeFailureError) -> Entry {
        let path = item.stringValue ?? item["path"]?.stringValue ?? ""
        guard !path.isEmpty else { throw Self.bad("an entry of `files` has no path") }
        let size = item["max_size"]
        let largest = size?.integerValue ?? size?.stringValue.flatMap { ByteCount(parsing: $0)?.bytes }
        return Entry(
            path: path, name: item["name"]?.stringValue ?? FilePath.basename(path),
            form: item["as"]?.stringValue.flatMap(Form.init(rawValue:)) ?? .auto,
            largest: Int(clamping: largest ?? Int64(Self.largestContent)))
    }

    private mutating func add(_ entry: Entry) throws(NodeFailureError) {
        do {
            guard let full = try source(of: entry) else {
                throw Self.bad("`files`: `\(entry.path)` is neither beside the workflow nor kept by a run")
            }
            let size = try File.size(of: full)
            guard size <= Int64(Self.largestFile) else {
                throw Self.bad("`files`: `\(entry.path)` is larger than \(Self.largestFile) bytes")
            }
            let name = unique(entry.name)
            if hasTools || entry.form == .path { try copy(full, name) }
            try show(full, name, entry, size: Int(clamping: size))
        } catch let error as FileError {
            throw Self.bad("`files`: `\(entry.path)`: \(error.reason)")
        } catch let error as NodeFailureError {
            throw error
        } catch {
            throw Self.bad("`files`: `\(entry.path)`: \(error)")
        }
    }

    /// The real path of a file that the run has; nil for any other. A path may come from what a model has written.
    private func source(of entry: Entry) throws(FileError) -> String? {
        let real = try File.realPath(FilePath.join(context.workflowDirectory, entry.path))
        var roots = [context.workflowDirectory]
        // `runs/<id>/work/<node>/<n>`: the runs of the store, whose results may be taken over from each other.
        let run = FilePath.dirname(FilePath.dirname(FilePath.dirname(context.directory)))
        let runs = FilePath.dirname(run)
        if FilePath.basename(runs) == "runs" {
            roots.append(runs)
            roots.append(FilePath.join(FilePath.dirname(runs), "objects"))
        }
        for root in roots {
            if let base = try? File.realPath(root), FilePath.isInside(real, root: base) { return real }
        }
        return nil
    }

    /// A name that no other file of the node has, and that is one part of a path.
    private mutating func unique(_ name: String) -> String {
        let plain = String(decoding: name.utf8.map { $0 < 0x20 || $0 == 0x2F ? 0x5F : $0 }.prefix(200), as: UTF8.self)
        let base = plain.isEmpty || plain.hasPrefix(".") ? "file_\(plain)" : plain
        var free = base
        var number = 2
        while !names.insert(free).inserted {
            free = "\(number)_\(base)"
            number += 1
        }
        return free
    }

    /// A copy, not a link: what a tool does to it must not reach the original.
    private func copy(_ full: String, _ name: String) throws(FileError) {
        let target = FilePath.join(context.directory, name)
        // It is there already, and may have been worked on.
        if context.attempt > context.firstAttempt, File.exists(target) { return }
        try File.copy(full, to: target)
        try File.setPermissions(0o644, of: target)
    }

    private mutating func show(_ full: String, _ name: String, _ entry: Entry, size: Int) throws {
        if entry.form == .path { return line(name, size) }
        let head = try File.read(full, limit: Self.largestFile)
        if entry.form == .auto || entry.form == .image, let type = Self.imageType(head) {
            guard head.count <= Self.largestImage else {
                throw Self.bad("`files`: the picture `\(entry.path)` is larger than \(Self.largestImage) bytes")
            }
            images.append(ModelImage(mediaType: type, bytes: head))
            text += "\n\nThe picture \(name) is shown with this message."
            return
        }
        guard entry.form != .image, let content = String(validating: head, as: UTF8.self), !content.utf8.contains(0)
        else { return line(name, size) }
        let largest = min(entry.largest, max(0, Self.largestSum - text.utf8.count))
        guard content.utf8.count > largest else {
            text += "\n\n" + UntrustedText.file(content, name: name, note: "")
            return
        }
        guard largest > 0 else { return line(name, size) }
        let first = String(decoding: content.utf8.prefix(largest / 4 * 3), as: UTF8.self)
        let last = String(decoding: content.utf8.suffix(largest / 4), as: UTF8.self)
        let left = content.utf8.count - largest / 4 * 3 - largest / 4
        let whole = hasTools ? ", the whole is in the work folder" : ""
        text +=
            "\n\n"
            + UntrustedText.file(
                "\(first)\n[… \(left) bytes left out …]\n\(last)", name: name,
                note: "\(size) bytes, shortened\(whole)")
    }

    private mutating func line(_ name: String, _ size: Int) {
        text += "\n\nThe file \(name) (\(size) bytes) is in the work folder."
    }

    private static func imageType(_ bytes: [UInt8]) -> String? {
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return "image/png" }
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return "image/jpeg" }
        if bytes.starts(with: "GIF8".utf8) { return "image/gif" }
        if bytes.count >= 12, bytes.starts(with: "RIFF".utf8), bytes[8..<12].elementsEqual("WEBP".utf8) {
            return "image/webp"
        }
        return nil
    }
}
