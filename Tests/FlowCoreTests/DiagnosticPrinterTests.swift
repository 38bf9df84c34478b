// SPDX-License-Identifier: Apache-2.0
import FlowCore
import Testing

struct DiagnosticPrinterTests {
    /// A map of one file, and the span of the nth occurrence of a text in it.
    struct Source {
        var map = SourceMap()
        var texts: [[UInt8]] = []

        init(_ text: String, name: String = "itops.yaml") { add(text, name: name) }

        mutating func add(_ text: String, name: String) {
            _ = map.add(SourceFile(name: name, text: text))
            texts.append(Array(text.utf8))
        }

        func span(_ text: String, file: Int = 0, nth: Int = 0) -> SourceSpan {
            let wanted = Array(text.utf8)
            var left = nth
            for start in texts[file].indices where texts[file][start...].starts(with: wanted) {
                if left == 0 { return SourceSpan(file: file, start: start, end: start + wanted.count) }
                left -= 1
            }
            Issue.record("the text does not occur")
            return .none
        }

        func printed(_ diagnostic: Diagnostic, _ style: DiagnosticPrinter.Style = .full(colour: false)) -> String {
            DiagnosticPrinter(style).text(diagnostic, in: map)
        }
    }

    static let example = Source(
        String(repeating: "#\n", count: 11) + "  summarize:\n" + String(repeating: "#\n", count: 5)
            + "    needs: [summarise]\n")

    static let unknownNode = Diagnostic(
        .unknownNode, "unknown node `summarise` in `needs`", at: example.span("summarise"),
        label: "no node has this name",
        related: [.init(example.span("summarize"), "a node with a similar name stands here")],
        help: ["did you mean `summarize`?"],
        fixes: [.init("rename it", edits: [.init(example.span("summarise"), replacement: "summarize")])])

    @Test(arguments: [(1, 2), (3, 0), (4, 0), (0, 3), (-1, 3)]) func `counts what is beyond the limit`(
        _ limit: Int, _ hidden: Int
    ) {
        let many = Array(repeating: Self.unknownNode, count: 3)
        let text = DiagnosticPrinter(.concise).text(many, in: Self.example.map, limit: limit)
        let lines = text.split(separator: "\n")
        #expect(lines.count { $0.contains("F0204") } == 3 - hidden)
        #expect(lines.last?.hasPrefix("and \(hidden) more") == (hidden > 0))
    }

    @Test func `prints lines, marks and help`() {
        var diagnostic = Self.unknownNode
        diagnostic.fixes = []
        #expect(
            Self.example.printed(diagnostic) == """
                error[F0204]: unknown node `summarise` in `needs`
                  --> itops.yaml:18:13
                   |
                12 |   summarize:
                   |   --------- a node with a similar name stands here
                ...
                18 |     needs: [summarise]
                   |             ^^^^^^^^^ no node has this name
                   |
                   = help: did you mean `summarize`?

                """)
    }

    @Test func `counts tabs, wide and joined characters`() {
        let source = Source("a: 1\r\n\tbé: 中文 e\u{301} 👩‍🔬 🇩🇪 bad\r\nz\r\n")
        let diagnostic = Diagnostic(.syntax, "no", at: source.span("bad"), related: [.init(source.span("文"), "x")])
        #expect(
            source.printed(diagnostic) == """
                error[F0101]: no
                 --> itops.yaml:2:19
                  |
                2 |     bé: 中文 e\u{301} 👩‍🔬 🇩🇪 bad
                  |           --         ^^^
                  |           |
                  |           x

                """)
    }

    @Test func `shows controls and bidirectional marks by name`() {
        let source = Source("a: x\u{202E}y\u{1B}[0m z\n")
        let diagnostic = Diagnostic(
            .hiddenCharacter, "hidden \u{202E}character\u{1B}", at: source.span("\u{202E}"), label: "here",
            help: ["a\nb"])
        #expect(
            source.printed(diagnostic) == """
                error[F0111]: hidden <U+202E>character<U+001B>
                 --> itops.yaml:1:5
                  |
                1 | a: x<U+202E>y<U+001B>[0m z
                  |     ^^^^^^^^ here
                  |
                  = help: a b

                """)
    }

    @Test func `puts several labels on one line and shows short gaps`() {
        let source = Source("one two three\nfour\nfive six\n")
        let diagnostic = Diagnostic(
            .conflictingKeys, "conflict", at: source.span("two"), severity: .warning, label: "second",
            related: [
                .init(source.span("one"), "first"), .init(source.span("three"), "third"),
                .init(source.span("six"), "last"),
            ])
        #expect(
            source.printed(diagnostic) == """
                warning[F0215]: conflict
                 --> itops.yaml:1:5
                  |
                1 | one two three
                  | --- ^^^ ----- third
                  | |   |
                  | |   second
                  | first
                2 | four
                3 | five six
                  |      --- last

                """)
    }

    @Test func `shows spans of many lines by their first`() {
        let source = Source("a:\n  b: [1,\n    2]\nc\n")
        #expect(
            source.printed(Diagnostic(.wrongType, "list", at: source.span("[1,\n    2]"), label: "begins here")) == """
                error[F0203]: list
                 --> itops.yaml:2:6
                  |
                2 |   b: [1,
                  |      ^^^ begins here
                ...

                """)
    }

    @Test func `shows ends of lines, ends of files and nothing`() {
        let source = Source("ab\n")
        let end = Diagnostic(.syntax, "end", at: SourceSpan(file: 0, start: 2, end: 2), label: "here")
        #expect(source.printed(end).hasSuffix("1 | ab\n  |   ^ here\n"))
        let past = Diagnostic(.syntax, "end", at: SourceSpan(file: 0, start: 99, end: 120))
        #expect(source.printed(past).hasSuffix("2 |\n  | ^\n"))
        let unknown = Diagnostic(.syntax, "no place", at: .none, help: ["x"])
        #expect(source.printed(unknown) == "error[F0101]: no place\n = help: x\n")
        #expect(source.printed(unknown, .concise) == "<unknown>: error[F0101]: no place\n")
    }

    @Test func `labels in other files`() {
        var source = Source("a\nuse: x\n")
        source.add("\n\nx: 1\n", name: "agents/x.yaml")
        let diagnostic = Diagnostic(
            .badNode, "bad", at: source.span("x"), label: "used",
            related: [.init(source.span("x", file: 1), "defined")], help: ["h"])
        #expect(
            source.printed(diagnostic) == """
                error[F0502]: bad
                 --> itops.yaml:2:6
                  |
                2 | use: x
                  |      ^ used
                 ::: agents/x.yaml:3:1
                  |
                3 | x: 1
                  | - defined
                  |
                  = help: h

                """)
    }

    @Test(arguments: [0, 100, 5000, 9990])
    func `cuts long lines around the mark`(place: Int) throws {
        let text = String(repeating: "中", count: place) + "BAD" + String(repeating: "x", count: 10_000 - place)
        let source = Source(text)
        let lines = source.printed(Diagnostic(.syntax, "long", at: source.span("BAD"), label: "here"))
            .split(separator: "\n")
        try #require(lines.count == 5)
        #expect(lines[3].contains("BAD"))
        #expect(lines[3].contains("…"))
        #expect(lines[3].unicodeScalars.count <= 164)
        // The mark stands under the text: count wide characters twice.
        let before = lines[3].prefix { $0 != "B" }.reduce(0) { $0 + ($1 == "中" ? 2 : 1) }
        #expect(lines[4].prefix { $0 != "^" }.count == before)
        #expect(lines[4].hasSuffix("^^^ here"))
    }

    @Test func `colours`() {
        let source = Source("ab\n")
        let text = source.printed(Diagnostic(.syntax, "m", at: source.span("b"), label: "l"), .full(colour: true))
        #expect(text.hasPrefix("\u{1B}[1;31merror[F0101]\u{1B}[0m\u{1B}[1m: m\u{1B}[0m\n"))
        #expect(text.hasSuffix("\u{1B}[1;34m  |\u{1B}[0m  \u{1B}[1;31m^ l\u{1B}[0m\n"))
    }

    @Test func `prints one line`() {
        #expect(
            Self.example.printed(Self.unknownNode, .concise)
                == "itops.yaml:18:13: error[F0204]: unknown node `summarise` in `needs`\n")
        #expect(
            Self.example.printed(Self.unknownNode, .github)
                == "::error file=itops.yaml,line=18,col=13,endLine=18,endColumn=22,title=error[F0204]::"
                + "unknown node `summarise` in `needs`%0Ahelp: did you mean `summarize`?\n")
        let source = Source("a\n", name: "a,b:c%.yaml")
        #expect(
            source.printed(Diagnostic(.syntax, "50%\nx", at: source.span("a"), severity: .warning), .github)
                == "::warning file=a%2Cb%3Ac%25.yaml,line=1,col=1,endLine=1,endColumn=2,title=warning[F0101]::50%25%0Ax\n"
        )
    }

    @Test func `prints JSON`() throws {
        let text = Self.example.printed(Self.unknownNode, .json)
        let value = try JSONValue.parse(text)
        #expect(text.utf8.filter { $0 == 0x0A }.count == 1)
        #expect(value["code"] == "F0204")
        #expect(value["severity"] == "error")
        #expect(value["file"] == "itops.yaml")
        #expect(value["range"]?["start"] == ["line": 18, "column": 13, "offset": 57])
        #expect(value["range"]?["end"]?["column"] == 22)
        #expect(value["label"] == "no node has this name")
        #expect(value["related"]?.arrayValue?.first?["range"]?["start"]?["line"] == 12)
        #expect(value["help"] == ["did you mean `summarize`?"])
        let fix = value["fixes"]?.arrayValue?.first
        #expect(fix?["applicability"] == "maybe")
        #expect(fix?["edits"]?.arrayValue?.first?["replacement"] == "summarize")
        #expect(
            try JSONValue.parse(Self.example.printed(Diagnostic(.syntax, "x", at: .none), .json))["range"]
                == .some(.null))
    }

    @Test func `prints many`() {
        let list = [Self.unknownNode, Self.unknownNode]
        let full = DiagnosticPrinter(.full(colour: false)).text(list, in: Self.example.map)
        #expect(full.contains("   = fix: rename it\n\nerror[F0204]"))
        #expect(DiagnosticPrinter(.concise).text(list, in: Self.example.map).split(separator: "\n").count == 2)
    }

    @Test func `survives any text and any span`() {
        var random = SplitMixGenerator(seed: 31)
        for _ in 0..<2000 {
            let bytes =
                (0..<Int.random(in: 0...60, using: &random)).map { _ in
                    [0x0A, 0x0D, 0x09, 0x61, 0xC3, 0xA9, 0xE4, 0xF0, 0x9F, 0xFF, 0x20].randomElement(using: &random)
                        ?? 0x61
                } as [UInt8]
            var map = SourceMap()
            _ = map.add(SourceFile(name: "x", bytes: bytes))
            func span() -> SourceSpan {
                let start = Int.random(in: 0...70, using: &random)
                return SourceSpan(file: 0, start: start, end: start + Int.random(in: 0...30, using: &random))
            }
            let diagnostic = Diagnostic(
                .syntax, "m", at: span(), label: "l", related: [.init(span(), "a"), .init(span(), "b")])
            for style in [DiagnosticPrinter.Style.full(colour: true), .concise, .json, .github] {
                #expect(DiagnosticPrinter(style).text(diagnostic, in: map).hasSuffix("\n"))
            }
        }
    }
}

struct SpellingTests {
    @Test(
        arguments: [
            ("summarise", "summarize"), ("nmae", "name"), ("nodez", "nodes"), ("x", nil), ("inputs", nil),
            ("lenght", "length"),
        ] as [(String, String?)])
    func `finds the word that was meant`(word: String, nearest: String?) {
        let names = ["summarize", "name", "nodes", "inputs", "length"]
        #expect(Spelling.nearest(to: word, among: names) == nearest)
    }
}
