// SPDX-License-Identifier: Apache-2.0

import FileSystem
public import FlowCore
public import HTTPClient

/// `http:` makes one request.
public struct HTTPKind: NodeKind {
    public let name = "http"
    public let summary = "Makes one HTTP request; JSON in the answer is read."
    public let body = FieldType.object([
        FieldSchema(
            "method", .choice(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]), fallback: "GET",
            "The method."),
        FieldSchema("url", .string, required: true, "The address, beginning with http:// or https://."),
        FieldSchema("query", .map(.any), "Parameters that are added to the address, percent-encoded."),
        FieldSchema("headers", .map(.string), "The headers to send."),
        FieldSchema("body", .any, "What is sent: a string as it is, any other value as JSON."),
        FieldSchema(
            "expect",
            .object([
                FieldSchema(
                    "status", .oneOrMany(.integer(100...599)), fallback: "200 to 299", "The statuses that are success."),
                FieldSchema("max_size", .size, fallback: "16MiB", "The largest answer that is taken."),
            ]), "What the answer must be like."),
        FieldSchema("follow_redirects", .integer(0...20), fallback: "5", "How many redirects are followed."),
        FieldSchema(
            "allow_private", .boolean, fallback: "true",
            "Whether addresses of this machine and its network may be asked."),
    ])

    private let client: HTTPClient

    /// A body beyond this is kept as a file and not as a value: values are read into memory by all that follow.
    static let largestValue = 256 << 10

    /// The kind; `client` keeps the connections.
    public init(client: HTTPClient = HTTPClient()) { self.client = client }

    public func outputType(of node: NodeDefinition, in site: KindSite) -> ValueType {
        .object(
            ["status": .integer, "headers": .anyObject, "body": .optional(.string), "json": .any], open: false)
    }

    public func artifactNames(of node: NodeDefinition) -> [String] { ["body"] }

    public func run(_ context: NodeContext) async -> NodeOutcome {
        let call: HTTPCall
        do {
            call = try HTTPCall(context)
        } catch {
            return .failed(NodeFailure(.badData, error.message))
        }
        do {
            let response = try await client.send(call.request)
            if let failure = call.failure(response) { return .failed(failure) }
            return .succeeded(try HTTPAnswer(response).result(in: context.directory))
        } catch let error as HTTPError {
            return .failed(HTTPCall.failure(error))
        } catch {
            return .failed(NodeFailure(.storage, "the answer cannot be kept: \(error)"))
        }
    }
}
