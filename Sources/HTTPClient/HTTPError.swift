// SPDX-License-Identifier: Apache-2.0

/// Why no whole answer came.
public struct HTTPError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The causes that a caller may want to tell apart.
    public enum Kind: Sendable, Equatable {
        /// libcurl is not installed, or too old.
        case libraryMissing
        /// The address, the method or a header cannot be sent.
        case invalidURL
        /// The name of the server was not found.
        case resolve
        /// Nobody listens there, or the way is closed.
        case connect
        /// The TLS handshake failed or the certificate is not trusted.
        case tls
        /// The whole exchange, or the connection, took too long.
        case timeout
        /// No byte moved for the idle time.
        case idleTimeout
        /// The answer is larger than the request allows.
        case tooLarge
        /// The connection broke after `received` bytes of the body.
        case dropped(received: Int)
        /// The name resolved to an address that the request does not allow.
        case blockedAddress
        /// One redirect more than the request allows.
        case tooManyRedirects
        /// The task was cancelled.
        case cancelled
        /// Another code of libcurl.
        case other(code: Int)
    }

    /// The cause.
    public var kind: Kind
    /// The cause in words.
    public var message: String
    /// What was being done: method and address without user info and query.
    public var doing: String

    /// Makes an error.
    public init(kind: Kind, message: String, doing: String) {
        self.kind = kind
        self.message = message
        self.doing = doing
    }

    /// What was being done, and why it failed.
    public var description: String { "\(doing): \(message)" }
}
