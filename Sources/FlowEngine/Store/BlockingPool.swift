// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// A few threads, each with a state of its own, that make blocking calls for tasks.
final class BlockingPool<State>: Sendable {
    private typealias Job = @Sendable (State) -> Void

    private let inbox = Inbox<Job>()
    private let threads: [WorkerThread]

    /// Starts the threads. Each makes its state itself and is the only one to use it.
    init(threads count: Int, _ makeState: @escaping @Sendable () -> State) throws(StoreError) {
        var threads: [WorkerThread] = []
        for _ in 0..<count {
            do throws(StoreError) {
                let inbox = inbox
                threads.append(
                    try WorkerThread {
                        let state = makeState()
                        while let job = inbox.take() { job(state) }
                    })
            } catch {
                inbox.close()
                for thread in threads { thread.join() }
                throw error
            }
        }
        self.threads = threads
    }

    deinit {
        // A job holds the pool, so no job is left; the threads end at once.
        inbox.close()
        for thread in threads { thread.join() }
    }

    /// Runs a body on one of the threads.
    func run<Value: Sendable>(
        _ body: @escaping @Sendable (State) throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let result: Result<Value, StoreError> = await withCheckedContinuation { continuation in
            let isOpen = inbox.send { state in
                do throws(StoreError) {
                    continuation.resume(returning: .success(try body(state)))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
            if !isOpen { continuation.resume(returning: .failure(.closed)) }
        }
        return try result.get()
    }

    /// Runs a body on one of the threads and blocks the caller meanwhile.
    func runBlocking<Value: Sendable>(
        _ body: @escaping @Sendable (State) throws(StoreError) -> Value
    ) throws(StoreError) -> Value {
        let answer = Inbox<Result<Value, StoreError>>()
        let isOpen = inbox.send { state in
            do throws(StoreError) {
                _ = answer.send(.success(try body(state)))
            } catch {
                _ = answer.send(.failure(error))
            }
        }
        guard isOpen, let result = answer.take() else { throw .closed }
        return try result.get()
    }

    /// Does the jobs that wait, and ends the threads.
    func close() async {
        inbox.close()
        for thread in threads { await thread.end() }
    }
}

extension StoreError {
    /// The error of every call after `close`.
    static var closed: StoreError { StoreError(.closed, "the store is closed") }
}
