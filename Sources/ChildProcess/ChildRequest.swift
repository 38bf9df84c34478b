// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// One call of `run`, on its way to the thread and back.
final class ChildRequest: Sendable {
    let command: ChildCommand
    let started: @Sendable (ChildIdentity) -> Void
    /// Set before the message is sent, so that a request that is still waiting never starts.
    let isCancelled = Atomic<Bool>(false)
    private let continuation = Mutex<CheckedContinuation<Result<ChildResult, SpawnError>, Never>?>(nil)

    init(command: ChildCommand, started: @escaping @Sendable (ChildIdentity) -> Void) {
        self.command = command
        self.started = started
    }

    func wait(for continuation: CheckedContinuation<Result<ChildResult, SpawnError>, Never>) {
        self.continuation.withLock { $0 = continuation }
    }

    /// Ends the call. Later calls do nothing.
    func resume(_ result: Result<ChildResult, SpawnError>) {
        let waiting = continuation.withLock { slot in
            defer { slot = nil }
            return slot
        }
        waiting?.resume(returning: result)
    }
}
