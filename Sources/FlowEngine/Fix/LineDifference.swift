// SPDX-License-Identifier: Apache-2.0

/// The difference of two texts by lines, in the form that `patch` reads.
public enum LineDifference {
    /// The unified difference with three lines around each change; empty when the texts are the same.
    ///
    /// - Parameters:
    ///   - old: the text before.
    ///   - new: the text after.
    ///   - name: the file's name for the two head lines.
    public static func unified(_ old: [UInt8], _ new: [UInt8], name: String) -> String {
        let a = lines(old)
        let b = lines(new)
        let steps = steps(a, b)
        guard steps.contains(where: { $0.mark != " " }) else { return "" }
        var text = "--- \(name)\n+++ \(name)\n"
        var index = 0
        while let first = steps[index...].firstIndex(where: { $0.mark != " " }) {
            let start = Swift.max(index, first - context)
            var end = first + 1
            // A change that begins within reach of the last one belongs to it.
            while let next = steps[end...].firstIndex(where: { $0.mark != " " }), next - end <= 2 * context {
                end = next + 1
            }
            let stop = Swift.min(steps.count, end + context)
            text += hunk(steps[start..<stop])
            index = stop
        }
        return text
    }

    private static let context = 3

    private struct Step {
        var mark: Character
        var line: String
        /// The numbers of the line, from 0, in the old and in the new text.
        var old: Int
        var new: Int
    }

    private static func hunk(_ steps: ArraySlice<Step>) -> String {
        let olds = steps.filter { $0.mark != "+" }.count
        let news = steps.filter { $0.mark != "-" }.count
        let first = steps.first
        let oldStart = (first?.old ?? 0) + (olds > 0 ? 1 : 0)
        let newStart = (first?.new ?? 0) + (news > 0 ? 1 : 0)
        var text = "@@ -\(oldStart),\(olds) +\(newStart),\(news) @@\n"
        for step in steps {
            text += "\(step.mark)\(step.line)"
            if !step.line.utf8.reversed().starts(with: [0x0A]) { text += "\n\\ No newline at end of file\n" }
        }
        return text
    }

    /// The lines with their line feeds.
    private static func lines(_ bytes: [UInt8]) -> [String] {
        var lines: [String] = []
        var start = 0
        for (index, byte) in bytes.enumerated() where byte == 0x0A {
            lines.append(String(decoding: bytes[start...index], as: UTF8.self))
            start = index + 1
        }
        if start < bytes.count { lines.append(String(decoding: bytes[start...], as: UTF8.self)) }
        return lines
    }

    /// Both texts as one list of kept, removed and added lines, removed ones first.
    private static func steps(_ a: [String], _ b: [String]) -> [Step] {
        var removed: Set<Int> = []
        var inserted: Set<Int> = []
        for change in b.difference(from: a) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): inserted.insert(offset)
            }
        }
        var steps: [Step] = []
        var old = 0
        var new = 0
        while old < a.count || new < b.count {
            if old < a.count, removed.contains(old) {
                steps.append(Step(mark: "-", line: a[old], old: old, new: new))
                old += 1
            } else if new < b.count, inserted.contains(new) {
                steps.append(Step(mark: "+", line: b[new], old: old, new: new))
                new += 1
            } else if old < a.count, new < b.count {
                steps.append(Step(mark: " ", line: a[old], old: old, new: new))
                old += 1
                new += 1
            } else {
                break
            }
        }
        return steps
    }
}
