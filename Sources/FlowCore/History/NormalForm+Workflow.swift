// SPDX-License-Identifier: Apache-2.0

extension NormalForm {
    /// What a workflow is beside its nodes, with the words for people: `name`, `title`, `inputs.NAME`, `outputs.NAME`,
    /// `env.NAME`, `secrets.NAME`, `max_parallel`, `pools.NAME`, `concurrency`, `budget`, `agents.NAME` and so on.
    public init(of workflow: WorkflowDefinition) {
        self.init()
        func text(_ text: String?) -> JSONValue? { text.map { .string($0) } }
        add("name", .string(workflow.name))
        add("title", text(workflow.title))
        add("description", text(workflow.description))
        add("version", text(workflow.version))
        add("mode", workflow.mode)
        for input in workflow.inputs { add("inputs.\(input.name)", input.normalJSON) }
        for output in workflow.outputs {
            add("outputs.\(output.name)", output.normalJSON)
            add("outputs.\(output.name).goal", text(output.goal?.rawValue))
        }
        add("env", workflow.env)
        for secret in workflow.secrets { add("secrets.\(secret.name)", .string("from \(secret.source)")) }
        add("max_parallel", workflow.maxParallel.map { .integer(Int64($0)) })
        for pool in workflow.pools { add("pools.\(pool.name)", .string(pool.units.map { String($0) } ?? "any")) }
        if let group = workflow.group {
            add("concurrency.group", group.key.normalJSON)
            add("concurrency.on_conflict", .string(group.onConflict.rawValue))
        }
        add("budget", text(workflow.budget?.dump))
        for agent in workflow.agents { add("agents.\(agent.name)", agent.file) }
    }
}

extension InputDefinition {
    /// The field without its words for people.
    var normalJSON: JSONValue {
        var object = JSONObject()
        object["type"] = .string(kind.rawValue)
        if required { object["required"] = true }
        object["default"] = fallback
        if !choices.isEmpty { object["enum"] = .array(choices) }
        object["min"] = minimum.map { .number($0) }
        object["max"] = maximum.map { .number($0) }
        object["pattern"] = pattern.map { .string($0) }
        object["min_items"] = minItems.map { .integer(Int64($0)) }
        object["max_items"] = maxItems.map { .integer(Int64($0)) }
        object["schema"] = schema
        if !accept.isEmpty { object["accept"] = .array(accept.sorted().map { .string($0) }) }
        return .object(object)
    }
}

extension OutputDefinition {
    var normalJSON: JSONValue { ["type": .string(type.rawValue), "value": value.normalJSON] }
}
