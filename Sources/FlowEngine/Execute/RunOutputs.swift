// SPDX-License-Identifier: Apache-2.0

import FlowCore

extension RunExecutor {
    /// The outputs of the workflow, from what its nodes put out. An output whose expression cannot be evaluated,
    /// because a node has not succeeded, is null.
    func outputs() async throws(StoreError) -> JSONObject {
        var values: [String: JSONValue] = [:]
        for output in site.plan.definition.outputs {
            for reference in output.value.references where reference.root == "nodes" && reference.path.count > 1 {
                let name = reference.path[1]
                guard values[name] == nil, let node = machine.index(of: name) else { continue }
                let source = machine.standIn(for: node)
                let record = try await record(of: source) ?? .empty
                values[name] = record.scopeValue(
                    status: machine.nodes[node].status,
                    folder: site.artifactFolder(of: machine.name(of: source)))
            }
        }
        let known = values
        let scope = RunScope(
            run: site.run, workflow: site.plan.definition.name, workflowDirectory: site.workflowDirectory,
            inputs: site.inputs, environment: JSONObject(), node: { known[$0] })
        var outputs = JSONObject()
        for output in site.plan.definition.outputs {
            outputs[output.name] = (try? output.value.render(in: scope)) ?? .null
        }
        return outputs
    }
}
