// SPDX-License-Identifier: Apache-2.0

/// The difference of two texts line by line, as `diff -u` prints it.
public struct LineDiff: Sendable {
    /// A line of one or both texts.
    enum Line: Equatable {
        case same(Int, Int)
        case removed(Int)
        case added(Int)
    }

    private let old: [ArraySlice<UInt8>]
    private let new: [ArraySlice<UInt8>]
    private static let context = 3
    /// Texts that differ in more lines are shown as one replaced by the other: the search costs the square of it.
    private static let mostEdits = 1000

    /// The difference from one text to another.
    public init(_ old: [UInt8], _ new: [UInt8]) {
        self.old = Self.lines(old)
        self.new = Self.lines(new)
    }

    /// The lines with their line feeds: a last line without one is another line.
    private static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = 0
        for (index, byte) in bytes.enumerated() where byte == 0x0A {
            lines.append(bytes[start...index])
            start = index + 1
        }
        if start < bytes.count { lines.append(bytes[start...]) }
        return lines
    }

    /// The text of the difference; empty when there is none.
    public func unified(from oldName: String, to newName: String) -> String {
        let script = script()
        let changed = script.indices.filter { if case .same = script[$0] { false } else { true } }
        guard let first = changed.first else { return "" }
        var text = "--- \(oldName)\n+++ \(newName)\n"
        var start = max(0, first - Self.context)
        var end = first
        for index in changed.dropFirst() + [Int.max] {
            if index <= end + 2 * Self.context + 1, index != Int.max {
                end = index
                continue
            }
            text += hunk(script[start...min(end + Self.context, script.count - 1)], before: script[..<start])
            guard index != Int.max else { break }
            start = index - Self.context
            end = index
        }
        return text
    }

    private func hunk(_ hunk: ArraySlice<Line>, before: ArraySlice<Line>) -> String {
        func counts(_ lines: ArraySlice<Line>) -> (old: Int, new: Int) {
            lines.reduce(into: (0, 0)) { counts, line in
                switch line {
                case .same: counts = (counts.0 + 1, counts.1 + 1)
                case .removed: counts.0 += 1
                case .added: counts.1 += 1
                }
            }
        }
        let (before, here) = (counts(before), counts(hunk))
        func range(_ start: Int, _ count: Int) -> String { "\(count == 0 ? start : start + 1),\(count)" }
        var text = "@@ -\(range(before.old, here.old)) +\(range(before.new, here.new)) @@\n"
        for line in hunk {
            switch line {
            case .same(let index, _): text += Self.text(" ", old[index])
            case .removed(let index): text += Self.text("-", old[index])
            case .added(let index): text += Self.text("+", new[index])
            }
        }
        return text
    }

    private static func text(_ mark: String, _ line: ArraySlice<UInt8>) -> String {
        let text = mark + String(decoding: line, as: UTF8.self)
        return line.last == 0x0A ? text : text + "\n\\ No newline at end of file\n"
    }

    /// The shortest way from the old lines to the new ones (E. Myers' greedy algorithm).
    func script() -> [Line] {
        let head = zip(old, new).prefix { $0.elementsEqual($1) }.count
        let most = min(old.count, new.count) - head
        let tail = min(most, zip(old.reversed(), new.reversed()).prefix { $0.elementsEqual($1) }.count)
        let middle = middle(head..<(old.count - tail), head..<(new.count - tail))
        return (0..<head).map { .same($0, $0) } + middle
            + (0..<tail).map { .same(old.count - tail + $0, new.count - tail + $0) }
    }

    private func middle(_ a: Range<Int>, _ b: Range<Int>) -> [Line] {
        let limit = min(a.count + b.count, Self.mostEdits)
        var reach = [1: 0]
        var trace: [[Int: Int]] = []
        for edits in 0...limit {
            trace.append(reach)
            for diagonal in stride(from: -edits, through: edits, by: 2) {
                let goesDown =
                    diagonal == -edits
                    || (diagonal != edits && (reach[diagonal - 1] ?? -1) < (reach[diagonal + 1] ?? -1))
                var x = goesDown ? reach[diagonal + 1] ?? 0 : (reach[diagonal - 1] ?? 0) + 1
                while x < a.count, x - diagonal < b.count,
                    old[a.lowerBound + x].elementsEqual(new[b.lowerBound + x - diagonal])
                {
                    x += 1
                }
                reach[diagonal] = x
                if x >= a.count, x - diagonal >= b.count { return path(trace, a, b) }
            }
        }
        return a.map { .removed($0) } + b.map { .added($0) }
    }

    private func path(_ trace: [[Int: Int]], _ a: Range<Int>, _ b: Range<Int>) -> [Line] {
        var lines: [Line] = []
        var (x, y) = (a.count, b.count)
        for (edits, reach) in trace.enumerated().reversed() {
            let diagonal = x - y
            let goesDown =
                diagonal == -edits
                || (diagonal != edits && (reach[diagonal - 1] ?? -1) < (reach[diagonal + 1] ?? -1))
            let from = goesDown ? diagonal + 1 : diagonal - 1
            let startX = edits == 0 ? 0 : reach[from] ?? 0
            let startY = edits == 0 ? 0 : startX - from
            while x > startX, y > startY, x > 0, y > 0 {
                (x, y) = (x - 1, y - 1)
                lines.append(.same(a.lowerBound + x, b.lowerBound + y))
            }
            guard edits > 0 else { break }
            if goesDown {
                y -= 1
                lines.append(.added(b.lowerBound + y))
            } else {
                x -= 1
                lines.append(.removed(a.lowerBound + x))
            }
        }
        return lines.reversed()
    }
}
