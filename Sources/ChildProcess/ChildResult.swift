// SPDX-License-Identifier: Apache-2.0

/// How a child ended, what it wrote and what it used. A command that fails is a result, not an error.
public struct ChildResult: Sendable, Equatable {
    /// Why the child is over.
    public enum Ending: Sendable, Equatable {
        /// It ended by itself with this exit code.
        case exited(Int32)
        /// A signal that did not come from us ended it.
        case signalled(Int32, coreDumped: Bool)
        /// It ran longer than its timeout and was stopped.
        case timedOut
        /// It wrote nothing for longer than its idle timeout and was stopped.
        case idleTimedOut
        /// Its task was cancelled, or all children were told to stop.
        case cancelled
    }

    /// What the kernel says about the end of a process, whatever the reason was.
    public enum ExitStatus: Sendable, Equatable {
        /// It left with this code.
        case exited(Int32)
        /// This signal ended it.
        case signalled(Int32, coreDumped: Bool)
    }

    /// What is known of one output stream.
    public struct Output: Sendable, Equatable {
        /// How many bytes the child wrote, as far as they were read.
        public var bytesSeen: Int = 0
        /// How many bytes are in the file, or in `collected` if there is no file.
        public var bytesKept: Int = 0
        /// The last bytes, up to the cap of the plan.
        public var tail: [UInt8] = []
        /// The first bytes, up to the cap of the plan.
        public var collected: [UInt8] = []
        /// The errno of the first write to the file that failed; nothing was written after it.
        public var fileError: Int32?

        /// An empty stream.
        public init() {}
    }

    /// Why the child is over.
    public var ending: Ending
    /// The kernel's word; nil if the child was cancelled before it started.
    public var status: ExitStatus?
    /// The process; nil if it was cancelled before it started.
    public var identity: ChildIdentity?
    /// The standard output.
    public var output: Output
    /// The standard error output.
    public var errorOutput: Output
    /// Processor time in user mode, of the child and the descendants it waited for.
    public var userTime: Duration
    /// Processor time in the kernel, of the child and the descendants it waited for.
    public var systemTime: Duration
    /// The largest resident set of the child or a descendant it waited for.
    public var maxResidentBytes: Int
    /// From the start to the end of the child itself.
    public var wallTime: Duration
    /// Processes that the child left behind and that had to be killed.
    public var straysKilled: Int

    /// Whether the child ended by itself with the exit code 0.
    public var isSuccess: Bool { ending == .exited(0) }

    /// The result of a child that never started.
    static let cancelledBeforeStart = ChildResult(
        ending: .cancelled,
        status: nil,
        identity: nil,
        output: Output(),
        errorOutput: Output(),
        userTime: .zero,
        systemTime: .zero,
        maxResidentBytes: 0,
        wallTime: .zero,
        straysKilled: 0
    )
}
