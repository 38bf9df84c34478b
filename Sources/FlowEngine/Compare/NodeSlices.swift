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
        var nodes: [(name: String, range: Range<Int>)] = []
        let found = Self.section(of: bytes) { name, start in
            nodes.append((String(decoding: bytes[name], as: UTF8.self), start..<start))
        }
        guard let section = found, !nodes.isEmpty else { return nil }
        var places: [String: Int] = [:]
        places.reserveCapacity(nodes.count)
        for place in nodes.indices {
            let end = place + 1 < nodes.count ? nodes[place + 1].range.lowerBound : section.upperBound
            nodes[place].range = nodes[place].range.lowerBound..<end
            guard places.updateValue(place, forKey: nodes[place].name) == nil else { return nil }
        }
        self.bytes = bytes
        self.section = section
        self.nodes = nodes
        self.places = places
    }

    /// A workflow of one node, without a list of the others; nil if the text cannot be cut or has no such node.
    static func text(of name: String, in bytes: [UInt8]) -> [UInt8]? {
        let wanted = Array(name.utf8)
        var start: Int?
        var end: Int?
        var count = 0
        let found = section(of: bytes) { name, place in
            if start != nil, end == nil { end = place }
            guard name.count == wanted.count, bytes[name].elementsEqual(wanted) else { return }
            count += 1
            start = place
        }
        guard let section = found, let start, count == 1 else { return nil }
        var text = bytes[..<section.lowerBound] + bytes[start..<(end ?? section.upperBound)]
        if text.last != 0x0A { text.append(0x0A) }
        return Array(text + bytes[section.upperBound...])
    }

    /// Walks over the lines of a text. Gives the range of the nodes, and tells `node` the name and the first byte of each; nil
    /// if the text is not plain.
    private static func section(of bytes: [UInt8], node: (Range<Int>, Int) -> Void) -> Range<Int>? {
        guard isPlain(bytes) else { return nil }
        var start = 0
        var section: Range<Int>?
        var isInside = false
        var column: Int?
        while start < bytes.count {
            var end = start
            while end < bytes.count, bytes[end] != 0x0A { end += 1 }
            if end < bytes.count { end += 1 }
            defer { start = end }
            var first = start
            while first < end, bytes[first] == 0x20 { first += 1 }
            guard first < end, bytes[first] != 0x0A, bytes[first] != UInt8(ascii: "#") else { continue }
            if first == start {
                if isInside, let begin = section?.lowerBound {
                    section = begin..<start
                    isInside = false
                }
                guard let range = name(in: bytes, first..<end) else { return nil }
                let name = String(decoding: bytes[range], as: UTF8.self)
                if name == "nodes" {
                    // What stands behind it would be a node in braces.
                    guard section == nil, bytes[first..<end].dropFirst(6).allSatisfy({ $0 == 0x20 || $0 == 0x0A })
                    else { return nil }
                    section = end..<bytes.count
                    isInside = true
                } else if !topKeys.contains(name) {
                    return nil
                }
                continue
            }
            guard isInside else { continue }
            let indent = first - start
            if column == nil { column = indent }
            guard let column, indent >= column else { return nil }
            if indent == column {
                guard let name = name(in: bytes, first..<end) else { return nil }
                node(name, start)
            }
        }
        return section
    }

    private static let topKeys = Set(WorkflowSchema.document.map(\.name)).subtracting(["include", "handlers"])

    /// The key with which a line begins, if it is a plain name.
    private static func name(in bytes: [UInt8], _ line: Range<Int>) -> Range<Int>? {
        var end = line.lowerBound
        while end < line.upperBound,
            (0x61...0x7A).contains(bytes[end]) || (0x30...0x39).contains(bytes[end]) || bytes[end] == 0x5F
        {
            end += 1
        }
        guard end > line.lowerBound, end < line.upperBound, bytes[end] == UInt8(ascii: ":"),
            end + 1 == line.upperBound || [0x20, 0x0A].contains(bytes[end + 1])
        else { return nil }
        return line.lowerBound..<end
    }

    private static func isPlain(_ bytes: [UInt8]) -> Bool {
        let words = ["switch", "fallback"].map { Array($0.utf8) }
        return bytes.withUnsafeBufferPointer { bytes in
            for place in bytes.indices {
                let byte = bytes[place]
                if byte == 0x09 || byte == 0x0D { return false }
                // An anchor stands after a key, a dash or an opening bracket.
                if byte == UInt8(ascii: "&"), place > 0, place + 1 < bytes.count, bytes[place + 1] != byte,
                    bytes[place + 1] != 0x20, bytes[place + 1] != 0x0A,
                    [0x20, 0x5B, 0x7B, 0x2C].contains(bytes[place - 1])
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

    /// Whether there is a node of this name.
    func has(_ name: String) -> Bool { places[name] != nil }

    /// The text with the nodes of another one in the place of those of the same names; nil if that has others too.
    func replacing(by other: NodeSlices) -> [UInt8]? {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count + other.bytes.count)
        var end = 0
        for place in other.nodes.compactMap({ places[$0.name] }).sorted() {
            guard let new = other.places[nodes[place].name] else { return nil }
            text += bytes[end..<nodes[place].range.lowerBound]
            text += other.bytes[other.nodes[new].range]
            if text.last != 0x0A { text.append(0x0A) }
            end = nodes[place].range.upperBound
        }
        guard other.nodes.allSatisfy({ places[$0.name] != nil }) else { return nil }
        return text + bytes[end...]
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
