// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import FlowTesting
import Testing

struct SettingsTests {
    /// The settings of a text, and its faults in one line each.
    private static func read(_ text: String, user: String? = nil) throws -> (ModelSettings, faults: [String]) {
        let folder = try TemporaryDirectory()
        var paths: [String] = []
        if let user {
            try File.write(user, to: folder.path + "/config.yaml")
            paths.append(folder.path + "/config.yaml")
        }
        try File.write(text, to: folder.path + "/flow.yaml")
        paths.append(folder.path + "/flow.yaml")
        let loaded = SettingsFiles.load(paths)
        let printer = DiagnosticPrinter(.concise)
        let faults = loaded.problems.flatMap { sources, diagnostics in
            diagnostics.map { diagnostic in
                String(printer.text(diagnostic, in: sources).dropLast().dropFirst(folder.path.count + 1))
            }
        }
        #expect(loaded.isSound == faults.isEmpty)
        return (loaded.models, faults)
    }

    @Test(
        "A key that was written into the file is not shown with what is wrong there",
        arguments: [
            "key: sk-Vb81kYt40aQ9mX2z", "key: {env: sk-Vb81kYt40aQ9mX2z, secret: S}", "url: sk-Vb81kYt40aQ9mX2z",
            "api_key: Vb81kYt40aQ9mX2zPw", "key: \"Vb81kYt40aQ9mX2zPw\"", "key: [Vb81kYt40aQ9mX2zPw",
        ])
    func keysAreHidden(line: String) throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/flow.yaml"
        try File.write("providers:\n  big:\n    type: openai\n    \(line)\n    more: 1\n", to: path)
        let loaded = SettingsFiles.load([path])
        for style in [DiagnosticPrinter.Style.full(colour: false), .concise, .json] {
            let text = loaded.problems.flatMap { sources, diagnostics in
                diagnostics.map { DiagnosticPrinter(style).text($0, in: sources) }
            }.joined()
            #expect(!text.isEmpty)
            #expect(!text.contains("Vb81kYt40aQ9mX2z"), "\(text)")
        }
    }

    @Test func allThatCanBeSaidIsRead() throws {
        let (settings, faults) = try Self.read(
            """
            flow: 1
            providers:
              big:
                type: anthropic
                url: https://example.org/v1
                key: {env: BIG_KEY}
                concurrency: 4
                requests_per_minute: 60
                api_version: 2023-06-01
                timeout: 10m
                idle_timeout: 30s
              box: {type: openai, url: "http://127.0.0.1:8000/v1", key: {command: [pass, show, box]}}
              own: {type: gemini, key: {secret: OWN}}
            models:
              default: {provider: big, model: large-1, fallback: [small, own], cooldown: 5m, max_tokens: 900}
              small: {provider: box, model: s, fallback: default, tool_mode: json, temperature: 0, top_p: 0.5, seed: 1}
              own: {provider: own, model: g, reasoning_effort: low}
            """)
        #expect(faults == [])
        var big = ModelSettings.Provider(name: "big", type: .anthropic)
        big.url = "https://example.org/v1"
        big.key = .environment("BIG_KEY")
        big.concurrency = 4
        big.requestsPerMinute = 60
        big.apiVersion = "2023-06-01"
        big.timeout = Milliseconds(600_000)
        big.idleTimeout = Milliseconds(30_000)
        #expect(settings.provider("big") == big)
        #expect(settings.provider("box")?.key == .command(["pass", "show", "box"]))
        #expect(settings.provider("own")?.key == .secret("OWN"))
        let first = try #require(settings.alias("default"))
        #expect(first.cooldown == Milliseconds(300_000))
        #expect(first.maxTokens == 900)
        // A circle is walked once.
        #expect(settings.chain(of: first).map(\.name) == ["default", "small", "own"])
        let small = try #require(settings.alias("small"))
        #expect(small.toolMode == .json)
        #expect(small.temperature == 0)
        #expect(small.topP == 0.5)
        #expect(small.seed == 1)
        #expect(settings.alias("own")?.reasoningEffort == "low")
    }

    static let mistakes: [(String, [String])] = [
        ("providers: {a: {type: openia}}", ["1:23: error[F0208]: `type` cannot be `openia`"]),
        ("providers: {a: {url: 'http://x'}}", ["1:17: error[F0202]: `a` needs the key `type`"]),
        ("providers: {a: {type: openai, key: sk-1}}", ["1:36: error[F0203]: `key` takes a mapping"]),
        (
            "providers: {a: {type: openai, key: {}}}",
            ["1:36: error[F0215]: `key` has one of `env`, `command` and `secret`"]
        ),
        (
            "providers: {a: {type: local, url: 'http://x'}}",
            ["1:35: error[F0215]: a provider of the type `local` has no `url`"]
        ),
        (
            "providers: {a: {type: openai, url: x}}",
            ["1:36: error[F0203]: `url` takes an address that begins with `https://` or `http://`"]
        ),
        ("providers: {a: {type: openai, key: {command: []}}}", ["1:46: error[F0203]: `command` takes a program"]),
        ("providers: {a: {type: openai, concurency: 2}}", ["1:31: error[F0201]: unknown key `concurency` in `a`"]),
        ("providers: {'a b': {type: local}}", ["1:13: error[F0206]: `a b` is not a name"]),
        ("providers: {a: {type: local, timeout: 5}}", ["1:39: error[F0210]: `5` is not a duration"]),
        (
            "providers: {a: {type: openai, url: '${{ env.X }}'}}",
            [
                "1:36: error[F0203]: settings take no expressions",
                "1:36: error[F0203]: `url` takes an address that begins with `https://` or `http://`",
            ]
        ),
        ("models: {a: {provider: b, model: c}}", ["1:24: error[F0208]: there is no provider `b`"]),
        (
            "providers: {b: {type: openai}}\nmodels: {a: {provider: b}}",
            ["2:10: error[F0202]: `a` needs the key `model`"]
        ),
        (
            "providers: {b: {type: local}}\nmodels: {a: {provider: b, fallback: [c]}}",
            ["2:38: error[F0208]: there is no model `c`"]
        ),
        ("flow: 2", ["1:7: error[F0212]: `flow` is the version of the format, the number 1"]),
        ("- a", ["1:1: error[F0203]: the settings is a mapping of keys to values"]),
    ]

    @Test(arguments: mistakes)
    func aMistakeIsShownWithItsPlace(_ text: String, faults: [String]) throws {
        #expect(try Self.read(text).faults == faults.map { "flow.yaml:" + $0 })
    }

    @Test func anEmptyFileSaysNothing() throws {
        for text in ["", "# nothing\n\n"] { #expect(try Self.read(text) == (ModelSettings(), [])) }
    }

    @Test func aProjectGoesBeforeItsUserAndMayUseWhatThatNames() throws {
        let (settings, faults) = try Self.read(
            "models: {default: {provider: mine, model: b}, other: {provider: mine, model: c, fallback: spare}}",
            user: """
                providers: {mine: {type: openai}}
                models: {default: {provider: mine, model: a}, spare: {provider: mine, model: s}}
                """)
        #expect(faults == [])
        #expect(settings.alias("default")?.model == "b")
        #expect(settings.aliases.map(\.name) == ["default", "other", "spare"])
        #expect(settings.provider("mine")?.type == .openai)
    }

    @Test func theNearestFileOfAProjectCounts() throws {
        let folder = try TemporaryDirectory()
        try File.createDirectory(folder.path + "/a/b")
        try File.write("providers: {top: {type: local}}", to: folder.path + "/flow.yaml")
        func names(_ place: String) -> [String] {
            SettingsFiles.load(from: folder.path + place, environment: ["FLOW_HOME": folder.path + "/none"])
                .models.providers.map(\.name)
        }
        #expect(names("/a/b") == ["top"])
        try File.write("providers: {near: {type: local}}", to: folder.path + "/a/flow.yaml")
        #expect(names("/a/b") == ["near"])
        #expect(names("") == ["top"])
    }
}
