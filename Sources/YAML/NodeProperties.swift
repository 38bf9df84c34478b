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
            let isVerbatim = first == ASCII.bang && index + 1 < source.count && source[index + 1] == ASCII.less
            while index < source.count, !ASCII.isBlank(source[index]), !ASCII.isBreak(source[index]) {
                if isVerbatim {
                    if source[index] == ASCII.greater {
                        index += 1
                        break
                    }
                } else if Self.isFlowIndicator(source[index]) {
                    break
                }
                index += 1
            }
            if first == ASCII.bang { tag = begin..<index }
            index = Self.skipBlanksAndComments(source, from: index)
        }
        content = index
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
