// SPDX-License-Identifier: Apache-2.0

/// The units of one pool that are taken, and who waits for some.
struct PoolUse: Sendable {
    let capacity: Int
    var used = 0
    /// Nodes that lack units of this pool, the most urgent first.
    var line = ReadyQueue()

    init(capacity: Int) { self.capacity = Swift.max(0, capacity) }

    /// What a demand comes to: who asks for more than there is runs when nobody else does.
    func units(_ demand: Int) -> Int { Swift.min(demand, capacity) }

    func fits(_ demand: Int) -> Bool { units(demand) <= capacity - used }
}

extension RunMachine {
    /// Whether units that a node wants are taken by others; such a node stands in line for the first pool it lacks.
    /// All units are taken at once or none, so that nodes never wait for each other in a circle.
    mutating func takeUnits(_ node: Int) -> Bool {
        let demands = plan.demands(of: Int(nodes[node].planNode))
        guard !demands.isEmpty, !nodes[node].hasUnits else { return true }
        if let lacking = demands.first(where: { !pools[$0.pool].fits($0.units) }) {
            nodes[node].isParked = true
            pools[lacking.pool].line.insert(
                node, priority: options(of: node).priority, height: plan.height[Int(nodes[node].planNode)])
            return false
        }
        forceUnits(node)
        return true
    }

    /// Takes the units of an attempt that runs, whether they are free or not: the log says that it does.
    mutating func forceUnits(_ node: Int) {
        guard !nodes[node].hasUnits else { return }
        let demands = plan.demands(of: Int(nodes[node].planNode))
        guard !demands.isEmpty else { return }
        nodes[node].hasUnits = true
        for demand in demands { pools[demand.pool].used += pools[demand.pool].units(demand.units) }
    }

    /// Gives units back, and lets those go on who waited for them.
    mutating func returnUnits(_ node: Int) {
        guard nodes[node].hasUnits else { return }
        nodes[node].hasUnits = false
        let demands = plan.demands(of: Int(nodes[node].planNode))
        for demand in demands { pools[demand.pool].used -= pools[demand.pool].units(demand.units) }
        for demand in demands { callNext(of: demand.pool) }
    }

    private mutating func callNext(of pool: Int) {
        while let next = pools[pool].line.first {
            let demands = plan.demands(of: Int(nodes[next].planNode))
            let demand = demands.first { $0.pool == pool }
            // Entries of nodes that went another way are left behind.
            let isStale = !nodes[next].isParked || nodes[next].isQueued || nodes[next].hasUnits
            if !isStale, let demand, !pools[pool].fits(demand.units) { return }
            pools[pool].line.removeFirst()
            guard !isStale else { continue }
            nodes[next].isParked = false
            enqueue(next)
        }
    }
}
