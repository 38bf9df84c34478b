// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// Hands elements from any thread or task to threads that wait for them, in order.
final class Inbox<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        /// Elements before this one are taken.
        var head = 0
        /// Threads that wait, or are about to.
        var sleepers = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    // Invariant: made in `init`, destroyed in `deinit`, and else only given to sem_wait and sem_post, which any
    // thread may call.
    private nonisolated(unsafe) let wakeUp: UnsafeMutablePointer<sem_t>

    init() {
        wakeUp = .allocate(capacity: 1)
        sem_init(wakeUp, 0, 0)
    }

    deinit {
        sem_destroy(wakeUp)
        wakeUp.deallocate()
    }

    /// Adds an element. False when the inbox is closed.
    func send(_ element: Element) -> Bool {
        let (isOpen, wakes) = state.withLock { state -> (Bool, Bool) in
            guard !state.isClosed else { return (false, false) }
            state.elements.append(element)
            guard state.sleepers > 0 else { return (true, false) }
            state.sleepers -= 1
            return (true, true)
        }
        if wakes { sem_post(wakeUp) }
        return isOpen
    }

    /// How many elements wait.
    var count: Int { state.withLock { $0.elements.count - $0.head } }

    /// Waits for the next element; nil when the inbox is closed and empty. Blocks the thread.
    func take() -> Element? { take(upTo: 1)?.first }

    /// Waits for elements and takes them, at most `limit`; nil when the inbox is closed and empty. Blocks the thread.
    func take(upTo limit: Int) -> [Element]? {
        while true {
            let taken = state.withLock { state -> [Element]? in
                let waiting = state.elements.count - state.head
                if waiting == 0 {
                    if state.isClosed { return nil }
                    state.sleepers += 1
                    return []
                }
                if state.head == 0, waiting <= limit {
                    defer { state.elements = [] }
                    return state.elements
                }
                let end = state.head + min(limit, waiting)
                let part = Array(state.elements[state.head..<end])
                state.head = end
                // What is taken goes when it is the larger part, so that each element is moved a few times at most.
                if state.head * 2 >= state.elements.count {
                    state.elements.removeFirst(state.head)
                    state.head = 0
                }
                return part
            }
            guard let taken else { return nil }
            if !taken.isEmpty { return taken }
            while sem_wait(wakeUp) != 0 {}
        }
    }

    /// Accepts no more; what is in it can still be taken.
    func close() {
        let sleepers = state.withLock { state -> Int in
            state.isClosed = true
            defer { state.sleepers = 0 }
            return state.sleepers
        }
        for _ in 0..<sleepers { sem_post(wakeUp) }
    }
}
