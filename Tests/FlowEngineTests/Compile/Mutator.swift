// SPDX-License-Identifier: Apache-2.0

/// Changes bytes of workflow texts at random, with a liking for what means something.
struct Mutator {
    private static let parts: [String] = [
        "[", "]", "{", "}", ": ", ":", "- ", "&a ", "*a", "|\n", ">-\n", "\"", "'", "\\", "\n", "\r\n", "  ", "\t", "#",
        "---\n",
        "${{ ", " }}", "$${{", "inputs.", "nodes.", ".outputs.x", "item", "??", "==", "&&", "(", ")", ",", "1e300",
        "-1",
        "9223372036854775807", "-9223372036854775808", "9223372036854775808", "0.5", "null", "~", "true", "5m", "10KiB",
        "run: ", "needs: ", "foreach: ", "retry: ", "when: ", "max_attempts: ", "max_parallel: ", "min_items: ",
        "items: ",
        "priority: ", "timeout: ", "sql: ", "agent: ", "render: ", "http: ", "jq: ", "wait: ", "approval: ",
        "workflow: ",
        "finally:\n", "secrets: ", "flow: ", "default: ", "enum: ", "pattern: ", "é", "😀", "\u{0}", "\u{202E}",
        "\u{FEFF}",
        "map(", "matches(", "range(", "slice(", "length(", "../", "/",
    ]

    let seeds: [[UInt8]]
    var random: SplitMix

    mutating func next() -> [UInt8] {
        var bytes = seeds[pick(seeds.count)]
        for _ in 0..<pick(4) + 1 {
            let place = pick(bytes.count + 1)
            switch pick(6) {
            case 0: bytes.removeSubrange(place..<Swift.min(bytes.count, place + pick(24)))
            case 1: bytes.insert(contentsOf: Self.parts[pick(Self.parts.count)].utf8, at: place)
            case 2:
                let end = Swift.min(bytes.count, place + pick(8))
                bytes.replaceSubrange(place..<end, with: Self.parts[pick(Self.parts.count)].utf8)
            case 3: if place < bytes.count { bytes[place] = UInt8(pick(256)) }
            case 4:
                // A piece of another text.
                let other = seeds[pick(seeds.count)]
                let start = pick(other.count + 1)
                bytes.insert(contentsOf: other[start..<Swift.min(other.count, start + pick(60))], at: place)
            default: bytes = Self.swappedLines(bytes, pick(1000), pick(1000))
            }
        }
        return bytes
    }

    private mutating func pick(_ count: Int) -> Int { count <= 1 ? 0 : Int.random(in: 0..<count, using: &random) }

    private static func swappedLines(_ bytes: [UInt8], _ first: Int, _ second: Int) -> [UInt8] {
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        guard !lines.isEmpty else { return bytes }
        lines.swapAt(first % lines.count, second % lines.count)
        return Array(lines.joined(separator: [0x0A]))
    }
}
