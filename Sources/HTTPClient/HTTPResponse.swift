// SPDX-License-Identifier: Apache-2.0

/// An answer of a server. Any status is a result, 404 and 500 too.
public struct HTTPResponse: Sendable {
    /// The status code.
    public var status: Int
    /// The headers in the order of the server, repeated ones included.
    public var headers: [(name: String, value: String)]
    /// The body; empty when it was streamed.
    public var body: [UInt8]
    /// The address that answered, after redirects. It may hold secrets, as the request's address may.
    public var effectiveURL: String
    /// How long the parts of the last exchange took.
    public var timings: HTTPTimings

    /// Makes a response; for tests and for stand-ins of a server.
    public init(
        status: Int,
        headers: [(name: String, value: String)] = [],
        body: [UInt8] = [],
        effectiveURL: String = "",
        timings: HTTPTimings = HTTPTimings()
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.effectiveURL = effectiveURL
        self.timings = timings
    }

    /// The value of the first header with this name, in any case.
    public func header(_ name: String) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.name.lowercased() == wanted }?.value
    }
}

/// Times since the start of an exchange; zero for a part that did not happen, as on a reused connection.
public struct HTTPTimings: Sendable, Equatable {
    /// Until the name was resolved.
    public var nameLookup: Duration
    /// Until the connection stood.
    public var connect: Duration
    /// Until the TLS handshake was done.
    public var tls: Duration
    /// Until the first byte of the answer.
    public var firstByte: Duration
    /// Until the last byte of the answer.
    public var total: Duration

    /// Makes timings.
    public init(
        nameLookup: Duration = .zero,
        connect: Duration = .zero,
        tls: Duration = .zero,
        firstByte: Duration = .zero,
        total: Duration = .zero
    ) {
        self.nameLookup = nameLookup
        self.connect = connect
        self.tls = tls
        self.firstByte = firstByte
        self.total = total
    }
}
