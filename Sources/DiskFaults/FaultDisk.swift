// SPDX-License-Identifier: Apache-2.0

import CFaultVFS

/// The disk below a folder as SQLite sees it: it can be told to fail, and it keeps what was done to it.
///
/// One process may have several at a time, for different folders. All databases in the folder must be closed before it
/// is let go.
package final class FaultDisk: @unchecked Sendable {
    /// What was done.
    package let trace = DiskTrace()
    // Every function that takes it holds the lock of the VFS; freed only in `deinit`.
    private let scope: OpaquePointer

    /// Watches a folder; nil when the VFS cannot be installed or too many folders are watched.
    package init?(folder: String) {
        guard flow_fault_install() else { return nil }
        let observer: flow_disk_observer = { context, operation in
            guard let context, let operation, let known = DiskOperation(operation.pointee) else { return }
            Unmanaged<DiskTrace>.fromOpaque(context).takeUnretainedValue().add(known)
        }
        let context = Unmanaged.passUnretained(trace).toOpaque()
        guard let scope = flow_fault_scope_make(folder, observer, context) else { return nil }
        self.scope = scope
    }

    deinit {
        flow_fault_scope_end(scope)
    }

    /// Makes a fault from now on, which is counted from here; nil: none.
    package func fail(_ fault: DiskFault?) {
        flow_fault_scope_fail(
            scope, fault?.kind.operation ?? 0, UInt64(fault?.nth ?? 0), fault?.isForEver ?? false,
            fault?.kind.code ?? 0)
    }

    /// How many operations have been failed.
    package var failures: Int { Int(flow_fault_scope_failures(scope)) }
}
