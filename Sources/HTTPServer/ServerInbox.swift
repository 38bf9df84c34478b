// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Synchronization

/// What other threads ask of the server's thread.
final class ServerInbox: Sendable {
    enum Message: Sendable {
        case output(UInt64, [UInt8], isLast: Bool, closes: Bool)
        case abort(UInt64)
        /// Ends the server; who waits is given the requests that were being answered.
        case stop(CheckedContinuation<[Task<Void, Never>], Never>?)
    }

    private struct State {
        var messages: [Message] = []
        var isOver = false
    }

    private let state = Mutex(State())
    /// The ends of a pipe that wakes the thread.
    let readEnd: Int32
    private let writeEnd: Int32

    /// An inbox; nil when the system gives no pipe.
    init?() {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        readEnd = ends[0]
        writeEnd = ends[1]
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    func post(_ message: Message) {
        let isTaken = state.withLock { state in
            guard !state.isOver else { return false }
            state.messages.append(message)
            return true
        }
        if isTaken {
            var byte: UInt8 = 1
            // A full pipe wakes the thread just as well.
            _ = Glibc.write(writeEnd, &byte, 1)
        } else if case .stop(let waiter) = message {
            waiter?.resume(returning: [])
        }
    }

    /// What was posted since the last call.
    func take() -> [Message] {
        var bytes = [UInt8](repeating: 0, count: 256)
        while read(readEnd, &bytes, bytes.count) == bytes.count {}
        return state.withLock { state in
            defer { state.messages = [] }
            return state.messages
        }
    }

    /// Nothing is taken any more; gives what was left.
    func close() -> [Message] {
        state.withLock { state in
            state.isOver = true
            defer { state.messages = [] }
            return state.messages
        }
    }

    private func close(_ descriptor: Int32) { _ = Glibc.close(descriptor) }
}
