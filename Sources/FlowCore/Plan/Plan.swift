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
    /// How long the longest way from each node to an end is, the node included: in nodes, or in milliseconds where the
    /// workflow says how long nodes take.
    public let height: [Int32]
    /// The pools that some node takes units of.
    public let pools: [PoolDefinition]
    private let demands: [Int: [Demand]]
    /// The node that stands in for a failed one, and the other way round.
    private let fallbacks: [Int: Int32]
    private let rescued: [Int: Int32]

    /// What a node takes of a pool while it runs.
    public struct Demand: Sendable, Hashable {
        /// The place in `pools`.
        public var pool: Int
        public var units: Int
    }

    /// The plan of a definition in which every need names a node of the same phase and no needs form a cycle: the
    /// compiler has checked both. A need that does not hold to it is left out.
    ///
    /// - Parameter expectedTimes: how many milliseconds nodes take, by name. If any is given, the others count as a
    ///   second each.
    public init(
        definition: WorkflowDefinition, slotFreeKinds: Set<String> = [], expectedTimes: [String: Int64] = [:]
    ) {
        self.definition = definition
        self.slotFreeKinds = slotFreeKinds
        nodes = definition.allNodes
        finallyStart = definition.nodes.count
        var indexes: [String: Int32] = [:]
        indexes.reserveCapacity(nodes.count)
        // By their places: to take a node out of the list copies all that it has.
        for index in nodes.indices { indexes[nodes[index].id] = Int32(index) }
        self.indexes = indexes

        var needs: [Edge] = []
        var needStarts: [Int32] = [0]
        needStarts.reserveCapacity(nodes.count + 1)
        var successorCounts = [Int32](repeating: 0, count: nodes.count)
        for index in nodes.indices {
            for need in nodes[index].needs {
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
        (pools, demands) = Self.pools(of: nodes, declared: definition.pools)
        var fallbacks: [Int: Int32] = [:]
        var rescued: [Int: Int32] = [:]
        for index in nodes.indices where nodes[index].options.fallback != nil {
            let id = nodes[index].id
            guard let fallback = nodes[index].options.fallback, let other = indexes[fallback.node], other != index,
                rescued[Int(other)] == nil,
                nodes[Int(other)].needs.contains(where: { $0.node == id && $0.condition == .failed })
            else { continue }
            fallbacks[index] = other
            rescued[Int(other)] = Int32(index)
        }
        self.fallbacks = fallbacks
        self.rescued = rescued
        var weights = [Int32](repeating: expectedTimes.isEmpty ? 1 : 1000, count: nodes.count)
        for (name, time) in expectedTimes {
            if let node = indexes[name] { weights[Int(node)] = Int32(clamping: Swift.max(1, time)) }
        }
        height = Self.heights(weights, needs: needs, needStarts: needStarts, successorCounts: successorCounts)
    }

    /// The pools that nodes name, each with the units it has, and what each node takes. Two demands of a node on one
    /// pool add up.
    private static func pools(
        of nodes: [NodeDefinition], declared: [PoolDefinition]
    ) -> ([PoolDefinition], [Int: [Demand]]) {
        var pools: [PoolDefinition] = []
        var places: [String: Int] = [:]
        var demands: [Int: [Demand]] = [:]
        for index in nodes.indices where !nodes[index].options.demands.isEmpty {
            var units: [Int: Int] = [:]
            for demand in nodes[index].options.demands where demand.units > 0 {
                let place = places[demand.pool] ?? pools.count
                if place == pools.count {
                    places[demand.pool] = place
                    let declared = declared.first { $0.name == demand.pool }
                    let isMachine = demand.pool.hasPrefix("machine:")
                    pools.append(
                        declared
                            ?? PoolDefinition(name: demand.pool, units: isMachine ? nil : 1, span: demand.span))
                }
                let sum = (units[place] ?? 0).addingReportingOverflow(demand.units)
                units[place] = sum.overflow ? .max : sum.partialValue
            }
            demands[index] = units.sorted { $0.key < $1.key }.map { Demand(pool: $0.key, units: $0.value) }
        }
        return (pools, demands)
    }

    /// Works from the ends to the beginnings (Kahn's order on the reversed graph): linear in nodes and edges.
    private static func heights(
        _ weights: [Int32], needs: [Edge], needStarts: [Int32], successorCounts: [Int32]
    ) -> [Int32] {
        var height = weights
        var open = successorCounts
        var queue = weights.indices.filter { open[$0] == 0 }
        var head = 0
        while head < queue.count {
            let node = queue[head]
            head += 1
            for edge in needs[Int(needStarts[node])..<Int(needStarts[node + 1])] {
                let other = Int(edge.node)
                let sum = weights[other].addingReportingOverflow(height[node])
                height[other] = Swift.max(height[other], sum.overflow ? .max : sum.partialValue)
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

    /// What a node takes of the pools while it runs.
    public func demands(of node: Int) -> [Demand] { demands[node] ?? [] }

    /// The node that stands in when a node has failed for good.
    public func fallback(of node: Int) -> Int? { fallbacks[node].map(Int.init) }

    /// The node for which a node stands in.
    public func rescued(by node: Int) -> Int? { rescued[node].map(Int.init) }

    /// Whether a node does work that counts against the limit of parallel nodes.
    public func needsSlot(_ node: Int) -> Bool { !slotFreeKinds.contains(nodes[node].kind) }
}
