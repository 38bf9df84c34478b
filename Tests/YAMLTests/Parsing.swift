// SPDX-License-Identifier: Apache-2.0
import Testing
import YAML

/// Parses text that must be without a fault.
func parsed(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> YAMLDocument {
    let (document, problems) = YAMLDocument.parse(Array(text.utf8))
    #expect(problems.isEmpty, "\(problems)", sourceLocation: sourceLocation)
    return try #require(document, sourceLocation: sourceLocation)
}

/// Problems as text, one a line: `code line:column 'source text' message`, and below it notes and help.
func report(_ bytes: [UInt8], limits: YAMLLimits = .standard) -> String {
    let lines = LineTable(bytes)
    func place(_ range: Range<Int>) -> String {
        let (line, column) = lines.position(at: range.lowerBound)
        let text = String(decoding: bytes[range], as: UTF8.self)
        return "\(line):\(column) '\(text.replacing("\n", with: "\\n"))'"
    }
    return YAMLDocument.parse(bytes, limits: limits).problems.map { problem in
        var text = "\(problem.code) \(place(problem.range)) \(problem.message)"
        for note in problem.related { text += "\n  note \(place(note.range)) \(note.label)" }
        if let help = problem.help { text += "\n  help \(help)" }
        return text
    }.joined(separator: "\n")
}

func report(_ text: String, limits: YAMLLimits = .standard) -> String {
    report(Array(text.utf8), limits: limits)
}

/// A small seeded generator (SplitMix64), so that a failing case comes again.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
