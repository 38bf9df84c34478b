// SPDX-License-Identifier: Apache-2.0

extension Plan {
    /// The plan as text: a line a node with its level, what it waits for, and the length of the chain behind it.
    public func dump() -> String {
        var level = [Int](repeating: 0, count: nodes.count)
        for (number, members) in levels.enumerated() { for node in members { level[node] = number } }
        let critical = Set(criticalPath().nodes)
        var text = "plan \(definition.name): \(nodes.count) nodes, \(levels.count) levels\n"
        for (index, node) in nodes.enumerated() {
            let needs = needs(of: index).map { edge in
                let name = nodes[Int(edge.node)].id
                return edge.condition == .met ? name : "\(name):\(edge.condition.rawValue)"
            }
            text += "\(index) \(node.id) \(node.kind) level=\(level[index]) height=\(height[index])"
            if !needs.isEmpty { text += " needs=\(needs.joined(separator: ","))" }
            if !needsSlot(index) { text += " slot-free" }
            if let foreach = node.options.foreach { text += " \(foreach.shape.name)" }
            if node.options.repetition != nil { text += " repeat" }
            if let other = fallback(of: index) { text += " fallback=\(nodes[other].id)" }
            for demand in demands(of: index) { text += " \(pools[demand.pool].name)=\(demand.units)" }
            if index >= finallyStart { text += " finally" }
            if critical.contains(index) { text += " critical" }
            text += "\n"
        }
        return text
    }
}
