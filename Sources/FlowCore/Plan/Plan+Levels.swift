// SPDX-License-Identifier: Apache-2.0

extension Plan {
    /// The nodes by the number of nodes on the longest way to them. The engine does not wait for levels; they are
    /// for people to read. Nodes of `finally:` come after all others.
    public var levels: [[Int]] {
        var level = [Int](repeating: 0, count: nodes.count)
        var deepestMain = -1
        for node in topologicalOrder {
            let base = node >= finallyStart ? deepestMain + 1 : 0
            level[node] = needs(of: node).reduce(base) { Swift.max($0, level[Int($1.node)] + 1) }
            if node < finallyStart { deepestMain = Swift.max(deepestMain, level[node]) }
        }
        var levels: [[Int]] = []
        for node in nodes.indices {
            while levels.count <= level[node] { levels.append([]) }
            levels[level[node]].append(node)
        }
        return levels
    }

    /// The nodes so that each comes after its needs, main nodes before those of `finally:`, else in order of writing
    /// as far as that goes (Kahn's algorithm).
    public var topologicalOrder: [Int] {
        var open = nodes.indices.map { needs(of: $0).count }
        var order: [Int] = []
        order.reserveCapacity(nodes.count)
        for phase in [0..<finallyStart, finallyStart..<nodes.count] {
            var head = order.count
            order += phase.filter { open[$0] == 0 }
            while head < order.count {
                for edge in successors(of: order[head]) {
                    open[Int(edge.node)] -= 1
                    if open[Int(edge.node)] == 0 { order.append(Int(edge.node)) }
                }
                head += 1
            }
        }
        return order
    }

    /// The chain of main nodes with the greatest sum of weights, and the sum. `weight` is a node's expected time in
    /// any unit.
    public func criticalPath(weight: (Int) -> Double = { _ in 1 }) -> (nodes: [Int], weight: Double) {
        var best = [Double](repeating: 0, count: nodes.count)
        var before = [Int](repeating: -1, count: nodes.count)
        var last = -1
        for node in topologicalOrder where node < finallyStart {
            for edge in needs(of: node) where before[node] < 0 || best[Int(edge.node)] > best[before[node]] {
                before[node] = Int(edge.node)
            }
            best[node] = weight(node) + (before[node] < 0 ? 0 : best[before[node]])
            if last < 0 || best[node] > best[last] { last = node }
        }
        guard last >= 0 else { return ([], 0) }
        var path = [last]
        while let node = path.last, before[node] >= 0 { path.append(before[node]) }
        return (path.reversed(), best[last])
    }
}
