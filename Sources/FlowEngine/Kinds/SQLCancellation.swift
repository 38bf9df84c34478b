// SPDX-License-Identifier: Apache-2.0

import SQLite
import Synchronization

/// Carries the wish to stop from the node's task to the thread of the query.
final class SQLCancellation: Sendable {
    private struct State {
        var isCancelled = false
        var interrupter: SQLiteInterrupter?
    }

    private let state = Mutex(State())

    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// Stops the query, or keeps it from starting.
    func cancel() {
        let interrupter = state.withLock { state in
            state.isCancelled = true
            return state.interrupter
        }
        interrupter?.interrupt()
    }

    /// Tells how to stop the connection of the query.
    func attach(_ interrupter: SQLiteInterrupter) {
        let isLate = state.withLock { state in
            state.interrupter = interrupter
            return state.isCancelled
        }
        if isLate { interrupter.interrupt() }
    }
}
