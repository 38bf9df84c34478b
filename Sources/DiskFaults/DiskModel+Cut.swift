// SPDX-License-Identifier: Apache-2.0

package import FileSystem
package import FlowTesting

extension DiskModel {
    /// What of the unsynced survives a cut.
    package enum Survival: Sendable, Hashable {
        case nothing
        case everything
        /// Each sector with this chance in percent, with all or the first of its writes; some are torn. Names: the first
        /// ones, or any.
        case some(percent: Int, namesInOrder: Bool)

        /// One of the ways, by chance.
        package init(_ random: inout SeededGenerator) {
            switch random.below(10) {
            case 0: self = .nothing
            case 1: self = .everything
            default: self = .some(percent: 5 + random.below(91), namesInOrder: random.chance(50))
            }
        }
    }

    /// The disk after the power has gone.
    package func cut(_ survival: Survival, _ random: inout SeededGenerator) -> DiskModel {
        var after = self
        for node in nodes.indices where !nodes[node].changes.isEmpty {
            after.setContent(Self.content(of: nodes[node], survival, &random), of: node)
        }
        let open = nameChanges.indices.filter { !nameChanges[$0].isDone }
        switch survival {
        case .nothing: break
        case .everything:
            for change in open { after.perform(change) }
        case .some(_, namesInOrder: true):
            for change in open.prefix(random.below(open.count + 1)) { after.perform(change) }
        case .some(let percent, namesInOrder: false):
            for change in open where random.chance(percent) { after.perform(change) }
        }
        return after
    }

    private static func content(of node: Node, _ survival: Survival, _ random: inout SeededGenerator) -> [UInt8] {
        var content = node.content
        switch survival {
        case .nothing: break
        case .everything:
            for change in node.changes { perform(change, on: &content) }
        case .some(let percent, _): survive(percent, node.changes, &content, &random)
        }
        return content
    }

    /// The system writes a sector as it is at some moment: with the first of the writes to it, up to all of them.
    private static func survive(
        _ percent: Int, _ changes: [Change], _ content: inout [UInt8], _ random: inout SeededGenerator
    ) {
        var left: [Int: Int] = [:]
        var end = content.count
        for case .write(let offset, let bytes) in changes where !bytes.isEmpty {
            end = Swift.max(end, offset + bytes.count)
            for place in offset / sector...(offset + bytes.count - 1) / sector { left[place, default: 0] += 1 }
        }
        // In an order that is the same in each process, for the seed's sake.
        for place in left.keys.sorted() {
            let writes = left[place] ?? 0
            left[place] = random.chance(percent) ? writes : random.below(writes)
        }
        for change in changes {
            switch change {
            case .truncate(let size):
                if random.chance(percent) { perform(.truncate(size: size), on: &content) }
            case .write(let offset, let bytes):
                var start = offset
                while start < offset + bytes.count {
                    let place = start / sector
                    let stop = Swift.min((place + 1) * sector, offset + bytes.count)
                    defer { start = stop }
                    guard let remaining = left[place], remaining > 0 else { continue }
                    left[place] = remaining - 1
                    var piece = bytes[start - offset..<stop - offset]
                    if remaining == 1, random.chance(3) { piece = piece.prefix(piece.count / 2) }
                    if !piece.isEmpty { perform(.write(offset: start, bytes: Array(piece)), on: &content) }
                }
            }
        }
        // The file may have grown before its content came.
        if random.chance(25), content.count < end { resize(&content, end) }
    }

    /// A disk that holds for certain what this one does, and nothing else: the one that the next start finds.
    package func settled(root: String) -> DiskModel {
        var disk = DiskModel(root: root)
        var open = [(path: root, node: 0)]
        while let (path, node) = open.popLast() {
            for (name, child) in nodes[node].names {
                let target = "\(path)/\(name)"
                disk.place(target, content: nodes[child].isDirectory ? nil : nodes[child].content)
                if nodes[child].isDirectory { open.append((target, child)) }
            }
        }
        return disk
    }

    /// Writes what is on the disk for certain into a folder that stands for the root. Files that are there stay.
    package func write(to root: String) throws(FileError) {
        var open = [(path: root, node: 0)]
        while let (path, node) = open.popLast() {
            for (name, child) in nodes[node].names {
                let target = FilePath.join(path, name)
                if nodes[child].isDirectory {
                    try File.createDirectory(target)
                    open.append((target, child))
                } else {
                    try File.write(nodes[child].content, to: target)
                }
            }
        }
    }
}
