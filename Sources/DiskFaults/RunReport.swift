// SPDX-License-Identifier: Apache-2.0

package import FlowCore
import FlowEngine
import Synchronization

/// What the engine has told the outside of a run, each with how much had been done to the disk by then.
package final class RunReport: RunObserver {
    private let reports = Mutex<[(event: RecordedEvent, after: Int)]>([])
    private let trace: DiskTrace

    init(trace: DiskTrace) { self.trace = trace }

    package func observe(_ events: [RecordedEvent], of run: String) {
        let count = trace.count
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
