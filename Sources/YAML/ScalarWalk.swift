// SPDX-License-Identifier: Apache-2.0

/// Decodes a scalar a second time, only to learn which source byte each decoded byte came from.
///
/// The parser keeps no such map, because few scalars are ever asked for it. The rules are those of libyaml's scanner.
struct ScalarWalk {
    private let source: UnsafeBufferPointer<UInt8>
    private let decoded: UnsafeBufferPointer<UInt8>
    private let target: Int
    /// Decoded bytes so far.
    private var count = 0
    /// The answer, once it is known.
    private var found: Int?

    /// The source offset of decoded byte `target`; for `target == decoded.count` the place after the last byte.
    static func locate(
        _ target: Int, decoded: UnsafeBufferPointer<UInt8>, style: YAMLDocument.Style,
        in source: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
    ) -> Int {
        var walk = ScalarWalk(source: source, decoded: decoded, target: max(0, min(target, decoded.count)))
        let end: Int
        switch style {
        case .literal, .folded: end = walk.block(range, isFolded: style == .folded)
        default: end = walk.flow(range, style)
        }
        return max(range.lowerBound, min(walk.found ?? end, source.count))
    }

    private init(source: UnsafeBufferPointer<UInt8>, decoded: UnsafeBufferPointer<UInt8>, target: Int) {
        self.source = source
        self.decoded = decoded
        self.target = target
    }

    /// `length` decoded bytes that came from `place`, one by one if `isVerbatim`, else all from that one place.
    private mutating func piece(_ length: Int, from place: Int, isVerbatim: Bool = false) {
        if found == nil, target < count + length { found = isVerbatim ? place + (target - count) : place }
        count += length
    }

    /// Length of the line break at `index`.
    private func breakLength(_ index: Int) -> Int {
        index + 1 < source.count && source[index] == ASCII.carriageReturn && source[index + 1] == ASCII.lineFeed ? 2 : 1
    }

    // MARK: - Plain and quoted

    private mutating func flow(_ range: Range<Int>, _ style: YAMLDocument.Style) -> Int {
        let quotes = style == .plain ? 0 : 1
        let end = range.upperBound - quotes
        var index = range.lowerBound + quotes
        while index < end, found == nil {
            let byte = source[index]
            if ASCII.isBlank(byte) || ASCII.isBreak(byte) {
                index = blankRun(from: index, to: end, isEscaped: false)
            } else if style == .singleQuoted, byte == ASCII.quote {
                piece(1, from: index)
                index += 2
            } else if style == .doubleQuoted, byte == ASCII.backslash, index + 1 < end {
                if ASCII.isBreak(source[index + 1]) {
                    index += 1
                    index = blankRun(from: index + breakLength(index), to: end, isEscaped: true)
                } else {
                    let (taken, made) = escape(at: index)
                    piece(made, from: index)
                    index += taken
                }
            } else {
                piece(1, from: index, isVerbatim: true)
                index += 1
            }
        }
        return end
    }

    /// Blanks without a line break are text. One break becomes a space, each further one a line feed.
    private mutating func blankRun(from start: Int, to end: Int, isEscaped: Bool) -> Int {
        var index = start
        var first: Int?
        var further = 0
        while index < end, ASCII.isBlank(source[index]) || ASCII.isBreak(source[index]) {
            guard ASCII.isBreak(source[index]) else {
                index += 1
                continue
            }
            if first == nil, !isEscaped {
                first = index
            } else {
                further += 1
                piece(1, from: index)
            }
            index += breakLength(index)
        }
        if let first {
            if further == 0 { piece(1, from: first) }
        } else if !isEscaped {
            piece(index - start, from: start, isVerbatim: true)
        }
        return index
    }

    /// Source bytes that an escape takes, and decoded bytes that it makes.
    private func escape(at index: Int) -> (taken: Int, made: Int) {
        let digits: Int
        switch source[index + 1] {
        case UInt8(ascii: "x"): digits = 2
        case UInt8(ascii: "u"): digits = 4
        case UInt8(ascii: "U"): digits = 8
        case UInt8(ascii: "N"), UInt8(ascii: "_"): return (2, 2)
        case UInt8(ascii: "L"), UInt8(ascii: "P"): return (2, 3)
        default: return (2, 1)
        }
        var value: UInt32 = 0
        for byte in source[min(index + 2, source.count)..<min(index + 2 + digits, source.count)] {
            value = value << 4 | UInt32(ASCII.hexValue(byte) ?? 0)
        }
        let made =
            switch value {
            case 0..<0x80: 1
            case 0x80..<0x800: 2
            case 0x800..<0x10000: 3
            default: 4
            }
        return (2 + digits, made)
    }

    // MARK: - Literal and folded

    private mutating func block(_ range: Range<Int>, isFolded: Bool) -> Int {
        var index = lineEnd(from: range.lowerBound)
        guard index < source.count else { return range.upperBound }
        index += breakLength(index)
        let indent = indent(from: index)

        /// The break after the last line of text, and those of the blank lines since.
        var pending: Int?
        var blankLines: [Int] = []
        var wasIndentedMore = false
        var lastEnd = range.upperBound
        while index < source.count, found == nil, count < decoded.count {
            var text = index
            while text < source.count, text - index < indent, source[text] == ASCII.space { text += 1 }
            let end = lineEnd(from: text)
            if text == end {
                guard end < source.count else { break }
                blankLines.append(end)
                index = end + breakLength(end)
                continue
            }
            let isIndentedMore = ASCII.isBlank(source[text])
            flush(pending, blankLines, folds: isFolded && !wasIndentedMore && !isIndentedMore)
            blankLines.removeAll(keepingCapacity: true)
            piece(end - text, from: text, isVerbatim: true)
            wasIndentedMore = isIndentedMore
            lastEnd = end
            guard end < source.count else {
                pending = nil
                break
            }
            pending = end
            index = end + breakLength(end)
        }
        if found == nil, count < decoded.count {
            flush(pending, blankLines, folds: false)
        }
        if let last = decoded.last, last == ASCII.lineFeed { return max(lastEnd, min(index, source.count)) }
        return lastEnd
    }

    private mutating func flush(_ pending: Int?, _ blankLines: [Int], folds: Bool) {
        if let pending, !folds || blankLines.isEmpty { piece(1, from: pending) }
        for line in blankLines { piece(1, from: line) }
    }

    private func lineEnd(from start: Int) -> Int {
        var index = start
        while index < source.count, !ASCII.isBreak(source[index]) { index += 1 }
        return index
    }

    /// The indentation: the spaces of the first line with text, less those that the text itself begins with. This holds
    /// with and without an indentation indicator in the header.
    private func indent(from start: Int) -> Int {
        let blankLines = decoded.prefix { $0 == ASCII.lineFeed }.count
        guard blankLines < decoded.count else { return Int.max }
        var index = start
        for _ in 0..<blankLines {
            index = lineEnd(from: index)
            guard index < source.count else { return 0 }
            index += breakLength(index)
        }
        let inSource = source[index...].prefix { $0 == ASCII.space }.count
        let inText = decoded[blankLines...].prefix { $0 == ASCII.space }.count
        return max(0, inSource - inText)
    }
}

extension YAMLDocument {
    /// Where byte `decodedOffset` of the scalar's decoded text stands in the source, as a byte offset.
    ///
    /// The offset equal to the text's length gives the place after its last byte. A byte made by an escape gives the
    /// escape, a byte made by folding gives the line break. For an alias it is the anchored text; for a collection, its
    /// first byte.
    public func sourceOffset(of decodedOffset: Int, in node: YAMLNode) -> Int {
        let record = arena.resolved(node)
        guard record.shape == .scalar else { return Int(record.start) }
        if record.isInSource { return Int(record.offset) + max(0, min(decodedOffset, Int(record.length))) }
        return withUTF8(of: node) { decoded in
            arena.source.withUnsafeBufferPointer { source in
                ScalarWalk.locate(
                    decodedOffset, decoded: decoded, style: record.style, in: source,
                    Int(record.start)..<Int(record.end)
                )
            }
        }
    }
}
