// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Synchronization

/// What other threads ask of the thread that serves the children.
final class Inbox: Sendable {
    /// One wish.
    enum Message: Sendable {
        case run(UInt64, ChildRequest)
        case cancel(UInt64)
        /// The channel of a child has something for it.
        case feed(UInt64)
        case terminateAll(grace: Nanoseconds, done: CheckedContinuation<Void, Never>)
        case stop
    }

    private let messages = Mutex<[Message]>([])
    /// Readable when there are messages; -errno if it could not be made.
    let descriptor: Int32

    init() {
        descriptor = flow_eventfd()
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Hands over a wish and wakes the thread if it may sleep.
    func post(_ message: Message) {
        let wasEmpty = messages.withLock { messages in
            messages.append(message)
            return messages.count == 1
        }
        guard wasEmpty else { return }
        var one: UInt64 = 1
        write(descriptor, &one, 8)
    }

    /// Takes all wishes.
    func take() -> [Message] {
        var count: UInt64 = 0
        read(descriptor, &count, 8)
        return messages.withLock { messages in
            defer { messages = [] }
            return messages
        }
    }
}
