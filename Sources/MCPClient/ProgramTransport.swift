// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FlowCore
import Synchronization

/// A server that is a program: one JSON message a line on its standard input and output.
final class ProgramTransport: MCPTransport {
    private struct State {
        var nextID: Int64 = 1
        var waiting: [Int64: OneSignal] = [:]
        /// What came for those who wait, until they take it.
        var answers: [Int64: Result<MCPReply, MCPError>] = [:]
        /// The beginning of a line whose end has not come.
        var line: [UInt8] = []
        var badLines = 0
        /// Why nothing more comes.
        var end: MCPError?
        var version: MCPVersion?
        var toolsChanged = false
        var task: Task<Void, Never>?
    }

    /// Lines that are no messages, such as what a server logs to the wrong stream, are borne up to here.
    private static let mostBadLines = 100

    private let server: MCPServer
    private let identity: MCPIdentity
    private let channel = InputChannel()
    private let state = Mutex(State())

    /// Starts the program. That it cannot be started shows at the first request.
    init(_ server: MCPServer, identity: MCPIdentity, processes: ChildProcesses) {
        self.server = server
        self.identity = identity
        guard case .program(let words, let environment, let directory) = server.way, let program = words.first else {
            state.withLock { $0.end = MCPError(.unusable, server.name, "no command is given") }
            return
        }
        var command = ChildCommand(
            executable: program, arguments: Array(words.dropFirst()), environment: environment, directory: directory)
        command.input = .channel(channel)
        command.output = OutputPlan(onChunk: { [weak self] in self?.take($0) })
        command.errorOutput = .tail(4096)
        command.grace = .seconds(2)
        command.limits = ResourceLimits(coreSize: 0)
        let started = command
        // Lives as long as the program: `close` ends and awaits it.
        let task = Task { [weak self] in
            let end = await Self.end(of: started, server.name, processes)
            self?.stop(end)
        }
        state.withLock { $0.task = task }
    }

    deinit { channel.end() }

    private static func end(of command: ChildCommand, _ name: String, _ processes: ChildProcesses) async -> MCPError {
        do throws(SpawnError) {
            let result = try await processes.run(command)
            let said = String(decoding: result.errorOutput.tail, as: UTF8.self)
                .split(separator: "\n").suffix(3).joined(separator: " | ")
            let words =
                switch result.ending {
                case .exited(let code): "it ended with exit code \(code)"
                case .signalled(let signal, _): "it was ended by signal \(signal)"
                case .timedOut, .idleTimedOut, .cancelled: "it was stopped"
                }
            return MCPError(.ended, name, said.isEmpty ? words : "\(words): \(said)")
        } catch {
            return MCPError(.unusable, name, error.description)
        }
    }

    var isOpen: Bool { state.withLock { $0.end == nil } }

    func speak(_ version: MCPVersion?) { state.withLock { $0.version = version } }

    func takeToolsChanged() -> Bool {
        state.withLock { state in
            defer { state.toolsChanged = false }
            return state.toolsChanged
        }
    }

    // MARK: Asking

    func send(_ request: MCPRequest) async throws(MCPError) -> MCPReply {
        let (id, version) = state.withLock { state in
            defer { state.nextID += 1 }
            return (state.nextID, state.version)
        }
        let parameters = version.map { $0.parameters(of: request, identity) } ?? request.parameters
        let bytes = MCPMessage.requestText(id, request.method, parameters) + [0x0A]
        let (timeout, name) = (request.timeout, server.name)
        // Ends with the request: it is cancelled as soon as the answer is there.
        let timer = Task { [weak self] in
            guard (try? await Task.sleep(for: timeout)) != nil else { return }
            self?.giveUp(
                id, MCPError(.timeout, name, "\(request.method) had no answer within \(timeout)"), request)
        }
        defer { timer.cancel() }
        let signal = OneSignal()
        let end = state.withLock { state in
            if state.end == nil { state.waiting[id] = signal }
            return state.end
        }
        if let end { throw end }
        // A program that is gone is told by its end; one that does not read, by the time.
        channel.write(bytes)
        await signal.wait()
        if Task.isCancelled { giveUp(id, MCPError(.cancelled, name, "cancelled"), request) }
        guard let answer = state.withLock({ $0.answers.removeValue(forKey: id) }) else {
            throw MCPError(.ended, name, "it was stopped")
        }
        return try answer.get()
    }

    /// Hands an answer to who waits for it. False if nobody does, any more.
    @discardableResult
    private func settle(_ id: Int64, _ answer: Result<MCPReply, MCPError>) -> Bool {
        let signal = state.withLock { state in
            let signal = state.waiting.removeValue(forKey: id)
            if signal != nil { state.answers[id] = answer }
            return signal
        }
        signal?.give()
        return signal != nil
    }

    /// Ends the wait for an answer and tells the server so.
    private func giveUp(_ id: Int64, _ error: MCPError, _ request: MCPRequest) {
        guard settle(id, .failure(error)) else { return }
        if request.isCancellable {
            let parameters = JSONObject([
                JSONObject.Member(key: "requestId", value: .integer(id)),
                JSONObject.Member(key: "reason", value: .string(error.kind == .timeout ? "timeout" : "cancelled")),
            ])
            channel.write(MCPMessage.notificationText("notifications/cancelled", parameters) + [0x0A])
        }
    }

    func notify(_ method: String, _ parameters: JSONObject) async {
        channel.write(MCPMessage.notificationText(method, parameters) + [0x0A])
    }

    // MARK: Hearing

    /// Takes a piece of the output, on the thread of all children.
    private func take(_ bytes: [UInt8]) {
        var lines: [[UInt8]] = []
        let isTooLong = state.withLock { state in
            var rest = bytes[...]
            while let end = rest.firstIndex(of: 0x0A) {
                lines.append(state.line + rest[..<end])
                state.line = []
                rest = rest[(end + 1)...]
            }
            state.line += rest
            return state.line.count > server.largestMessage || lines.contains { $0.count > server.largestMessage }
        }
        if isTooLong {
            return abort(
                MCPError(.tooLarge, server.name, "it wrote a message of more than \(server.largestMessage) bytes"))
        }
        for line in lines where !line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) {
            guard let messages = MCPMessage.read(line) else {
                let bad = state.withLock { state in
                    state.badLines += 1
                    return state.badLines
                }
                if bad > Self.mostBadLines {
                    let text = String(decoding: line.prefix(80), as: UTF8.self)
                    return abort(
                        MCPError(.garbled, server.name, "it writes lines that are no messages, such as `\(text)`"))
                }
                continue
            }
            for message in messages { take(message) }
        }
    }

    private func take(_ message: MCPMessage) {
        switch message {
        case .reply(let id, let reply):
            // An answer that nobody waits for any more came too late.
            settle(id, .success(reply))
        case .stray: break
        case .request(let id, let method): channel.write(MCPMessage.answer(to: id, method) + [0x0A])
        case .notification(let method):
            if method == "notifications/tools/list_changed" { state.withLock { $0.toolsChanged = true } }
        }
    }

    // MARK: Ending

    /// Ends all waits; the first reason counts.
    private func stop(_ error: MCPError) {
        let (waiting, end) = state.withLock { state in
            let end = state.end ?? error
            state.end = end
            return (state.waiting.keys.sorted(), end)
        }
        for id in waiting { settle(id, .failure(end)) }
    }

    /// Ends a program that cannot be talked with.
    private func abort(_ error: MCPError) {
        stop(error)
        state.withLock { $0.task }?.cancel()
    }

    func close() async {
        stop(MCPError(.ended, server.name, "it was stopped"))
        // The end of its input tells it to go. One that stays is sent away.
        channel.end()
        guard let task = state.withLock({ $0.task }) else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await task.value }
            group.addTask {
                if (try? await Task.sleep(for: .seconds(1))) != nil { task.cancel() }
            }
            await group.next()
            group.cancelAll()
        }
        await task.value
    }
}

extension MCPVersion {
    private static let prefix = "io.modelcontextprotocol/"

    /// The parameters as they are sent: a modern request says who asks, and in which version.
    func parameters(of request: MCPRequest, _ identity: MCPIdentity) -> JSONObject {
        guard isModern else { return request.parameters }
        var parameters = request.parameters
        var meta = parameters["_meta"]?.objectValue ?? JSONObject()
        meta[Self.prefix + "protocolVersion"] = .string(text)
        meta[Self.prefix + "clientCapabilities"] = [:]
        meta[Self.prefix + "clientInfo"] = identity.json
        parameters["_meta"] = .object(meta)
        return parameters
    }
}
