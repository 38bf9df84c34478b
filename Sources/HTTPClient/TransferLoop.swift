// SPDX-License-Identifier: Apache-2.0
import CCurl
import Glibc
import Synchronization

/// The thread on which all transfers of a client run, and its connection cache.
///
/// The thread starts with the first transfer. Others reach it through the inbox and `curl_multi_wakeup` alone.
final class TransferLoop: Sendable {
    private struct Inbox {
        enum Thread {
            case notStarted
            /// The multi handle is the loop's own; others may only call `curl_multi_wakeup` on it, under the lock.
            case running(OpaqueMulti)
            case stopped
        }
        var thread = Thread.notStarted
        var added: [Transfer] = []
        var hasCancellation = false
        var mustStop = false
    }

    /// Invariant: `curl_multi_wakeup` is the one call that is made from other threads, and libcurl allows that.
    fileprivate struct OpaqueMulti: @unchecked Sendable {
        let pointer: UnsafeMutableRawPointer
    }

    private let library: CurlLibrary
    private let userAgent: String
    private let inbox = Mutex(Inbox())

    init(library: CurlLibrary, userAgent: String) {
        self.library = library
        self.userAgent = userAgent
    }

    /// Starts a transfer; its `end` is called on the loop's thread, once, whatever happens.
    func submit(_ transfer: Transfer) {
        let isAccepted = inbox.withLock { inbox in
            switch inbox.thread {
            case .running(let multi):
                inbox.added.append(transfer)
                _ = library.functions.pointee.multi_wakeup(multi.pointer)
                return true
            case .notStarted:
                guard let multi = startThread() else { return false }
                inbox.thread = .running(multi)
                inbox.added.append(transfer)
                return true
            case .stopped:
                return false
            }
        }
        if !isAccepted {
            transfer.end(.failure(transfer.error(.other(code: 0), "the thread of the client could not be started")))
        }
    }

    /// Ends a transfer as soon as the loop sees it.
    func cancel(_ transfer: Transfer) {
        transfer.isCancelled.store(true, ordering: .releasing)
        wake { $0.hasCancellation = true }
    }

    /// Ends the thread; transfers under way are cancelled.
    func stop() {
        wake { $0.mustStop = true }
    }

    private func wake(_ change: @Sendable (inout Inbox) -> Void) {
        inbox.withLock { inbox in
            change(&inbox)
            if case .running(let multi) = inbox.thread {
                _ = library.functions.pointee.multi_wakeup(multi.pointer)
            }
        }
    }

    private func startThread() -> OpaqueMulti? {
        let functions = library.functions
        guard let multi = functions.pointee.multi_init() else { return nil }
        flow_curl_multi_set_long(functions, multi, CURLMOPT_MAXCONNECTS, 64)
        let start = Unmanaged.passRetained(ThreadStart(loop: self, multi: OpaqueMulti(pointer: multi)))
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, runTransferLoop, start.toOpaque())
        guard code == 0 else {
            start.release()
            _ = functions.pointee.multi_cleanup(multi)
            return nil
        }
        // Nobody joins it: the client may be dropped by a closure that runs on this very thread.
        pthread_detach(thread)
        return OpaqueMulti(pointer: multi)
    }

    fileprivate final class ThreadStart {
        let loop: TransferLoop
        private let multi: OpaqueMulti

        init(loop: TransferLoop, multi: OpaqueMulti) {
            self.loop = loop
            self.multi = multi
        }

        func run() {
            // TLS writes to a closed connection would raise SIGPIPE; no other signal is for this thread either.
            var all = sigset_t()
            sigfillset(&all)
            pthread_sigmask(SIG_BLOCK, &all, nil)
            loop.run(on: multi)
        }
    }

    private func run(on multi: OpaqueMulti) {
        var active = ActiveTransfers(library: library, multi: multi.pointer, userAgent: userAgent)
        while true {
            let (added, hasCancellation, mustStop) = inbox.withLock { inbox in
                defer {
                    inbox.added.removeAll(keepingCapacity: true)
                    inbox.hasCancellation = false
                    if inbox.mustStop { inbox.thread = .stopped }
                }
                return (inbox.added, inbox.hasCancellation, inbox.mustStop)
            }
            added.forEach { active.begin($0) }
            if mustStop {
                active.close()
                return
            }
            if hasCancellation { active.endCancelled() }
            active.advance()
        }
    }
}

private func runTransferLoop(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    Unmanaged<TransferLoop.ThreadStart>.fromOpaque(context).takeRetainedValue().run()
    return nil
}
