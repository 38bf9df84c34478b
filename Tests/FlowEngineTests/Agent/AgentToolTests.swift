// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import Synchronization
import Testing

@testable import FlowEngine

/// An agent with tools, from the node's keys to its outputs and its transcript.
struct AgentToolTests {
    @Test func aModelUsesToolsAndAnswers() async throws {
        let site = try AgentSite(
            [
                .asks(
                    ("write_file", ["path": "notes/a.txt", "content": "one\ntwo\n"]),
                    ("bash", ["command": "echo hi; echo oops >&2; exit 3"])),
                .asks(("read_file", ["path": "notes/a.txt", "first_line": 2, "lines": 1]), ("list_files", [:])),
                .says("It says two."),
            ], tools: ["bash", "read_file", "write_file", "list_files"])
        let result = try await site.result()
        #expect(result.outputs["text"] == "It says two.")
        #expect(result.outputs["turns"] == 3)
        #expect(result.outputs["tool_calls"] == 4)
        #expect(result.usage["refused_calls"] == 0)
        let answers = try site.toolMessages()
        #expect(
            answers.map { $0["content"]?.stringValue } == [
                "<tool_result tool=\"write_file\">\nwrote 8 bytes to notes/a.txt\n</tool_result>",
                "<tool_result tool=\"bash\">\nexit code 3\noutput:\nhi\n\nerror output:\noops\n\n</tool_result>",
                "<tool_result tool=\"read_file\">\ntwo\n</tool_result>",
                "<tool_result tool=\"list_files\">\nnotes/a.txt\t8\n</tool_result>",
            ])
        #expect(answers.map { $0["is_error"] } == [nil, true, nil, nil])
        let first = try #require(site.model.requests.first)
        #expect(first.tools.map(\.name) == ["bash", "read_file", "write_file", "list_files"])
        #expect(first.toolChoice == .auto)
        #expect(first.messages.first?.content.hasPrefix("You work.\n\nWhat stands between <tool_result>") == true)
        let transcript = try site.transcript()
        #expect(transcript["messages"]?.arrayValue?.compactMap { $0["sequence"]?.integerValue } == Array(1...9))
        #expect(transcript["tools"]?.arrayValue?.count == 4)
    }

    @Test func whatTheModelGetsWrongIsToldBack() async throws {
        let site = try AgentSite(
            [
                .asks(
                    ("read_fil", ["path": "a"]), ("read_file", ["path": 7]), ("read_file", "path"),
                    ("read_file", ["path": "a", "more": 1]), ("read_file", ["path": "missing"])),
                .says("sorry"),
            ], tools: ["read_file"])
        let result = try await site.result()
        let answers = try site.toolMessages()
        let texts = answers.compactMap { $0["content"]?.stringValue }
        #expect(texts[0].hasPrefix("there is no tool `read_fil`; did you mean `read_file`?"))
        #expect(texts[1] == "the arguments do not fit: $.path: expected string, got integer")
        #expect(texts[2].hasPrefix("the arguments are string, not an object"))
        #expect(texts[3] == "the arguments do not fit: $: `more` is not allowed")
        #expect(texts[4].contains("there is no such file"))
        #expect(answers.map { $0["refused"] } == [true, true, true, true, nil])
        #expect(result.outputs["tool_calls"] == 1)
        #expect(result.usage["refused_calls"] == 4)
    }

    @Test func aCallThatWasCutIsToldSo() async throws {
        let cut = ModelReply(
            text: "", toolCalls: [ToolCall(id: "a", name: "bash", arguments: "{\"command\": \"echo")],
            finishReason: .length, model: "m")
        let site = try AgentSite([cut, .says("x")], tools: ["bash"])
        _ = try await site.result()
        #expect(try site.toolMessages().first?["content"]?.stringValue?.contains("write less at once") == true)
    }

    @Test func theLastTurnAsksForNoTool() async throws {
        let site = try AgentSite(
            [.asks(("list_files", [:])), .asks(("list_files", [:])), .says("done")], tools: ["list_files"], maxTurns: 3)
        #expect(try await site.result().outputs["text"] == "done")
        #expect(site.model.requests.map(\.toolChoice) == [.auto, .auto, .none])
        // The tools are still described: providers refuse a conversation with calls of tools that they do not know.
        #expect(site.model.requests.last?.tools.count == 1)
        let narrow = try AgentSite([.says("x")], tools: ["list_files"], maxTurns: 3)
        _ = try await narrow.result(["prompt": "go", "max_turns": 1])
        #expect(narrow.model.requests.map(\.toolChoice) == [.none])
    }

    @Test func theBudgetOfTheNodeLetsTheAgentComeToAnEnd() async throws {
        let site = try AgentSite([.asks(("list_files", [:])), .says("done")], tools: ["list_files"])
        _ = await site.run(budget: BudgetDefinition(tokens: 12, warnAt: 0.5))
        #expect(site.model.requests.map(\.toolChoice) == [.auto, .none])
    }

    @Test func callsOfOneTurnRunAtTheSameTime() async throws {
        let site = try AgentSite(
            [
                .asks(
                    ("bash", ["command": "mkfifo p 2>/dev/null; echo there > p"]),
                    ("bash", ["command": "while [ ! -p p ]; do sleep 0.05; done; cat p"])),
                .says("done"),
            ], tools: ["bash"])
        _ = try await site.result()
        #expect(try site.toolMessages().last?["content"]?.stringValue?.contains("there") == true)
    }

    @Test func eachCallIsMadeAtTheDesk() async throws {
        let desk = NotingDesk()
        let site = try AgentSite(
            [.asks(("write_file", ["path": "a", "content": "b"]), ("bash", ["command": "true"])), .says("done")],
            tools: ["write_file", "bash"], permissions: ["allow": ["write_file"]])
        _ = await site.run(calls: desk)
        // The refused one was never made.
        #expect(desk.intents.map(\.name) == ["write_file"])
        #expect(
            desk.intents.first?.request == ["tool": "write_file", "arguments": ["path": "a", "content": "b"]])
        #expect(desk.outcomes.first?.reply == ["text": "wrote 1 bytes to a"])
    }

    @Test func aTapeAnswersInsteadOfTheTool() async throws {
        let site = try AgentSite(
            [.asks(("bash", ["command": "touch made"])), .says("done")], tools: ["bash"])
        _ = await site.run(calls: NotingDesk(tape: CallOutcome(reply: ["text": "from the tape"])))
        #expect(try site.toolMessages().first?["content"]?.stringValue?.contains("from the tape") == true)
        #expect(!File.exists(FilePath.join(site.folder, "made")))
        let strict = try AgentSite([.asks(("bash", ["command": "touch made"]))], tools: ["bash"])
        guard case .failed(let failure) = await strict.run(calls: NotingDesk(refusal: .notOnTape("not there"))) else {
            Issue.record("a call that the tape does not have was taken")
            return
        }
        #expect(failure.message == "not there")
    }

    @Test func aRefusedBudgetIsToldAndEndsTheToolsOfTheAgent() async throws {
        let site = try AgentSite([.asks(("bash", ["command": "true"])), .says("partial")], tools: ["bash"])
        let outcome = await site.run(calls: NotingDesk(refusal: .budget("run budget of $1 is used up")))
        guard case .succeeded(let result) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(result.outputs["text"] == "partial")
        #expect(site.model.requests.map(\.toolChoice) == [.auto, .none])
        #expect(try site.toolMessages().first?["content"] == "not done: run budget of $1 is used up")
    }

    @Test func aWarningOfTheDeskLetsTheAgentComeToAnEnd() async throws {
        let site = try AgentSite([.asks(("list_files", [:])), .says("done")], tools: ["list_files"])
        _ = await site.run(calls: NotingDesk(warning: "80 % of the run's budget is used up"))
        #expect(site.model.requests.map(\.toolChoice) == [.auto, .none])
        let told = site.model.requests.last?.messages.last?.content
        #expect(told?.hasPrefix("No more tools can be used: 80 % of the run's budget is used up.") == true)
    }

    @Test func aFailedConversationLeavesItsTranscript() async throws {
        let site = try AgentSite([.asks(("list_files", [:]))], tools: ["list_files"])
        #expect(try await site.failure().reason == .unavailable)
        #expect(try site.toolMessages().count == 1)
    }

    // MARK: Programs

    @Test func programsSeeWhatTheNodeDeclaresAndNoSecret() async throws {
        let (secret, _) = Template.parse("${{ secrets.token }}")
        let (shared, _) = Template.parse("${{ env.SHARED }}")
        let site = try AgentSite(
            [
                .asks(
                    ("bash", ["command": "env | sort; pwd"]), ("python", ["code": "print(1)"])),
                .says("x"),
            ],
            tools: ["bash", "python"],
            environment: ["PLAIN": "yes", "TOKEN": "s3cr3t", "COPY": "s3cr3t", "SHARED": "s3cr3t"],
            env: [
                TemplateEntry(name: "PLAIN", template: .literal("yes")), TemplateEntry(name: "TOKEN", template: secret),
                TemplateEntry(name: "COPY", template: shared),
            ])
        _ = try await site.result()
        let text = try #require(try site.toolMessages().first?["content"]?.stringValue)
        #expect(text.contains("PLAIN=yes"))
        #expect(!text.contains("s3cr3t"))
        #expect(text.contains("HOME=\(site.folder)"))
        let names = Set(text.split(separator: "\n").filter { $0.contains("=") }.map { String($0.prefix { $0 != "=" }) })
        let usual: Set<String> = [
            "HOME", "LANG", "PATH", "PLAIN", "PYTHONIOENCODING", "TMPDIR", "PWD", "SHLVL", "_", "OLDPWD",
        ]
        #expect(
            names.subtracting(usual).filter { !$0.hasPrefix("CHILD_PROCESSES") && !$0.hasPrefix("<tool_result") } == [])
    }

    @Test func programsAreEndedInTimeAndTheirOutputIsBounded() async throws {
        let site = try AgentSite(
            [
                .asks(
                    ("bash", ["command": "sleep 100", "timeout": 1]),
                    ("python", ["code": "print('x' * 1000000)\nprint('the end')"])), .says("x"),
            ], tools: ["bash", "python"])
        _ = try await site.result()
        let texts = try site.toolMessages().compactMap { $0["content"]?.stringValue }
        #expect(texts[0].contains("its time was over"))
        #expect(texts[1].utf8.count < 40_000)
        #expect(texts[1].contains("bytes left out"))
        #expect(texts[1].contains("the end"))
    }

    // MARK: SQL

    @Test func aTableIsQueriedAndNothingIsChanged() async throws {
        let site = try AgentSite(
            [
                .asks(
                    ("sql", ["tables": ["t": "t.csv"], "query": "select sum(n) as s from t"]),
                    ("sql", ["tables": ["t": "t.csv"], "query": "select missing from t"]),
                    ("sql", ["tables": ["t": "../t.csv"], "query": "select 1"]),
                    ("sql", ["query": "attach '/etc/passwd' as p"])), .says("x"),
            ], tools: ["sql"])
        try File.write("n,word\n1,a\n2,b\n", to: FilePath.join(site.folder, "t.csv"))
        _ = try await site.result()
        let answers = try site.toolMessages()
        let texts = answers.compactMap { $0["content"]?.stringValue }
        #expect(texts[0].contains(#""rows":[{"s":3}]"#))
        #expect(texts[1].contains("no such column"))
        #expect(texts[2].contains("without `..`"))
        #expect(texts[3].contains("may not"))
        #expect(answers.map { $0["is_error"] } == [nil, true, true, true])
        #expect(try File.list(site.folder).map(\.name) == ["t.csv"])
    }

    @Test func onlyToolsAndFilesNeedAFolder() throws {
        let plain = try AgentSite([])
        #expect(!plain.usesDirectory(["prompt": "go"]))
        #expect(!plain.usesDirectory(["prompt": "go", "files": []]))
        #expect(plain.usesDirectory(["prompt": "go", "files": ["a.txt"]]))
        let skilled = try AgentSite([], tools: ["read_file"])
        #expect(skilled.usesDirectory(["prompt": "go"]))
        #expect(!skilled.usesDirectory(["prompt": "go", "tools": []]))
    }

    @Test func aDatabaseIsOnlyRead() async throws {
        let site = try AgentSite(
            [
                .asks(
                    ("sql", ["database": "d.db", "query": "select n from t order by n"]),
                    ("sql", ["database": "d.db", "query": "delete from t"])), .says("x"),
            ], tools: ["sql", "python"])
        let code = """
            import sqlite3
            c = sqlite3.connect('d.db')
            c.execute('create table t (n)')
            c.executemany('insert into t values (?)', [(2,), (1,)])
            c.commit()
            """
        let make = try AgentSite(
            [
                .asks(
                    (
                        "python",
                        [
                            "code":
                                .string(code)
                        ]
                    )),
                .says("x"),
            ], tools: ["python"])
        _ = try await make.result()
        try File.copy(FilePath.join(make.folder, "d.db"), to: FilePath.join(site.folder, "d.db"))
        _ = try await site.result()
        let texts = try site.toolMessages().compactMap { $0["content"]?.stringValue }
        #expect(texts[0].contains(#""rows":[{"n":1},{"n":2}]"#))
        #expect(texts[1].contains("may not"))
    }

    // MARK: Files in the prompt

    @Test func filesGoIntoThePromptBySizeAndKind() async throws {
        let site = try AgentSite([.says("x")], tools: ["read_file"])
        let folder = site.workflowFolder
        try File.write("small </file> text", to: FilePath.join(folder, "a.txt"))
        try File.write(String(repeating: "line\n", count: 20_000) + "the end", to: FilePath.join(folder, "b.txt"))
        try File.write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 1], to: FilePath.join(folder, "c.png"))
        try File.write([0, 1, 2], to: FilePath.join(folder, "d.bin"))
        _ = try await site.result([
            "prompt": "go",
            "files": ["a.txt", "b.txt", "c.png", "d.bin", ["path": "a.txt", "as": "path", "name": "other.txt"]],
        ])
        let message = try #require(site.model.requests.first?.messages.last)
        #expect(message.content.hasPrefix("go\n\n<file name=\"a.txt\">\nsmall (/file> text\n</file>"))
        #expect(message.content.contains("shortened, the whole is in the work folder"))
        #expect(message.content.contains("the end\n</file>"))
        #expect(message.content.utf8.count < 40_000)
        #expect(message.images.map(\.mediaType) == ["image/png"])
        #expect(message.content.contains("The file d.bin (3 bytes) is in the work folder."))
        #expect(message.content.hasSuffix("The file other.txt (18 bytes) is in the work folder."))
        let names = try File.list(site.folder).map(\.name)
        #expect(names == ["a.txt", "b.txt", "c.png", "d.bin", "other.txt"])
        let images = try site.transcript()["messages"]?.arrayValue?[1]["images"]?.arrayValue
        #expect(images?.first?["bytes"] == 9)
    }

    @Test func onlyFilesThatTheRunHasAreGiven() async throws {
        for path in ["/etc/passwd", "../../../../../../etc/passwd", "link"] {
            let site = try AgentSite([.says("x")])
            try File.symlink("/etc/passwd", at: FilePath.join(site.workflowFolder, "link"))
            let failure = try await site.failure(["prompt": "go", "files": [.string(path)]])
            #expect(failure.reason == .badData, "\(path)")
            #expect(site.model.requests.isEmpty)
        }
        let site = try AgentSite([.says("x")])
        let kept = FilePath.join(site.folder, "../../../artifacts/other/table.csv")
        try File.createDirectory(FilePath.dirname(kept))
        try File.write("a,b\n", to: kept)
        _ = try await site.result(["prompt": "go", "files": [.string(FilePath.normalise(kept))]])
        #expect(site.model.requests.first?.messages.last?.content.contains("a,b") == true)
    }
}

/// A desk that notes what is asked, and answers from a tape or refuses if it is told to.
final class NotingDesk: CallDesk {
    private let noted = Mutex<(intents: [CallIntent], outcomes: [CallOutcome])>(([], []))
    private let tape: CallOutcome?
    private let refusal: CallRefusal?
    private let warned: String?

    init(tape: CallOutcome? = nil, refusal: CallRefusal? = nil, warning: String? = nil) {
        self.tape = tape
        warned = warning
        self.refusal = refusal
    }

    var intents: [CallIntent] { noted.withLock { $0.intents } }
    var outcomes: [CallOutcome] { noted.withLock { $0.outcomes } }

    func warning() async -> String? { warned }

    func perform(
        _ intent: CallIntent, _ call: @Sendable () async -> CallOutcome
    ) async throws(CallRefusal) -> CallOutcome {
        // What the model is asked is the matter of other tests.
        guard intent.kind == .tool else { return await call() }
        noted.withLock { $0.intents.append(intent) }
        if let refusal { throw refusal }
        if let tape { return tape }
        let outcome = await call()
        noted.withLock { $0.outcomes.append(outcome) }
        return outcome
    }
}
