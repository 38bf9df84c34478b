// SPDX-License-Identifier: Apache-2.0

import FlowCore
import YAML

/// Lays a text out anew by moving and indenting its lines: what stands in a line stays as it is written.
///
/// A block collection at a column is a list of entries. Each entry has the lines of its own and those of its value;
/// comments and blank lines between entries go with the entry below, or with the one above when they stand directly
/// under it and a blank line follows. Comments that are indented like the entries of a nested collection belong there.
struct BlockLayout {
    /// Why a text cannot be laid out.
    struct Refusal: Error {
        var offset: Int
        var message: String
    }

    /// A line between entries.
    enum Gap {
        case blank
        case comment([UInt8])

        var isBlank: Bool { if case .blank = self { true } else { false } }
    }

    /// An entry of a collection, laid out.
    struct Piece {
        var leading: [Gap]
        var lines: [[UInt8]]
        /// Comments directly under it.
        var trailing: [Gap] = []
        /// Whether blank lines that follow would belong to its text.
        var isOpen = false
    }

    /// A collection, laid out: comments before its first entry, and all the rest.
    struct Block {
        var leading: [Gap] = []
        var lines: [[UInt8]] = []
        var isOpen = false
    }

    let tree: YAMLDocument
    let lines: SourceLines
    let order: KeyOrder
    /// Whether keys may be moved.
    let sorts: Bool
    /// The mappings whose keys were moved.
    var sorted: Set<YAMLNode> = []

    init(tree: YAMLDocument, order: KeyOrder, sorts: Bool) {
        self.tree = tree
        lines = SourceLines(tree.source)
        self.order = order
        self.sorts = sorts
    }

    // MARK: The file

    /// The text laid out, without a line feed at its end.
    mutating func text() throws(Refusal) -> [[UInt8]] {
        let first = lines.index(of: tree.range(of: tree.root).lowerBound)
        let last = lastLine(of: tree.root)
        // Directives and the line that ends them.
        let start = (0..<first).last(where: { !isGap($0) }).map { $0 + 1 } ?? 0
        guard isBlock(tree.root), lines.indent(of: first) == lines.column(of: firstByte(of: tree.root)) else {
            return lines.plain(covering: first...max(first, last))
        }
        let end = ((last + 1)..<max(last + 1, lines.count)).first(where: { !isGap($0) }) ?? lines.count
        let table = tree.kind(of: tree.root) == .mapping ? order.root(tree) : nil
        let block = try collection(tree.root, .free, table: table, column: 0, gap: start, limit: end)
        var out = (0..<start).filter { !lines.isBlank($0) }.map { lines.text($0, from: 0) }
        out += Self.lines(of: block.leading, column: 0) + block.lines
        if end < lines.count {
            out += (end..<lines.count).filter { !lines.isBlank($0) }.map { lines.text($0, from: 0) }
        }
        return out
    }

    // MARK: Collections

    mutating func nestedCollection(
        _ node: YAMLNode, _ shape: KeyOrder.Shape, column: Int, gap: Int, limit: Int
    ) throws(Refusal) -> Block {
        let table = tree.kind(of: node) == .mapping ? order.table(shape, node, tree) : nil
        return try collection(node, shape, table: table, column: column, gap: gap, limit: limit)
    }

    /// - Parameters:
    ///   - gap: the line from which on comments belong to the first entry.
    ///   - limit: the line after the last one that belongs to the collection.
    private mutating func collection(
        _ node: YAMLNode, _ shape: KeyOrder.Shape, table: KeyOrder.Table?, column: Int, gap: Int, limit: Int
    ) throws(Refusal) -> Block {
        let old = lines.column(of: firstByte(of: node))
        let isMapping = tree.kind(of: node) == .mapping
        let entries: [(key: YAMLNode?, value: YAMLNode)] =
            isMapping
            ? tree.pairs(of: node).map { ($0.key, $0.value) } : tree.elements(of: node).map { (nil, $0) }
        var pieces: [Piece] = []
        var tail: [Gap] = []
        var leading: [Gap] = []
        var line = lines.index(of: firstByte(of: node))
        if gap < line { leading = gaps(gap..<line) }
        for (place, entry) in entries.enumerated() {
            if place > 0, lines.indent(of: line) != old {
                throw refusal(line, "the entry does not stand in one column")
            }
            let end = max(lastLine(of: entry.value), entry.key.map { lastLine(of: $0) } ?? line)
            // What follows the entry's lines up to the next entry.
            let next = ((end + 1)..<max(end + 1, limit)).first(where: { !isGap($0) }) ?? limit
            let inner = nestedGap((end + 1)..<max(end + 1, next), of: entry.value, in: old)
            var piece: Piece
            if let key = entry.key {
                let member = table.map { $0.shape(of: tree.string(of: key)) } ?? order.member(shape)
                piece = try pair(key, entry.value, member, at: line, to: end, limit: inner, old: old, column: column)
            } else {
                piece = try item(
                    entry.value, order.item(shape), at: line, to: end, limit: inner, old: old, column: column)
            }
            piece.leading = leading + piece.leading
            let rest = gaps(max(end + 1, inner)..<max(end + 1, inner, next))
            if place == entries.count - 1 {
                tail = rest
            } else {
                let isUnder = inner == end + 1 && rest.first?.isBlank == false
                let blank = rest.firstIndex { $0.isBlank }
                if isUnder, let blank {
                    piece.trailing = Array(rest[..<blank])
                    leading = Array(rest[blank...])
                } else {
                    leading = rest
                }
            }
            pieces.append(piece)
            line = next
        }
        if isMapping, sorts, let table { sort(&pieces, node, entries.map { ($0.key ?? $0.value, $0.value) }, table) }
        return join(pieces, tail: tail, column: column)
    }

    /// The line after the last comment that belongs to the collection in an entry's value.
    private func nestedGap(_ range: Range<Int>, of value: YAMLNode, in column: Int) -> Int {
        guard isBlock(value) else { return range.lowerBound }
        let inner = lines.column(of: firstByte(of: value))
        var end = range.lowerBound
        for line in range where lines.isComment(line) {
            let indent = lines.indent(of: line)
            guard indent >= inner, indent > column else { break }
            end = line + 1
        }
        return end
    }

    /// The lines of a range, all of them comments or blank, with one blank line at most between comments.
    private func gaps(_ range: Range<Int>) -> [Gap] {
        var found: [Gap] = []
        for line in range {
            if lines.isBlank(line) {
                if found.last?.isBlank != true { found.append(.blank) }
            } else {
                found.append(.comment(lines.core(line)))
            }
        }
        return found
    }

    /// Puts entries after each other.
    private func join(_ pieces: [Piece], tail: [Gap], column: Int) -> Block {
        var block = Block()
        for (place, piece) in pieces.enumerated() {
            var leading = piece.leading
            if place == 0 {
                block.leading = leading
            } else {
                // A blank line would belong to the text above.
                if block.isOpen { leading.removeFirst(leading.first?.isBlank == true ? 1 : 0) }
                if !pieces[place - 1].trailing.isEmpty, leading.first?.isBlank != true { leading.insert(.blank, at: 0) }
                block.lines += Self.lines(of: leading, column: column)
            }
            block.lines += piece.lines
            block.lines += Self.lines(of: piece.trailing, column: column)
            block.isOpen = piece.isOpen && piece.trailing.isEmpty
        }
        var tail = tail
        if tail.last?.isBlank == true { tail.removeLast() }
        if block.isOpen, tail.first?.isBlank == true { tail.removeFirst() }
        block.lines += Self.lines(of: tail, column: column)
        if !tail.isEmpty { block.isOpen = false }
        while block.leading.first?.isBlank == true { block.leading.removeFirst() }
        return block
    }

    static func lines(of gaps: [Gap], column: Int) -> [[UInt8]] {
        gaps.map { if case .comment(let text) = $0 { spaces(column) + text } else { [] } }
    }

    static func spaces(_ count: Int) -> [UInt8] { [UInt8](repeating: 0x20, count: max(0, count)) }

    // MARK: Order

    /// Moves entries to their places. A key that is not in the table stays behind the one it follows.
    private mutating func sort(
        _ pieces: inout [Piece], _ node: YAMLNode, _ entries: [(key: YAMLNode, value: YAMLNode)],
        _ table: KeyOrder.Table
    ) {
        var ranks: [Int] = []
        for entry in entries { ranks.append(table.rank(of: tree.string(of: entry.key)) ?? ranks.last ?? -1) }
        let moved = pieces.indices.sorted { (ranks[$0], $0) < (ranks[$1], $1) }
        guard moved != Array(pieces.indices), keepsAliases(moved, entries) else { return }
        sorted.insert(node)
        // The comment that heads a file is about the file.
        var header: [Gap] = []
        if node == tree.root { header = takeHeader(&pieces[0].leading) }
        pieces = moved.map { pieces[$0] }
        while pieces[0].leading.first?.isBlank == true { pieces[0].leading.removeFirst() }
        if !header.isEmpty, header.last?.isBlank == false, !pieces[0].leading.isEmpty { header.append(.blank) }
        pieces[0].leading = header + pieces[0].leading
    }

    /// The comments above a file's first key that are not its own: all but the last group, or the only one.
    private func takeHeader(_ leading: inout [Gap]) -> [Gap] {
        while leading.first?.isBlank == true { leading.removeFirst() }
        guard leading.last?.isBlank == false, let blank = leading.lastIndex(where: { $0.isBlank }) else {
            defer { leading = [] }
            return leading
        }
        defer { leading.removeSubrange(...blank) }
        return Array(leading[...blank])
    }

    /// Whether each alias still comes after what it stands for.
    private func keepsAliases(_ moved: [Int], _ entries: [(key: YAMLNode, value: YAMLNode)]) -> Bool {
        var targets: [(entry: Int, offset: Int)] = []
        for (index, entry) in entries.enumerated() {
            collectAliases(entry.key) { targets.append((index, $0)) }
            collectAliases(entry.value) { targets.append((index, $0)) }
        }
        guard !targets.isEmpty else { return true }
        var place = [Int](repeating: 0, count: moved.count)
        for (new, old) in moved.enumerated() { place[old] = new }
        let starts = entries.map { tree.range(of: $0.key).lowerBound }
        return targets.allSatisfy { target in
            guard let home = starts.lastIndex(where: { $0 <= target.offset }) else { return true }
            return place[home] <= place[target.entry]
        }
    }

    private func collectAliases(_ node: YAMLNode, _ take: (Int) -> Void) {
        let target = tree.definition(of: node)
        guard target == node else { return take(tree.range(of: target).lowerBound) }
        for element in tree.elements(of: node) { collectAliases(element, take) }
        for pair in tree.pairs(of: node) {
            collectAliases(pair.key, take)
            collectAliases(pair.value, take)
        }
    }
}
