// SPDX-License-Identifier: Apache-2.0

/// Reads the outline of a text line by line. It never fails: what it does not understand belongs to no entry.
struct OutlineParser {
    private static let deepest = 64

    private let bytes: [UInt8]
    private var entries: [Outline.Entry] = []
    /// The entries by indentation that are open, the innermost last.
    private var open: [Int] = []
    /// The entry whose block of text is being read.
    private var block: Int?

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The entries, each with the end of what belongs to it.
    func finished() -> [Outline.Entry] {
        var entries = entries
        for index in entries.indices.reversed() {
            let entry = entries[index]
            let end = max(entry.end, entry.value.upperBound, entry.keyRange.upperBound)
            entries[index].end = end
            if entry.parent >= 0 { entries[entry.parent].end = max(entries[entry.parent].end, end) }
        }
        return entries
    }

    mutating func parse() {
        var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        while start < bytes.count {
            let end = lineEnd(start)
            let first = skipBlanks(start, end)
            var next = afterBreak(end)
            if let owner = block {
                if first >= end || first - start > entries[owner].column {
                    if first < end { entries[owner].value = entries[owner].value.lowerBound..<end }
                    start = next
                    continue
                }
                block = nil
            }
            if first < end, bytes[first] != UInt8(ascii: "#"), !isMarker(start, end) {
                let reached = line(start, first, end)
                if reached > end { next = afterBreak(lineEnd(reached)) }
                // A bracket that is not closed ends where a line belongs to something else again.
                if reached > end, reached < bytes.count, isLineStart(reached) { next = reached }
            }
            start = next
        }
    }

    // MARK: Lines

    /// Reads a line from its first character; returns where it ends, which may be further down.
    private mutating func line(_ start: Int, _ first: Int, _ end: Int) -> Int {
        var index = first
        var item: Int?
        while index < end, bytes[index] == UInt8(ascii: "-"), index + 1 >= end || isBlank(bytes[index + 1]) {
            let column = index - start
            while let last = open.last,
                entries[last].column > column || (entries[last].column == column && entries[last].key == nil)
            {
                open.removeLast()
            }
            item = push(nil, index..<index + 1, column)
            index = skipBlanks(index + 1, end)
            if let item { entries[item].value = min(index, end)..<min(index, end) }
            if index >= end || bytes[index] == UInt8(ascii: "#") { return end }
        }
        guard index < end else { return end }
        let column = index - start
        if let (keyEnd, colon) = key(index, end) {
            while let last = open.last, entries[last].column >= column { open.removeLast() }
            let entry = push(keyText(index..<keyEnd), index..<keyEnd, column)
            return value(of: entry, skipBlanks(colon + 1, end), end)
        }
        if let item { return value(of: item, index, end) }
        // A value below its key, the rest of a long one, or a key that is being typed.
        var owner = open.last
        while let last = owner, entries[last].column >= column {
            owner = entries[last].parent >= 0 ? entries[last].parent : nil
        }
        guard let owner, owner == entries.count - 1 else { return end }
        switch entries[owner].style {
        case .none: return value(of: owner, index, end)
        case .plain: entries[owner].value = entries[owner].value.lowerBound..<trimmed(index, end)
        default: break
        }
        return end
    }

    private mutating func push(_ key: String?, _ range: Range<Int>, _ column: Int) -> Int {
        entries.append(
            Outline.Entry(
                key: key, keyRange: range, value: range.upperBound..<range.upperBound, column: column,
                parent: open.last ?? -1))
        open.append(entries.count - 1)
        return entries.count - 1
    }

    /// Reads a value; returns where it ends.
    private mutating func value(of owner: Int, _ start: Int, _ end: Int) -> Int {
        var index = start
        // Anchors and tags.
        while index < end, bytes[index] == UInt8(ascii: "&") || bytes[index] == UInt8(ascii: "!") {
            while index < end, !isBlank(bytes[index]) { index += 1 }
            index = skipBlanks(index, end)
        }
        let place = min(index, end)
        entries[owner].value = place..<place
        guard index < end, bytes[index] != UInt8(ascii: "#") else { return end }
        switch bytes[index] {
        case UInt8(ascii: "|"), UInt8(ascii: ">"):
            entries[owner].style = .block
            entries[owner].value = index..<end
            block = owner
            return end
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            return flow(owner, index)
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            entries[owner].style = .quoted
            let (close, isClosed) = quoted(index, column: entries[owner].column)
            entries[owner].isClosed = isClosed
            entries[owner].value = index..<close
            return max(close, min(end, bytes.count))
        default:
            entries[owner].style = .plain
            entries[owner].value = index..<trimmed(index, end)
            return end
        }
    }

    /// The end of a key and its colon, if a key begins here.
    private func key(_ start: Int, _ end: Int) -> (end: Int, colon: Int)? {
        var index = start
        switch bytes[start] {
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            let quote = bytes[start]
            index += 1
            while index < end, bytes[index] != quote { index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1 }
            guard index < end else { return nil }
            let keyEnd = index + 1
            index = skipBlanks(keyEnd, end)
            guard index < end, bytes[index] == UInt8(ascii: ":"), index + 1 >= end || isBlank(bytes[index + 1]) else {
                return nil
            }
            return (keyEnd, index)
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "|"), UInt8(ascii: ">"): return nil
        default:
            while index < end {
                let byte = bytes[index]
                if byte == UInt8(ascii: ":"), index + 1 >= end || isBlank(bytes[index + 1]) {
                    return (trimmed(start, index), index)
                }
                if byte == UInt8(ascii: "#"), index > start, isBlank(bytes[index - 1]) { return nil }
                index += 1
            }
            return nil
        }
    }

    private func keyText(_ range: Range<Int>) -> String {
        var range = range
        if range.count >= 2, [UInt8(ascii: "\""), UInt8(ascii: "'")].contains(bytes[range.lowerBound]) {
            range = range.lowerBound + 1..<range.upperBound - 1
        }
        return String(decoding: bytes[range], as: UTF8.self)
    }

    // MARK: Brackets

    /// Reads a bracket with all that is in it; returns where it ends.
    private mutating func flow(_ owner: Int, _ start: Int) -> Int {
        let column = entries[owner].column
        var containers: [(entry: Int, isMap: Bool)] = []
        /// The entry that waits for its value.
        var pending: Int? = owner
        var index = start
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case 0x20, 0x09: index += 1
            case 0x0A, 0x0D:
                let next = afterBreak(index)
                let end = lineEnd(next)
                let first = skipBlanks(next, end)
                let isEnd = first < end && [UInt8(ascii: "}"), UInt8(ascii: "]")].contains(bytes[first])
                if first < end, first - next <= column, !isEnd {
                    close(containers, at: index)
                    return next
                }
                index = max(next, index + 1)
            case UInt8(ascii: "#") where index > start && (isBlank(bytes[index - 1]) || bytes[index - 1] == 0x0A):
                index = lineEnd(index)
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                let target = pending ?? flowEntry(nil, index..<index, in: containers.last?.entry ?? owner)
                entries[target].style = .flow
                entries[target].value = index..<index + 1
                entries[target].isClosed = false
                containers.append((target, byte == UInt8(ascii: "{")))
                pending = nil
                index += 1
                if containers.count > Self.deepest {
                    close(containers, at: index)
                    return lineEnd(index)
                }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                index += 1
                if let (entry, _) = containers.popLast() {
                    entries[entry].value = entries[entry].value.lowerBound..<index
                    entries[entry].isClosed = true
                }
                pending = nil
                if containers.isEmpty { return index }
            case UInt8(ascii: ","):
                pending = nil
                index += 1
            case UInt8(ascii: ":") where pending != nil: index += 1
            default:
                let (tokenEnd, isQuoted, isClosed) = flowToken(index)
                let range = index..<max(tokenEnd, index + 1)
                index = range.upperBound
                guard let (container, isMap) = containers.last else { continue }
                if let waiting = pending {
                    entries[waiting].value = range
                    entries[waiting].style = isQuoted ? .quoted : .plain
                    entries[waiting].isClosed = isClosed
                    pending = nil
                } else if isMap {
                    let entry = flowEntry(keyText(range), range, in: container)
                    let colon = skipBlanks(index, bytes.count)
                    if colon < bytes.count, bytes[colon] == UInt8(ascii: ":") {
                        index = colon + 1
                        entries[entry].value = index..<index
                        pending = entry
                    }
                } else {
                    let entry = flowEntry(nil, range.lowerBound..<range.lowerBound, in: container)
                    entries[entry].value = range
                    entries[entry].style = isQuoted ? .quoted : .plain
                    entries[entry].isClosed = isClosed
                }
            }
        }
        close(containers, at: bytes.count)
        return bytes.count
    }

    private mutating func flowEntry(_ key: String?, _ range: Range<Int>, in container: Int) -> Int {
        entries.append(
            Outline.Entry(
                key: key, keyRange: range, value: range.upperBound..<range.upperBound,
                column: entries[container].column + 1, parent: container, isInFlow: true))
        return entries.count - 1
    }

    private mutating func close(_ containers: [(entry: Int, isMap: Bool)], at end: Int) {
        for (entry, _) in containers {
            let start = entries[entry].value.lowerBound
            entries[entry].value = start..<max(start, end)
        }
    }

    /// The end of a scalar in a bracket.
    private func flowToken(_ start: Int) -> (end: Int, isQuoted: Bool, isClosed: Bool) {
        if bytes[start] == UInt8(ascii: "\"") || bytes[start] == UInt8(ascii: "'") {
            let (end, isClosed) = quoted(start, column: -1, isOneLine: true)
            return (end, true, isClosed)
        }
        let end = lineEnd(start)
        var index = start
        while index < end {
            switch bytes[index] {
            case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"): return (trimmed(start, index), false, true)
            case UInt8(ascii: "{") where index >= start + 2 && bytes[index - 1] == UInt8(ascii: "{"):
                // `${{ … }}` without quotes is no YAML, but it is what was meant.
                while index < end, !(bytes[index] == UInt8(ascii: "}") && bytes[index - 1] == UInt8(ascii: "}")) {
                    index += 1
                }
            case UInt8(ascii: ":") where index + 1 >= end || isBlank(bytes[index + 1]) || isFlowMark(bytes[index + 1]):
                return (trimmed(start, index), false, true)
            case UInt8(ascii: "#") where index > start && isBlank(bytes[index - 1]):
                return (trimmed(start, index), false, true)
            default: break
            }
            index += 1
        }
        return (trimmed(start, end), false, true)
    }

    /// The end of a quoted scalar. One that is not closed ends with its line.
    private func quoted(_ start: Int, column: Int, isOneLine: Bool = false) -> (end: Int, isClosed: Bool) {
        let quote = bytes[start]
        var index = start + 1
        while index < bytes.count {
            let byte = bytes[index]
            if byte == quote {
                // Two single quotes are one of the text.
                if quote == UInt8(ascii: "'"), index + 1 < bytes.count, bytes[index + 1] == quote {
                    index += 2
                    continue
                }
                return (index + 1, true)
            }
            if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                index += 2
                continue
            }
            if byte == 0x0A || byte == 0x0D {
                let next = afterBreak(index)
                let first = skipBlanks(next, lineEnd(next))
                if isOneLine || (first < lineEnd(next) && first - next <= column) { break }
            }
            index += 1
        }
        return (min(lineEnd(start), bytes.count), false)
    }

    // MARK: Bytes

    private func isFlowMark(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]")
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private func lineEnd(_ start: Int) -> Int {
        var index = start
        while index < bytes.count, bytes[index] != 0x0A, bytes[index] != 0x0D { index += 1 }
        return min(index, bytes.count)
    }

    private func afterBreak(_ end: Int) -> Int {
        guard end < bytes.count else { return bytes.count }
        return bytes[end] == 0x0D && end + 1 < bytes.count && bytes[end + 1] == 0x0A ? end + 2 : end + 1
    }

    private func isLineStart(_ index: Int) -> Bool {
        index > 0 && (bytes[index - 1] == 0x0A || bytes[index - 1] == 0x0D)
    }

    private func skipBlanks(_ start: Int, _ end: Int) -> Int {
        var index = start
        while index < end, isBlank(bytes[index]) { index += 1 }
        return index
    }

    /// The end of a text without a comment and blanks behind it.
    private func trimmed(_ start: Int, _ end: Int) -> Int {
        var last = end
        var index = start
        while index < end {
            if bytes[index] == UInt8(ascii: "#"), index > start, isBlank(bytes[index - 1]) {
                last = index
                break
            }
            index += 1
        }
        while last > start, isBlank(bytes[last - 1]) { last -= 1 }
        return last
    }

    /// `---`, `...` and directives.
    private func isMarker(_ start: Int, _ end: Int) -> Bool {
        let line = bytes[start..<end]
        return line.first == UInt8(ascii: "%") || line.starts(with: Array("---".utf8))
            || line.starts(with: Array("...".utf8))
    }
}
