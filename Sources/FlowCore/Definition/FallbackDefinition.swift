// SPDX-License-Identifier: Apache-2.0

/// The node that stands in for one that has failed for good.
public struct FallbackDefinition: Sendable, Hashable {
    public var node: String
    public var span: SourceSpan

    /// A reference to the node that stands in.
    public init(node: String, span: SourceSpan = .none) {
        self.node = node
        self.span = span
    }
}
