// SPDX-License-Identifier: Apache-2.0

/// A program to run: what, where, with which input, and within which bounds.
public struct ChildCommand: Sendable {
    /// What the child reads from its standard input.
    public enum Input: Sendable {
        /// The end of file at once.
        case null
        /// These bytes, then the end of file.
        case bytes([UInt8])
        /// A regular file or a device, opened for reading.
        case file(String)
        /// An open pipe without data. It gives the end of file when this process is gone: a lifeline.
        case pipe
        /// What is written into the channel while the child runs; the end of file when the channel is ended.
        case channel(InputChannel)
    }

    /// A path (if it holds a `/`), or a name that is looked up in the child's own `PATH`.
    public var executable: String
    /// The arguments without the program's name.
    public var arguments: [String]
    /// The whole environment of the child. Nothing is inherited; the markers of `ChildProcesses` are added.
    public var environment: [String: String]
    /// The working directory.
    public var directory: String
    /// What the child reads.
    public var input: Input
    /// What becomes of the standard output.
    public var output: OutputPlan
    /// What becomes of the standard error output.
    public var errorOutput: OutputPlan
    /// Limits of the kernel for the child.
    public var limits: ResourceLimits
    /// What the child and its descendants are kept away from; nil for nothing.
    public var isolation: Isolation?
    /// The time between SIGTERM and SIGKILL when the child has to stop early.
    public var grace: Duration
    /// How long the child may run at most.
    public var timeout: Duration?
    /// How long the child may write nothing on either stream.
    public var idleTimeout: Duration?

    /// A command with no input, no time limit, and both streams read and dropped.
    public init(
        executable: String,
        arguments: [String] = [],
        environment: [String: String] = [:],
        directory: String = "/",
        input: Input = .null,
        output: OutputPlan = .discard,
        errorOutput: OutputPlan = .discard,
        limits: ResourceLimits = ResourceLimits(),
        grace: Duration = .seconds(5),
        timeout: Duration? = nil,
        idleTimeout: Duration? = nil
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.directory = directory
        self.input = input
        self.output = output
        self.errorOutput = errorOutput
        self.limits = limits
        self.grace = grace
        self.timeout = timeout
        self.idleTimeout = idleTimeout
    }
}
