// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import Testing

@testable import MCPClient

/// Servers at addresses.
struct WebServerTests {
    private func server(_ mode: String) async throws -> WebServer {
        try await WebServer(["python3", FilePath.join(ServerScript.folder, "scripted.py"), "http", mode])
    }

    @Test(arguments: ["modern", "stream"])
    func aModernServerIsToldMethodNameAndMirroredArguments(mode: String) async throws {
        let web = try await server(mode)
        let client = ServerScript.client(web.server())
        #expect(try await client.greeting().version == "2026-07-28")
        #expect(try await client.call("echo", object(["text": "hi"])).text == "hi [tools/call echo hi]")
        let umlaut = try await client.call("echo", object(["text": "ü"])).text
        #expect(umlaut == "ü [tools/call echo =?base64?w7w=?=]")
        await client.close()
    }

    @Test func anEarlierServerKnowsItsSession() async throws {
        let web = try await server("legacy")
        let client = ServerScript.client(web.server())
        #expect(try await client.greeting().version == "2025-06-18")
        #expect(try await client.call("echo", object(["text": "hi"])).text == "hi")
        await client.close()
        let second = ServerScript.client(web.server())
        #expect(try await second.call("seen", JSONObject()).text.contains("DELETE"))
        await second.close()
    }

    @Test func faultsHaveTheirKinds() async throws {
        let locked = try await server("locked")
        #expect(await failure { try await ServerScript.client(locked.server()).tools() }?.kind == .unauthorised)
        let page = try await server("page")
        #expect(await failure { try await ServerScript.client(page.server()).tools() }?.kind == .garbled)
        let nobody = MCPServer(name: "s", way: .address(url: "http://127.0.0.1:9/mcp", headers: []))
        #expect(await failure { try await ServerScript.client(nobody).tools() }?.kind == .connection)
        let web = try await server("modern")
        let client = ServerScript.client(web.server())
        #expect(await failure { try await client.call("die", JSONObject()) }?.kind == .connection)
        await client.close()
    }

    @Test func aCallHasItsTimeAndCanBeCancelled() async throws {
        let web = try await server("modern")
        let client = ServerScript.client(web.server())
        _ = try await client.tools()
        let error = await failure { try await client.call("slow", JSONObject(), timeout: .milliseconds(300)) }
        #expect(error?.kind == .timeout)
        let task = Task { await failure { try await client.call("slow", JSONObject()) } }
        task.cancel()
        #expect(await task.value?.kind == .cancelled)
        await client.close()
    }
}

/// The server of the official SDK.
struct OfficialServerTests {
    private func check(_ client: MCPClient) async throws {
        #expect(try await client.greeting().version == "2026-07-28")
        #expect(try await client.tools().map(\.name) == ["add", "shout", "fail", "die", "hold"])
        let sum = try await client.call("add", object(["a": 20, "b": 22]))
        #expect(sum.text == "42")
        #expect(sum.structured == ["result": 42])
        #expect(try await client.call("shout", object(["text": "grüße"])).text == "GRÜSSE")
        let failed = try await client.call("fail", JSONObject())
        #expect(failed.isError)
        #expect(failed.text.contains("fail"))
        #expect(try await client.call("add", object(["a": "x"])).isError)
    }

    private static let skipped = Comment("the SDK is not installed: run scripts/install-test-tools")

    @Test(.enabled(if: ServerScript.officialPython != nil, OfficialServerTests.skipped))
    func asAProgram() async throws {
        let python = try #require(ServerScript.officialPython)
        let client = ServerScript.client(
            ServerScript.server([python, FilePath.join(ServerScript.folder, "official.py")]))
        try await check(client)
        let error = await failure { try await client.call("die", JSONObject()) }
        #expect(error?.kind == .ended)
        #expect(try await client.call("add", object(["a": 1, "b": 1])).text == "2")
        await client.close()
    }

    @Test(.enabled(if: ServerScript.officialPython != nil, OfficialServerTests.skipped))
    func atAnAddress() async throws {
        let python = try #require(ServerScript.officialPython)
        let web = try await WebServer([python, FilePath.join(ServerScript.folder, "official.py"), "http"])
        let client = ServerScript.client(web.server())
        try await check(client)
        let error = await failure { try await client.call("die", JSONObject()) }
        #expect(error?.kind == .connection)
        await client.close()
    }
}
