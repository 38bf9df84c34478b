// SPDX-License-Identifier: Apache-2.0

import FlowTesting

/// Makes one input from a seed and a number.
struct FuzzSource {
    private static let parts: [String] = [
        "[", "]", "{", "}", ": ", ":", "- ", "? ", "&a ", "*a", "!t ", "|\n", "|2-\n", ">-\n", "\"", "'", "\\", "\n",
        "\r\n",
        "\r", "  ", "\t", "#", "---\n", "...\n", "%", ",", "<<: ", "${{ ", " }}", "$${{", "inputs.", "nodes.",
        ".outputs.x",
        "item", "it", "??", "==", "&&", "||", "(", ")", "!", "1e300", "-1", "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808", "0.5", "1e999", "null", "~", "true", "5m", "10KiB", "run: ", "needs: ", "foreach: ",
        "retry: ", "when: ", "max_attempts: ", "max_parallel: ", "min_items: ", "items: ", "priority: ", "timeout: ",
        "sql: ", "agent: ", "render: ", "http: ", "jq: ", "wait: ", "approval: ", "workflow: ", "finally:\n",
        "secrets: ",
        "flow: ", "default: ", "enum: ", "pattern: ", "schema: ", "é", "e\u{301}", "😀", "\u{0}", "\u{202E}", "\u{2028}",
        "\u{FEFF}", "\u{85}", "map(", "filter(", "sort_by(", "group_by(", "matches(", "replace(", "join(", "range(",
        "slice(", "length(", "format_date(", "../", "/", "@", "`",
    ]

    private let corpus: FuzzCorpus
    private var random: SeededGenerator

    init(corpus: FuzzCorpus, seed: UInt64, index: UInt64) {
        self.corpus = corpus
        var mix = SeededGenerator(seed: seed &* 0x9E37_79B9_7F4A_7C15 &+ index)
        random = SeededGenerator(seed: mix.next())
    }

    /// The input.
    mutating func next() -> [UInt8] {
        switch (corpus.target, random.below(10)) {
        case (.expressions, 0..<5):
            var grammar = ExpressionGrammar(random: random)
            let text = Array(grammar.template().utf8)
            random = grammar.random
            return random.chance(30) ? mutated(text) : text
        case (.yaml, 0..<2), (.validate, 0): return parts()
        case (.yaml, 2): return anyBytes()
        case (.validate, 1..<4):
            // Whole expressions of the grammar in a workflow.
            var grammar = ExpressionGrammar(random: random)
            let text = grammar.workflow()
            random = grammar.random
            return random.chance(30) ? mutated(Array(text.utf8)) : Array(text.utf8)
        default: return mutated(random.pick(corpus.seeds))
        }
    }

    private mutating func parts() -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<random.below(40) + 1 { bytes += random.pick(Self.parts).utf8 }
        return bytes
    }

    private mutating func anyBytes() -> [UInt8] {
        (0..<random.below(60)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    private mutating func mutated(_ seed: [UInt8]) -> [UInt8] {
        var bytes = seed
        for _ in 0..<random.below(6) + 1 {
            let place = random.below(bytes.count + 1)
            switch random.below(8) {
            case 0: bytes.removeSubrange(place..<Swift.min(bytes.count, place + random.below(24)))
            case 1, 2: bytes.insert(contentsOf: random.pick(Self.parts).utf8, at: place)
            case 3:
                let end = Swift.min(bytes.count, place + random.below(8))
                bytes.replaceSubrange(place..<end, with: random.pick(Self.parts).utf8)
            case 4: if place < bytes.count { bytes[place] = UInt8(truncatingIfNeeded: random.next()) }
            case 5:
                let other = random.pick(corpus.seeds)
                let start = random.below(other.count + 1)
                bytes.insert(contentsOf: other[start..<Swift.min(other.count, start + random.below(200))], at: place)
            case 6:
                // The same piece many times over.
                let end = Swift.min(bytes.count, place + random.below(16) + 1)
                let piece = Array(bytes[place..<end])
                let times = random.chance(5) ? random.below(4000) : random.below(40)
                for _ in 0..<times { bytes.insert(contentsOf: piece, at: place) }
            default:
                var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
                guard !lines.isEmpty else { continue }
                lines.swapAt(random.below(lines.count), random.below(lines.count))
                bytes = Array(lines.joined(separator: [0x0A]))
            }
            if bytes.count > 256 << 10 { bytes.removeLast(bytes.count - (256 << 10)) }
        }
        return bytes
    }
}
