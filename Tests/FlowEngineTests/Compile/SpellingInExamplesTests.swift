// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Testing

/// Words of the shipped workflows with one or two letters wrong: keys, names of nodes and inputs, functions, agents.
struct SpellingInExamplesTests {
    /// A shipped workflow with the compiler that knows its agents.
    struct Example {
        var path: String
        var bytes: [UInt8]
        var compiler: Compiler
        /// The words whose spelling matters, by their places.
        var words: [Range<Int>]

        init(_ path: String) throws {
            self.path = path
            bytes = try File.read(path, limit: 1 << 20)
            let loader = WorkflowLoader(kinds: Fixtures.kinds)
            let loaded = try loader.load(path, agentFolders: [FilePath.join(ShippedWorkflowTests.root, "agents")])
            compiler = Compiler(kinds: Fixtures.kinds, agents: loaded.agents)
            words = Self.words(of: bytes)
        }

        func compile(_ bytes: [UInt8]) -> Compilation {
            compiler.compile(
                // Without the files beside it: their faults do not matter here, and to check them takes time.
                WorkflowSource(name: "example.yaml", bytes: bytes, directory: ""))
        }

        /// Keys, and what follows `nodes.`, `inputs.` and `agent: `, stands in `needs: […]`, or is called.
        private static func words(of bytes: [UInt8]) -> [Range<Int>] {
            func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) || byte == 0x5F }
            let keys = Set(
                (WorkflowSchema.document + WorkflowSchema.node + WorkflowSchema.input + WorkflowSchema.retry
                    + WorkflowSchema.foreach + Fixtures.kinds.flatMap(\.fields)).map(\.name)
                    + Fixtures.kinds.map(\.name))
            var words: [Range<Int>] = []
            var index = 0
            while index < bytes.count {
                guard isLetter(bytes[index]) else {
                    index += 1
                    continue
                }
                let start = index
                while index < bytes.count, isLetter(bytes[index]) { index += 1 }
                let word = String(decoding: bytes[start..<index], as: UTF8.self)
                let lineStart = bytes[..<start].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
                let before = String(decoding: bytes[lineStart..<start], as: UTF8.self)
                let next = index < bytes.count ? bytes[index] : 0
                let isKey = next == 0x3A && keys.contains(word)
                let isNeed = before.contains("needs: [") && !before.contains("]")
                let isCall = next == 0x28 && ExpressionFunction.named(word) != nil && before.contains("${{")
                let follows = ["nodes.", "inputs.", "agent: "].contains { before.hasSuffix($0) }
                if word.count > 3, isKey || isNeed || isCall || follows { words.append(start..<index) }
            }
            return words
        }

        /// Whether the correct word is proposed for what stands in its place; nil if nothing is said about it at all.
        func isCorrected(_ place: Range<Int>, as misspelt: String) -> Bool? {
            let word = String(decoding: bytes[place], as: UTF8.self)
            var text = bytes
            text.replaceSubrange(place, with: misspelt.utf8)
            let end = place.lowerBound + misspelt.utf8.count
            let told = compile(text).diagnostics.filter {
                Int($0.span.start) <= place.lowerBound && Int($0.span.end) >= end
                    || $0.fixes.contains { $0.edits.contains { Int($0.span.start) == place.lowerBound } }
            }
            guard !told.isEmpty else { return nil }
            return told.contains { $0.fixes.contains { $0.message == "write `\(word)`" } }
        }
    }

    @Test func twoHundredWordsAreCorrected() throws {
        let examples = try ShippedWorkflowTests.workflows.map {
            try Example(FilePath.join(ShippedWorkflowTests.root, $0))
        }
        #expect(examples.reduce(0) { $0 + $1.words.count } > 200)
        var random = SplitMix(state: 77)
        var right = 0
        var tried = 0
        var wrong: [String] = []
        var skipped = 0
        while tried < 200, skipped < 400 {
            let example = examples[Int.random(in: 0..<examples.count, using: &random)]
            let place = example.words[Int.random(in: 0..<example.words.count, using: &random)]
            let word = String(decoding: example.bytes[place], as: UTF8.self)
            let edits = word.count < 6 ? 1 : Int.random(in: 1...2, using: &random)
            let misspelt = SpellingTests.misspelling(of: word, edits: edits, &random)
            guard let isRight = example.isCorrected(place, as: misspelt) else {
                // Nothing is checked there, as under `mode`, if no word at all is refused.
                if example.isCorrected(place, as: "zzqqzzqqzz") == nil { skipped += 1 } else { tried += 1 }
                continue
            }
            tried += 1
            if isRight { right += 1 } else { wrong.append("\(word) as \(misspelt) in \(example.path)") }
        }
        #expect(tried == 200)
        #expect(right * 100 >= tried * 95, "\(right) of \(tried): \(wrong)")
    }
}
