// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// Ctrl-C, SIGTERM and SIGHUP as calls on a thread: the first one asks to end, the second one ends at once.
///
/// The handler writes a byte into a pipe, which is all that a signal handler may do here; a thread reads it.
enum Interrupts {
    /// The writing end of the pipe; -1 before the first use.
    private static let pipeEnd = Atomic<Int32>(-1)

    /// Calls `first` with the first signal, on a thread of its own. At the second signal the process ends: the kernel
    /// then ends its children, and the guardian what these have started.
    static func watch(_ first: @escaping @Sendable (_ signal: Int32) -> Void) {
        var ends: [Int32] = [-1, -1]
        guard pipeEnd.load(ordering: .acquiring) < 0, pipe(&ends) == 0 else { return }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        pipeEnd.store(ends[1], ordering: .releasing)
        let reader = SignalReader(descriptor: ends[0], first: first)
        var thread = pthread_t()
        let holder = Unmanaged.passRetained(reader)
        let status = pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<SignalReader>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, holder.toOpaque())
        guard status == 0 else {
            holder.release()
            return
        }
        pthread_detach(thread)
        for signal in [SIGINT, SIGTERM] { install(signal) }
        // Under nohup the user has said that a hang-up does not matter.
        var current = sigaction()
        sigaction(SIGHUP, nil, &current)
        if current.__sigaction_handler.sa_handler == nil { install(SIGHUP) }
    }

    private static func install(_ signal: Int32) {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { signal in
            let saved = errno
            var byte = UInt8(truncatingIfNeeded: signal)
            _ = write(Interrupts.pipeEnd.load(ordering: .relaxed), &byte, 1)
            errno = saved
        }
        action.sa_flags = Int32(SA_RESTART)
        sigaction(signal, &action, nil)
    }
}

/// The thread's side of the pipe.
private final class SignalReader: Sendable {
    private let descriptor: Int32
    private let first: @Sendable (Int32) -> Void

    init(descriptor: Int32, first: @escaping @Sendable (Int32) -> Void) {
        self.descriptor = descriptor
        self.first = first
    }

    func run() {
        var count = 0
        while true {
            var byte: UInt8 = 0
            let got = read(descriptor, &byte, 1)
            if got < 0, errno == EINTR { continue }
            guard got == 1 else { return }
            count += 1
            if count == 1 { first(Int32(byte)) } else { _exit(128 + Int32(byte)) }
        }
    }
}
