// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

@testable import MCPClient

/// What needs no server.
struct MessageTests {
    @Test func messagesAreToldApart() {
        func read(_ text: String) -> [MCPMessage]? { MCPMessage.read(text.utf8) }
        #expect(read(#"{"jsonrpc":"2.0","id":3,"result":{"a":1}}"#) == [.reply(id: 3, .result(object(["a": 1])))])
        #expect(read(#"{"jsonrpc":"2.0","id":"3","result":{}}"#) == [.reply(id: 3, .result(JSONObject()))])
        let fault = MCPRemoteError(code: -1, message: "no", data: nil)
        #expect(read(#"{"jsonrpc":"2.0","id":3,"error":{"code":-1,"message":"no"}}"#) == [.reply(id: 3, .error(fault))])
        #expect(read(#"{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":"no"}}"#) == [.stray(fault)])
        #expect(read(#"{"jsonrpc":"2.0","id":"q","method":"ping"}"#) == [.request(id: "q", method: "ping")])
        #expect(read(#"[{"jsonrpc":"2.0","method":"n"}]"#) == [.notification(method: "n")])
        for bad in [
            "", "{}", "[1]", "hello", #"{"jsonrpc":"1.0","id":1,"result":{}}"#, #"{"jsonrpc":"2.0","id":1}"#,
            #"{"jsonrpc":"2.0","id":1,"result":7}"#, #"{"jsonrpc":"2.0","result":{}}"#,
        ] {
            #expect(read(bad) == nil, "\(bad)")
        }
    }

    @Test func theVersionFollowsFromTheAnswer() {
        func offer(_ versions: JSONValue) -> MCPVersion.Choice {
            MCPVersion.choice(after: .result(object(["supportedVersions": versions])))
        }
        #expect(offer(["2026-07-28"]) == .speak(.modern("2026-07-28")))
        #expect(offer(["2025-11-25", "2026-07-28", "2031-01-01"]) == .speak(.modern("2026-07-28")))
        #expect(offer(["2025-11-25"]) == .initialize)
        #expect(offer([]) == .initialize)
        guard case .mismatch = offer(["2031-01-01"]) else {
            Issue.record("an unknown version is taken")
            return
        }
        let unknown = MCPRemoteError(code: -32601, message: "", data: nil)
        #expect(MCPVersion.choice(after: .error(unknown)) == .initialize)
    }

    @Test(arguments: [
        ("plain", "plain"), ("", ""), ("a b", "a b"), (" a", "=?base64?IGE=?="), ("ü", "=?base64?w7w=?="),
        ("a\nb", "=?base64?YQpi?="), ("=?base64?x?=", "=?base64?PT9iYXNlNjQ/eD89?="),
    ])
    func headersCarryAnyText(text: String, header: String) {
        #expect(HeaderText.encoded(text) == header)
    }

    @Test func toolsWithWrongAnnotationsAreLeftOut() {
        func tool(_ schema: JSONValue) -> MCPTool? { MCPTool(json: ["name": "t", "inputSchema": schema]) }
        let text: JSONValue = ["type": "string", "x-mcp-header": "A"]
        #expect(tool(["type": "object", "properties": ["a": text]])?.mirrored.map(\.header) == ["A"])
        let nested: JSONValue = ["type": "object", "properties": ["b": ["type": "object", "properties": ["a": text]]]]
        #expect(tool(nested)?.mirrored.map(\.path) == [["b", "a"]])
        #expect(tool(["type": "object", "properties": ["a": text, "b": text]]) == nil)
        #expect(tool(["type": "object", "properties": ["a": ["type": "number", "x-mcp-header": "A"]]]) == nil)
        #expect(tool(["type": "object", "properties": ["a": ["type": "string", "x-mcp-header": "A B"]]]) == nil)
        #expect(tool(["type": "object", "properties": ["a": ["type": "array", "items": text]]]) == nil)
        #expect(tool(["type": "object", "properties": ["a": ["type": "string", "default": text]]])?.mirrored == [])
        #expect(tool("string") == nil)
        var deep: JSONValue = ["type": "string"]
        for _ in 0..<40 { deep = ["type": "array", "items": deep] }
        #expect(tool(["type": "object", "properties": ["a": deep]]) == nil)
    }

    @Test func whatIsNoTextIsNamed() {
        let content: JSONValue = [
            ["type": "text", "text": "a"], ["type": "image", "data": "AAAA", "mimeType": "image/png"],
            ["type": "resource", "resource": ["uri": "file:///x", "text": "b"]],
            ["type": "resource_link", "uri": "http://x"],
        ]
        let result = MCPCallResult(object(["content": content]), version: "v")
        #expect(result.text == "a\n[image image/png, 3 bytes]\nb\n[resource http://x]")
        #expect(MCPCallResult(object(["structuredContent": ["n": 1]]), version: "v").text == #"{"n":1}"#)
    }
}
