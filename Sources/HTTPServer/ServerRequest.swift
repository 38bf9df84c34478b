// SPDX-License-Identifier: Apache-2.0

/// A whole request as a client has sent it.
public struct ServerRequest: Sendable {
    public var method: String
    /// The path, without the query and as it was sent.
    public var path: String
    /// What follows the `?`; empty if there is none.
    public var query: String
    /// The headers in order; names in lower case.
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]
    /// Whether the client speaks HTTP/1.1 rather than 1.0.
    var isCurrent = true
    /// Whether the connection may serve another request.
    var keepsAlive = true

    /// A request.
    public init(
        method: String, path: String, query: String = "", headers: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
    }

    /// The value of a header, by its name in lower case; of several the first.
    public func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}
