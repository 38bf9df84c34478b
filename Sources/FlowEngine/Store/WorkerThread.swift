// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Glibc
import Synchronization

/// A thread for calls that block, which tasks must not make on the threads they share.
///
/// Whoever makes one ends its body and then waits with `end` or `join`.
final class WorkerThread: Sendable {
    private struct State {
        /// Nil once somebody joins it.
        var thread: pthread_t?
        var hasEnded = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    /// What the new thread gets; it outlives the maker if need be.
    private final class Life: Sendable {
        let state = Mutex(State())
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }

        func run() {
            // Signals are for the threads that expect them.
            var signals = sigset_t()
            sigfillset(&signals)
            pthread_sigmask(SIG_SETMASK, &signals, nil)
            body()
            let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
                state.hasEnded = true
                defer { state.waiters = [] }
                return state.waiters
            }
            for waiter in waiters { waiter.resume() }
        }
    }

    private let life: Life

    /// Starts a thread that runs a body once.
    init(_ body: @escaping @Sendable () -> Void) throws(StoreError) {
        life = Life(body)
        let context = Unmanaged.passRetained(life)
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<Life>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, context.toOpaque())
        guard code == 0 else {
            context.release()
            throw StoreError(.inputOutput, "cannot start a thread for the store: \(String(cString: strerror(code)))")
        }
        let started = thread
        life.state.withLock { $0.thread = started }
    }

    /// Waits for the end of the body without a thread, then joins.
    func end() async {
        await withCheckedContinuation { continuation in
            let hasEnded = life.state.withLock { state -> Bool in
                if !state.hasEnded { state.waiters.append(continuation) }
                return state.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
        join()
    }

    /// Blocks until the thread has ended. Does nothing the second time.
    func join() {
        let thread = life.state.withLock { state -> pthread_t? in
            defer { state.thread = nil }
            return state.thread
        }
        if let thread { pthread_join(thread, nil) }
    }
}
