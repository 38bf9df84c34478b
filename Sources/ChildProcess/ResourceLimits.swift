// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// Limits that the kernel enforces on a child and each of its descendants. None is set by default.
///
/// A limit above the one that this process lives under is lowered to it.
public struct ResourceLimits: Sendable, Equatable {
    /// Bytes of address space of one process.
    public var addressSpace: Int?
    /// Seconds of processor time of one process: then SIGXCPU, one second later SIGKILL.
    public var cpuSeconds: Int?
    /// Bytes of the largest file it may write: then SIGXFSZ.
    public var fileSize: Int?
    /// Open descriptors of one process.
    public var openFiles: Int?
    /// Processes and threads of the *user* (not of the child alone); the superuser is exempt.
    public var processes: Int?
    /// Bytes of a core dump.
    public var coreSize: Int?

    /// Limits in the units of the properties; nil leaves the inherited limit.
    public init(
        addressSpace: Int? = nil,
        cpuSeconds: Int? = nil,
        fileSize: Int? = nil,
        openFiles: Int? = nil,
        processes: Int? = nil,
        coreSize: Int? = nil
    ) {
        self.addressSpace = addressSpace
        self.cpuSeconds = cpuSeconds
        self.fileSize = fileSize
        self.openFiles = openFiles
        self.processes = processes
        self.coreSize = coreSize
    }

    /// Writes the limits into a spawn request.
    func apply(to request: inout flow_spawn) {
        func value(_ limit: Int?) -> Int64 { limit.map { Int64(max(0, $0)) } ?? -1 }
        request.limits.0 = value(addressSpace)
        // One second is added for the hard limit, so stay away from the end of the range.
        request.limits.1 = min(value(cpuSeconds), Int64(Int32.max))
        request.limits.2 = value(fileSize)
        request.limits.3 = value(openFiles)
        request.limits.4 = value(processes)
        request.limits.5 = value(coreSize)
    }
}
