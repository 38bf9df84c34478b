// SPDX-License-Identifier: Apache-2.0
import Testing
import YAML

struct SourceOffsetTests {
    /// The source offsets of the decoded bytes of the last value, and of the place after them.
    private func offsets(_ text: String) throws -> [Int] {
        let document = try parsed(text)
        let value = try #require(document.pairs(of: document.root).map(\.value).last)
        let length = document.withUTF8(of: value) { $0.count }
        return (0...length).map { document.sourceOffset(of: $0, in: value) }
    }

    @Test(
        arguments: [
            ("k: abc", [3, 4, 5, 6]),
            ("k: a\n  b", [3, 4, 7, 8]),
            ("k: a \n\n\n  b", [3, 6, 7, 10, 11]),
            ("k: 'a''b'", [4, 5, 7, 8]),
            ("k: \"a\\n\\u00e9b\"", [4, 5, 7, 7, 13, 14]),
            ("k: \"\\N\\L\"", [4, 4, 6, 6, 6, 8]),
            ("k: \"a\\\n  b\"", [4, 9, 10]),
            ("k: \"a \\\n \n  b\"", [4, 5, 9, 12, 13]),
            ("k: \"a \r\n b\"", [4, 6, 9, 10]),
            ("k: |\n  a\n  b\n", [7, 8, 11, 12, 13]),
            ("k: |-\n  a\n\n   b\n\n", [8, 9, 10, 13, 14, 15]),
            ("k: |1\n   a\n", [7, 8, 9, 10, 11]),
            ("k: |+\n\n a\n\n", [6, 8, 9, 10, 11]),
            ("k: |+\n\n\n", [6, 7, 8]),
            ("k: >\n  a\n  b\n\n  c\n", [7, 8, 11, 13, 16, 17, 18]),
            ("k: >\n  a\n   b\n  c\n", [7, 8, 11, 12, 13, 16, 17, 18]),
            ("k: ''", [4]),
            ("k:", [2]),
            ("k: |\n", [4]),
        ] as [(String, [Int])])
    func everyStyleIsMapped(_ text: String, _ expected: [Int]) throws {
        #expect(try offsets(text) == expected)
    }

    @Test func anAliasMapsIntoTheAnchoredText() throws {
        let document = try parsed("a: &x\n  \"\\ta\"\nb: *x\n")
        let value = try #require(document.value(of: document.root, forKey: "b"))
        #expect((0...2).map { document.sourceOffset(of: $0, in: value) } == [9, 11, 12])
    }

    @Test func offsetsOutsideAreClamped() throws {
        let document = try parsed("[a, \"\\t\"]")
        let nodes = Array(document.elements(of: document.root))
        #expect(document.sourceOffset(of: -1, in: nodes[0]) == 1)
        #expect(document.sourceOffset(of: 9, in: nodes[0]) == 2)
        #expect(document.sourceOffset(of: .min, in: nodes[1]) == 5)
        #expect(document.sourceOffset(of: .max, in: nodes[1]) == 7)
        #expect(document.sourceOffset(of: 3, in: document.root) == 0)
    }

    @Test(arguments: YAMLStyleCase.allCases)
    func eachDecodedByteEqualsItsSourceByte(_ style: YAMLStyleCase) {
        var generator = SeededGenerator(state: 42)
        var checked = 0
        for _ in 0..<4000 {
            let bytes = Array(style.randomText(&generator).utf8)
            guard let document = YAMLDocument.parse(bytes).document else { continue }
            for pair in document.pairs(of: document.root) {
                for node in [pair.key, pair.value] where document.style(of: node) == style.style {
                    let faults = mappingFaults(of: node, in: document)
                    #expect(faults.isEmpty, "\(String(decoding: bytes, as: UTF8.self).debugDescription) \(faults)")
                    checked += 1
                }
            }
        }
        #expect(checked > 1000, "\(checked) scalars of the style were read")
    }
}

/// Where the map from decoded to source bytes is wrong. A decoded byte is its source byte, or stands for a line break or
/// an escape.
func mappingFaults(of node: YAMLNode, in document: YAMLDocument) -> [Int] {
    let source = document.source
    let range = document.range(of: document.definition(of: node))
    return document.withUTF8(of: node) { decoded in
        var previous = -1
        return decoded.indices.filter { index in
            let offset = document.sourceOffset(of: index, in: node)
            defer { previous = offset }
            guard offset >= range.lowerBound, offset < source.count, offset >= previous else { return true }
            let byte = source[offset]
            if document.style(of: node) == .doubleQuoted, byte == UInt8(ascii: "\\") { return false }
            guard offset > previous else { return true }
            if decoded[index] == UInt8(ascii: " ") || decoded[index] == UInt8(ascii: "\n") {
                return byte != decoded[index] && byte != UInt8(ascii: "\n") && byte != UInt8(ascii: "\r")
            }
            return byte != decoded[index]
        }
    }
}

enum YAMLStyleCase: CaseIterable {
    case plain, singleQuoted, doubleQuoted, literal, folded

    var style: YAMLDocument.Style {
        switch self {
        case .plain: .plain
        case .singleQuoted: .singleQuoted
        case .doubleQuoted: .doubleQuoted
        case .literal: .literal
        case .folded: .folded
        }
    }

    /// A mapping with one value of this style; not each one can be read.
    func randomText(_ generator: inout SeededGenerator) -> String {
        let newline = Bool.random(using: &generator) ? "\n" : "\r\n"
        func body(_ parts: [String]) -> String {
            (0..<Int.random(in: 0..<12, using: &generator))
                .map { _ in parts[Int.random(in: 0..<parts.count, using: &generator)] }
                .joined()
        }
        switch self {
        case .plain:
            return "k: a\(body(["b", "cd", "é", " ", "  ", newline + " ", newline + newline + "  "]))z\(newline)"
        case .singleQuoted:
            return "k: '\(body(["b", "''", "é", " ", "\t", newline + " ", " \(newline)\(newline)  "]))'\(newline)"
        case .doubleQuoted:
            let parts = [
                "b", "\\n", "\\u20AC", "\\x41", "\\N", "\\\\", "\\U0001F600", "😀", " ", newline + " ",
                "\\" + newline + " ",
            ]
            return "k: \"\(body(parts))\"\(newline)"
        case .literal, .folded:
            let mark = self == .literal ? "|" : ">"
            let header = body(["", "", "", "-", "+", "2"])
            let lines = ["  a", "  b c", "   d", "", "  é ", "  ", " ", "    ", "  \tx"]
            return "k: \(mark)\(header)\(newline)\(body(lines.map { $0 + newline }))"
        }
    }
}
