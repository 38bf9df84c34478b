// SPDX-License-Identifier: Apache-2.0

/// The text of a workflow, cut into its nodes, so that a few of very many can be compiled by themselves.
///
/// Only plain texts are cut: block style with one `nodes:` at the left edge, each node at the same indentation, no anchors, no
/// tabs, and none of the keys by which one node changes another (`include`, `switch`, `fallback`). For all others there is
/// no value, and the whole is compiled.
struct NodeSlices {
    private let bytes: [UInt8]
    /// Where the text of the nodes lies.
    private let section: Range<Int>
    private let nodes: [(name: String, range: Range<Int>)]
    private let places: [String: Int]

    init?(_ bytes: [UInt8]) {
        guard Self.isPlain(bytes) else { return nil }
        var nodes: [(String, Range<Int>)] = []
        var start = 0
        var section: Range<Int>?
        var isInside = false
        var column: Int?
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 0x0A).map { $0 + 1 } ?? bytes.count
            defer { start = end }
            let first = bytes[start..<end].firstIndex { $0 != 0x20 } ?? end
            guard first < end, bytes[first] != 0x0A, bytes[first] != UInt8(ascii: "#") else { continue }
            if first == start {
                if isInside, let begin = section?.lowerBound {
                    section = begin..<start
                    isInside = false
                }
                guard let name = Self.name(bytes[first..<end]) else { return nil }
                if name == "nodes" {
                    // What stands behind it would be a node in braces.
                    guard section == nil, bytes[first..<end].dropFirst(6).allSatisfy({ $0 == 0x20 || $0 == 0x0A })
                    else { return nil }
                    section = end..<bytes.count
                    isInside = true
                } else if !Self.topKeys.contains(name) {
                    return nil
                }
                continue
            }
            guard isInside else { continue }
            let indent = first - start
            if column == nil { column = indent }
            guard let column, indent >= column else { return nil }
            if indent == column {
                guard let name = Self.name(bytes[first..<end]) else { return nil }
                nodes.append((name, start..<end))
            }
        }
        guard let section, !nodes.isEmpty else { return nil }
        var places: [String: Int] = [:]
        places.reserveCapacity(nodes.count)
        for place in nodes.indices {
            let end = place + 1 < nodes.count ? nodes[place + 1].1.lowerBound : section.upperBound
            nodes[place].1 = nodes[place].1.lowerBound..<end
            guard places.updateValue(place, forKey: nodes[place].0) == nil else { return nil }
        }
        self.bytes = bytes
        self.section = section
        self.nodes = nodes
        self.places = places
    }

    private static let topKeys = Set(WorkflowSchema.document.map(\.name)).subtracting(["include", "handlers"])

    /// The key with which a line begins, if it is a plain name.
    private static func name(_ line: ArraySlice<UInt8>) -> String? {
        let name = line.prefix { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
        guard !name.isEmpty, name.endIndex < line.endIndex, line[name.endIndex] == UInt8(ascii: ":"),
            name.endIndex + 1 == line.endIndex || [0x20, 0x0A].contains(line[name.endIndex + 1])
        else { return nil }
        return String(decoding: name, as: UTF8.self)
    }

    private static func isPlain(_ bytes: [UInt8]) -> Bool {
        let words = ["switch", "fallback"].map { Array($0.utf8) }
        return bytes.withUnsafeBufferPointer { bytes in
            for place in bytes.indices {
                let byte = bytes[place]
                if byte == 0x09 || byte == 0x0D { return false }
                // An anchor stands after a key, a dash or an opening bracket.
                if byte == UInt8(ascii: "&"), place > 0, place + 1 < bytes.count, bytes[place + 1] != byte,
                    bytes[place + 1] != 0x20, bytes[place + 1] != 0x0A, [0x20, 0x5B, 0x7B, 0x2C].contains(bytes[place - 1])
                {
                    return false
                }
                guard byte == UInt8(ascii: ":"), place > 0 else { continue }
                let end = bytes[place - 1] == UInt8(ascii: "\"") || bytes[place - 1] == 0x27 ? place - 1 : place
                for word in words where end >= word.count {
                    if zip(word, bytes[(end - word.count)..<end]).allSatisfy({ $0 == $1 }) { return false }
                }
            }
            return true
        }
    }

    /// Whether all that stands around the nodes is the same text.
    func hasSameFrame(as other: NodeSlices) -> Bool {
        bytes[..<section.lowerBound].elementsEqual(other.bytes[..<other.section.lowerBound])
            && bytes[section.upperBound...].elementsEqual(other.bytes[other.section.upperBound...])
    }

    /// The nodes whose text differs, and those that only one text has.
    func difference(to other: NodeSlices) -> (changed: Set<String>, removed: Set<String>, added: Set<String>)? {
        var changed: Set<String> = []
        var removed: Set<String> = []
        var seen = 0
        for node in nodes {
            guard let place = other.places[node.name] else {
                removed.insert(node.name)
                continue
            }
            seen += 1
            let range = other.nodes[place].range
            if node.range.count != range.count || !bytes[node.range].elementsEqual(other.bytes[range]) {
                changed.insert(node.name)
            }
        }
        var added: Set<String> = []
        if seen < other.nodes.count {
            for node in other.nodes where places[node.name] == nil { added.insert(node.name) }
        }
        return (changed, removed, added)
    }

    /// A workflow of only these nodes, and the names of those that there are, in order.
    func text(of names: Set<String>) -> (bytes: [UInt8], names: [String]) {
        var text = Array(bytes[..<section.lowerBound])
        var found: [String] = []
        var chosen = names.compactMap { places[$0] }.sorted()
        // A workflow has to have a node.
        if chosen.isEmpty { chosen = [0] }
        for place in chosen {
            text += bytes[nodes[place].range]
            if text.last != 0x0A { text.append(0x0A) }
            found.append(nodes[place].name)
        }
        return (text + bytes[section.upperBound...], found)
    }
}
