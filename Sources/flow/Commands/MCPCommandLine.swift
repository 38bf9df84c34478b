// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FileSystem
import FlowEngine
import MCPClient

/// `flow mcp …`: the servers of tools that the project names, to try them out.
enum MCPCommandLine {
    static let all: [CommandSpec] = [list, tools, call]

    private static func servers(_ invocation: Invocation) throws -> MCPToolServers {
        let workplace = try Workplace(invocation)
        return MCPToolServers.ofProject(
            try File.currentDirectory(), environment: workplace.environment, processes: ChildProcesses())
    }

    private static let list = CommandSpec(
        name: "mcp list", summary: "List the servers of tools that flow.yaml names",
        discussion: "The servers are not started. `flow mcp tools SERVER` shows whether one answers.",
        examples: [("flow mcp list", "with the command or address of each")],
        run: { invocation in
            let entries = try failing { try servers(invocation).entries() }
            if invocation.flag("json") {
                var object = JSONObject()
                object["servers"] = .array(
                    entries.map { entry in
                        var item = JSONObject()
                        item["name"] = .string(entry.name)
                        item["way"] = .string(entry.summary)
                        if case .failure(let problem) = entry.server { item["problem"] = .string(problem.message) }
                        return .object(item)
                    })
                try Output.json(object)
                return .done
            }
            guard !entries.isEmpty else {
                Talk().say("no servers are named: write them under `mcp_servers:` of flow.yaml")
                return .done
            }
            var table = Table(header: ["server", "command or address", ""])
            for entry in entries {
                var problem = ""
                if case .failure(let found) = entry.server { problem = found.message }
                table.add([entry.name, entry.summary, problem])
            }
            try Output.text(table.text)
            return .done
        })

    private static let tools = CommandSpec(
        name: "mcp tools", summary: "Show the tools of a server", arguments: "SERVER",
        discussion: "Starts the server, asks it, and ends it.",
        examples: [("flow mcp tools time --json", "with the schemas of the arguments")],
        run: { invocation in
            try await using(invocation) { client in
                let greeting = try await client.greeting()
                let tools = try await client.tools()
                if invocation.flag("json") {
                    var object = JSONObject()
                    object["server"] = .string(invocation.argument(0))
                    object["version"] = .string(greeting.version)
                    object["tools"] = .array(
                        tools.map {
                            [
                                "name": .string($0.name), "description": .string($0.description),
                                "parameters": $0.inputSchema,
                            ]
                        })
                    try Output.json(object)
                    return .done
                }
                Talk().say("\(invocation.argument(0)) speaks MCP \(greeting.version)")
                var table = Table(header: ["tool", "arguments", ""])
                for tool in tools {
                    let names = tool.inputSchema["properties"]?.objectValue?.keys ?? []
                    let first = tool.description.split(separator: "\n").first.map { String($0.prefix(100)) } ?? ""
                    table.add([tool.name, names.joined(separator: ", "), first].map(printable))
                }
                try Output.text(table.text)
                return .done
            }
        })

    private static let call = CommandSpec(
        name: "mcp call", summary: "Call a tool of a server", arguments: "SERVER TOOL [JSON]",
        discussion: "The arguments are one JSON object. Permissions of agents do not matter here.",
        examples: [("flow mcp call time convert_time '{\"time\": \"16:30\"}'", "the result as text")],
        run: { invocation in
            let text = invocation.optionalArgument(2) ?? "{}"
            guard let arguments = (try? JSONValue.parse(text))?.objectValue else {
                throw CommandFailure(.usage, "the arguments are a JSON object, not `\(text)`")
            }
            return try await using(invocation) { client in
                let result = try await client.call(invocation.argument(1), arguments)
                if invocation.flag("json") {
                    var object = JSONObject()
                    object["text"] = .string(result.text)
                    object["structured"] = result.structured ?? .null
                    object["is_error"] = .bool(result.isError)
                    try Output.json(object)
                } else {
                    try Output.text(printable(result.text) + "\n")
                }
                return result.isError ? .runFailed : .done
            }
        })

    /// Works with the server that the command names, and ends it.
    private static func using(
        _ invocation: Invocation, _ body: @Sendable (MCPClient) async throws -> ExitCode
    ) async throws -> ExitCode {
        let servers = try servers(invocation)
        let client = try failing { try servers.client(invocation.argument(0)) }
        do {
            let code = try await body(client)
            await servers.close()
            return code
        } catch let error as MCPError {
            await servers.close()
            throw CommandFailure(.unavailable, error.description)
        } catch {
            await servers.close()
            throw error
        }
    }

    private static func failing<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let problem as MCPToolServers.Problem {
            throw CommandFailure(.badInput, problem.message)
        }
    }

    /// A text from outside without what could command a terminal.
    private static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
                    return isControl && scalar != "\n" && scalar != "\t" ? "?" : scalar
                }))
    }
}
