// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FlowCore
import Testing

@testable import MCPClient

/// Servers that are programs, with the faults that such have.
struct ProgramServerTests {
    @Test(arguments: [
        ("modern", "2026-07-28"), ("legacy", "2025-06-18"), ("mute", "2025-06-18"), ("both", "2025-06-18"),
        ("chatty", "2026-07-28"),
    ])
    func theVersionThatBothSpeakIsUsed(mode: String, version: String) async throws {
        var server = ServerScript.scripted(mode)
        // Half of it is the time until a mute server counts as one of an earlier version.
        server.startTimeout = mode == "mute" ? .seconds(3) : .seconds(30)
        let client = ServerScript.client(server)
        let greeting = try await client.greeting()
        #expect(greeting.version == version)
        #expect(greeting.serverName == "scripted")
        #expect(greeting.serverVersion == "7")
        let result = try await client.call("echo", object(["text": "hällo"]))
        #expect(result.text == "hällo")
        #expect(result.structured == ["text": "hällo"])
        #expect(!result.isError)
        await client.close()
    }

    @Test func allPagesOfTheToolsAreReadOnceAndBadOnesLeftOut() async throws {
        let client = ServerScript.client(ServerScript.scripted("modern"))
        let names = try await client.tools().map(\.name)
        #expect(names == ["echo", "die", "slow", "fail", "refuse", "large", "ask", "wrong", "seen"])
        _ = try await client.tools()
        let seen = try await client.call("seen", JSONObject()).text
        #expect(seen == "server/discover, tools/list, tools/list, tools/list, tools/call")
        await client.close()
    }

    @Test func onlyTheToolsOfTheConfigurationAreUsed() async throws {
        var server = ServerScript.scripted("modern")
        server.tools = ["echo", "missing"]
        let client = ServerScript.client(server)
        #expect(try await client.tools().map(\.name) == ["echo"])
        let error = await failure { try await client.call("fail", JSONObject()) }
        #expect(error?.kind == .refused(code: -32602))
        await client.close()
    }

    @Test func aToolThatFailsIsAResultAndARefusalAnError() async throws {
        let client = ServerScript.client(ServerScript.scripted("modern"))
        let result = try await client.call("fail", JSONObject())
        #expect(result.isError)
        #expect(result.text == "it did not work")
        let refused = await failure { try await client.call("refuse", JSONObject()) }
        #expect(refused?.kind == .refused(code: -32603))
        #expect(refused?.message == "out of order")
        #expect(await failure { try await client.call("ask", JSONObject()) }?.kind == .garbled)
        let wrong = await failure { try await client.call("wrong", JSONObject()) }
        #expect(wrong?.message.contains("does not fit its own schema") == true)
        await client.close()
    }

    @Test func aServerThatDiesInACallIsAnErrorAndIsStartedAgain() async throws {
        let client = ServerScript.client(ServerScript.scripted("modern"))
        let error = await failure { try await client.call("die", JSONObject()) }
        #expect(error?.kind == .ended)
        #expect(error?.message == "it ended with exit code 9")
        #expect(try await client.call("echo", object(["text": "again"])).text == "again")
        await client.close()
    }

    @Test func allCallsOfAServerThatDiesEnd() async throws {
        let client = ServerScript.client(ServerScript.scripted("modern"))
        _ = try await client.tools()
        let errors = await withTaskGroup(of: MCPError?.self) { group in
            for _ in 0..<5 { group.addTask { await failure { try await client.call("slow", JSONObject()) } } }
            group.addTask { await failure { try await client.call("die", JSONObject()) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(errors.map(\.?.kind) == Array(repeating: .ended, count: 6))
        await client.close()
    }

    @Test func aServerThatCannotStartSaysWhy() async throws {
        let dead = ServerScript.client(ServerScript.scripted("dead"))
        let error = await failure { try await dead.tools() }
        #expect(error?.kind == .ended)
        #expect(error?.message == "it ended with exit code 4: cannot find my hat")
        await dead.close()
        let missing = ServerScript.client(ServerScript.server(["no-such-program-here"]))
        #expect(await failure { try await missing.tools() }?.kind == .unusable)
        await missing.close()
    }

    @Test func aCallHasItsTimeAndTheServerIsTold() async throws {
        let client = ServerScript.client(ServerScript.scripted("modern", timeout: .seconds(20)))
        _ = try await client.tools()
        let error = await failure { try await client.call("slow", JSONObject(), timeout: .milliseconds(200)) }
        #expect(error?.kind == .timeout)
        // The server is still there, and knows that nobody waits.
        let seen = try await client.call("seen", JSONObject()).text
        #expect(seen.contains("notifications/cancelled 5"))
        await client.close()
    }

    @Test func aCancelledCallEndsAtOnceAndTheServerIsTold() async throws {
        let client = ServerScript.client(ServerScript.scripted("modern"))
        _ = try await client.tools()
        let task = Task { await failure { try await client.call("slow", JSONObject()) } }
        task.cancel()
        #expect(await task.value?.kind == .cancelled)
        #expect(try await client.call("echo", object(["text": "x"])).text == "x")
        await client.close()
    }

    @Test func whatIsTooLongOrNoMessageEndsTheServer() async throws {
        let client = ServerScript.client(ServerScript.scripted("modern", largest: 1 << 20))
        #expect(await failure { try await client.call("large", JSONObject()) }?.kind == .tooLarge)
        await client.close()
        let noise = ServerScript.client(ServerScript.scripted("noise"))
        let error = await failure { try await noise.tools() }
        #expect(error?.kind == .garbled)
        await noise.close()
    }

    @Test func aLargeResultComesWhole() async throws {
        let client = ServerScript.client(ServerScript.scripted("modern"))
        #expect(try await client.call("large", JSONObject()).text.utf8.count == 3_000_000)
        let text = String(repeating: "ü", count: 500_000)
        #expect(try await client.call("echo", object(["text": .string(text)])).text == text)
        await client.close()
    }

    @Test func aServerThatSpeaksNoKnownVersionIsRefused() async throws {
        for mode in ["old", "other"] {
            let client = ServerScript.client(ServerScript.scripted(mode))
            #expect(await failure { try await client.tools() }?.kind == .version)
            await client.close()
        }
    }

    @Test func aListThatGoesInACircleIsRefused() async throws {
        let client = ServerScript.client(ServerScript.scripted("circle"))
        #expect(await failure { try await client.tools() }?.kind == .garbled)
        await client.close()
    }

    @Test func silenceEndsWithTheTime() async throws {
        var server = ServerScript.scripted("silent")
        server.startTimeout = .milliseconds(600)
        let client = ServerScript.client(server)
        #expect(await failure { try await client.tools() }?.kind == .timeout)
        await client.close()
    }

    @Test func manyCallsAtOnceGetTheirOwnAnswers() async throws {
        let client = ServerScript.client(ServerScript.scripted("modern"))
        let texts = try await withThrowingTaskGroup(of: (Int, String).self) { group in
            for number in 0..<50 {
                group.addTask { (number, try await client.call("echo", object(["text": .string("t\(number)")])).text) }
            }
            return try await group.reduce(into: [Int: String]()) { $0[$1.0] = $1.1 }
        }
        #expect(texts == Dictionary(uniqueKeysWithValues: (0..<50).map { ($0, "t\($0)") }))
        await client.close()
    }

    @Test func nothingOfAServerIsLeft() async throws {
        let marker = ChildMarker(name: "MCP_TEST")
        let client = ServerScript.client(ServerScript.scripted("modern"), ChildProcesses(marker: marker))
        _ = try await client.tools()
        #expect(ProcessTable.processes(withEnvironment: marker.name, value: marker.value).count == 1)
        await client.close()
        #expect(ProcessTable.processes(withEnvironment: marker.name, value: marker.value).isEmpty)
        #expect(await failure { try await client.tools() }?.kind == .ended)
    }
}

/// The members of a literal.
func object(_ value: JSONValue) -> JSONObject { value.objectValue ?? JSONObject() }
