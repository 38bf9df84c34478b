// SPDX-License-Identifier: Apache-2.0

import FlowTesting

/// What a disk may hold after the power has gone: all that was synced, and of the rest whatever had reached it.
///
/// The model is stricter than the usual file systems: the name of a file is on the disk only when its directory was
/// synced, also when the file itself was. A rename or a link is one step.
package struct DiskModel {
    /// The unit that reaches the disk or does not, in bytes.
    static let sector = 512

    enum Change {
        case write(offset: Int, bytes: [UInt8])
        case truncate(size: Int)
    }

    struct Node {
        var isDirectory: Bool
        /// What is on the disk for certain.
        var content: [UInt8] = []
        var names: [String: Int] = [:]
        /// What may be.
        var changes: [Change] = []
        var nameChanges: [Int] = []
    }

    /// Names that come and go in one step.
    struct NameChange {
        var removed: (directory: Int, name: String)?
        var added: (directory: Int, name: String, node: Int)?
        var isDone = false
    }

    private(set) var nodes = [Node(isDirectory: true)]
    private(set) var nameChanges: [NameChange] = []
    /// The nodes by path as programs see them.
    private var places: [String: Int]

    /// An empty disk below a folder that is on it for certain.
    package init(root: String) { places = [root: 0] }

    /// Does an operation.
    package mutating func apply(_ operation: DiskOperation) {
        switch operation {
        case .create(let path):
            if places[path] == nil { make(path, isDirectory: false) }
        case .makeDirectory(let path):
            if places[path] == nil { make(path, isDirectory: true) }
        case .write(let path, let offset, let bytes): change(path, .write(offset: offset, bytes: bytes))
        case .truncate(let path, let size): change(path, .truncate(size: size))
        case .sync(let path): sync(path)
        case .syncFailed(let path):
            if let node = places[path] { nodes[node].changes = [] }
        case .delete(let path):
            guard let node = places.removeValue(forKey: path), let (folder, name) = split(path) else { return }
            if nodes[node].isDirectory { forget(below: path) }
            add(NameChange(removed: (folder, name)))
        case .rename(let path, let target):
            guard let node = places.removeValue(forKey: path), let (folder, name) = split(path),
                let (newFolder, newName) = split(target)
            else { return }
            if nodes[node].isDirectory { move(below: path, to: target) }
            places[target] = node
            add(NameChange(removed: (folder, name), added: (newFolder, newName, node)))
        case .link(let path, let target):
            guard let node = places[path], let (folder, name) = split(target) else { return }
            places[target] = node
            add(NameChange(added: (folder, name, node)))
        }
    }

    // MARK: Names

    private mutating func make(_ path: String, isDirectory: Bool) {
        guard let (folder, name) = split(path) else { return }
        nodes.append(Node(isDirectory: isDirectory))
        places[path] = nodes.count - 1
        add(NameChange(added: (folder, name, nodes.count - 1)))
    }

    private mutating func add(_ change: NameChange) {
        nameChanges.append(change)
        let number = nameChanges.count - 1
        let directories = Set([change.removed?.directory, change.added?.directory].compactMap { $0 })
        for directory in directories { nodes[directory].nameChanges.append(number) }
    }

    /// The directory of a path, and the name in it. A directory that nobody was seen to make is on the disk.
    private mutating func split(_ path: String) -> (Int, String)? {
        guard let slash = path.lastIndex(of: "/") else { return nil }
        let (parent, name) = (String(path[..<slash]), String(path[path.index(after: slash)...]))
        if let folder = places[parent] { return (folder, name) }
        guard let (above, own) = split(parent) else { return nil }
        nodes.append(Node(isDirectory: true))
        let folder = nodes.count - 1
        places[parent] = folder
        nodes[above].names[own] = folder
        return (folder, name)
    }

    private mutating func forget(below path: String) {
        for place in places.keys where place.hasPrefix(path + "/") { places[place] = nil }
    }

    private mutating func move(below path: String, to target: String) {
        for (place, node) in places where place.hasPrefix(path + "/") {
            places[place] = nil
            places[target + place.dropFirst(path.count)] = node
        }
    }

    // MARK: Content

    private mutating func change(_ path: String, _ change: Change) {
        // The file may be older than the trace.
        if places[path] == nil { make(path, isDirectory: false) }
        guard let node = places[path] else { return }
        nodes[node].changes.append(change)
    }

    private mutating func sync(_ path: String) {
        guard let node = places[path] else { return }
        for number in nodes[node].nameChanges { perform(number) }
        nodes[node].nameChanges = []
        for change in nodes[node].changes { Self.perform(change, on: &nodes[node].content) }
        nodes[node].changes = []
    }

    mutating func perform(_ number: Int) {
        guard !nameChanges[number].isDone else { return }
        nameChanges[number].isDone = true
        let change = nameChanges[number]
        if let removed = change.removed { nodes[removed.directory].names[removed.name] = nil }
        if let added = change.added { nodes[added.directory].names[added.name] = added.node }
    }

    static func perform(_ change: Change, on content: inout [UInt8]) {
        switch change {
        case .truncate(let size): resize(&content, size)
        case .write(let offset, let bytes):
            if content.count < offset + bytes.count { resize(&content, offset + bytes.count) }
            content.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        }
    }

    static func resize(_ content: inout [UInt8], _ size: Int) {
        if size < content.count {
            content.removeLast(content.count - size)
        } else {
            content.append(contentsOf: repeatElement(0, count: size - content.count))
        }
    }

    /// Puts a file, or a directory for nil, on the disk for certain.
    mutating func place(_ path: String, content: [UInt8]?) {
        guard let (folder, name) = split(path) else { return }
        nodes.append(Node(isDirectory: content == nil, content: content ?? []))
        places[path] = nodes.count - 1
        nodes[folder].names[name] = nodes.count - 1
    }

    mutating func setContent(_ content: [UInt8], of node: Int) { nodes[node].content = content }
}
