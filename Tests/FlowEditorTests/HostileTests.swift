// SPDX-License-Identifier: Apache-2.0

import FlowEditor
import FlowEngine
import Testing

/// Texts and requests as nobody would write them: every one is answered.
struct HostileTests {
    /// The same numbers in every run.
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 31)
        }
    }

    private static let methods = [
        "completion", "hover", "definition", "references", "documentHighlight", "prepareRename", "rename",
        "codeAction", "documentSymbol",
    ]

    private static let pieces = [
        "{", "}", "[", "]", "\"", "'", "${{", "}}", ":", ": ", "- ", "\n", "\r\n", "\r", "  ", "|\n", ">-", "#", "&a ",
        "*a", "é", "🎫", ".", "nodes.", "inputs.", "needs: [", "a: {b: [", "\t", "\u{0}", "---\n", "!!t ", "? ", ",",
    ]

    @Test(arguments: 0..<20) func everyRequestIsAnswered(seed: Int) {
        var numbers = Numbers(state: UInt64(seed) &* 7919 &+ 1)
        var session = Session(encoding: seed % 2 == 0 ? "utf-8" : "utf-16")
        var text = Array(NavigationTests.text.unicodeScalars)
        for _ in 0..<12 {
            for _ in 0..<Int.random(in: 1...4, using: &numbers) {
                let place = Int.random(in: 0...text.count, using: &numbers)
                let end = min(text.count, place + Int.random(in: 0...6, using: &numbers))
                let piece = Self.pieces.randomElement(using: &numbers) ?? ""
                text.replaceSubrange(place..<end, with: Bool.random(using: &numbers) ? Array(piece.unicodeScalars) : [])
            }
            var string = String.UnicodeScalarView()
            string.append(contentsOf: text)
            _ = session.open(String(string))
            for method in Self.methods {
                let line = Int64.random(in: 0...30, using: &numbers)
                let character = Int64.random(in: 0...60, using: &numbers)
                let place: JSONValue = ["line": .integer(line), "character": .integer(character)]
                let answer = session.request(
                    "textDocument/\(method)",
                    [
                        "textDocument": ["uri": .string(Session.uri)], "position": place, "newName": "other",
                        "range": ["start": place, "end": place],
                    ])
                #expect(answer["result"] != nil || answer["error"]?["code"]?.integerValue == -32803, "\(answer)")
            }
        }
    }

    /// Each beginning of a text, as it is while somebody types it.
    @Test func everyBeginningIsAnswered() {
        var session = Session()
        let letters = Array(NavigationTests.text)
        for count in stride(from: 0, through: letters.count, by: 3) {
            let answer = session.ask("textDocument/completion", String(letters[..<count]) + "‸")
            #expect(answer["result"] != nil)
        }
    }

    @Test func aTextThatIsTooLargeIsNotChecked() {
        var session = Session()
        let found = session.open("flow: 1 # " + String(repeating: "x", count: 8 << 20))
        #expect(found.map { $0["code"] } == ["F0110"])
        let answer = session.request(
            "textDocument/hover",
            ["textDocument": ["uri": .string(Session.uri)], "position": ["line": 0, "character": 0]])
        #expect(answer["error"]?["code"] == -32803)
    }

    @Test func deepBracketsAreRead() {
        var session = Session()
        for opening in ["{a: ", "[", "- ", "{", "? "] {
            let text = "a: " + String(repeating: opening, count: 20000)
            #expect(!session.open(text).isEmpty)
            #expect(session.ask("textDocument/completion", text + "‸")["result"] != nil)
        }
    }

    @Test func changesThatWaitAreCheckedOnce() {
        var session = Session()
        _ = session.open("flow: 1\n")
        let change: JSONValue = [
            "jsonrpc": "2.0", "method": "textDocument/didChange",
            "params": [
                "textDocument": ["uri": .string(Session.uri), "version": 7],
                "contentChanges": [["text": "flow: 1\nname: a\nnodes: {a: {run: x}}\n"]],
            ],
        ]
        #expect(session.server.receive(change.jsonBytes(), moreWaiting: true).isEmpty)
        #expect(session.server.receive(change.jsonBytes(), moreWaiting: false).count == 1)
    }
}
