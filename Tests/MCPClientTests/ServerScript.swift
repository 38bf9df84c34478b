// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FileSystem
import FlowCore
import HTTPClient
import MCPClient
import Testing

/// The servers of the tests, as programs.
enum ServerScript {
    static let folder = FilePath.join(FilePath.dirname(#filePath), "Servers")
    static let path = ProcessEnvironment.get("PATH") ?? "/usr/bin:/bin"

    /// The Python of the official SDK, which `scripts/install-test-tools` installs.
    static let officialPython: String? = {
        let home = ProcessEnvironment.get("FLOW_HOME").flatMap { $0.isEmpty ? nil : $0 }
        let tools = FilePath.join(
            home ?? FilePath.join(File.homeDirectory() ?? "/", ".local/share/flow"), "test-tools")
        let package = (try? File.list(FilePath.join(tools, "lib"))) ?? []
        let hasSDK = package.contains { File.exists(FilePath.join(tools, "lib/\($0.name)/site-packages/mcp/server")) }
        let python = FilePath.join(tools, "bin/python")
        return hasSDK && File.isExecutable(python) ? python : nil
    }()

    /// A server on its standard streams.
    static func scripted(_ mode: String, timeout: Duration = .seconds(20), largest: Int = 16 << 20) -> MCPServer {
        server(["python3", FilePath.join(folder, "scripted.py"), mode], timeout, largest)
    }

    static func server(_ command: [String], _ timeout: Duration = .seconds(20), _ largest: Int = 16 << 20) -> MCPServer
    {
        var server = MCPServer(
            name: "s", way: .program(command: command, environment: ["PATH": path], directory: "/"), timeout: timeout)
        server.largestMessage = largest
        return server
    }

    static func client(_ server: MCPServer, _ processes: ChildProcesses = ChildProcesses()) -> MCPClient {
        MCPClient(
            server: server, identity: MCPIdentity(name: "tests", version: "1"), processes: processes,
            http: HTTPClient())
    }
}

/// A server at an address, running as long as the value lives.
final class WebServer: Sendable {
    let port: Int
    private let channel: InputChannel
    private let task: Task<Void, any Error>

    struct NoPort: Error {}

    init(_ command: [String]) async throws {
        let (lines, said) = AsyncStream.makeStream(of: [UInt8].self)
        let channel = InputChannel()
        var child = ChildCommand(executable: command[0], arguments: Array(command.dropFirst()))
        child.environment = ["PATH": ServerScript.path]
        child.input = .channel(channel)
        child.output = OutputPlan(onChunk: { said.yield($0) })
        child.errorOutput = .tail(1000)
        let started = child
        self.channel = channel
        // Ends with the input of the server.
        task = Task {
            _ = try await ChildProcesses().run(started)
            said.finish()
        }
        var text = ""
        for await piece in lines {
            text += String(decoding: piece, as: UTF8.self)
            if text.contains("\n") { break }
        }
        guard let number = text.split(separator: "\n").first.flatMap({ Int($0) }) else { throw NoPort() }
        port = number
    }

    deinit {
        channel.end()
        task.cancel()
    }

    func server(path: String = "/mcp", timeout: Duration = .seconds(20), token: String? = nil) -> MCPServer {
        MCPServer(
            name: "s",
            way: .address(
                url: "http://127.0.0.1:\(port)\(path)",
                headers: token.map { [(name: "Authorization", value: "Bearer \($0)")] } ?? []), timeout: timeout)
    }
}

/// The error of a call; records an issue when there is none.
func failure<Value>(_ body: () async throws -> Value) async -> MCPError? {
    do {
        let value = try await body()
        Issue.record("no error, but \(value)")
        return nil
    } catch {
        return error as? MCPError
    }
}
