// SPDX-License-Identifier: Apache-2.0

public import ChildProcess
public import FlowCore
public import HTTPClient

/// A client of one server of tools. Connects when it is first needed, and again after the server has ended.
public actor MCPClient {
    /// What a server says of itself.
    public struct Greeting: Sendable, Hashable {
        /// The version of the protocol that is spoken.
        public var version: String
        public var serverName: String?
        public var serverVersion: String?
        /// How the server wants to be used, in its author's words.
        public var instructions: String?
    }

    private typealias Opening = Task<Result<MCPSession, MCPError>, Never>

    /// How long a list of tools holds for which the server names no time.
    private static let listTime: Duration = .seconds(300)
    /// The waits before a server that does not answer is tried again.
    private static let pauses: [Duration] = [.milliseconds(200), .seconds(1)]

    private let server: MCPServer
    private let identity: MCPIdentity
    private let processes: ChildProcesses
    private let http: HTTPClient
    private var session: MCPSession?
    private var opening: Opening?
    private var list: (tools: [MCPTool], until: ContinuousClock.Instant)?
    private var isClosed = false

    /// A client; nothing is started yet.
    ///
    /// - Parameters:
    ///   - server: how the server is reached.
    ///   - identity: how this program names itself.
    ///   - processes: runs servers that are programs.
    ///   - http: keeps the connections to servers at addresses.
    public init(server: MCPServer, identity: MCPIdentity, processes: ChildProcesses, http: HTTPClient) {
        self.server = server
        self.identity = identity
        self.processes = processes
        self.http = http
    }

    /// What the server says of itself; connects to it.
    public func greeting() async throws(MCPError) -> Greeting {
        let session = try await self.open()
        return Greeting(
            version: session.version.text, serverName: session.serverName, serverVersion: session.serverVersion,
            instructions: session.instructions)
    }

    /// The tools that may be used, from the server or as it listed them a while ago.
    public func tools() async throws(MCPError) -> [MCPTool] {
        let session = try await self.open()
        let hasChanged = session.transport.takeToolsChanged()
        if let list, !hasChanged, list.until > .now { return list.tools }
        let (all, time) = try await session.tools()
        let allowed = server.tools.map(Set.init)
        let tools = all.filter { allowed?.contains($0.name) ?? true }
        list = (tools, .now + (time ?? Self.listTime))
        return tools
    }

    /// Calls a tool. A tool that fails gives a result with `isError`; an error means that there is no result.
    ///
    /// A call is never repeated: nobody knows what it has done. A server that has ended is started for the next call.
    public func call(
        _ name: String, _ arguments: JSONObject, timeout: Duration? = nil
    ) async throws(MCPError) -> MCPCallResult {
        guard let tool = try await tools().first(where: { $0.name == name }) else {
            throw MCPError(.refused(code: -32602), server.name, "it has no tool `\(name)`, or it may not be used")
        }
        let session = try await self.open()
        return try await session.call(tool, arguments, timeout: timeout ?? server.timeout)
    }

    /// Ends the server or the connection to it. The client cannot be used any more.
    public func close() async {
        isClosed = true
        let opening = opening
        let open = session
        session = nil
        if let opening, case .success(let late) = await opening.value { await late.transport.close() }
        await open?.transport.close()
    }

    private func open() async throws(MCPError) -> MCPSession {
        if let session, session.transport.isOpen { return session }
        guard !isClosed else { throw MCPError(.ended, server.name, "the client is closed") }
        if let opening { return try await opening.value.get() }
        let (old, server, identity, processes, http) = (session, self.server, self.identity, self.processes, self.http)
        session = nil
        list = nil
        // Shared by all who wait for the server, so it does not end with one of them. Its time is bounded.
        let opening = Opening {
            await old?.transport.close()
            return await Self.connect(server, identity, processes, http)
        }
        self.opening = opening
        let result = await opening.value
        self.opening = nil
        guard !isClosed else { throw MCPError(.ended, server.name, "the client is closed") }
        let opened = try result.get()
        session = opened
        return opened
    }

    private static func connect(
        _ server: MCPServer, _ identity: MCPIdentity, _ processes: ChildProcesses, _ http: HTTPClient
    ) async -> Result<MCPSession, MCPError> {
        var tries = pauses[...]
        while true {
            let transport: any MCPTransport =
                switch server.way {
                case .program: ProgramTransport(server, identity: identity, processes: processes)
                case .address: WebTransport(server, identity: identity, client: http)
                }
            let failure: MCPError
            do throws(MCPError) {
                return .success(try await MCPSession.open(transport, server, identity: identity))
            } catch {
                failure = error
            }
            await transport.close()
            guard failure.kind == .connection || failure.kind == .ended, let pause = tries.popFirst() else {
                return .failure(failure)
            }
            try? await Task.sleep(for: pause)
        }
    }
}
