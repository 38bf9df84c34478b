// SPDX-License-Identifier: Apache-2.0

/// Names one process for good: its number alone may be given to another process later.
public struct ChildIdentity: Sendable, Hashable {
    /// The process id. It is the id of the child's session and process group as well.
    public var pid: Int32
    /// Clock ticks from the start of the machine to the start of the process (field 22 of `/proc/PID/stat`).
    public var startTime: UInt64

    /// An identity as it was recorded earlier.
    public init(pid: Int32, startTime: UInt64) {
        self.pid = pid
        self.startTime = startTime
    }
}
