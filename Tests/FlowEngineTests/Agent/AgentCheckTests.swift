// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

@testable import FlowEngine

/// What the compiler says of tools and permissions.
struct AgentCheckTests {
    private func faults(_ agent: String, _ node: String = "") -> [String] {
        let text = """
            flow: 1
            name: check
            agents:
              worker: {instructions: work\(agent.isEmpty ? "" : ", " + agent)}
            nodes:
              a: {agent: worker, prompt: go\(node.isEmpty ? "" : ", " + node)}
            """
        return Fixtures.compile(text).diagnostics.filter { $0.severity == .error }.map { "\($0.code) \($0.message)" }
    }

    @Test(arguments: [
        ("tools: [python, bash, read_file, write_file, list_files, sql, http_get]", ""),
        ("tools: [\"mcp:time/now\", \"mcp:git\"]", "tools: [\"mcp:git/log\"]"),
        (
            "tools: [bash], permissions: {allow: [\"bash(git *)\"], ask: [\"bash(git push)\"], deny: [\"bash(* -f)\"]}",
            ""
        ),
        ("tools: [bash, sql]", "tools: [sql], permissions: {deny: [\"sql(database: *)\"]}"),
        ("max_turns: 4, context: {last_messages: 10, max_tokens: 4000}", "max_turns: 3, max_repairs: 0"),
        ("", "tools: []"),
    ])
    func isTaken(agent: String, node: String) {
        #expect(faults(agent, node) == [])
    }

    @Test(arguments: [
        ("tools: [pyton]", "", "F0510 there is no tool `pyton`"),
        ("tools: [\"mcp:\"]", "", "F0510 `mcp:` names no server"),
        ("tools: [\"node:a\"]", "", "F0510 an agent's file cannot have `node:a`, which is part of one workflow"),
        ("tools: [\"workflow:../x.yaml\"]", "", "F0510 `../x.yaml` is not beside the workflow"),
        ("tools: [\"workflow:x.yaml\"]", "", "F0405 there is no file `x.yaml` beside the workflow, for a tool"),
        ("tools: [bash]", "tools: [python]", "F0510 the agent `worker` has no tool `python`"),
        ("", "tools: [python]", "F0510 the agent `worker` has no tool `python`"),
        ("tools: [bash], permissions: {allow: [\"bash(git\"]}", "", "F0511 the rule `bash(git` does not end in `)`"),
        (
            "tools: [bash], permissions: {deny: [python]}", "",
            "F0511 the rule `python` is about no tool that the agent has"
        ),
        (
            "tools: [bash]", "permissions: {deny: [\"bash()\"]}",
            "F0511 the rule `bash()` has no pattern; for all calls write `bash`"
        ),
        ("", "files: [missing.txt]", "F0405 there is no file `missing.txt` beside the workflow"),
        ("", "files: [/etc/passwd]", "F0405 `/etc/passwd` does not lie beside the workflow"),
    ])
    func isRefused(agent: String, node: String, fault: String) {
        #expect(faults(agent, node) == [fault])
    }

    @Test func theNearestToolIsNamedAtItsPlace() throws {
        let source = "agent: 1\nname: a\ninstructions: x\ntools: [bash, read_fiel]\n"
        let (_, found, _) = Fixtures.compiler.compileAgent(
            WorkflowSource(name: "a.yaml", bytes: Array(source.utf8), directory: ""))
        let diagnostic = try #require(found.first)
        #expect(diagnostic.code == .unknownTool)
        #expect(diagnostic.label == "did you mean `read_file`?")
        let (start, end) = (Int(diagnostic.span.start), Int(diagnostic.span.end))
        #expect(String(decoding: Array(source.utf8)[start..<end], as: UTF8.self) == "read_fiel")
    }

    @Test func ofAnAgentThatIsOnlyKnownByNameNothingIsSaid() {
        let text =
            "flow: 1\nname: c\nnodes:\n  a: {agent: far, prompt: go, tools: [bash], permissions: {deny: [sql]}}\n"
        let compiler = Compiler(kinds: Fixtures.kinds, agents: [AgentDefinition(name: "far", instructions: "")])
        let source = WorkflowSource(name: "c.yaml", bytes: Array(text.utf8), directory: "")
        let codes = compiler.compile(source).diagnostics.filter { $0.severity == .error }.map(\.code)
        #expect(codes == [.badPermission])
    }

    @Test func toolsArePartOfWhatAnAgentIs() {
        func digest(_ agent: AgentDefinition) -> JSONObject? {
            WorkflowSurroundings(agents: [agent], files: [:]).agents["a"]
        }
        let plain = AgentDefinition(name: "a", instructions: "x")
        let armed = AgentDefinition(name: "a", instructions: "x", tools: ["bash"])
        let bound = AgentDefinition(
            name: "a", instructions: "x", tools: ["bash"], permissions: ["deny": ["bash(rm *)"]])
        #expect(digest(plain) != digest(armed))
        #expect(digest(armed) != digest(bound))
    }
}
