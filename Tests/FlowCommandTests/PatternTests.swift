// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Testing

/// Each construct of group conversations has an example in workflows/examples/ag2 and a kept trace: the nodes of the run in
/// the order of their ends, and the agents in the order in which they were asked.
struct PatternTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var construct: String
        var file: String
        var rules = "[]"
        var inputs: [String] = []
        /// What a person answers, one gate after the other.
        var answers: [(node: String, comment: String)] = []
        /// The kept trace, where an example has several.
        var trace: String?

        var testDescription: String { "\(construct): \(file)" }
    }

    static let examples = [
        Example(construct: "group pattern: round robin", file: "round_robin"),
        Example(
            construct: "group pattern: auto", file: "auto",
            rules: """
                [{"when": {"agent": "speaker_selector"}, "replies": [
                    {"json": {"next": "law"}}, {"json": {"next": "money"}}, {"json": {"next": "nobody"}}]}]
                """),
        Example(construct: "group pattern: random; target: random", file: "random"),
        Example(
            construct: "group pattern: manual", file: "manual",
            answers: [("talk/who", "researcher"), ("talk/who", "engineer"), ("talk/who", "")]),
        Example(construct: "group pattern: default; handoff: after work; target: agent", file: "default"),
        Example(
            construct: "handoff: on LLM condition; router by enum", file: "llm_condition",
            rules: #"[{"when": {"schema": "Triage"}, "reply": {"json": {"kind": "contract"}}}]"#),
        Example(construct: "handoff: on context condition", file: "context_condition"),
        Example(
            construct: "handoff: on context condition, the other way", file: "context_condition",
            inputs: ["amount=200"], trace: "context_condition_small"),
        Example(
            construct: "handoff: availability", file: "available",
            rules: #"[{"when": {"agent": "web_researcher_agent"}, "fault": {"kind": "status", "status": 400}}]"#),
        Example(construct: "target: nested chat", file: "nested_chat"),
        Example(construct: "target: group, group manager", file: "group_target"),
        Example(construct: "target: function, with message and context", file: "function_target"),
        Example(
            construct: "target: stay", file: "stay",
            rules: """
                [{"when": {"agent": "journey_agent"}, "replies": [{"text": "copy"}, {"text": "copy, check: DONE"}]}]
                """),
        Example(
            construct: "target: terminate", file: "terminate",
            rules: #"[{"when": {"schema": "Verdict"}, "reply": {"json": {"verdict": "accept"}}}]"#),
        Example(
            construct: "target: ask user, revert to user", file: "ask_user", answers: [("answer", "to the cellar")]),
        Example(construct: "context variables", file: "context_variables"),
        Example(construct: "message transforms: history limiter, token limiter, compressor", file: "limiters"),
        Example(
            construct: "structured output; response cache by seed", file: "structured_output",
            rules: """
                [{"when": {"schema": "ParsedDocument"}, "replies": [{"json": {"title": "x"}}, {"json": {
                    "title": "Service", "customer": "", "deadline": "", "open_questions": [], "requirements": [
                        {"text": "Answers within 2 s.", "kind": "must", "place": "1"},
                        {"text": "Dark theme.", "kind": "should", "place": "2"}]}}]}]
                """),
        Example(
            construct: "human input mode: ALWAYS", file: "human_always",
            answers: [("said_first", "shorter"), ("said_second", "good")]),
        Example(construct: "human input mode: NEVER", file: "human_never"),
        Example(
            construct: "human input mode: TERMINATE", file: "human_terminate", answers: [("enough", "a number")]),
        Example(
            construct: "bounded loop; termination predicate; most rounds", file: "bounded_loop",
            rules: """
                [{"when": {"schema": "Acceptance"}, "replies": [
                    {"json": {"tests": [{"given": "a", "when": "b", "then": "c", "passed": false}], "accepted": false}},
                    {"json": {"tests": [{"given": "a", "when": "b", "then": "c", "passed": true}], "accepted": true}}]}]
                """),
        Example(
            construct: "executor: command line, policy per language, timeout, last message", file: "executor",
            rules: #"""
                [{"when": {"schema": "Program"},
                  "reply": {"json": {"language": "python", "code": "print(1 * 2 * 3 * 4 * 5)"}}}]
                """#),
        Example(
            construct: "safeguard: regular expression", file: "safeguard_regex",
            rules: #"[{"when": {"agent": "journey_agent"}, "reply": {"text": "ask ada@example.org"}}]"#),
        Example(
            construct: "safeguard: model", file: "safeguard_llm",
            rules: #"[{"when": {"agent": "guard"}, "reply": {"json": {"allowed": false, "reason": "orders"}}}]"#),
    ]

    static let folder = FilePath.join(ScriptedEndpoint.root, "workflows/examples/ag2")

    @Test("Every example has a test that names its construct")
    func complete() throws {
        let files = try File.list(Self.folder).filter { $0.name.hasSuffix(".yaml") }.map { $0.name }
        #expect(Set(files) == Set(Self.examples.map { "\($0.file).yaml" }))
        let table = try File.readText(FilePath.join(ScriptedEndpoint.root, "docs/agents-patterns.md"), limit: 1 << 20)
        for file in files { #expect(table.contains("ag2/\(file)"), "docs/agents-patterns.md has no \(file)") }
    }

    @Test(arguments: examples) func trace(_ example: Example) async throws {
        let flow = try FlowProgram()
        let endpoint = try await ScriptedEndpoint(example.rules, in: flow)
        let path = FilePath.join(Self.folder, "\(example.file).yaml")
        let words = ["run", path] + example.inputs.flatMap { ["--input", $0] }
        var end = try await flow.start(words, environment: endpoint.environment).end()
        let run = try end.run
        for (node, comment) in example.answers {
            #expect(end.code == 3, "\(end.output)\(end.errorOutput)")
            let word = comment.isEmpty ? [] : ["--comment", comment]
            end = try await flow.start(
                ["approve", run, node, "--resume"] + word, environment: endpoint.environment
            ).end()
        }
        #expect(end.code == 0, "\(end.output)\(end.errorOutput)")
        let nodes = try await flow.run("events", run, "--json").json.compactMap { event -> String? in
            let ends = ["node_succeeded", "node_failed", "node_skipped", "node_omitted", "node_repeated"]
            guard let type = event["type"]?.stringValue, ends.contains(type) else { return nil }
            return "\(event["node"]?.stringValue ?? "?") \(type.dropFirst(5))"
        }
        let agents = try endpoint.agents.map { "asked \($0)" }
        try Golden.check(
            (["# \(example.construct)"] + nodes + agents).joined(separator: "\n") + "\n",
            "ag2/\(example.trace ?? example.file).txt")
    }

    @Test("The limiters keep messages out of the prompts")
    func limiters() async throws {
        let flow = try FlowProgram()
        let endpoint = try await ScriptedEndpoint(in: flow)
        let end = try await flow.start(
            ["run", FilePath.join(Self.folder, "limiters.yaml")], environment: endpoint.environment
        ).end()
        #expect(end.code == 0, "\(end.errorOutput)")
        let first = try endpoint.prompt(1)
        #expect(first.contains("three:") && first.contains("four:") && !first.contains("two:"))
        let second = try endpoint.prompt(2)
        #expect(second.hasSuffix("four: the last message") && !second.contains("one:") && second.utf8.count < 110)
    }
}
