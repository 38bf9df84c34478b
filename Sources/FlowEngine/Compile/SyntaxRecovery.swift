// SPDX-License-Identifier: Apache-2.0

import YAML

/// Reads on behind a syntax error: the entry that cannot be read is blanked out, byte for byte, and the rest is read.
///
/// A second error is only believed when it begins behind what was blanked out; an error that moves backwards was never
/// where the first one said, and then nothing more is said.
struct SyntaxRecovery {
    /// The tree of what could be read. Its places are those of the original text.
    private(set) var document: YAMLDocument?
    private(set) var problems: [YAMLProblem]
    /// What was blanked out, from the key of the entry on.
    private(set) var blanks: [Range<Int>] = []
    /// Whether the tree lacks so much that what refers to other parts cannot be judged.
    private(set) var isPartial = false

    private static let mostErrors = 20

    /// Tries to read a text behind the only problem that stopped the parser.
    init(_ bytes: [UInt8], _ first: YAMLProblem) {
        problems = [first]
        var text = bytes
        var problem = first
        var end = 0
        rounds: while problems.count < Self.mostErrors {
            let start = Self.start(of: problem)
            for entry in Self.entries(around: start, in: text) where entry.whole.lowerBound >= end {
                var candidate = text
                for index in entry.blank where candidate[index] != 0x0A && candidate[index] != 0x0D {
                    candidate[index] = 0x20
                }
                let (tree, found) = YAMLDocument.parse(candidate)
                let isBehind = found.allSatisfy { Self.start(of: $0) >= entry.whole.upperBound }
                guard tree != nil || isBehind && found.count == 1 && Self.isSyntax(found[0]) else { continue }
                text = candidate
                blanks.append(entry.whole)
                if entry.isPartial { isPartial = true }
                problems += found
                document = tree
                guard tree == nil else { return }
                problem = found[0]
                end = entry.whole.upperBound
                continue rounds
            }
            return
        }
    }

    /// Whether the parser can be led around a problem.
    static func isSyntax(_ problem: YAMLProblem) -> Bool { problem.code == .syntax || problem.code == .tab }

    /// Where the fault begins: at an opening quote or bracket, not where the parser gave up.
    private static func start(of problem: YAMLProblem) -> Int {
        guard let note = problem.related.first, !note.label.contains("mapping begins"),
            !note.label.contains("list begins")
        else { return problem.range.lowerBound }
        return Swift.min(note.range.lowerBound, problem.range.lowerBound)
    }

    // MARK: Entries

    private struct Entry {
        /// The lines of the entry.
        var whole: Range<Int>
        /// What is blanked out: the value behind `key:`, or everything where no key can be told.
        var blank: Range<Int>
        var isPartial: Bool
    }

    private struct Line {
        var range: Range<Int>
        /// The column of the first character; nil for an empty line or a comment.
        var indent: Int?
    }

    /// The entries that hold a place, the smaller first: that of `nodes` or `inputs`, and that of the file.
    private static func entries(around offset: Int, in text: [UInt8]) -> [Entry] {
        let lines = lines(of: text)
        guard let fault = lines.lastIndex(where: { $0.range.lowerBound <= offset }) else { return [] }
        // The lines above that the fault's line stands below of.
        var chain: [Int] = []
        var least = Int.max
        for index in stride(from: fault, through: 0, by: -1) {
            guard let indent = lines[index].indent, indent < least else { continue }
            chain.append(index)
            least = indent
            if indent == 0 { break }
        }
        guard least == 0 else { return [] }
        return chain.suffix(2).map { index in
            let indent = lines[index].indent ?? 0
            let next = lines[(index + 1)...].first { ($0.indent ?? Int.max) <= indent }
            let end = next?.range.lowerBound ?? text.count
            let start = lines[index].range.lowerBound
            let value = valueStart(in: lines[index].range, text)
            // Behind the fault there is no key any more that could be believed.
            let blank = value.map { $0 <= offset || index < fault ? $0..<end : start..<end } ?? start..<end
            let isTop = indent == 0
            return Entry(
                whole: start..<end, blank: blank,
                isPartial: blank.lowerBound == start || isTop && isNodes(lines[index].range, text))
        }
    }

    /// The place behind the colon of a line `key: …`.
    private static func valueStart(in line: Range<Int>, _ text: [UInt8]) -> Int? {
        var index = line.lowerBound
        while index < line.upperBound, text[index] == 0x20 { index += 1 }
        let first = index
        while index < line.upperBound {
            switch text[index] {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: index += 1
            case 0x3A where index > first:
                let next = index + 1 < text.count ? text[index + 1] : 0x0A
                return [0x20, 0x0A, 0x0D].contains(next) ? index + 1 : nil
            default: return nil
            }
        }
        return nil
    }

    private static func isNodes(_ line: Range<Int>, _ text: [UInt8]) -> Bool {
        text[line].starts(with: "nodes:".utf8) || text[line].starts(with: "finally:".utf8)
            || text[line].starts(with: "flow:".utf8)
    }

    private static func lines(of text: [UInt8]) -> [Line] {
        var lines: [Line] = []
        var start = 0
        while start < text.count {
            var end = start
            while end < text.count, text[end] != 0x0A, text[end] != 0x0D { end += 1 }
            var first = start
            while first < end, text[first] == 0x20 { first += 1 }
            let isText = first < end && text[first] != 0x23
            var next = Swift.min(end + 1, text.count)
            if next < text.count, text[end] == 0x0D, text[next] == 0x0A { next += 1 }
            lines.append(Line(range: start..<next, indent: isText ? first - start : nil))
            start = next
        }
        return lines
    }
}
