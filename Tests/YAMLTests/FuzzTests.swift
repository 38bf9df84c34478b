// SPDX-License-Identifier: Apache-2.0
import Testing
import YAML

struct FuzzTests {
    private static let seeds = [
        "a: 1\nb:\n  - x\n  - {k: v, z: \"q\\u00e9\"}\n  - &x |\n    hi\n    there\n  - *x\n\n# end\nc: >-\n  a\n   b\n\n  c\n",
        "%YAML 1.2\n---\n? é\n: [😀, 'it''s', a: b]\n...\n",
        "\u{FEFF}x: !!str &a 1\r\ny: *a\r\n<<: {q: [1, 2.5, ~]}\r\n\"a\\tb\": |2+\r\n    z\r\n\r\n",
        "- - - a\n    - b\n  -\n- ? c\n  : d\n- plain\n  text: 3\n",
    ]
    private static let parts = [
        "[", "]", "{", "}", ": ", "- ", "? ", "&a ", "*a", "!t ", "|", ">", "\"", "'", "\\", "\n", "\r\n", "  ", "\t",
        "#", "---\n",
        "%", ",", "\u{0}", "é", "😀", "\u{2028}", "|2-\n", "<<: ", "...\n", "\u{FEFF}", "@",
    ]

    @Test(arguments: 0..<4)
    func mutatedTextNeverTraps(_ seed: Int) {
        var generator = SeededGenerator(state: UInt64(seed))
        var documents = 0
        for _ in 0..<2500 {
            let bytes = mutated(Array(Self.seeds[seed].utf8), &generator)
            if let fault = invariantFault(of: bytes) {
                Issue.record("\(fault): \(String(decoding: bytes, as: UTF8.self).debugDescription)")
                return
            }
            if YAMLDocument.parse(bytes).document != nil { documents += 1 }
        }
        #expect(documents > 50, "\(documents) mutations could be read")
    }

    @Test func anyBytesNeverTrap() {
        var generator = SeededGenerator(state: 7)
        for _ in 0..<3000 {
            let count = Int.random(in: 0..<24, using: &generator)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            #expect(invariantFault(of: bytes) == nil)
        }
    }

    @Test func shortTextsOfIndicatorsNeverTrap() {
        var generator = SeededGenerator(state: 8)
        for _ in 0..<10_000 {
            let text = (0..<Int.random(in: 1..<9, using: &generator))
                .map { _ in Self.parts[Int.random(in: 0..<Self.parts.count, using: &generator)] }
                .joined()
            let fault = invariantFault(of: Array(text.utf8))
            #expect(fault == nil, "\(text.debugDescription)")
        }
    }

    private func mutated(_ seed: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = seed
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let place = Int.random(in: 0...bytes.count, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0:
                bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 0..<6, using: &generator)))
            case 1, 2:
                let part = Self.parts[Int.random(in: 0..<Self.parts.count, using: &generator)]
                bytes.insert(contentsOf: part.utf8, at: place)
            case 3 where place < bytes.count:
                bytes[place] = UInt8.random(in: 0...127, using: &generator)
            default:
                let from = Int.random(in: 0...bytes.count, using: &generator)
                bytes.insert(contentsOf: bytes[from..<min(bytes.count, from + 8)], at: place)
            }
        }
        return bytes
    }

    /// What is wrong with the result of a parse, whatever the text was.
    private func invariantFault(of bytes: [UInt8]) -> String? {
        let (document, problems) = YAMLDocument.parse(bytes)
        if document == nil, problems.isEmpty { return "neither a document nor a problem" }
        for problem in problems {
            for range in [problem.range] + problem.related.map(\.range)
            where range.lowerBound < 0 || range.upperBound > bytes.count {
                return "range \(range) of \(problem.code)"
            }
        }
        let starts = problems.map(\.range.lowerBound)
        if starts != starts.sorted() { return "problems out of order" }
        guard let document else { return nil }
        _ = document.dump()
        var visited = 0
        return fault(in: document.root, of: document, within: 0..<bytes.count, &visited)
            ?? (visited == document.nodeCount ? nil : "visited \(visited) of \(document.nodeCount) nodes")
    }

    private func fault(
        in node: YAMLNode, of document: YAMLDocument, within outer: Range<Int>, _ visited: inout Int
    ) -> String? {
        visited += 1
        let range = document.range(of: node)
        guard range.lowerBound >= outer.lowerBound, range.upperBound <= outer.upperBound else {
            return "\(range) is not within \(outer)"
        }
        guard document.definition(of: node) == node else { return nil }
        if document.kind(of: node) == .scalar {
            let faults = mappingFaults(of: node, in: document)
            return faults.isEmpty ? nil : "decoded bytes \(faults) of the scalar at \(range)"
        }
        var children = Array(document.elements(of: node))
        for pair in document.pairs(of: node) { children += [pair.key, pair.value] }
        var from = range.lowerBound
        for child in children {
            if let fault = fault(in: child, of: document, within: from..<range.upperBound, &visited) { return fault }
            from = document.range(of: child).upperBound
        }
        return nil
    }
}
