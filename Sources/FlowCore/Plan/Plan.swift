// SPDX-License-Identifier: Apache-2.0

/// A workflow that is known to be consistent, as a graph of flat arrays: what the run machine works on.
///
/// Nodes are named by their index. Edges lie in compressed rows (all successors in one array, with the place where
/// each node's begin), so that a million nodes cost a few dozen bytes each and a step touches only its neighbours.
public struct Plan: Sendable {
    /// An edge to a node that waits.
    public struct Edge: Sendable, Hashable {
        /// The node that waits, or in `needs(of:)` the node waited for.
        public var node: Int32
        public var condition: NeedCondition
    }

    public let definition: WorkflowDefinition
    /// The nodes of `nodes:` and then those of `finally:`, each in order of writing.
    public let nodes: [NodeDefinition]
    /// The index of the first node of `finally:`.
    public let finallyStart: Int
    /// Kinds that need no slot, because they do no work of their own.
    public let slotFreeKinds: Set<String>

    private let indexes: [String: Int32]
    private let successorStarts: [Int32]
    private let successors: [Edge]
    private let needStarts: [Int32]
    private let needs: [Edge]
    /// The number of nodes on the longest way from each node to an end, the node included.
    public let height: [Int32]

    /// The plan of a definition in which every need names a node of the same phase and no needs form a cycle: the
    /// compiler has checked both. A need that does not hold to it is left out.
    public init(definition: WorkflowDefinition, slotFreeKinds: Set<String> = []) {
        self.definition = definition
        self.slotFreeKinds = slotFreeKinds
        nodes = definition.finally.isEmpty ? definition.nodes : definition.nodes + definition.finally
        finallyStart = definition.nodes.count
        var indexes: [String: Int32] = [:]
        indexes.reserveCapacity(nodes.count)
        for (index, node) in nodes.enumerated() { indexes[node.id] = Int32(index) }
        self.indexes = indexes

        var needs: [Edge] = []
        var needStarts: [Int32] = [0]
        var successorCounts = [Int32](repeating: 0, count: nodes.count)
        for (index, node) in nodes.enumerated() {
            for need in node.needs {
                guard let other = indexes[need.node], (other < finallyStart) == (index < finallyStart) else { continue }
                needs.append(Edge(node: other, condition: need.condition))
                successorCounts[Int(other)] += 1
            }
            needStarts.append(Int32(needs.count))
        }
        var starts: [Int32] = [0]
        starts.reserveCapacity(nodes.count + 1)
        for count in successorCounts { starts.append(starts[starts.count - 1] + count) }
        var successors = [Edge](repeating: Edge(node: 0, condition: .met), count: needs.count)
        var next = starts
        for index in nodes.indices {
            for edge in needs[Int(needStarts[index])..<Int(needStarts[index + 1])] {
                successors[Int(next[Int(edge.node)])] = Edge(node: Int32(index), condition: edge.condition)
                next[Int(edge.node)] += 1
            }
        }
        self.needs = needs
        self.needStarts = needStarts
        self.successors = successors
        successorStarts = starts
        height = Self.heights(
            count: nodes.count, needs: needs, needStarts: needStarts, successorCounts: successorCounts)
    }

    /// Works from the ends to the beginnings (Kahn's order on the reversed graph): linear in nodes and edges.
    private static func heights(
        count: Int, needs: [Edge], needStarts: [Int32], successorCounts: [Int32]
    ) -> [Int32] {
        var height = [Int32](repeating: 1, count: count)
        var open = successorCounts
        var queue = (0..<count).filter { open[$0] == 0 }
        var head = 0
        while head < queue.count {
            let node = queue[head]
            head += 1
            for edge in needs[Int(needStarts[node])..<Int(needStarts[node + 1])] {
                let other = Int(edge.node)
                height[other] = Swift.max(height[other], height[node] + 1)
                open[other] -= 1
                if open[other] == 0 { queue.append(other) }
            }
        }
        return height
    }

    /// The node of a name.
    public func index(of id: String) -> Int? { indexes[id].map(Int.init) }

    /// The nodes that wait for a node.
    public func successors(of node: Int) -> ArraySlice<Edge> {
        successors[Int(successorStarts[node])..<Int(successorStarts[node + 1])]
    }

    /// The nodes that a node waits for.
    public func needs(of node: Int) -> ArraySlice<Edge> { needs[Int(needStarts[node])..<Int(needStarts[node + 1])] }

    /// Whether a node does work that counts against the limit of parallel nodes.
    public func needsSlot(_ node: Int) -> Bool { !slotFreeKinds.contains(nodes[node].kind) }
}
