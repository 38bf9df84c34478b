// SPDX-License-Identifier: Apache-2.0

import CSQLite
import Synchronization

/// Stops what a connection is doing, from any thread.
public final class SQLiteInterrupter: Sendable {
    // The address, because a pointer cannot be sent. Zero once the connection is closed: "It is not safe to call
    // this routine with a database connection that is closed" (sqlite3_interrupt), so the lock covers both.
    private let address: Mutex<UInt>

    init(_ database: OpaquePointer) {
        address = Mutex(UInt(bitPattern: Int(bitPattern: database)))
    }

    /// Makes running statements fail with `isInterrupted`. Does nothing when none runs, or after the close.
    public func interrupt() {
        address.withLock { address in
            if let database = OpaquePointer(bitPattern: address) { sqlite3_interrupt(database) }
        }
    }

    func invalidate() {
        address.withLock { $0 = 0 }
    }
}
