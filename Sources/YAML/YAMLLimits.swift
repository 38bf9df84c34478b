// SPDX-License-Identifier: Apache-2.0

/// How large and how deep a YAML text may be before it is refused.
public struct YAMLLimits: Sendable, Equatable {
    /// Most bytes of source text. The hard ceiling is 1 GiB, whatever is set here.
    public var maxBytes = 64 << 20

    /// Most collections one inside the other, also through aliases.
    public var maxDepth = 64

    /// Most nodes of the tree, aliases counted as one node each.
    public var maxNodes = 16_000_000

    /// Most nodes that a walk of the whole tree visits through aliases.
    public var maxAliasExpansions = 10_000

    /// Most problems that are reported; the rest is dropped.
    public var maxProblems = 100

    /// The limits for a file written by a person.
    public static let standard = YAMLLimits()

    /// The standard limits, to be changed one by one.
    public init() {}
}
