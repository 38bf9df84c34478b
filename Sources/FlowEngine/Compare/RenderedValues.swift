// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// The values that the templates of a node gave in a run, worked out again from what the run keeps.
///
/// Left out are texts with secrets or variables of the environment, whose values are not kept, and items of a fan-out.
struct RenderedValues {
    private(set) var values = JSONObject()

    init(
        of node: NodeDefinition, in run: ComparedRun, workflow: WorkflowDefinition, _ reader: RunReader
    ) async throws(EngineError) {
        guard node.options.foreach == nil, node.options.repetition == nil else { return }
        var templates: [(name: String, template: Template)] = []
        var entries: [(name: String, template: Template)] = []
        if !node.body.isConstant { templates.append((node.kind, node.body)) }
        for field in node.fields where !field.template.isConstant { templates.append((field.name, field.template)) }
        for entry in node.options.with where !entry.template.isConstant {
            entries.append((entry.name, entry.template))
        }
        let names = ReferenceTable.names(in: node)
        guard !templates.isEmpty || !entries.isEmpty else { return }
        var known: [String: JSONValue] = [:]
        if !names.isEmpty {
            let wanted = Set(names)
            for row in run.rows where wanted.contains(row.node) {
                known[row.node] = try await reader.result(of: row, run: run.summary.id)
            }
        }
        let results = known
        let scope = RunScope(
            run: run.summary.id, workflow: workflow.name,
            workflowDirectory: reader.layout.source(run.summary.source.hex), inputs: .object(run.inputs),
            environment: JSONObject(), node: { results[$0] })
        for (name, template) in templates { values[name] = Self.value(of: template, in: scope) }
        var with = JSONObject()
        for (name, template) in entries { with[name] = Self.value(of: template, in: scope) }
        if !with.isEmpty { values["with"] = .object(with) }
    }

    private static func value(of template: Template, in scope: RunScope) -> JSONValue? {
        let roots = Set(template.references.map(\.root))
        guard roots.isSubset(of: ["inputs", "nodes", "workflow"]) else { return nil }
        return try? template.render(in: scope)
    }
}
