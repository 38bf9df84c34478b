// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// Which nodes come before a node, and which of them have succeeded for certain when it runs.
///
/// It knows one node at a time, in arrays that are used again: to keep the answers of all nodes would take space and
/// time by the square of a long chain.
struct Reach {
    /// A need, as far as the walk asks.
    private struct Need {
        var node: Int32
        /// Whether the node has succeeded when the need is met.
        var isCertain: Bool
        /// Whether the needs of the node were met then.
        var wasReached: Bool
    }

    private let nodes: [NodeDefinition]
    private let indexes: [String: Int]
    /// Nodes with a need that names no node.
    private let loose: Set<Int>
    /// The places of the needs of all nodes, one node after the other, and where each begins; -1 for no node. Made
    /// when the first question is asked.
    private var needs: [Need] = []
    private var starts: [Int32] = []

    private var current = -1
    /// Counts the nodes looked from: a mark of an earlier one says nothing.
    private var turn: Int32 = 0
    private var ancestors: [Int32] = []
    private var certain: [Int32] = []
    private var expanded: [Int32] = []
    /// Whether the node, or one before it, waits for something that is not known.
    private(set) var isLoose = false

    init(_ nodes: [NodeDefinition], indexes: [String: Int], loose: Set<Int>) {
        self.nodes = nodes
        self.indexes = indexes
        self.loose = loose
    }

    /// Whether the node has succeeded when the need is met.
    static func isCertain(_ need: NeedDefinition, _ node: NodeDefinition) -> Bool {
        need.condition == .succeeded
            || (need.condition == .met && !node.options.maySkip && node.options.onFailure != .continue)
    }

    func isAncestor(_ node: Int) -> Bool { ancestors[node] == turn }

    func isCertain(_ node: Int) -> Bool { certain[node] == turn }

    /// Finds what is before a node; the questions after it are about that node.
    mutating func look(from node: Int) {
        guard node != current else { return }
        prepare()
        current = node
        turn += 1
        isLoose = loose.contains(node)
        // The flag says whether the needs of the node were met for certain, so that its own needs say something.
        var queue: [(node: Int, isCertain: Bool)] = [(node, true)]
        expanded[node] = turn
        while let (next, isCertain) = queue.popLast() {
            for place in Int(starts[next])..<Int(starts[next + 1]) {
                let need = needs[place]
                let other = Int(need.node)
                guard other >= 0, other != node else { continue }
                if isCertain, need.isCertain { certain[other] = turn }
                let isNew = ancestors[other] != turn
                ancestors[other] = turn
                if isNew, !loose.isEmpty, loose.contains(other) { isLoose = true }
                if isCertain, need.wasReached, expanded[other] != turn {
                    expanded[other] = turn
                    queue.append((other, true))
                } else if isNew {
                    queue.append((other, false))
                }
            }
        }
    }

    private mutating func prepare() {
        guard starts.isEmpty else { return }
        starts.reserveCapacity(nodes.count + 1)
        for node in nodes {
            starts.append(Int32(clamping: needs.count))
            for need in node.needs {
                let other = indexes[need.node]
                needs.append(
                    Need(
                        node: Int32(clamping: other ?? -1),
                        isCertain: other.map { Self.isCertain(need, nodes[$0]) } ?? false,
                        wasReached: [.met, .succeeded, .failed].contains(need.condition)))
            }
        }
        starts.append(Int32(clamping: needs.count))
        ancestors = Array(repeating: 0, count: nodes.count)
        certain = ancestors
        expanded = ancestors
    }
}
