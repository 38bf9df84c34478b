// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Testing

/// `flow mcp`: servers of `flow.yaml` tried out by hand.
@Suite struct MCPTests {
    private static let script = FilePath.normalise(
        FilePath.join(#filePath, "../../MCPClientTests/Servers/scripted.py"))

    private func project() throws -> FlowProgram {
        let flow = try FlowProgram()
        try flow.write(
            "flow.yaml",
            """
            mcp_servers:
              trial: {command: [python3, \(Self.script), modern]}
              remote: {url: "http://127.0.0.1:9/mcp", headers: {Authorization: "Bearer ${env.NO_SUCH_TOKEN_HERE}"}}
            """)
        return flow
    }

    @Test("The servers are listed with what is wrong with them, and none is started")
    func list() async throws {
        let flow = try project()
        let text = try await flow.run("mcp", "list")
        #expect(text.code == 0)
        #expect(text.output.contains("trial"))
        #expect(text.output.contains("the variable NO_SUCH_TOKEN_HERE is not set"))
        let servers = try #require(try await flow.run("mcp", "list", "--json").object["servers"]?.arrayValue)
        #expect(servers.map { $0["name"] } == ["trial", "remote"])
        let empty = try await FlowProgram().run("mcp", "list")
        #expect(empty.code == 0)
        #expect(empty.errorOutput.contains("mcp_servers"))
    }

    @Test("The tools of a server are shown and called")
    func call() async throws {
        let flow = try project()
        let tools = try await flow.run("mcp", "tools", "trial")
        #expect(tools.code == 0, "\(tools.errorOutput)")
        #expect(tools.output.contains("echo"))
        #expect(tools.errorOutput.contains("trial speaks MCP 2026-07-28"))
        let echo = try await flow.run("mcp", "call", "trial", "echo", #"{"text": "hi\u001b[2J"}"#)
        #expect(echo.code == 0)
        #expect(echo.output == "hi?[2J\n")
        let failed = try await flow.run("mcp", "call", "trial", "fail", "--json")
        #expect(failed.code == 1)
        #expect(try failed.object["is_error"] == true)
    }

    @Test("What cannot be done ends with its code and the reason")
    func faults() async throws {
        let flow = try project()
        let unknown = try await flow.run("mcp", "tools", "trail")
        #expect(unknown.code == 66)
        #expect(unknown.errorOutput.contains("did you mean `trial`?"))
        #expect(try await flow.run("mcp", "call", "trial", "echo", "text").code == 64)
        #expect(try await flow.run("mcp", "tools", "remote").code == 66)
        let died = try await flow.run("mcp", "call", "trial", "die")
        #expect(died.code == 69)
        #expect(died.errorOutput.contains("exit code 9"))
    }
}
