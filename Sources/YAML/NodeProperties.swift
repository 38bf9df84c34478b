// SPDX-License-Identifier: Apache-2.0

/// The anchor and tag before a node's content. libyaml gives only the place where they begin.
struct NodeProperties {
    private(set) var content: Int
    private(set) var tag: Range<Int>?

    /// `start` is the first byte of an anchor or tag that libyaml has accepted.
    init(_ source: UnsafeBufferPointer<UInt8>, from start: Int) {
        var index = start
        while index < source.count {
            let first = source[index]
            guard first == ASCII.ampersand || (first == ASCII.bang && tag == nil) else { break }
            let begin = index
            index = first == ASCII.bang ? Self.tagEnd(source, from: index) : Self.anchorEnd(source, from: index)
            if first == ASCII.bang { tag = begin..<index }
            index = Self.skipBlanksAndComments(source, from: index)
        }
        content = index
    }

    /// `!<…>`, or all up to a blank, a line break or a flow indicator.
    private static func tagEnd(_ source: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        let isVerbatim = start + 1 < source.count && source[start + 1] == ASCII.less
        var index = start
        while index < source.count, !ASCII.isBlank(source[index]), !ASCII.isBreak(source[index]) {
            if isVerbatim, source[index] == ASCII.greater { return index + 1 }
            if !isVerbatim, isFlowIndicator(source[index]) { break }
            index += 1
        }
        return index
    }

    /// libyaml's anchors are of letters, digits, `_` and `-`; `&a:` and `&a?` end before the last character.
    private static func anchorEnd(_ source: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var index = start + 1
        while index < source.count {
            switch source[index] {
            case ASCII.zero...ASCII.nine, 0x41...0x5A, 0x61...0x7A, 0x5F, ASCII.minus: index += 1
            default: return index
            }
        }
        return index
    }

    private static func isFlowIndicator(_ byte: UInt8) -> Bool {
        switch byte {
        case ASCII.comma, ASCII.openBracket, ASCII.closeBracket, ASCII.openBrace, ASCII.closeBrace: true
        default: false
        }
    }

    private static func skipBlanksAndComments(_ source: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var index = start
        while index < source.count {
            if source[index] == ASCII.hash {
                while index < source.count, !ASCII.isBreak(source[index]) { index += 1 }
            } else if ASCII.isBlank(source[index]) || ASCII.isBreak(source[index]) {
                index += 1
            } else {
                break
            }
        }
        return index
    }
}
