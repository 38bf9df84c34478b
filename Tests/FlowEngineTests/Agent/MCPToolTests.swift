// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FileSystem
import FlowCore
import HTTPClient
import Testing

@testable import FlowEngine

/// Tools of servers, from `flow.yaml` to the agent.
struct MCPToolTests {
    private static let script = FilePath.normalise(
        FilePath.join(#filePath, "../../../MCPClientTests/Servers/scripted.py"))
    private static let servers = """
        mcp_servers:
          trial: {command: [python3, \(script), modern], env: {TOKEN: "${env.TRIAL_TOKEN}"}, timeout: 20s}
          narrow: {command: [python3, \(script), modern], tools: [echo]}
          unset: {command: [python3, "${env.NOT_SET_ANYWHERE}"]}
        """

    @Test func anAgentUsesTheToolsOfAServer() async throws {
        let site = try AgentSite(
            [
                .asks(("mcp_trial_echo", ["text": "the token is t0ken-value"]), ("mcp_trial_fail", [:])),
                .asks(("mcp_trial_die", [:])), .asks(("mcp_trial_echo", ["text": "back"])), .says("done"),
            ], tools: ["mcp:trial"], permissions: ["deny": ["mcp:trial/slow"]], servers: Self.servers,
            environment: ["TRIAL_TOKEN": "t0ken-value"])
        let result = try await site.result()
        #expect(result.outputs["text"] == "done")
        let texts = try site.toolMessages().compactMap { $0["content"]?.stringValue }
        // What the server was given from the environment is blanked where it repeats it.
        #expect(texts[0] == "<tool_result tool=\"mcp_trial_echo\">\nthe token is ***\n</tool_result>")
        #expect(texts[1].contains("it did not work"))
        #expect(texts[2].contains("MCP server `trial`: it ended with exit code 9"))
        #expect(texts[3].contains("back"))
        #expect(try site.toolMessages().map { $0["is_error"] } == [nil, true, true, nil])
        #expect(site.model.requests.first?.tools.count == 9)
    }

    @Test func whatIsMissingIsNamedBeforeTheModelIsAsked() async throws {
        let cases: [(String, String)] = [
            ("mcp:trail", "did you mean `trial`?"), ("mcp:trial/ecko", "did you mean `echo`?"),
            ("mcp:narrow/fail", "has no tool `fail`"), ("mcp:unset", "the variable NOT_SET_ANYWHERE is not set"),
        ]
        for (tool, words) in cases {
            let site = try AgentSite(
                [.says("x")], tools: [tool], servers: Self.servers, environment: ["TRIAL_TOKEN": "t0ken-value"])
            let failure = try await site.failure()
            #expect(failure.reason == .unavailable)
            #expect(failure.message.contains(words), "\(failure.message)")
            #expect(site.model.requests.isEmpty)
        }
    }

    @Test(arguments: [
        ("mcp_servers: {a: {command: x, url: y}}", "exactly one of `command` and `url`"),
        ("mcp_servers: {a: {}}", "exactly one of `command` and `url`"),
        ("mcp_servers: {a: {command: x, comand: y}}", "did you mean `command`?"),
        ("mcp_servers: {a: {command: x, timeout: soon}}", "`timeout` is a duration"),
        ("mcp_servers: {\"a b\": {command: x}}", "a name has letters"),
        ("mcp_servers: {a: [x]}", "it is a mapping"),
    ])
    func faultsOfTheFileAreTold(text: String, words: String) throws {
        let folder = try File.makeTemporaryDirectory(prefix: "mcp-file-")
        defer { try? File.removeTree(folder) }
        let file = FilePath.join(folder, "flow.yaml")
        try File.write("models: {}\n" + text, to: file)
        let servers = MCPToolServers(file: file, environment: [:], processes: ChildProcesses(), http: HTTPClient())
        guard case .failure(let problem)? = try servers.entries().first?.server else {
            Issue.record("the server is taken")
            return
        }
        #expect(problem.message.contains(words), "\(problem.message)")
    }

    @Test func aFileThatIsNotThereNamesNoServer() throws {
        let servers = MCPToolServers(
            file: "/nowhere/flow.yaml", environment: [:], processes: ChildProcesses(), http: HTTPClient())
        #expect(try servers.entries().isEmpty)
    }
}
