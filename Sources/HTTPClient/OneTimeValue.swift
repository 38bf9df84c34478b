// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// A value that comes once, from any thread, for one task that waits.
final class OneTimeValue<Value: Sendable>: Sendable {
    private enum State {
        case empty
        case awaited(CheckedContinuation<Void, Never>)
        case present(Value)
    }

    private let state = Mutex(State.empty)

    /// Sets the value; later calls are ignored.
    func set(_ value: Value) {
        let waiter: CheckedContinuation<Void, Never>? = state.withLock { state in
            switch state {
            case .empty:
                state = .present(value)
                return nil
            case .awaited(let continuation):
                state = .present(value)
                return continuation
            case .present:
                return nil
            }
        }
        waiter?.resume()
    }

    /// The value, as soon as it is there. One task may wait at a time.
    var value: Value {
        get async {
            await withCheckedContinuation { continuation in
                let isPresent = state.withLock { state in
                    switch state {
                    case .present: return true
                    case .empty:
                        state = .awaited(continuation)
                        return false
                    case .awaited:
                        preconditionFailure("two tasks wait for one value")
                    }
                }
                if isPresent { continuation.resume() }
            }
            return state.withLock { state in
                guard case .present(let value) = state else { preconditionFailure("resumed before the value was set") }
                return value
            }
        }
    }
}
