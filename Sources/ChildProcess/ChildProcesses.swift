// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Synchronization

/// Runs any number of child processes from one thread and leaves none behind.
///
/// Each child has its own session and process group, three streams and no other descriptor of ours. It dies with this
/// process. What it leaves running when it ends is killed. The thread starts with the first child.
///
/// This process becomes a subreaper: orphaned descendants become its children and are reaped here. Do not start
/// processes in sessions of their own by other means in the same process: they would be taken for orphans.
public final class ChildProcesses: Sendable {
    private let inbox = Inbox()
    private let marker: ChildMarker
    private let guardianArguments: [String]?
    private let ids = Atomic<UInt64>(1)
    private let isStarted = Mutex(false)

    /// Prepares to run children; nothing is started yet.
    ///
    /// - Parameters:
    ///   - marker: the variable by which descendants are found; its value must be this process's alone.
    ///   - guardianArguments: if given, this program is started once more with these arguments (see `Guardian`), with
    ///     the first child.
    public init(
        marker: ChildMarker = ChildMarker(name: "CHILD_PROCESSES"),
        guardianArguments: [String]? = nil
    ) {
        self.marker = marker
        self.guardianArguments = guardianArguments
    }

    deinit {
        if isStarted.withLock({ $0 }) { inbox.post(.stop) }
    }

    /// Runs a command until nothing of it is left.
    ///
    /// If the task is cancelled, the child's group gets SIGTERM, after the grace SIGKILL, and the call returns when it is
    /// gone, with the ending `.cancelled`. A command that fails is a result; an error means that it did not start.
    ///
    /// - Parameters:
    ///   - command: the program and its bounds.
    ///   - started: called once when the program runs, on the thread of all children: it must not block.
    public func run(
        _ command: ChildCommand,
        started: @escaping @Sendable (ChildIdentity) -> Void = { _ in }
    ) async throws(SpawnError) -> ChildResult {
        try startThread(for: command)
        let id = ids.add(1, ordering: .relaxed).oldValue
        let request = ChildRequest(command: command, started: started)
        let inbox = inbox
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                request.wait(for: continuation)
                inbox.post(.run(id, request))
            }
        } onCancel: {
            request.isCancelled.store(true, ordering: .releasing)
            inbox.post(.cancel(id))
        }
        return try result.get()
    }

    /// Stops all children that run now and returns when they are gone. Their calls return `.cancelled`.
    ///
    /// A second call with a shorter grace hurries the first one.
    public func terminateAll(grace: Duration) async {
        guard isStarted.withLock({ $0 }) else { return }
        let inbox = inbox
        await withCheckedContinuation { continuation in
            inbox.post(.terminateAll(grace: grace.boundedNanoseconds, done: continuation))
        }
    }

    private func startThread(for command: ChildCommand) throws(SpawnError) {
        let error: Int32 = isStarted.withLock { isStarted in
            if isStarted { return 0 }
            guard inbox.descriptor >= 0 else { return -inbox.descriptor }
            var failure: Int32 = 0
            guard
                let loop = ChildLoop(
                    inbox: inbox,
                    marker: marker,
                    guardianArguments: guardianArguments,
                    failure: &failure
                )
            else { return failure }
            // The thread takes the only reference; from here on nobody else touches the loop.
            let holder = Unmanaged.passRetained(loop)
            var thread = pthread_t()
            failure = pthread_create(
                &thread,
                nil,
                { argument in
                    guard let argument else { return nil }
                    Unmanaged<ChildLoop>.fromOpaque(argument).takeRetainedValue().run()
                    return nil
                },
                holder.toOpaque()
            )
            guard failure == 0 else {
                holder.release()
                return failure
            }
            pthread_detach(thread)
            isStarted = true
            return 0
        }
        guard error == 0 else {
            throw SpawnError(code: error, doing: "start the thread for children", executable: command.executable)
        }
    }
}
