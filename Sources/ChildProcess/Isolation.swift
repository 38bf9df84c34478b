// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// What a child and all its descendants are kept away from, for good and without any right of the superuser.
public struct Isolation: Sendable, Hashable {
    /// The means of the kernel.
    public struct Parts: OptionSet, Sendable, Hashable {
        public let rawValue: Int32

        public init(rawValue: Int32) { self.rawValue = rawValue }

        /// Only the files and folders that are named can be reached (Landlock).
        public static let files = Parts(rawValue: FLOW_ISOLATES_FILES)
        /// A network of its own, in which nothing is but a loopback.
        public static let network = Parts(rawValue: FLOW_ISOLATES_NETWORK)
        /// No sockets but those of a network of its own, and no calls by which processes get at others (seccomp).
        public static let calls = Parts(rawValue: FLOW_ISOLATES_CALLS)
    }

    /// Files and folders, with all below them, that can be read and run. What is not there is left out.
    public var readable: [String]
    /// The same, that can also be written, made and removed.
    public var writable: [String]
    /// The means; one that the kernel does not have makes the start fail.
    public var parts: Parts

    /// An isolation.
    public init(readable: [String], writable: [String], parts: Parts) {
        self.readable = readable
        self.writable = writable
        self.parts = parts
    }

    /// The means that this kernel offers to this process; tried out at the first call.
    public static var offered: Parts { Parts(rawValue: flow_isolation_offered()) }

    /// The version of Landlock; 0 without it.
    public static var landlockVersion: Int { Int(flow_landlock_version()) }
}
