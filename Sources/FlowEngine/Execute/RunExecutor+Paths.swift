// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore

extension RunExecutor {
    /// Collects the files of a fan-out's items: each name becomes a list in item order, null where an item has none.
    func collectPaths(
        of items: Range<Int>, _ rows: [NodeRecord], node: NodeDefinition, into record: inout NodeRecord
    ) {
        var outputs = JSONObject()
        var artifacts = JSONObject()
        for row in rows {
            for member in row.outputPaths { outputs[member.key] = .array([]) }
            for artifact in row.artifacts { artifacts[artifact.name] = .array([]) }
        }
        for artifact in node.options.artifacts { artifacts[artifact.name] = .array([]) }
        for name in site.kinds[node.kind]?.artifactNames(of: node) ?? [] { artifacts[name] = .array([]) }
        guard !outputs.isEmpty || !artifacts.isEmpty else { return }
        let folders = items.map { FilePath.basename(site.layout.artifacts(name(of: $0), of: site.run)) }
        if case .samples? = node.options.foreach?.shape {
            // The outputs are those of one sample.
            let chosen = rows.first { row in
                !row.outputs.isEmpty && row.outputs.allSatisfy { record.outputs[$0.key] == $0.value }
            }
            outputs = chosen?.outputPaths ?? JSONObject()
        } else {
            for name in outputs.keys {
                outputs[name] = .array(rows.map { $0.outputPaths[name] ?? $0.outputs[name] ?? .null })
            }
        }
        for name in artifacts.keys {
            artifacts[name] = .array(
                zip(folders, rows).map { folder, row in
                    row.artifacts.first { $0.name == name }.map { .string("\(folder)/\($0.file)") } ?? .null
                })
        }
        record.outputPaths = outputs
        record.artifactPaths = artifacts
    }
}
