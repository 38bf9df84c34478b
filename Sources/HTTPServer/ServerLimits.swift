// SPDX-License-Identifier: Apache-2.0

/// What a server bears. Whoever asks for more gets a status that says so, and loses the connection.
public struct ServerLimits: Sendable, Hashable {
    /// The request line and the headers together, in bytes.
    public var head = 32 << 10
    /// The lines of the headers.
    public var headers = 100
    /// The body of a request, in bytes.
    public var body = 64 << 20
    /// Connections at the same time; further ones wait in the system's queue.
    public var connections = 256
    /// What of an answer may wait for a client that does not read, in bytes.
    public var output = 64 << 20
    /// The time from the first byte of a request to its last, and without progress of an answer.
    public var patience = Duration.seconds(60)
    /// How long a connection may be idle between two requests.
    public var idle = Duration.seconds(300)

    /// The usual limits.
    public init() {}
}

/// Why a server could not be started.
public struct HTTPServerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The error number of the system.
    public var code: Int32
    /// What was being done, such as `listen on 127.0.0.1`.
    public var doing: String

    /// An error of the system; the number 0 where there is none.
    public init(code: Int32, doing: String) {
        self.code = code
        self.doing = doing
    }

    /// What was being done, and the number.
    public var description: String { "cannot \(doing): error \(code)" }
}
