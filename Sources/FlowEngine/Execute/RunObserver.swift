// SPDX-License-Identifier: Apache-2.0

public import FlowCore
import Synchronization

/// Is told of a run as it goes on: events after they are durable, log lines as they come. Called from several
/// threads; must return at once.
public protocol RunObserver: Sendable {
    /// New events of a run, in order, after their commit.
    func observe(_ events: [RecordedEvent], of run: String)
    /// A line that a node wrote.
    func observe(_ line: NodeLogLine, node: String, attempt: Int, of run: String)
}

/// Hands on to an observer that may come after the run was loaded.
final class ObserverSlot: RunObserver {
    private let target: Mutex<any RunObserver>

    init(_ target: any RunObserver) { self.target = Mutex(target) }

    /// Hands on to `observer` from now on, unless it looks away.
    func take(_ observer: any RunObserver) {
        if observer is NoObserver { return }
        target.withLock { $0 = observer }
    }

    func observe(_ events: [RecordedEvent], of run: String) { target.withLock { $0 }.observe(events, of: run) }

    func observe(_ line: NodeLogLine, node: String, attempt: Int, of run: String) {
        target.withLock { $0 }.observe(line, node: node, attempt: attempt, of: run)
    }
}

/// An observer that looks away.
public struct NoObserver: RunObserver {
    /// Looks away.
    public init() {}

    public func observe(_ events: [RecordedEvent], of run: String) {}
    public func observe(_ line: NodeLogLine, node: String, attempt: Int, of run: String) {}
}
