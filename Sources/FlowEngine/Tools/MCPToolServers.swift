// SPDX-License-Identifier: Apache-2.0

package import ChildProcess
import FileSystem
import FlowCore
package import HTTPClient
package import MCPClient
import Synchronization
import YAML

/// The servers of tools that a project names under `mcp_servers:` of its `flow.yaml`. Each is started when it is first
/// needed, and shared by all runs of the process.
package final class MCPToolServers: Sendable {
    /// Why a server cannot be used.
    package struct Problem: Error, Sendable, CustomStringConvertible {
        package var message: String
        package var description: String { message }
    }

    /// What the file says of a server.
    package struct Entry: Sendable {
        package var name: String
        /// The command or the address, without what may be secret.
        package var summary: String
        /// The server as far as it can be used: its secrets have been found.
        package var server: Result<MCPServer, Problem>
        /// Values that came from the environment, which must not be shown.
        var secrets: [String: String] = [:]
        /// Whether a node fails when the server goes away in a call of its agent.
        var failsNodes = false
    }

    private enum Reading {
        case entries([Entry])
        case problem(Problem)
    }

    private let file: String
    private let environment: [String: String]
    private let processes: ChildProcesses
    private let http: HTTPClient
    private let reading = Mutex<Reading?>(nil)
    private let clients = Mutex<[String: MCPClient]>([:])

    /// The servers of a project file, which is read when the first is asked for. A file that is not there names none.
    ///
    /// - Parameters:
    ///   - file: the path of `flow.yaml`.
    ///   - environment: where `${env.NAME}` is looked up; servers see no more of it than `PATH`, `HOME` and the like.
    ///   - processes: runs servers that are programs.
    ///   - http: keeps the connections to servers at addresses.
    package init(file: String, environment: [String: String], processes: ChildProcesses, http: HTTPClient) {
        self.file = file
        self.environment = environment
        self.processes = processes
        self.http = http
    }

    /// The servers of the project that a process works in: those of the nearest `flow.yaml` in a folder or above it.
    package static func ofProject(
        _ folder: String, environment: [String: String], processes: ChildProcesses, http: HTTPClient = HTTPClient()
    ) -> MCPToolServers {
        MCPToolServers(
            file: projectFile(from: folder), environment: environment, processes: processes, http: http)
    }

    private static func projectFile(from folder: String) -> String {
        let start = FilePath.normalise(folder)
        var folder = start
        while FilePath.isAbsolute(folder) {
            let candidate = FilePath.join(folder, "flow.yaml")
            if File.exists(candidate) { return candidate }
            guard folder != "/" else { break }
            folder = FilePath.dirname(folder)
        }
        return FilePath.join(start, "flow.yaml")
    }

    /// The servers of the file, in its order.
    package func entries() throws(Problem) -> [Entry] {
        let reading = reading.withLock { kept in
            let now = kept ?? Self.read(file, environment)
            kept = now
            return now
        }
        switch reading {
        case .entries(let entries): return entries
        case .problem(let problem): throw problem
        }
    }

    /// The client of a server.
    package func client(_ name: String) throws(Problem) -> MCPClient {
        let entries = try entries()
        guard let entry = entries.first(where: { $0.name == name }) else {
            let names = entries.map(\.name)
            let near = Spelling.nearest(to: name, among: names).map { "; did you mean `\($0)`?" }
            let known =
                names.isEmpty ? "; no servers are named there" : "; the servers are \(names.joined(separator: ", "))"
            throw Problem(message: "`mcp_servers` of \(file) has no server `\(name)`" + (near ?? known))
        }
        let server = try entry.server.get()
        return clients.withLock { clients in
            let client =
                clients[name]
                ?? MCPClient(
                    server: server, identity: MCPIdentity(name: "flow", version: EngineVersion.text),
                    processes: processes, http: http)
            clients[name] = client
            return client
        }
    }

    /// Blanks what came from the environment into a server's configuration, if the server repeats it.
    func blanked(_ text: String, of server: String) -> String {
        guard let entry = (try? entries())?.first(where: { $0.name == server }) else { return text }
        return Secrets(values: entry.secrets).blanked(text)
    }

    /// Whether a node fails when this server goes away in a call; else its model is told.
    func failsNodes(_ server: String) -> Bool {
        (try? entries())?.first { $0.name == server }?.failsNodes ?? false
    }

    /// Ends all servers that were started.
    package func close() async {
        let open = clients.withLock { clients in
            defer { clients = [:] }
            return clients.values.map { $0 }
        }
        await withTaskGroup(of: Void.self) { group in
            for client in open { group.addTask { await client.close() } }
        }
    }

    // MARK: The file

    private static func read(_ file: String, _ environment: [String: String]) -> Reading {
        guard File.exists(file) else { return .entries([]) }
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try File.read(file, limit: 1 << 20)
        } catch {
            return .problem(Problem(message: "\(file) cannot be read: \(error.reason)"))
        }
        let (document, problems) = YAMLDocument.parse(bytes)
        guard let document, problems.isEmpty else {
            let fault = problems.first.map { ": \($0.message)" } ?? ""
            return .problem(Problem(message: "\(file) is no YAML\(fault)"))
        }
        let folder = FilePath.dirname((try? File.realPath(file)) ?? file)
        guard let servers = document.json(document.root)["mcp_servers"], !servers.isNull else { return .entries([]) }
        guard let members = servers.objectValue else {
            return .problem(Problem(message: "\(file): `mcp_servers` is a mapping of names to servers"))
        }
        return .entries(
            members.map { member in
                MCPServerReader(name: member.key, json: member.value, folder: folder, environment: environment).entry
            })
    }
}

/// What an engine calls itself to others.
enum EngineVersion {
    static let text = "1"
}
