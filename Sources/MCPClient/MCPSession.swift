// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// A server that has been spoken to and has told what it is.
struct MCPSession: Sendable {
    let server: MCPServer
    let transport: any MCPTransport
    let version: MCPVersion
    /// What the server calls itself, as far as it does.
    var serverName: String?
    var serverVersion: String?
    var instructions: String?

    /// The most tools and the most pages of a list that are read.
    private static let mostTools = 1000
    private static let mostPages = 100

    /// Finds out what the server speaks: first as the newest version does it, then as the earlier ones do.
    static func open(
        _ transport: any MCPTransport, _ server: MCPServer, identity: MCPIdentity
    ) async throws(MCPError) -> MCPSession {
        transport.speak(.modern(MCPVersion.newestModern))
        var probe = MCPRequest(method: "server/discover", timeout: server.startTimeout)
        // A server that says nothing to what it does not know still has to be asked in the earlier way.
        if case .program = server.way { probe.timeout = server.startTimeout / 2 }
        probe.isCancellable = false
        let choice: MCPVersion.Choice
        var found = JSONObject()
        do throws(MCPError) {
            let reply = try await transport.send(probe)
            if case .result(let result) = reply { found = result }
            choice = MCPVersion.choice(after: reply)
        } catch {
            switch error.kind {
            case .timeout, .garbled: choice = .initialize
            default: throw error
            }
        }
        switch choice {
        case .speak(let version):
            transport.speak(version)
            var session = MCPSession(server: server, transport: transport, version: version)
            session.note(found, found["_meta"]?["io.modelcontextprotocol/serverInfo"] ?? found["serverInfo"])
            return session
        case .initialize: return try await initialised(transport, server, identity)
        case .mismatch(let reason): throw MCPError(.version, server.name, reason)
        }
    }

    private static func initialised(
        _ transport: any MCPTransport, _ server: MCPServer, _ identity: MCPIdentity
    ) async throws(MCPError) -> MCPSession {
        // Before the version is agreed, no header names one.
        transport.speak(.legacy(MCPVersion.newestLegacy))
        var request = MCPRequest(method: "initialize", timeout: server.startTimeout)
        request.isCancellable = false
        request.parameters["protocolVersion"] = .string(MCPVersion.newestLegacy)
        request.parameters["capabilities"] = [:]
        request.parameters["clientInfo"] = identity.json
        let result: JSONObject
        switch try await transport.send(request) {
        case .result(let object): result = object
        case .error(let error):
            throw MCPError(.refused(code: error.code), server.name, "it refuses to begin: \(error.message)")
        }
        guard let version = MCPVersion.agreed(in: result) else {
            let text = result["protocolVersion"]?.stringValue ?? "no version"
            throw MCPError(.version, server.name, "it speaks \(text), which this client does not")
        }
        transport.speak(version)
        await transport.notify("notifications/initialized", JSONObject())
        var session = MCPSession(server: server, transport: transport, version: version)
        session.note(result, result["serverInfo"])
        return session
    }

    private mutating func note(_ result: JSONObject, _ info: JSONValue?) {
        serverName = info?["name"]?.stringValue.map { String($0.prefix(200)) }
        serverVersion = info?["version"]?.stringValue.map { String($0.prefix(100)) }
        instructions = result["instructions"]?.stringValue.map { String($0.prefix(8000)) }
    }

    // MARK: Requests

    private func result(of request: MCPRequest) async throws(MCPError) -> JSONObject {
        switch try await transport.send(request) {
        case .error(let error): throw MCPError(.refused(code: error.code), server.name, error.message)
        case .result(let result):
            switch result["resultType"]?.stringValue {
            case nil, "complete"?: return result
            case "input_required"?:
                throw MCPError(.garbled, server.name, "it asks for further input, which nobody can give here")
            case let other?: throw MCPError(.garbled, server.name, "its result is of the unknown type `\(other)`")
            }
        }
    }

    /// All tools of the server in its order, and how long the list holds.
    func tools() async throws(MCPError) -> (tools: [MCPTool], holdsFor: Duration?) {
        var tools: [MCPTool] = []
        var names: Set<String> = []
        var cursors: Set<String> = []
        var holdsFor: Duration?
        var cursor: String?
        for _ in 0..<Self.mostPages {
            var request = MCPRequest(method: "tools/list", timeout: server.timeout)
            if let cursor { request.parameters["cursor"] = .string(cursor) }
            let page = try await result(of: request)
            guard let list = page["tools"]?.arrayValue else {
                throw MCPError(.garbled, server.name, "its list of tools is none")
            }
            for item in list {
                guard tools.count < Self.mostTools else { return (tools, holdsFor) }
                if let tool = MCPTool(json: item), names.insert(tool.name).inserted { tools.append(tool) }
            }
            if let time = page["ttlMs"]?.integerValue, time > 0 { holdsFor = .milliseconds(min(time, 86_400_000)) }
            guard let next = page["nextCursor"]?.stringValue else { return (tools, holdsFor) }
            guard cursors.insert(next).inserted else {
                throw MCPError(.garbled, server.name, "its list of tools goes in a circle")
            }
            cursor = next
        }
        throw MCPError(.tooLarge, server.name, "its list of tools has more than \(Self.mostPages) pages")
    }

    /// Calls a tool.
    func call(_ tool: MCPTool, _ arguments: JSONObject, timeout: Duration) async throws(MCPError) -> MCPCallResult {
        var request = MCPRequest(method: "tools/call", name: tool.name, timeout: timeout)
        request.parameters["name"] = .string(tool.name)
        request.parameters["arguments"] = .object(arguments)
        request.headers = tool.headers(for: arguments)
        let outcome = MCPCallResult(try await result(of: request), version: version.text)
        if let schema = tool.outputSchema, let structured = outcome.structured, !outcome.isError {
            let faults = SchemaCheck(schema).faults(in: structured)
            if !faults.isEmpty {
                let text = faults.map(\.description).joined(separator: "; ")
                throw MCPError(.garbled, server.name, "the result of \(tool.name) does not fit its own schema: \(text)")
            }
        }
        return outcome
    }
}
