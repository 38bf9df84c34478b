// SPDX-License-Identifier: Apache-2.0

import FlowCore
import HTTPClient
import Synchronization

/// What has come in answer to one POST, for the client's thread and the task that waits.
final class WebAnswer: Sendable {
    private struct State {
        var head: HTTPResponse?
        var isStream = false
        var body: [UInt8] = []
        var events = ServerSentEvents(maxLineBytes: 16 << 20, maxEventBytes: 16 << 20)
        var reply: MCPReply?
        var fault: MCPError.Kind?
        var faultText = ""
        var toolsChanged = false
    }

    private let id: Int64
    private let limit: Int
    private let state = Mutex(State())

    init(id: Int64, limit: Int) {
        self.id = id
        self.limit = limit
    }

    var head: HTTPResponse? { state.withLock { $0.head } }
    var fault: MCPError.Kind? { state.withLock { $0.fault } }
    var faultText: String { state.withLock { $0.faultText } }
    var hasToolsChanged: Bool { state.withLock { $0.toolsChanged } }
    /// Whether nothing more is needed of a stream.
    var isOver: Bool { state.withLock { $0.isStream && ($0.reply != nil || $0.fault != nil) } }

    /// The answer, if one has come.
    var reply: MCPReply? {
        state.withLock { state in
            if state.reply != nil || state.isStream { return state.reply }
            for message in MCPMessage.read(state.body) ?? [] {
                switch message {
                case .reply(id, let reply): return reply
                // Servers refuse requests that they cannot read without saying which.
                case .stray(let error): return .error(error)
                default: continue
                }
            }
            return nil
        }
    }

    func begin(_ response: HTTPResponse) {
        state.withLock { state in
            state.head = response
            let type = response.header("Content-Type")?.lowercased() ?? ""
            state.isStream = response.status == 200 && type.hasPrefix("text/event-stream")
        }
    }

    /// Takes a piece of the body; gives what the server asks.
    func take(_ bytes: [UInt8]) -> [(id: JSONValue, method: String)] {
        state.withLock { state in
            guard state.fault == nil else { return [] }
            guard state.isStream else {
                state.body += bytes
                return []
            }
            do throws(ServerSentEvents.LimitExceeded) {
                var asked: [(id: JSONValue, method: String)] = []
                // An event without data only keeps the connection alive.
                for event in try state.events.push(bytes) where !event.data.isEmpty {
                    guard let messages = MCPMessage.read(event.data.utf8) else {
                        state.fault = .garbled
                        state.faultText = "its stream has an event that is no message"
                        return asked
                    }
                    for message in messages { Self.take(message, id, &state, &asked) }
                }
                return asked
            } catch {
                state.fault = .tooLarge
                state.faultText = error.description
                return []
            }
        }
    }

    private static func take(
        _ message: MCPMessage, _ id: Int64, _ state: inout State, _ asked: inout [(id: JSONValue, method: String)]
    ) {
        switch message {
        case .reply(id, let reply): state.reply = state.reply ?? reply
        case .reply: break
        case .stray(let error): state.reply = state.reply ?? .error(error)
        case .request(let id, let method): asked.append((id, method))
        case .notification(let method):
            if method == "notifications/tools/list_changed" { state.toolsChanged = true }
        }
    }
}

/// Something that happens once, and one task that waits for it.
final class OneSignal: Sendable {
    private struct State {
        var isGiven = false
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// Lets the task go on; later calls do nothing.
    func give() {
        let waiting = state.withLock { state in
            state.isGiven = true
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
    }

    /// Waits for the signal, or for the task to be cancelled.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isGiven = state.withLock { state in
                    if !state.isGiven { state.waiting = continuation }
                    return state.isGiven
                }
                if isGiven { continuation.resume() }
            }
        } onCancel: {
            give()
        }
    }
}
