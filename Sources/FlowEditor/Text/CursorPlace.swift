// SPDX-License-Identifier: Apache-2.0

/// Where the cursor stands in an outline.
struct CursorPlace {
    /// What is written there.
    enum Role {
        /// A key of the mapping in `entry` (-1 for the outermost).
        case key
        /// The value of `entry`.
        case value
        /// A new item of the list in `entry`.
        case item
    }

    var role: Role
    var entry: Int
    /// What is already written of the word, up to the cursor.
    var token: Range<Int>

    /// Finds the place of an offset.
    static func find(_ offset: Int, in text: TextDocument, _ outline: Outline) -> CursorPlace {
        let last = outline.last(before: offset)
        let line = text.range(ofLine: text.line(at: offset))
        if last >= 0 {
            let entry = outline.entries[last]
            if entry.style == .block, isInBlock(offset, entry, text, line) {
                return CursorPlace(role: .value, entry: last, token: offset..<offset)
            }
            if let container = outline.chain(to: last).last(where: { encloses(offset, outline.entries[$0]) }) {
                return inFlow(offset, container, last, text, outline)
            }
            let block = outline.chain(to: last).last { !outline.entries[$0].isInFlow } ?? last
            if outline.entries[block].keyRange.lowerBound >= line.lowerBound {
                return onLine(offset, block, outline)
            }
        }
        return onFreeLine(offset, last, line, text, outline)
    }

    private static func isInBlock(
        _ offset: Int, _ entry: Outline.Entry, _ text: TextDocument, _ line: Range<Int>
    ) -> Bool {
        guard text.line(at: offset) > text.line(at: entry.value.lowerBound) else { return false }
        if offset <= entry.value.upperBound { return true }
        let isEmpty = text.bytes[line].allSatisfy { $0 == 0x20 || $0 == 0x09 }
        return isEmpty && offset - line.lowerBound > entry.column
    }

    /// Whether an offset stands inside the bracket of an entry.
    private static func encloses(_ offset: Int, _ entry: Outline.Entry) -> Bool {
        guard entry.style == .flow, offset > entry.value.lowerBound else { return false }
        return entry.isClosed ? offset < entry.value.upperBound : offset <= entry.value.upperBound
    }

    private static func inFlow(
        _ offset: Int, _ container: Int, _ last: Int, _ text: TextDocument, _ outline: Outline
    ) -> CursorPlace {
        let isMap = text.bytes[outline.entries[container].value.lowerBound] == UInt8(ascii: "{")
        let fresh = CursorPlace(role: isMap ? .key : .item, entry: container, token: offset..<offset)
        guard let child = outline.chain(to: last).first(where: { outline.entries[$0].parent == container }) else {
            return fresh
        }
        let entry = outline.entries[child]
        if isMap, entry.key != nil, entry.keyRange.lowerBound <= offset, offset <= entry.keyRange.upperBound {
            return CursorPlace(role: .key, entry: container, token: entry.keyRange.lowerBound..<offset)
        }
        let behind = min(max(entry.value.upperBound, entry.keyRange.upperBound), offset)
        if text.bytes[behind..<offset].contains(UInt8(ascii: ",")) { return fresh }
        if isMap, entry.style == .none, entry.value.lowerBound == entry.keyRange.upperBound { return fresh }
        return CursorPlace(role: .value, entry: child, token: token(entry, offset))
    }

    private static func onLine(_ offset: Int, _ index: Int, _ outline: Outline) -> CursorPlace {
        let entry = outline.entries[index]
        if entry.key != nil, offset <= entry.keyRange.upperBound {
            return CursorPlace(role: .key, entry: entry.parent, token: entry.keyRange.lowerBound..<offset)
        }
        return CursorPlace(role: .value, entry: index, token: token(entry, offset))
    }

    private static func token(_ entry: Outline.Entry, _ offset: Int) -> Range<Int> {
        guard entry.style != .none, entry.style != .flow, entry.value.lowerBound <= offset,
            offset <= entry.value.upperBound
        else { return offset..<offset }
        return entry.value.lowerBound..<offset
    }

    /// A line without a key: a new key, or a value that goes on.
    private static func onFreeLine(
        _ offset: Int, _ last: Int, _ line: Range<Int>, _ text: TextDocument, _ outline: Outline
    ) -> CursorPlace {
        var start = line.lowerBound
        while start < offset, text.bytes[start] == 0x20 || text.bytes[start] == 0x09 { start += 1 }
        let column = start - line.lowerBound
        var parent = last
        while parent >= 0, outline.entries[parent].isInFlow || outline.entries[parent].column >= column {
            parent = outline.entries[parent].parent
        }
        return CursorPlace(role: .key, entry: parent, token: start..<offset)
    }
}
