// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// A message of JSON-RPC 2.0 from the client.
struct RPCMessage {
    var method: String
    /// Nil for a notification, which is not answered.
    var id: JSONValue?
    var params: JSONValue

    /// Reads a message. Nil for an answer of the client, which nothing waits for.
    static func read(_ bytes: [UInt8]) throws(RPCFault) -> RPCMessage? {
        let value: JSONValue
        do throws(JSONParseError) {
            value = try JSONValue.parse(bytes, limits: JSONLimits(length: 64 << 20, duplicateKeys: .keepLast))
        } catch {
            throw RPCFault(.parseError, "the message is no JSON: \(error.message)")
        }
        guard let object = value.objectValue else {
            throw RPCFault(.invalidRequest, "a message is an object")
        }
        var id = object["id"]
        switch id {
        case nil, .string?, .integer?: break
        case .null?: id = nil
        default: throw RPCFault(.invalidRequest, "an id is a string or a whole number")
        }
        guard object["jsonrpc"] == "2.0" else {
            throw RPCFault(.invalidRequest, "`jsonrpc` is not \"2.0\"", id: id)
        }
        guard let method = object["method"] else {
            if object["result"] != nil || object["error"] != nil { return nil }
            throw RPCFault(.invalidRequest, "the message has no method", id: id)
        }
        guard let name = method.stringValue else {
            throw RPCFault(.invalidRequest, "a method is a string", id: id)
        }
        return RPCMessage(method: name, id: id, params: object["params"] ?? .null)
    }

    static func result(_ value: JSONValue, of id: JSONValue) -> JSONValue {
        ["jsonrpc": "2.0", "id": id, "result": value]
    }

    static func notification(_ method: String, _ params: JSONValue) -> JSONValue {
        ["jsonrpc": "2.0", "method": .string(method), "params": params]
    }
}

/// Why a message was refused.
struct RPCFault: Error {
    /// The codes of JSON-RPC and of the language server protocol.
    enum Code: Int64 {
        case parseError = -32700
        case invalidRequest = -32600
        case methodNotFound = -32601
        case invalidParams = -32602
        case serverNotInitialized = -32002
        case requestFailed = -32803
    }

    var code: Code
    var message: String
    var id: JSONValue?

    init(_ code: Code, _ message: String, id: JSONValue? = nil) {
        self.code = code
        self.message = message
        self.id = id
    }

    var reply: JSONValue {
        [
            "jsonrpc": "2.0", "id": id ?? .null,
            "error": ["code": .integer(code.rawValue), "message": .string(message)],
        ]
    }
}
