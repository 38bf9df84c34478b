// SPDX-License-Identifier: Apache-2.0

/// A node of a run, as the place that a result comes from.
public struct NodeOrigin: Sendable, Hashable {
    public var run: String
    /// The node's name there; that of an item is `node[key]`.
    public var node: String

    /// A node of a run.
    public init(run: String, node: String) {
        self.run = run
        self.node = node
    }
}
