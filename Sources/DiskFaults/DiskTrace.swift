// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What was done to the disk, in order.
package final class DiskTrace: Sendable {
    private let log = Mutex<[DiskOperation]>([])

    init() {}

    /// All operations so far.
    package var operations: [DiskOperation] { log.withLock { $0 } }

    /// How many operations there were so far.
    package var count: Int { log.withLock { $0.count } }

    func add(_ operation: DiskOperation) { log.withLock { $0.append(operation) } }
}
