// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// What is known of the place of the cursor: keys around it, shapes, and the expression it stands in.
struct Cursor {
    let offset: Int
    let text: TextDocument
    let outline: Outline
    let place: CursorPlace
    /// The shape at the place: of the mapping for a key, of the value for a value.
    let shape: ShapePlace?
    /// The node around the cursor.
    let node: String?
    /// The key of the node around the cursor, such as `needs`.
    let nodeKey: String?
    /// All keys of the node around the cursor.
    let nodeKeys: [String]

    init(
        _ offset: Int, _ text: TextDocument, _ outline: Outline, _ file: LanguageShape.FileKind, _ shape: LanguageShape
    ) {
        self.offset = offset
        self.text = text
        self.outline = outline
        place = CursorPlace.find(offset, in: text, outline)
        let chain = outline.chain(to: place.entry)
        var found: ShapePlace? = Self.walk(chain, outline, file, shape)
        if place.role == .item { found = found.flatMap { shape.item(of: $0) } }
        self.shape = found
        let keys = chain.map { outline.entries[$0].key }
        let isHandler = keys.first == LanguageShape.handlers
        let isNode =
            file == .workflow && keys.count > 1 && (isHandler || LanguageShape.nodeMaps.contains(keys[0] ?? ""))
        node = isNode ? keys[1].map { isHandler ? "on_\($0)" : $0 } : nil
        nodeKey = isNode && keys.count > 2 ? keys[2] : nil
        nodeKeys = isNode ? outline.keys(in: chain[1]) : []
    }

    /// The shape at the end of a chain of entries.
    static func walk(
        _ chain: [Int], _ outline: Outline, _ file: LanguageShape.FileKind, _ shape: LanguageShape
    ) -> ShapePlace? {
        var place: ShapePlace? = shape.root(file)
        for index in chain {
            guard let current = place else { return nil }
            guard let key = outline.entries[index].key else {
                place = shape.item(of: current)
                continue
            }
            let kind =
                current.shape == .nodes || current.holdsNodes
                ? outline.keys(in: index).first { shape.kind($0) != nil } : nil
            place = shape.place(below: current, key: key, nodeKind: kind)
        }
        return place
    }

    /// Whether the value at the place is the name of a node.
    var namesNode: Bool {
        guard place.role != .key, let nodeKey, NodeNames.keys(of: nodeKeys).contains(nodeKey) else { return false }
        return shape?.types.contains { $0 == .string || $0 == .identifier } == true
    }

    /// The text of the expression up to the cursor; nil when the cursor stands in none.
    var expression: String? {
        guard place.role != .key, outline.entries.indices.contains(place.entry) else { return nil }
        let start = max(outline.entries[place.entry].value.lowerBound, offset - 8192)
        guard start <= offset else { return nil }
        let before = text.text(start..<offset)
        if let open = before.ranges(of: "${{").last {
            let inside = before[open.upperBound...]
            return inside.contains("}}") ? nil : String(inside)
        }
        guard place.role == .value, shape?.types.contains(.condition) == true else { return nil }
        let isQuoted = before.hasPrefix("\"") || before.hasPrefix("'")
        return String(isQuoted ? before.dropFirst() : before[...])
    }
}

/// The name that is being typed at the end of an expression.
struct PartialPath {
    /// The names before the last dot.
    var path: [String]
    /// What is written of the last one.
    var word: String

    /// Nil where no name can stand: in a string, after a number, behind a bracket.
    init?(_ expression: String) {
        var quote: UInt8?
        for byte in expression.utf8 where byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
            if quote == nil { quote = byte } else if quote == byte { quote = nil }
        }
        guard quote == nil else { return nil }
        let bytes = Array(expression.utf8)
        var names: [String] = []
        var end = bytes.count
        while true {
            var start = end
            while start > 0, Self.isNameByte(bytes[start - 1]) { start -= 1 }
            names.append(String(decoding: bytes[start..<end], as: UTF8.self))
            guard start > 0, bytes[start - 1] == UInt8(ascii: ".") else { break }
            end = start - 1
            // `)` or `]` before the dot: what it is cannot be known by looking back.
            guard end > 0, Self.isNameByte(bytes[end - 1]) else { return nil }
        }
        word = names[0]
        path = names.dropFirst().reversed()
        if let first = (path + [word]).first?.utf8.first, (0x30...0x39).contains(first) { return nil }
    }

    static func isNameByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
    }
}
