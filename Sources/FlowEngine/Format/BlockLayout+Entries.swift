// SPDX-License-Identifier: Apache-2.0

import FlowCore
import YAML

/// The lines of single entries.
extension BlockLayout {
    // MARK: Pairs and items

    /// An entry of a mapping, in the lines `line...end`; comments up to `limit` belong to its value.
    mutating func pair(
        _ key: YAMLNode, _ value: YAMLNode, _ shape: KeyOrder.Shape, at line: Int, to end: Int, limit: Int, old: Int,
        column: Int
    ) throws(Refusal) -> Piece {
        let keyEnd = tree.range(of: key).upperBound
        let colon = tree.source[keyEnd...].first { $0 != 0x20 && $0 != 0x09 }
        guard lines.index(of: tree.range(of: key).lowerBound) == line, colon == 0x3A else {
            throw refusal(line, "keys after `?` are not formatted")
        }
        var piece = Piece(leading: [], lines: [Self.spaces(column) + lines.text(line, from: old)])
        guard isBlock(value) else {
            try leaf(value, at: line, to: end, old: old, new: column, column: column, into: &piece)
            return piece
        }
        let block = try nested(value, shape, after: line, limit: limit, column: column + 2, into: &piece)
        piece.lines += Self.lines(of: block.leading, column: column + 2) + block.lines
        piece.isOpen = block.isOpen
        return piece
    }

    /// An item of a list, in the lines `line...end`; comments up to `limit` belong to its value.
    mutating func item(
        _ value: YAMLNode, _ shape: KeyOrder.Shape, at line: Int, to end: Int, limit: Int, old: Int, column: Int
    ) throws(Refusal) -> Piece {
        let text = lines[line].dropFirst(old)
        guard text.first == 0x2D else { throw refusal(line, "the item does not begin with `-`") }
        let blanks = text.dropFirst().prefix { $0 == 0x20 || $0 == 0x09 }.count
        let rest = old + 1 + blanks
        let core = lines.text(line, from: rest)
        let dash = Self.spaces(column) + (core.isEmpty ? [0x2D] : [0x2D, 0x20])
        guard isBlock(value) else {
            var piece = Piece(leading: [], lines: [dash + core])
            try leaf(value, at: line, to: end, old: rest, new: column + 2, column: column, into: &piece)
            return piece
        }
        guard lines.index(of: firstByte(of: value)) == line else {
            var piece = Piece(leading: [], lines: [dash + core])
            let block = try nested(value, shape, after: line, limit: limit, column: column + 2, into: &piece)
            piece.lines += Self.lines(of: block.leading, column: column + 2) + block.lines
            piece.isOpen = block.isOpen
            return piece
        }
        guard lines.column(of: firstByte(of: value)) == rest else { throw refusal(line, "the item is not formatted") }
        var block = try nestedCollection(value, shape, column: column + 2, gap: line, limit: limit)
        if let first = block.lines.first { block.lines[0] = dash + first.dropFirst(column + 2) }
        // Comments of the entry that now comes first have their place above the dash.
        return Piece(leading: block.leading, lines: block.lines, isOpen: block.isOpen)
    }

    /// A collection in the lines below its key or dash. An anchor may stand between them in a line of its own.
    private mutating func nested(
        _ value: YAMLNode, _ shape: KeyOrder.Shape, after line: Int, limit: Int, column: Int, into piece: inout Piece
    ) throws(Refusal) -> Block {
        let first = lines.index(of: firstByte(of: value))
        guard first > line, lines.indent(of: first) == lines.column(of: firstByte(of: value)) else {
            throw refusal(first, "the value is not formatted")
        }
        var gap = line + 1
        if let anchor = (gap..<first).last(where: { !isGap($0) }) {
            for between in gap...anchor where !lines.isBlank(between) {
                piece.lines.append(Self.spaces(column) + lines.core(between))
            }
            gap = anchor + 1
        }
        return try nestedCollection(value, shape, column: column, gap: gap, limit: limit)
    }

    // MARK: Scalars and flow collections

    /// Adds the further lines of a value that is no block collection, moved by as much as its first line.
    ///
    /// - Parameters:
    ///   - old: the column that the entry's text had.
    ///   - new: the column that it has now.
    ///   - column: that of the collection, which the value is indented against.
    private func leaf(
        _ value: YAMLNode, at line: Int, to end: Int, old: Int, new: Int, column: Int, into piece: inout Piece
    ) throws(Refusal) {
        guard end > line else {
            piece.isOpen = isKeptBlockScalar(value)
            return
        }
        let first = lines.index(of: tree.range(of: value).lowerBound)
        var shift = new - old
        if first > line {
            for between in (line + 1)..<first where !lines.isBlank(between) {
                piece.lines.append(Self.spaces(column + 2) + lines.core(between))
            }
            piece.lines.append(Self.spaces(column + 2) + lines.core(first))
            shift = column + 2 - lines.indent(of: first)
        }
        guard first < end else {
            piece.isOpen = isKeptBlockScalar(value)
            return
        }
        if isBlockScalar(value) {
            blockScalar(value, first: first, end: end, column: column, into: &piece)
            return
        }
        let least = tree.style(of: value) == .flow ? column : column + 1
        for next in (first + 1)...end {
            let core = lines.text(next, from: lines.indent(of: next))
            let indent = max(lines.indent(of: next) + shift, least)
            piece.lines.append(core.isEmpty ? [] : Self.spaces(indent) + core)
        }
    }

    /// The text of a block scalar: its bytes stay, its indentation goes with the collection.
    private func blockScalar(_ value: YAMLNode, first: Int, end: Int, column: Int, into piece: inout Piece) {
        let header = blockHeader(of: value)
        let old = textIndent(of: value, after: first, to: end)
        let new = column + (header.indent ?? 2)
        for line in (first + 1)...end {
            let text = lines[line]
            if text.count <= old, lines.isBlank(line) {
                piece.lines.append([])
            } else {
                piece.lines.append(Self.spaces(new) + text.dropFirst(min(old, lines.indent(of: line))))
            }
        }
        piece.isOpen = header.keeps
    }

    // MARK: Places

    func refusal(_ line: Int, _ message: String) -> Refusal {
        Refusal(offset: lines[line].startIndex, message: message)
    }

    /// Where the first entry of a collection begins.
    func firstByte(of node: YAMLNode) -> Int { tree.range(of: node).lowerBound }

    /// Whether the node is a collection written by indentation, and no alias of one.
    func isBlock(_ node: YAMLNode) -> Bool {
        tree.definition(of: node) == node && tree.kind(of: node) != .scalar && tree.style(of: node) == .block
    }

    func isBlockScalar(_ node: YAMLNode) -> Bool {
        guard tree.definition(of: node) == node else { return false }
        return tree.style(of: node) == .literal || tree.style(of: node) == .folded
    }

    /// Whether a line that stands outside of all values is a comment or blank.
    func isGap(_ line: Int) -> Bool { lines.isBlank(line) || lines.isComment(line) }

    private func isKeptBlockScalar(_ node: YAMLNode) -> Bool { isBlockScalar(node) && blockHeader(of: node).keeps }

    /// What stands after `|` or `>`: the indentation that is told, and whether all line breaks at the end count.
    private func blockHeader(of node: YAMLNode) -> (indent: Int?, keeps: Bool) {
        let signs = tree.source[firstByte(of: node)...].dropFirst().prefix { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A }
        let digit = signs.first { (0x31...0x39).contains($0) }
        return (digit.map { Int($0 - 0x30) }, signs.contains(0x2B))
    }

    /// The spaces before the text of a block scalar: those of its first line with text, without the ones that the
    /// text itself begins with.
    private func textIndent(of node: YAMLNode, after header: Int, to end: Int) -> Int {
        let text = tree.withUTF8(of: node) { Array($0) }
        let breaks = text.prefix { $0 == 0x0A }.count
        guard breaks < text.count, header + 1 + breaks <= end else { return Int.max }
        let inText = text[breaks...].prefix { $0 == 0x20 }.count
        return max(0, lines.indent(of: header + 1 + breaks) - inText)
    }

    /// The last line that holds something of a node.
    func lastLine(of node: YAMLNode) -> Int {
        if isBlock(node) {
            var last: YAMLNode?
            for pair in tree.pairs(of: node) { last = pair.value }
            for element in tree.elements(of: node) { last = element }
            return max(lines.index(of: firstByte(of: node)), last.map { lastLine(of: $0) } ?? 0)
        }
        let range = tree.range(of: node)
        let line = lines.index(of: max(range.lowerBound, range.upperBound - 1))
        guard isBlockScalar(node) else { return line }
        // Blank lines at the end may be text.
        let first = lines.index(of: range.lowerBound)
        let indent = textIndent(of: node, after: first, to: line)
        let keeps = blockHeader(of: node).keeps
        var end = line
        for next in (line + 1)..<max(line + 1, lines.count) {
            guard lines.isBlank(next) else { break }
            if keeps || (lines[next].count > indent && lines.indent(of: next) >= indent) { end = next }
        }
        return end
    }
}

extension SourceLines {
    /// All lines as they are, those outside of the given ones without blanks at the end.
    func plain(covering: ClosedRange<Int>) -> [[UInt8]] {
        (0..<count).map { covering.contains($0) ? Array(self[$0]) : text($0, from: 0) }
    }
}
