// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Synchronization

/// What the program says to people: on the standard error output, coloured only where that is wanted.
struct Talk: Sendable {
    /// The roles that have a colour.
    enum Role: String {
        case error = "31;1"
        case warning = "33"
        case help = "36"
        case good = "32"
        case dim = "2"
        case strong = "1"
    }

    private static let isForbidden = Atomic<Bool>(false)

    let stream: StandardStream
    let isColoured: Bool

    init(_ stream: StandardStream = .error) {
        self.stream = stream
        isColoured = Self.wantsColour(stream)
    }

    static func forbidColour() { isForbidden.store(true, ordering: .relaxed) }

    /// A flag beats the environment; `NO_COLOR` beats `CLICOLOR_FORCE`; a terminal beats nothing.
    private static func wantsColour(_ stream: StandardStream) -> Bool {
        func isSet(_ name: String) -> Bool { !(ProcessEnvironment.get(name) ?? "").isEmpty }
        if isForbidden.load(ordering: .relaxed) || isSet("NO_COLOR") { return false }
        if isSet("CLICOLOR_FORCE"), ProcessEnvironment.get("CLICOLOR_FORCE") != "0" { return true }
        return stream.isTerminal && ProcessEnvironment.get("TERM") != "dumb"
    }

    /// Writes a line. Whoever listens may have gone: that is no fault of the command.
    func say(_ line: String) { try? stream.write(line + "\n") }

    func style(_ role: Role, _ text: String) -> String {
        isColoured ? "\u{1B}[\(role.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// A status with its symbol, so that it reads without colour.
    func status(_ status: NodeStatus) -> String {
        switch status {
        case .succeeded, .reused: style(.good, "✓ \(status.rawValue)")
        case .failed, .rejected: style(.error, "✗ \(status.rawValue)")
        case .cancelled, .interrupted: style(.warning, "! \(status.rawValue)")
        case .skipped, .omitted, .pending: style(.dim, "- \(status.rawValue)")
        case .ready, .running, .retrying: style(.help, "▸ \(status.rawValue)")
        case .waiting: style(.warning, "? \(status.rawValue)")
        }
    }
}
