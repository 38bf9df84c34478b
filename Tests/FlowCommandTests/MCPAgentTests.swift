// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Glibc
import Testing

/// An agent node of a workflow with tools of a server that is made with the official SDK.
@Suite struct MCPAgentTests {
    private static let workflow = """
        flow: 1
        name: clerk
        agents:
          clerk: {instructions: "You are the clerk: you use tools.", tools: ["mcp:official/add", "mcp:official/hold"]}
        nodes:
          ask: {agent: clerk, prompt: Add 20 and 22., fallback: spare}
          spare: {set: {text: the server went away}}
        outputs: {text: "${{ nodes.ask.outputs.text }}"}
        """

    private func site(_ server: OfficialServer, whenLost: String, in flow: FlowProgram) throws {
        try flow.write("clerk.yaml", Self.workflow)
        try flow.write("flow.yaml", "mcp_servers:\n  official: {\(server.entry), when_lost: \(whenLost)}\n")
    }

    private static func call(_ tool: String, _ arguments: String) -> String {
        #"{"tool": {"name": "mcp_official_\#(tool)", "arguments": \#(arguments)}}"#
    }

    /// The calls of tools of the latest run: the event of the start and that of the end.
    private func toolCalls(_ flow: FlowProgram) async throws -> [(start: JSONValue, end: JSONValue)] {
        let events = try await flow.run("events", "@latest", "--json").json
        let starts = events.filter { $0["type"] == "call_started" && $0["kind"] == "tool" }
        return try starts.map { start in
            (start, try #require(events.first { $0["type"] == "call_ended" && $0["index"] == start["index"] }))
        }
    }

    @Test(
        "An agent uses a tool of the official SDK's server; the call is a row among the run's calls",
        .enabled(if: OfficialServer.python != nil, OfficialServer.skipped), arguments: OfficialServer.Way.allCases)
    func use(way: OfficialServer.Way) async throws {
        let flow = try FlowProgram()
        let server = try await OfficialServer(way, in: flow)
        try site(server, whenLost: "tell", in: flow)
        let endpoint = try await ScriptedEndpoint(
            """
            [{"when": {"tool": "mcp_official_add"},
              "replies": [\(Self.call("add", #"{"a": 20, "b": 22}"#)), {"text": "It is 42."}]}]
            """, in: flow)
        let end = try await flow.start(["run", "clerk.yaml", "--json"], environment: endpoint.environment).end()
        #expect(end.code == 0, "\(end.output)\(end.errorOutput)")
        #expect(try end.json.last?["outputs"]?["text"] == "It is 42.")
        // What the server has answered is what the model was told.
        #expect(try endpoint.prompt(2).contains("42"))
        let calls = try await toolCalls(flow)
        #expect(calls.map(\.start["name"]) == ["mcp:official/add"])
        #expect(calls.first?.end["answered_by"] == "official, MCP 2026-07-28")
        let cost = try await flow.run("cost", "@latest", "--by", "node", "--json").object
        #expect(cost["rows"]?.arrayValue?.first?["calls"] == 3)
        // On its tape the same run needs neither the model nor the server.
        let run = try #require(
            try await flow.run("list", "--json").object["runs"]?.arrayValue?.first?["id"]?.stringValue)
        try flow.write("flow.yaml", "mcp_servers:\n  official: {\(server.entry)}\n")
        let same = try await flow.run("test", "clerk.yaml", "--tape", run)
        #expect(same.code == 0, "\(same.output)\(same.errorOutput)")
        #expect(same.output.contains("3 calls from the tape"))
    }

    @Test(
        "A server that is killed in a call is a failure with its class, and the node's fallback runs",
        .enabled(if: OfficialServer.python != nil, OfficialServer.skipped), arguments: OfficialServer.Way.allCases)
    func killed(way: OfficialServer.Way) async throws {
        let flow = try FlowProgram()
        let server = try await OfficialServer(way, in: flow)
        try site(server, whenLost: "fail", in: flow)
        let held = flow.file("held")
        let endpoint = try await ScriptedEndpoint(
            """
            [{"when": {"tool": "mcp_official_hold"}, "reply": \(Self.call("hold", #"{"path": "\#(held)"}"#))}]
            """, in: flow)
        let running = try flow.start(["run", "clerk.yaml", "--json"], environment: endpoint.environment)
        try #require(try await flow.eventually { flow.lines("held").first != nil }, "\(running.errorText)")
        let pid = try #require(flow.lines("held").first.flatMap { pid_t($0) })
        kill(pid, SIGKILL)
        let end = try await running.end()
        #expect(end.code == 0, "\(end.output)\(end.errorOutput)")
        #expect(try end.json.last?["outputs"]?["text"] == "the server went away")
        // The model was asked once: nobody told it to go on without the server.
        #expect(try endpoint.agents == ["clerk"])
        let calls = try await toolCalls(flow)
        #expect(calls.map(\.start["name"]) == ["mcp:official/hold"])
        #expect(calls.first?.end["failed"] == true, "\(calls)")
        let nodes = try await flow.run("show", "@latest", "--json").object["nodes"]?.arrayValue ?? []
        #expect(nodes.map(\.["status"]) == ["failed", "succeeded"], "\(nodes)")
        let events = try await flow.run("events", "@latest", "--json").json
        let failed = try #require(events.first { $0["type"] == "node_failed" }, "\(events)")
        #expect(failed["failure"]?["reason"] == "connection", "\(failed)")
        #expect(failed["failure"]?["message"]?.stringValue?.contains("MCP server `official`") == true)
    }

    @Test(
        "Where a lost server is told, the model goes on, and the next call starts the server again",
        .enabled(if: OfficialServer.python != nil, OfficialServer.skipped))
    func told() async throws {
        let flow = try FlowProgram()
        let server = try await OfficialServer(.program, in: flow)
        try site(server, whenLost: "tell", in: flow)
        let held = flow.file("held")
        let endpoint = try await ScriptedEndpoint(
            """
            [{"when": {"tool": "mcp_official_hold"}, "replies": [
                \(Self.call("hold", #"{"path": "\#(held)"}"#)), \(Self.call("add", #"{"a": 1, "b": 2}"#)),
                {"text": "It is 3."}]}]
            """, in: flow)
        let running = try flow.start(["run", "clerk.yaml", "--json"], environment: endpoint.environment)
        try #require(try await flow.eventually { flow.lines("held").first != nil }, "\(running.errorText)")
        kill(try #require(flow.lines("held").first.flatMap { pid_t($0) }), SIGKILL)
        let end = try await running.end()
        #expect(try end.json.last?["outputs"]?["text"] == "It is 3.", "\(end.output)\(end.errorOutput)")
        #expect(try endpoint.prompt(2).contains("MCP server `official`"))
        #expect(try await toolCalls(flow).map(\.end["failed"]) == [true, nil])
    }
}
