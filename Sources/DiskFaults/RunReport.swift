// SPDX-License-Identifier: Apache-2.0

package import FlowCore
import FlowEngine
import Synchronization

/// What the engine has told the outside of a run, each with how much had been done to the disk by then.
package final class RunReport: RunObserver {
    private let reports = Mutex<[(event: RecordedEvent, after: Int)]>([])
    private let failuresAtEnd = Mutex<Int?>(nil)
    private let disk: FaultDisk

    init(disk: FaultDisk) { self.disk = disk }

    /// How many operations had failed when the run's end was told; nil if it was not.
    package var failuresWhenEnded: Int? { failuresAtEnd.withLock { $0 } }

    package func observe(_ events: [RecordedEvent], of run: String) {
        let count = disk.trace.count
        if events.contains(where: { if case .runEnded = $0.event { true } else { false } }) {
            let failures = disk.failures
            failuresAtEnd.withLock { $0 = failures }
        }
        reports.withLock { reports in
            for event in events { reports.append((event, count)) }
        }
    }

    package func observe(_ line: NodeLogLine, node: String, attempt: Int, of run: String) {}

    /// What had been told when so many operations were done.
    package func events(within operations: Int = .max) -> [RecordedEvent] {
        reports.withLock { reports in reports.filter { $0.after <= operations }.map(\.event) }
    }
}
