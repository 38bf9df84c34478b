// SPDX-License-Identifier: Apache-2.0

import FileSystem
public import FlowCore

extension RunReader {
    /// Those of the nodes that have left files, in the same order. It looks into one folder for each run that they ran in,
    /// not at each node: a run may have a hundred thousand nodes, and few leave files.
    public func withFiles(_ nodes: [NodeSummary], of run: String) -> [NodeSummary] {
        var folders: [String: Set<String>] = [:]
        return nodes.filter { node in
            guard node.result != nil, node.result != Self.emptyResult else { return false }
            let origin = node.origin ?? run
            if folders[origin] == nil {
                let entries = (try? File.list(layout.artifacts(of: origin))) ?? []
                folders[origin] = Set(entries.map(\.name))
            }
            return folders[origin]?.contains(RunLayout.fileName(node.node)) == true
        }
    }
}
