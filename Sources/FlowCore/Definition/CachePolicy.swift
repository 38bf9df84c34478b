// SPDX-License-Identifier: Apache-2.0

/// Whether a node's result may be taken from an earlier run instead of running it.
public struct CachePolicy: Sendable, Hashable {
    /// From which runs.
    public enum Mode: String, Sendable, Hashable, CaseIterable {
        case never
        /// From the run that this one was branched off or replayed from.
        case lineage
        /// From any run of the store.
        case global
    }

    public var mode: Mode
    /// How old the result may be; nil for any age.
    public var ttl: Milliseconds?
    /// A text that is part of what must be equal: change it to forget earlier results.
    public var salt: String?

    public static let standard = CachePolicy(mode: .lineage)

    /// A policy.
    public init(mode: Mode, ttl: Milliseconds? = nil, salt: String? = nil) {
        self.mode = mode
        self.ttl = ttl
        self.salt = salt
    }
}
