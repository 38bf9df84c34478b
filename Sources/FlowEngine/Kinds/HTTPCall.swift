// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowModels
import HTTPClient

/// The request that a node describes, and what counts as its success.
struct HTTPCall {
    var request: HTTPRequest
    private var statuses: [Int64] = []

    /// A rendered value cannot be sent.
    struct BadValue: Error {
        var message: String
    }

    /// Reads the node's rendered values.
    init(_ context: NodeContext) throws(BadValue) {
        let body = context.body
        guard let url = body["url"]?.stringValue, !url.isEmpty else { throw BadValue(message: "`url` is empty") }
        request = HTTPRequest(method: body["method"]?.stringValue ?? "GET", url: url)
        request.url = try Self.adding(body["query"]?.objectValue ?? JSONObject(), to: url)
        for header in body["headers"]?.objectValue ?? JSONObject() {
            request.headers.append((name: header.key, value: try Self.text(header.value, "the header \(header.key)")))
        }
        func has(_ name: String) -> Bool { request.headers.contains { $0.name.lowercased() == name } }
        switch body["body"] {
        case nil, .null?: break
        case .string(let text)?: request.body = Array(text.utf8)
        case let value?:
            request.body = value.jsonBytes()
            if !has("content-type") { request.headers.append((name: "Content-Type", value: "application/json")) }
        }
        request.timeout = context.definition.options.timeout?.duration ?? .seconds(600)
        request.idleTimeout = context.definition.options.idleTimeout?.duration ?? .seconds(60)
        let size = body["expect"]?["max_size"]
        request.maxResponseBytes = Int(
            clamping: size?.integerValue ?? size?.stringValue.flatMap { ByteCount(parsing: $0)?.bytes } ?? 16 << 20)
        request.followRedirects = Int(clamping: body["follow_redirects"]?.integerValue ?? 5)
        // Private addresses are allowed: the author of a workflow asks for services of his own, and can reach them with
        // `run` as well. Link-local ones never are: nothing a workflow needs is there, but the service that hands the
        // keys of a cloud machine to whoever asks, and an address that came out of data could lead to it.
        request.allowsPrivateAddresses = body["allow_private"]?.boolValue ?? true
        request.allowsLinkLocalAddresses = false
        let wanted = body["expect"]?["status"]
        statuses = wanted?.arrayValue?.compactMap(\.integerValue) ?? wanted?.integerValue.map { [$0] } ?? []
    }

    /// Why the answer is no success, or nil.
    func failure(_ response: HTTPResponse) -> NodeFailure? {
        let isExpected =
            statuses.isEmpty ? (200..<300).contains(response.status) : statuses.contains(Int64(response.status))
        if isExpected { return nil }
        let text = "the server answered with status \(response.status)"
        let wait = RetryAfter.wait(response.headers)
        let excerpt = response.body.isEmpty ? nil : String(decoding: response.body.prefix(1000), as: UTF8.self)
        let reason: FailureReason =
            switch response.status {
            case 408: .timeout
            case 429: .rateLimit
            case 500...: .serverError
            default: .clientError
            }
        return NodeFailure(reason, text, excerpt: excerpt, retryAfter: wait)
    }

    /// The failure of a request without a whole answer.
    static func failure(_ error: HTTPError) -> NodeFailure {
        let reason: FailureReason =
            switch error.kind {
            case .libraryMissing: .unavailable
            case .resolve, .connect, .tls, .dropped, .other: .connection
            case .timeout, .idleTimeout: .timeout
            case .tooLarge: .badData
            case .invalidURL, .tooManyRedirects: .clientError
            case .blockedAddress: .refused
            case .cancelled: .cancelled
            }
        return NodeFailure(reason, error.description)
    }

    // MARK: Values

    private static func text(_ value: JSONValue, _ what: String) throws(BadValue) -> String {
        switch value {
        case .string(let text): return text
        case .bool, .integer, .number: return value.jsonText()
        case .null: return ""
        case .array, .object: throw BadValue(message: "\(what) is \(value.typeName), not text")
        }
    }

    /// The address with parameters; a list gives its parameter several times.
    private static func adding(_ query: JSONObject, to url: String) throws(BadValue) -> String {
        var pairs: [String] = []
        for member in query {
            for value in member.value.arrayValue ?? [member.value] {
                pairs.append(encoded(member.key) + "=" + encoded(try text(value, "the parameter `\(member.key)`")))
            }
        }
        guard !pairs.isEmpty else { return url }
        let parts = url.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let mark = parts[0].contains("?") ? (parts[0].hasSuffix("?") || parts[0].hasSuffix("&") ? "" : "&") : "?"
        let fragment = parts.count > 1 ? "#\(parts[1])" : ""
        return parts[0] + mark + pairs.joined(separator: "&") + fragment
    }

    /// Percent-encodes all but letters, digits and `-._~`.
    static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
