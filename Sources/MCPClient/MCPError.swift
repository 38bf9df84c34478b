// SPDX-License-Identifier: Apache-2.0

/// Why a server gave no answer that can be used.
public struct MCPError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The causes that are treated differently.
    public enum Kind: Sendable, Hashable {
        /// The program could not be started, or the configuration cannot be used.
        case unusable
        /// Nobody answered at the address, or the connection broke.
        case connection
        /// The server asks for other rights than were given.
        case unauthorised
        /// The server speaks no version of the protocol that this client knows.
        case version
        /// What came is no answer: garbage, a wrong shape, an HTTP status that means nothing here.
        case garbled
        /// What came is longer than the limit.
        case tooLarge
        case timeout
        /// The server ended while it was needed.
        case ended
        /// The server refused the request with a code of JSON-RPC.
        case refused(code: Int64)
        case cancelled
    }

    public var kind: Kind
    /// The server's name in the configuration.
    public var server: String
    /// What went wrong, for people: lower case, no full stop.
    public var message: String

    /// An error of a server.
    public init(_ kind: Kind, _ server: String, _ message: String) {
        self.kind = kind
        self.server = server
        self.message = message
    }

    /// The server and the message.
    public var description: String { "MCP server `\(server)`: \(message)" }
}
