// SPDX-License-Identifier: Apache-2.0

import FlowCore
import YAML

/// Where an expression stands, which decides what it may refer to.
struct ExpressionSite {
    /// The place. Nodes are given by their index among all nodes.
    enum Place: Equatable {
        case workflowEnvironment, workflowOutput
        case node(Int, String)
        case with(Int), environment(Int), when(Int), items(Int), key(Int), nodeOutput(Int), until(Int)
        case workflowGroup

        /// The node that the expression belongs to.
        var node: Int? {
            switch self {
            case .workflowEnvironment, .workflowOutput, .workflowGroup: nil
            case .node(let index, _), .with(let index), .environment(let index), .when(let index), .items(let index),
                .key(let index), .nodeOutput(let index), .until(let index):
                index
            }
        }
    }

    var place: Place
    var scalar: YAMLNode
    var template: Template
}
