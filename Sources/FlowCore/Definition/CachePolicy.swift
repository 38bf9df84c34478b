// SPDX-License-Identifier: Apache-2.0

/// Whether a node's result may be taken from an earlier run instead of running it: from a node that ended well, has the same
/// name, and depended on the same.
public struct CachePolicy: Sendable, Hashable {
    /// From which runs.
    public enum Mode: String, Sendable, Hashable, CaseIterable {
        case never
        /// From the runs that this one comes from: its parent, the parent of that one, and so on.
        case lineage
        /// From any run of the store.
        case global
    }

    public var mode: Mode
    /// How old the result may be; nil for any age.
    public var ttl: Milliseconds?
    /// A text that is part of what must be equal: change it to forget earlier results.
    public var salt: String?
    /// Whether a node with `effects: external` may be reused too: its effect does not come again then.
    public var sparesEffects: Bool

    /// Without the key nothing is reused.
    public static let standard = CachePolicy(mode: .never)

    /// A policy.
    public init(mode: Mode, ttl: Milliseconds? = nil, salt: String? = nil, sparesEffects: Bool = false) {
        self.mode = mode
        self.ttl = ttl
        self.salt = salt
        self.sparesEffects = sparesEffects
    }
}

extension NodeDefinition {
    /// Kinds whose nodes wait for people or time, or run nodes of their own: those are reused one by one.
    private static let kindsThatRun: Set<String> = ["approval", "plan", "wait", "workflow"]

    /// From where the node's result may be taken; nil where it has to run.
    public var reusePolicy: CachePolicy? {
        if options === NodeOptions.standard { return nil }
        let policy = options.cache
        guard policy.mode != .never, !Self.kindsThatRun.contains(kind),
            options.effects != .external || policy.sparesEffects
        else { return nil }
        return policy
    }
}
