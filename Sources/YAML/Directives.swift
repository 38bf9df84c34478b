// SPDX-License-Identifier: Apache-2.0

/// The `%` lines before the document. They are judged here and the parser never sees them, because libyaml takes
/// `%YAML 1.1` in silence, and looks through all earlier `%TAG` lines at each further one.
enum Directives {
    /// Returns where the text after the directives begins; `start` when there are none.
    static func skip(
        in source: UnsafeBufferPointer<UInt8>, from start: Int, problems: inout ProblemList
    ) -> Int {
        var index = start
        var afterLast = start
        var last: Range<Int>?
        while index < source.count {
            var end = index
            while end < source.count, !ASCII.isBreak(source[end]) { end += 1 }
            var next = end
            if next < source.count { next += 1 }
            if next < source.count, source[next - 1] == ASCII.carriageReturn, source[next] == ASCII.lineFeed {
                next += 1
            }

            let line = source[index..<end]
            if line.first == ASCII.percent {
                last = index..<end
                afterLast = next
                judge(line, problems: &problems)
            } else if let first = line.first(where: { !ASCII.isBlank($0) }), first != ASCII.hash {
                if let last, !line.starts(with: [ASCII.minus, ASCII.minus, ASCII.minus]) {
                    problems.add(
                        YAMLProblem(
                            code: .directive, message: "a directive must be followed by a line '---'", range: last,
                            help: "remove the line; a text without a directive is read as YAML 1.2"
                        ))
                }
                break
            }
            index = next
        }
        return afterLast
    }

    private static func judge(_ line: Slice<UnsafeBufferPointer<UInt8>>, problems: inout ProblemList) {
        let words = line.split { ASCII.isBlank($0) }
        let name = words[0]
        if name.elementsEqual("%YAML".utf8) {
            let hasVersion = words.count > 1 && words[1].first != ASCII.hash
            if hasVersion, words[1].elementsEqual("1.2".utf8), words.count == 2 || words[2].first == ASCII.hash {
                return
            }
            problems.add(
                YAMLProblem(
                    code: .directive, message: "only YAML 1.2 is read", range: line.startIndex..<line.endIndex,
                    help: "remove the line, or write %YAML 1.2"
                ))
        } else {
            problems.add(
                YAMLProblem(
                    code: .directive, message: "the directive \(quoted(name)) is not supported",
                    range: line.startIndex..<line.endIndex, help: "remove the line"
                ))
        }
    }
}
