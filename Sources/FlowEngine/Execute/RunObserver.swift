// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// Is told of a run as it goes on: events after they are durable, log lines as they come. Called from several
/// threads; must return at once.
public protocol RunObserver: Sendable {
    /// New events of a run, in order, after their commit.
    func observe(_ events: [RecordedEvent], of run: String)
    /// A line that a node wrote.
    func observe(_ line: NodeLogLine, node: String, attempt: Int, of run: String)
}

/// An observer that looks away.
public struct NoObserver: RunObserver {
    /// Looks away.
    public init() {}

    public func observe(_ events: [RecordedEvent], of run: String) {}
    public func observe(_ line: NodeLogLine, node: String, attempt: Int, of run: String) {}
}
