// SPDX-License-Identifier: Apache-2.0

import FlowCore
import MCPClient

/// A tool of a server, `mcp:SERVER/TOOL`.
struct MCPServerTool: AgentTool {
    let server: String
    let tool: MCPTool
    let servers: MCPToolServers

    var reference: String { "mcp:\(server)/\(tool.name)" }

    var spec: ToolSpec {
        // The words of the server's author are data too: they are kept short.
        ToolSpec(
            name: ToolName.safe("mcp_\(server)_\(tool.name)"), description: String(tool.description.prefix(1500)),
            parameters: tool.inputSchema)
    }

    func subject(of arguments: JSONObject) -> ToolSubject {
        ToolSubject(.text, JSONValue.object(arguments).jsonText(), arguments)
    }

    func run(_ arguments: JSONObject, _ site: ToolSite) async -> ToolResult {
        do {
            let result = try await servers.client(server).call(tool.name, arguments)
            return ToolResult(
                servers.blanked(result.text, of: server), isError: result.isError,
                value: result.structured, answeredBy: "\(server), MCP \(result.version)")
        } catch {
            let loss = (error as? MCPError).flatMap(Self.reason).map {
                ToolLoss($0, endsNode: servers.failsNodes(server))
            }
            return ToolResult(servers.blanked("\(error)", of: server), isError: true, loss: loss)
        }
    }

    /// The class of a failure that is the server's absence, and not its answer.
    private static func reason(_ error: MCPError) -> ModelError.Kind? {
        switch error.kind {
        case .connection, .ended: .connection
        case .timeout: .timeout
        case .unusable, .unauthorised, .version, .garbled, .tooLarge, .refused, .cancelled: nil
        }
    }
}

/// Names that models take.
enum ToolName {
    /// The text with other signs than letters, digits, `_` and `-` replaced, and at most 64 long.
    static func safe(_ text: String) -> String {
        let bytes = text.utf8.map { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x2D: byte
            default: UInt8(ascii: "_")
            }
        }
        return String(decoding: bytes.prefix(64), as: UTF8.self)
    }
}
