// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// A value that comes once, from any thread, for one task that waits.
final class OneTimeValue<Value: Sendable>: Sendable {
    private enum State {
        case empty
        case awaited(CheckedContinuation<Value, Never>)
        case present(Value)
    }

    private let state = Mutex(State.empty)

    /// Sets the value; later calls are ignored.
    func set(_ value: Value) {
        let waiter: CheckedContinuation<Value, Never>? = state.withLock { state in
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
        waiter?.resume(returning: value)
    }

    /// The value, as soon as it is there. One task may wait at a time.
    var value: Value {
        get async {
            await withCheckedContinuation { continuation in
                let present: Value? = state.withLock { state in
                    switch state {
                    case .present(let value):
                        return value
                    case .empty:
                        state = .awaited(continuation)
                        return nil
                    case .awaited:
                        preconditionFailure("two tasks wait for one value")
                    }
                }
                if let present { continuation.resume(returning: present) }
            }
        }
    }
}
