// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import Testing

@testable import FlowEngine

/// Each way to show a comparison, word by word.
@Suite struct ComparisonRenderTests {
    /// A comparison with a part of each kind, and texts that would break a careless renderer.
    static var sample: RunComparison {
        func run(_ letter: String, _ status: RunStatus, _ milliseconds: Int64, reused: Int = 0) -> RunComparison.Run {
            RunComparison.Run(
                letter: letter, id: "run\(letter.lowercased())00000000", workflow: "season", status: status,
                reason: status == .failed ? "node `plot` failed" : nil, createdAt: Timestamp(milliseconds: 0),
                duration: Milliseconds(milliseconds), nodes: 9, reused: reused, attempts: 9 - reused, source: .zero)
        }
        func side(_ status: NodeStatus?, _ milliseconds: Int64?, attempts: Int = 1) -> NodePair.Side {
            NodePair.Side(
                status: status, attempts: attempts, duration: milliseconds.map { Milliseconds($0) }, message: nil,
                usage: nil)
        }
        var fetch = NodePair(node: "fetch", kind: "run", cause: .patched)
        fetch.reasons = ["definition of run", "input days"]
        fetch.isFirst = true
        fetch.resultDiffers = true
        (fetch.base, fetch.other) = (side(.succeeded, 850), side(.succeeded, 2500))
        fetch.definition = [
            DefinitionChange(part: "run", old: "curl a\nsort\n", new: "curl b\nsort\n"),
            DefinitionChange(part: "timeout", old: nil, new: "5.0s"),
        ]
        fetch.rendered = [ValueChange(path: "with.days", old: 7, new: 9)]
        fetch.outputs = [
            ValueChange(path: "items[3].price", old: 3, new: 4.5),
            ValueChange(path: "note", old: "<b>one</b> | `x`\u{1B}[31m", new: "two & \"three\""),
            ValueChange(path: "lines", old: "a\nb\n", new: "a\nc\n```\n"),
            ValueChange(path: "more", old: nil, new: [1]),
            ValueChange(path: "less", old: .null, new: nil),
        ]
        let png = FileChange.Side(
            digest: .zero, size: 3, mediaType: "image/png", file: "plot.png", image: [1, 2, 3, 4])
        fetch.files = [
            FileChange(name: "plot", old: png, new: png, text: nil),
            FileChange(
                name: "table", old: nil,
                new: FileChange.Side(digest: .zero, size: 2048, mediaType: nil, file: "t.csv", image: nil), text: nil),
        ]
        var ask = NodePair(node: "ask", kind: "agent", cause: .nondeterministic)
        ask.isFirst = true
        ask.resultDiffers = true
        (ask.base, ask.other) = (side(.succeeded, 100), side(.succeeded, 100, attempts: 2))
        ask.base.usage = ModelCost(promptTokens: 10, completionTokens: 20, dollars: nil)
        ask.other.usage = ModelCost(promptTokens: 12, completionTokens: 25, dollars: 0.25)
        ask.outputs = [ValueChange(path: "text", old: "yes", new: "no")]
        var plot = NodePair(node: "plot", kind: "run", cause: .upstream)
        plot.reasons = ["after fetch", "after ask"]
        plot.resultDiffers = true
        (plot.base, plot.other) = (side(.reused, nil, attempts: 0), side(.failed, 5))
        plot.other.message = "the program ended with exit code 1\nmore"
        var old = NodePair(node: "old", kind: "set", cause: .onlyInBase)
        old.base = side(.succeeded, 0)
        old.isFirst = true
        old.resultDiffers = true
        var new = NodePair(node: "new", kind: "set", cause: .onlyInOther)
        new.resultDiffers = true
        var pair = RunPair(base: "A", other: "B")
        pair.definition = [DefinitionChange(part: "title", old: "One", new: "Two")]
        pair.sourceFiles = ["lib/tool.sh"]
        pair.inputs = [ValueChange(path: "days", old: 7, new: 9)]
        pair.options = [ValueChange(path: "approval", old: "ask", new: "none")]
        pair.nodes = [fetch, ask, plot, old, new]
        pair.sameNodes = 4
        pair.outputs = [ValueChange(path: "total", old: 12, new: 14)]
        pair.metrics = [
            MetricChange(name: "outputs.total", goal: .min, old: 12, new: 14),
            MetricChange(name: "fetch.score", goal: .max, old: 0, new: 0.3333333333),
        ]
        pair.samples = [
            SampleComparison(
                name: "tries.score", old: SampleStatistics([1, 2, 3]), new: SampleStatistics([4, 5, 6]), p: 0.1,
                isExact: true)
        ]
        var same = RunPair(base: "A", other: "C")
        same.sameNodes = 9
        var failed = run("B", .failed, 2600)
        failed.branch = BranchSummary(
            run: failed.id, parent: "runa00000000", kind: .branch, name: "long", hypothesis: "nine days | are *better*",
            verdict: .refuted, conclusion: "the plot fails")
        return RunComparison(
            runs: [run("A", .succeeded, 1200), failed, run("C", .succeeded, 70, reused: 9)],
            pairs: [pair, same], showsAll: false)
    }

    private static func golden(_ name: String) -> String { FilePath.join(Fixtures.folder("Compare"), name) }

    @Test func textIsGolden() throws {
        try Fixtures.compare(ComparisonText().text(Self.sample), with: Self.golden("sample.txt"))
    }

    @Test func markdownIsGolden() throws {
        try Fixtures.compare(ComparisonMarkdown().text(Self.sample), with: Self.golden("sample.md"))
    }

    @Test func pageIsGolden() throws {
        try Fixtures.compare(ComparisonPage().text(Self.sample), with: Self.golden("sample.html"))
    }

    @Test func jsonIsGolden() throws {
        let text = JSONValue.object(Self.sample.json).jsonText(.pretty) + "\n"
        try Fixtures.compare(text, with: Self.golden("sample.json"))
    }

    @Test func graphIsGolden() throws {
        func plan(_ nodes: String) throws -> Plan {
            try #require(Fixtures.compile("flow: 1\nname: season\nnodes:\n" + nodes).plan)
        }
        let shared = "  fetch: {run: 'true'}\n  ask: {run: 'true'}\n  plot: {needs: [fetch, ask], run: 'true'}\n"
        let base = try plan(shared + "  old: {needs: [plot], set: {n: 1}}\n  calm: {set: {n: 1}}\n")
        let other = try plan(shared + "  new: {needs: {plot: failed}, set: {n: 1}}\n  calm: {set: {n: 1}}\n")
        let graph = ComparisonGraph(Self.sample.pairs[0], base: base, other: other)
        try Fixtures.compare(graph.dot, with: Self.golden("sample.dot"))
        let small = ComparisonGraph(Self.sample.pairs[0], base: base, other: other, limit: 4).dot
        #expect(!small.contains("\"calm\""))
        #expect(small.contains("and 2 nodes that are the same"))
    }

    @Test func figuresOfAllRunsStandBesideEachOther() {
        let rows = FigureTable(of: Self.sample).rows
        #expect(rows.map(\.name) == ["total"])
        // What is not told of the third run is as in the base; the goal is the least.
        #expect(rows.first?.values == [12, 14, 12])
        #expect(rows.first?.best == [0, 2])
        var other = Self.sample
        other.pairs[0].outputs = [
            ValueChange(path: "list", old: [1], new: [2]), ValueChange(path: "gone", old: true, new: nil),
            ValueChange(path: "page", old: "a\nb", new: "c"),
        ]
        #expect(FigureTable(of: other).rows.map(\.name) == ["gone"])
        #expect(FigureTable(of: other).rows.first?.values == [true, nil, true])
    }

    @Test("A page holds no live markup of values, no scripts, and nothing from elsewhere")
    func page() {
        let page = ComparisonPage().text(Self.sample)
        #expect(!page.contains("<b>") && !page.contains("<script") && !page.contains("http://"))
        #expect(!page.contains("https://") && !page.contains("\u{1B}"))
        #expect(page.contains("&lt;b&gt;one&lt;/b&gt;"))
        #expect(page.contains("src=\"data:image/png;base64,AQIDBA==\""))
        #expect(page.contains("<meta name=\"viewport\""))
    }

    @Test("Colours follow the style, and control characters never reach a terminal")
    func colours() {
        let text = ComparisonText { "<\($0)>\($1)</>" }.text(Self.sample)
        #expect(text.contains("<good>succeeded</>"))
        #expect(text.contains("<bad>failed</>"))
        #expect(!text.contains("\u{1B}"))
    }

    @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")])
    func base64(_ text: String, _ code: String) {
        #expect(ComparisonPage.base64(Array(text.utf8)) == code)
    }
}
