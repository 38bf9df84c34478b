// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// A server of tools as it is configured: how it is reached, and within which bounds.
public struct MCPServer: Sendable {
    /// How a server is reached.
    public enum Way: Sendable {
        /// A program that reads and writes one JSON message a line.
        ///
        /// - `command`: the program and its arguments.
        /// - `environment`: its whole environment.
        /// - `directory`: where it runs.
        case program(command: [String], environment: [String: String], directory: String)
        /// An address of streamable HTTP, and headers that go with each request.
        case address(url: String, headers: [(name: String, value: String)])
    }

    public var name: String
    public var way: Way
    /// The time for one call.
    public var timeout: Duration
    /// The time until a server that was started has told what it is. An interpreter may need seconds to load.
    public var startTimeout: Duration
    /// The only tools that are used; nil means all.
    public var tools: [String]?
    /// The longest message that is taken, in bytes.
    public var largestMessage: Int

    /// A server with its bounds.
    public init(
        name: String, way: Way, timeout: Duration = .seconds(60), startTimeout: Duration = .seconds(30),
        tools: [String]? = nil, largestMessage: Int = 16 << 20
    ) {
        self.name = name
        self.way = way
        self.timeout = timeout
        self.startTimeout = startTimeout
        self.tools = tools
        self.largestMessage = largestMessage
    }
}

/// How a client names itself to servers.
public struct MCPIdentity: Sendable {
    public var name: String
    public var version: String

    /// A name with a version.
    public init(name: String, version: String) {
        self.name = name
        self.version = version
    }

    var json: JSONValue { ["name": .string(name), "version": .string(version)] }
}
