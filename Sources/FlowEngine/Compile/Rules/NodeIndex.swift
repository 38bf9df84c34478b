// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// The nodes of a workflow, those of `finally` last, and the place of each name: made once for all rules.
struct NodeIndex: Sendable {
    let nodes: [NodeDefinition]
    /// Of two nodes with one name the first has it.
    let places: [String: Int]

    init(_ definition: WorkflowDefinition) {
        nodes = definition.allNodes
        var places: [String: Int] = [:]
        places.reserveCapacity(nodes.count)
        for place in nodes.indices.reversed() { places[nodes[place].id] = place }
        self.places = places
    }
}
