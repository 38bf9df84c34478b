// SPDX-License-Identifier: Apache-2.0
import Testing
import YAML

struct TreeTests {
    @Test func childrenComeInOrder() throws {
        let document = try parsed("a: [1, [2, 3], 4]\nb: {c: d}\ne: f\n")
        let keys = document.pairs(of: document.root).map { document.string(of: $0.key) }
        #expect(keys == ["a", "b", "e"])
        #expect(document.count(of: document.root) == 3)
        let list = try #require(document.value(of: document.root, forKey: "a"))
        #expect(document.elements(of: list).map { document.string(of: $0) } == ["1", "", "4"])
        #expect(document.count(of: list) == 3)
        #expect(document.kind(of: list) == .sequence && document.style(of: list) == .flow)
        #expect(document.value(of: document.root, forKey: "E") == nil)
        #expect(document.value(of: list, forKey: "a") == nil)
        #expect(Array(document.elements(of: document.root)).isEmpty)
        #expect(document.pairs(of: list).underestimatedCount == 0)
    }

    @Test func anAliasAnswersForItsAnchor() throws {
        let document = try parsed("a: &x {k: [1]}\nb: *x\n")
        let first = try #require(document.value(of: document.root, forKey: "a"))
        let second = try #require(document.value(of: document.root, forKey: "b"))
        #expect(first != second)
        #expect(document.definition(of: second) == first)
        #expect(document.kind(of: second) == .mapping)
        #expect(document.value(of: second, forKey: "k") == document.value(of: first, forKey: "k"))
        #expect(document.range(of: second) == 18..<20)
        #expect(document.range(of: first) == 6..<14)
    }

    @Test func aLaterAnchorOfTheSameNameWins() throws {
        let document = try parsed("- &x 1\n- *x\n- &x 2\n- *x\n")
        #expect(document.elements(of: document.root).map { document.string(of: $0) } == ["1", "1", "2", "2"])
    }

    @Test(arguments: ["", "\u{FEFF}"], ["\n", "\r\n", "\r"])
    func rangesHoldTheBytesOfANode(_ mark: String, _ lineBreak: String) throws {
        let text =
            mark + ["é: 😀 x", "ключ: [ä, 'ö']", "\"€\": \"ü\"", "z: |", "  ß", "  😀", ""].joined(separator: lineBreak)
        let document = try parsed(text)
        let source = document.source
        func bytes(_ node: YAMLNode) -> String { String(decoding: source[document.range(of: node)], as: UTF8.self) }
        let pairs = Array(document.pairs(of: document.root))
        #expect(pairs.map { bytes($0.key) } == ["é", "ключ", "\"€\"", "z"])
        #expect(pairs.map { bytes($0.value) } == ["😀 x", "[ä, 'ö']", "\"ü\"", "|\(lineBreak)  ß\(lineBreak)  😀"])
        #expect(document.string(of: pairs[3].value) == "ß\n😀\n")
        let place = document.lines.position(at: document.range(of: pairs[1].value).lowerBound)
        #expect(place == (2, 7))
    }

    @Test func directivesAndMarkersAreSkipped() throws {
        let document = try parsed("# c\n%YAML 1.2 # c\n\n--- # é\nä: &a\n...\n# after\n")
        #expect(document.dump() == "mapping 5:1-5:6 block\n  string 5:1-5:2 \"ä\"\n    null 5:6-5:6 \"\"\n")
    }

    @Test func anchorsEndBeforePunctuation() throws {
        let document = try parsed("- &a?b\n- &c:d\n- [&e, f]\n")
        let texts = document.elements(of: document.root).map { document.string(of: $0) }
        #expect(texts == ["?b", ":d", ""])
        #expect(document.elements(of: document.root).map { document.range(of: $0) } == [4..<6, 11..<13, 16..<23])
    }

    @Test func aFaultyNodeIsMarked() throws {
        let (document, problems) = YAMLDocument.parse(Array("a: *no\na: !t 1\n<<: {}\nok: 1\n".utf8))
        #expect(problems.map(\.code) == [.undefinedAlias, .duplicateKey, .tag, .mergeKey])
        let tree = try #require(document)
        let faults = tree.pairs(of: tree.root).map { [tree.isFaulty($0.key), tree.isFaulty($0.value)] }
        #expect(faults == [[false, true], [true, true], [true, false], [false, false]])
    }
}
