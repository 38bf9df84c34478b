// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// The answer to a request.
enum MCPReply: Sendable, Hashable {
    case result(JSONObject)
    case error(MCPRemoteError)
}

/// An error as the server tells it.
struct MCPRemoteError: Sendable, Hashable {
    var code: Int64
    var message: String
    var data: JSONValue?

    static let methodNotFound: Int64 = -32601
}

/// One message of JSON-RPC that came from a server.
enum MCPMessage: Sendable, Hashable {
    case reply(id: Int64, MCPReply)
    /// An error that says of no request that it is its answer.
    case stray(MCPRemoteError)
    /// The server asks something of the client; the id is given back as it is.
    case request(id: JSONValue, method: String)
    case notification(method: String)

    /// The messages of a text: one, or several in an array, as version 2025-03-26 allows. Nil for anything else.
    static func read(_ bytes: some Sequence<UInt8>) -> [MCPMessage]? {
        guard let json = try? JSONValue.parse(Array(bytes)) else { return nil }
        if let list = json.arrayValue {
            let messages = list.prefix(1000).map(MCPMessage.init(json:))
            return messages.contains { $0 == nil } ? nil : messages.compactMap { $0 }
        }
        return MCPMessage(json: json).map { [$0] }
    }

    init?(json: JSONValue) {
        guard json["jsonrpc"]?.stringValue == "2.0" else { return nil }
        let id = json["id"]
        if let method = json["method"]?.stringValue {
            if let id, !id.isNull {
                self = .request(id: id, method: method)
            } else {
                self = .notification(method: method)
            }
            return
        }
        let reply: MCPReply
        if let error = json["error"]?.objectValue {
            let message = error["message"]?.stringValue ?? "no reason given"
            reply = .error(
                MCPRemoteError(
                    code: error["code"]?.integerValue ?? 0, message: String(message.prefix(2000)), data: error["data"]))
        } else if let result = json["result"]?.objectValue {
            reply = .result(result)
        } else {
            return nil
        }
        if let number = id?.integerValue ?? id?.stringValue.flatMap({ Int64($0) }) {
            self = .reply(id: number, reply)
        } else if case .error(let error) = reply {
            self = .stray(error)
        } else {
            return nil
        }
    }

    // MARK: Writing

    static func requestText(_ id: Int64, _ method: String, _ parameters: JSONObject) -> [UInt8] {
        text(["jsonrpc": "2.0", "id": .integer(id), "method": .string(method), "params": .object(parameters)])
    }

    static func notificationText(_ method: String, _ parameters: JSONObject) -> [UInt8] {
        text(["jsonrpc": "2.0", "method": .string(method), "params": .object(parameters)])
    }

    /// What a client says that offers nothing to servers but to be alive.
    static func answer(to id: JSONValue, _ method: String) -> [UInt8] {
        if method == "ping" { return text(["jsonrpc": "2.0", "id": id, "result": [:]]) }
        let error: JSONValue = [
            "code": .integer(MCPRemoteError.methodNotFound), "message": .string("this client does not do \(method)"),
        ]
        return text(["jsonrpc": "2.0", "id": id, "error": error])
    }

    private static func text(_ json: JSONValue) -> [UInt8] { json.jsonBytes(.compact) }
}

/// A request before it has a number and a version.
struct MCPRequest: Sendable {
    var method: String
    var parameters = JSONObject()
    /// The thing that the request is about, which HTTP repeats in a header.
    var name: String?
    /// Arguments that HTTP repeats in headers.
    var headers: [(name: String, value: String)] = []
    var timeout: Duration
    /// Whether the server is told when nobody waits for the answer any more.
    var isCancellable = true
}

/// A way to a server that is open.
protocol MCPTransport: Sendable {
    /// Sends a request and waits for its answer.
    func send(_ request: MCPRequest) async throws(MCPError) -> MCPReply
    /// Says something that has no answer.
    func notify(_ method: String, _ parameters: JSONObject) async
    /// From now on each request says this version.
    func speak(_ version: MCPVersion)
    /// Whether the tools have changed since the last question.
    func takeToolsChanged() -> Bool
    /// Whether another request may be answered.
    var isOpen: Bool { get }
    /// Ends the server, or the connection to it.
    func close() async
}
