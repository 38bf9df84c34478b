// SPDX-License-Identifier: Apache-2.0

public import FlowCore

extension RunReader {
    /// The outputs of a run's workflow, from what its nodes have put out so far. An output whose expression cannot be
    /// evaluated, because a node has not succeeded, is null.
    public func outputs(of summary: RunSummary, plan: Plan, layout: RunLayout) async throws(EngineError) -> JSONObject {
        guard !plan.definition.outputs.isEmpty else { return JSONObject() }
        var rows: [String: NodeSummary] = [:]
        for row in try await nodes(of: summary.id) { rows[row.node] = row }
        var values: [String: JSONValue] = [:]
        for output in plan.definition.outputs {
            for reference in output.value.references where reference.root == "nodes" && reference.path.count > 1 {
                let name = reference.path[1]
                guard values[name] == nil, var node = plan.index(of: name) else { continue }
                let status = rows[name]?.status ?? .pending
                // Of a node that failed and has a fallback, what that one put out.
                var source = name
                while [.failed, .rejected].contains(rows[source]?.status), let other = plan.fallback(of: node) {
                    node = other
                    source = plan.nodes[other].id
                }
                let folder = layout.artifacts(source, of: rows[source]?.origin ?? summary.id)
                var value = NodeRecord.empty.scopeValue(status: status, folder: folder)
                if let row = rows[source], let result = try await result(of: row, run: summary.id) { value = result }
                values[name] = value
            }
        }
        let known = values
        let scope = RunScope(
            run: summary.id, workflow: plan.definition.name, workflowDirectory: layout.source(summary.source.hex),
            inputs: .object(try await inputs(of: summary).0), environment: JSONObject(), node: { known[$0] })
        var outputs = JSONObject()
        for output in plan.definition.outputs {
            outputs[output.name] = (try? output.value.render(in: scope)) ?? .null
        }
        return outputs
    }
}
