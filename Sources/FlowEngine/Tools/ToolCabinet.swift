// SPDX-License-Identifier: Apache-2.0

package import ChildProcess
import FlowCore
package import HTTPClient
import MCPClient

/// Makes the tools that agents name.
package struct ToolCabinet: Sendable {
    private let processes: ChildProcesses
    private let http: HTTPClient
    private let paths: ToolPaths
    private let servers: MCPToolServers
    private let starter: SubworkflowStarter?
    /// For tests, whose servers are on this machine.
    private let allowsPrivateAddresses: Bool

    init(
        processes: ChildProcesses, http: HTTPClient, paths: ToolPaths, servers: MCPToolServers,
        starter: SubworkflowStarter?
    ) {
        self.processes = processes
        self.http = http
        self.paths = paths
        self.servers = servers
        self.starter = starter
        allowsPrivateAddresses = false
    }

    /// A cabinet without workflows, for tests.
    package init(
        processes: ChildProcesses = ChildProcesses(), http: HTTPClient = HTTPClient(), paths: ToolPaths = ToolPaths(),
        servers: MCPToolServers, allowsPrivateAddresses: Bool = false
    ) {
        self.processes = processes
        self.http = http
        self.paths = paths
        self.servers = servers
        starter = nil
        self.allowsPrivateAddresses = allowsPrivateAddresses
    }

    /// The names of the configured servers; nil when the file that names them is not there or cannot be read.
    var serverNames: [String]? {
        guard let entries = try? servers.entries(), !entries.isEmpty else { return nil }
        return entries.map(\.name)
    }

    /// The tools of some references. A server is started for its list, and asked for it once.
    func tools(for references: [ToolReference], _ context: NodeContext) async throws -> [any AgentTool] {
        var tools: [any AgentTool] = []
        for reference in references {
            switch reference {
            case .builtin(let tool): tools.append(builtin(tool))
            case .workflow(let path):
                guard let tool = starter?.tool(path, for: context) else {
                    throw NodeFailureError(
                        failure: NodeFailure(.unavailable, "the workflow `\(path)` of a tool cannot be read"))
                }
                tools.append(tool)
            case .node(let id):
                guard let tool = await starter?.tool(ofNode: id, for: context) else {
                    throw NodeFailureError(failure: NodeFailure(.unavailable, "there is no node `\(id)` for a tool"))
                }
                tools.append(tool)
            case .mcp(let server, let name): tools += try await self.tools(of: server, named: name)
            }
        }
        return tools
    }

    private func builtin(_ tool: BuiltinTool) -> any AgentTool {
        switch tool {
        case .python: ProgramTool(language: .python, processes: processes, paths: paths)
        case .bash: ProgramTool(language: .bash, processes: processes, paths: paths)
        case .readFile: ReadFileTool()
        case .writeFile: WriteFileTool()
        case .listFiles: ListFilesTool()
        case .sql: SQLTool(processes: processes, paths: paths)
        case .httpGet: HTTPGetTool(client: http, allowsPrivateAddresses: allowsPrivateAddresses)
        }
    }

    private func tools(of server: String, named name: String?) async throws -> [any AgentTool] {
        do {
            let all = try await servers.client(server).tools()
            let chosen = all.filter { name == nil || $0.name == name }
            guard !chosen.isEmpty || name == nil else {
                let names = all.map(\.name)
                let near = Spelling.nearest(to: name ?? "", among: names).map { "; did you mean `\($0)`?" } ?? ""
                throw NodeFailureError(
                    failure: NodeFailure(.unavailable, "MCP server `\(server)` has no tool `\(name ?? "")`\(near)"))
            }
            return chosen.map { MCPServerTool(server: server, tool: $0, servers: servers) }
        } catch let error as NodeFailureError {
            throw error
        } catch {
            if Task.isCancelled { throw NodeFailureError(failure: NodeFailure(.cancelled, "cancelled")) }
            throw NodeFailureError(
                failure: NodeFailure(.unavailable, servers.blanked("\(error)", of: server)))
        }
    }
}
