// SPDX-License-Identifier: Apache-2.0

/// How the nodes of a run stand, with the rows of only some of them: a run may have a hundred thousand nodes, and a person
/// looks at those that did not end well.
public struct NodeOverview: Sendable, Hashable {
    /// How many nodes have a status, of those that something has happened to.
    public var counts: [NodeStatus: Int]
    /// The rows that were asked for, in the order in which something first happened to them.
    public var rows: [NodeSummary]

    public init(counts: [NodeStatus: Int], rows: [NodeSummary]) {
        self.counts = counts
        self.rows = rows
    }

    /// An overview of rows that are known.
    public init(of nodes: [NodeSummary], settled: Set<NodeStatus> = []) {
        counts = [:]
        rows = []
        for node in nodes {
            counts[node.status, default: 0] += 1
            if !settled.contains(node.status) { rows.append(node) }
        }
    }

    /// How many nodes something has happened to.
    public var total: Int { counts.values.reduce(0, +) }
}

extension NodeStatus {
    /// The ends that nobody has to look at.
    public static let settled: Set<NodeStatus> = [.succeeded, .reused, .skipped, .omitted]
}
