// SPDX-License-Identifier: Apache-2.0

import FlowEngine
import Testing

@Suite struct HelpTests {
    @Test("Without arguments the overview is shown, and the code says usage")
    func overview() async throws {
        let flow = try FlowProgram()
        let bare = try await flow.run()
        #expect(bare.code == 64)
        #expect(bare.output.contains("usage: flow COMMAND"))
        let asked = try await flow.run("--help")
        #expect(asked.code == 0)
        #expect(asked.output == bare.output)
    }

    @Test("Every command explains itself with an example")
    func commands() async throws {
        let flow = try FlowProgram()
        let overview = try await flow.run("help").output
        let list = try #require(overview.split(separator: "commands:\n").last?.split(separator: "\n\n").first)
        let names = list.split(separator: "\n").map { line in
            let words = line.split(separator: " ")
            let hasTwo =
                ["model", "mcp", "engine", "db", "secret", "agents"].contains(words[0])
                || words.starts(with: ["export", "argo"])
            return hasTwo ? words[0...1].map(String.init) : [String(words[0])]
        }
        #expect(names.count > 20)
        for name in names {
            let help = try await flow.start(name + ["--help"]).end()
            #expect(help.code == 0)
            #expect(help.output.contains("usage: flow \(name.joined(separator: " "))"))
            #expect(help.output.contains("examples:\n  flow "))
            #expect(help.errorOutput.isEmpty)
        }
    }

    @Test(
        "A mistyped word is answered with the nearest one",
        arguments: [
            (["rnu"], "did you mean `flow run`?"), (["valdate", "x"], "did you mean `flow validate`?"),
            (["list", "--limt", "3"], "did you mean `--limit`?"), (["model", "instal"], "one of: install"),
            (["list", "--status", "faild"], "did you mean `failed`?"), (["help", "shwo"], "did you mean `flow show`?"),
        ])
    func spelling(_ words: [String], _ answer: String) async throws {
        let flow = try FlowProgram()
        let end = try await flow.start(words).end()
        #expect(end.code == 64)
        #expect(end.output.isEmpty)
        #expect(end.errorOutput.contains(answer))
    }

    @Test(
        "A wrong command line is refused without doing anything",
        arguments: [
            ["run"], ["run", "a", "b"], ["run", "x", "--max-parallel", "0"], ["run", "x", "--input"],
            ["graph", "x", "--format", "gif"], ["list", "--json=yes"], ["list", "--limit", "2", "--limit", "3"],
            ["show", "a", "b", "c"], ["approve", "x"],
        ])
    func usage(_ words: [String]) async throws {
        let flow = try FlowProgram()
        let end = try await flow.start(words).end()
        #expect(end.code == 64)
        #expect(end.output.isEmpty)
        #expect(end.errorOutput.hasPrefix("error: "))
    }

    @Test("The version is one line, or JSON")
    func version() async throws {
        let flow = try FlowProgram()
        let text = try await flow.run("version")
        #expect(text.code == 0)
        #expect(text.output == "flow 0.1.0\n")
        let json = try await flow.run("--version", "--json").object
        #expect(json["version"] == "0.1.0")
        #expect(json["sqlite"]?.stringValue?.hasPrefix("3.") == true)
    }

    @Test("The exit codes are listed")
    func exitCodes() async throws {
        let end = try await FlowProgram().run("help", "exit-codes")
        for code in [0, 1, 2, 3, 64, 65, 66, 69, 70, 73, 74, 75, 77, 78, 130, 143] {
            #expect(end.output.split(separator: "\n").contains { $0.drop { $0 == " " }.hasPrefix("\(code)  ") })
        }
    }

    @Test("Colour is used only where it is wanted")
    func colour() async throws {
        let flow = try FlowProgram()
        #expect(try await !flow.run("nothing").errorOutput.contains("\u{1B}["))
        #expect(try await flow.run("nothing", environment: ["CLICOLOR_FORCE": "1"]).errorOutput.contains("\u{1B}["))
        let refused = try await flow.run("nothing", environment: ["CLICOLOR_FORCE": "1", "NO_COLOR": "1"])
        #expect(!refused.errorOutput.contains("\u{1B}["))
    }
}
