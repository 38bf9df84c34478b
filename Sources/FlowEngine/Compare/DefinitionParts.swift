// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// What a node is made of, as named texts: two definitions are the same if these are. Places in the file, comments, order
/// of keys and white space have no part in it.
func definitionParts(of node: NodeDefinition) -> [(name: String, text: String)] {
    var parts: [(name: String, text: String)] = [("kind", node.kind), (node.kind, node.body.readable)]
    for field in node.fields { parts.append((field.name, field.template.readable)) }
    if !node.needs.isEmpty {
        let needs = node.needs.map { $0.condition == .met ? $0.node : "\($0.node): \($0.condition.rawValue)" }
        parts.append(("needs", needs.sorted().joined(separator: "\n")))
    }
    let options = node.options
    if options === NodeOptions.standard { return parts }
    func add(_ name: String, _ text: String?) { if let text { parts.append((name, text)) } }
    add("title", options.title)
    add("description", options.description)
    add("when", options.when?.expression.description)
    for entry in options.with { add("with.\(entry.name)", entry.template.readable) }
    for entry in options.env { add("env.\(entry.name)", entry.template.readable) }
    for output in options.outputs {
        var text = output.type.rawValue
        if let value = output.value { text += " = \(value.readable)" }
        if let goal = output.goal { text += ", goal \(goal.rawValue)" }
        add("outputs.\(output.name)", text)
    }
    for artifact in options.artifacts {
        add(
            "artifacts.\(artifact.name)",
            artifact.path + (artifact.optional ? ", optional" : "") + (artifact.mediaType.map { ", \($0)" } ?? ""))
    }
    if let retry = options.retry {
        var text = "\(retry.maxAttempts) attempts, delay \(retry.delay.description), factor \(retry.factor)"
        text += ", max_delay \(retry.maxDelay.description), jitter \(retry.jitter)"
        if let most = retry.maxTotal { text += ", max_total \(most.description)" }
        if !retry.on.isEmpty { text += ", on \(retry.on.sorted().joined(separator: " "))" }
        if !retry.unless.isEmpty { text += ", unless \(retry.unless.sorted().joined(separator: " "))" }
        add("retry", text)
    }
    add("timeout", options.timeout?.description)
    add("idle_timeout", options.idleTimeout?.description)
    if options.onFailure != .fail { add("on_failure", options.onFailure.rawValue) }
    if options.onInterrupt != .rerun { add("on_interrupt", options.onInterrupt.rawValue) }
    if options.effects != .idempotent { add("effects", options.effects.rawValue) }
    if let foreach = options.foreach {
        var text = "\(foreach.variable) in \(foreach.items.readable), on_failure \(foreach.failureMode.rawValue)"
        if let key = foreach.key { text += ", key \(key.description)" }
        if let most = foreach.maxParallel { text += ", max_parallel \(most)" }
        if case .samples(let agreement) = foreach.shape { text += ", min_agreement \(agreement)" }
        add(foreach.shape.name, text)
    }
    if options.priority != 0 { add("priority", String(options.priority)) }
    add("fallback", options.fallback?.node)
    if let repetition = options.repetition {
        add(
            "repeat",
            "until \(repetition.until.expression.description), at most \(repetition.most) times, "
                + "delay \(repetition.delay.description), on_exhausted \(repetition.onExhausted.rawValue)")
    }
    for demand in options.demands { add("takes \(demand.pool)", String(demand.units)) }
    if options.cache != .standard {
        add(
            "cache",
            options.cache.mode.rawValue + (options.cache.ttl.map { ", ttl \($0.description)" } ?? "")
                + (options.cache.salt.map { ", salt \($0)" } ?? ""))
    }
    add("budget", options.budget.map(budgetText))
    return parts
}

/// What a workflow is made of beside its nodes.
func definitionParts(of workflow: WorkflowDefinition) -> [(name: String, text: String)] {
    var parts: [(name: String, text: String)] = [("name", workflow.name)]
    func add(_ name: String, _ text: String?) { if let text { parts.append((name, text)) } }
    add("title", workflow.title)
    add("description", workflow.description)
    add("version", workflow.version)
    add("mode", workflow.mode?.jsonText(.pretty))
    for input in workflow.inputs {
        var text = input.valueType.description
        if let fallback = input.fallback { text += " = \(fallback.jsonText(.compact))" }
        if !input.choices.isEmpty { text += ", one of \(JSONValue.array(input.choices).jsonText(.compact))" }
        if let least = input.minimum { text += ", min \(least)" }
        if let most = input.maximum { text += ", max \(most)" }
        if let pattern = input.pattern { text += ", pattern \(pattern)" }
        if let least = input.minItems { text += ", min_items \(least)" }
        if let most = input.maxItems { text += ", max_items \(most)" }
        if let schema = input.schema { text += ", schema \(schema.jsonText(.canonical))" }
        if !input.accept.isEmpty { text += ", accept \(input.accept.joined(separator: " "))" }
        add("inputs.\(input.name)", text)
    }
    for output in workflow.outputs {
        let goal = output.goal.map { ", goal \($0.rawValue)" } ?? ""
        add("outputs.\(output.name)", "\(output.type.rawValue) = \(output.value.readable)\(goal)")
    }
    for entry in workflow.env { add("env.\(entry.name)", entry.template.readable) }
    for secret in workflow.secrets { add("secrets.\(secret.name)", "from \(secret.source)") }
    add("max_parallel", workflow.maxParallel.map { String($0) })
    for pool in workflow.pools { add("pools.\(pool.name)", pool.units.map { String($0) } ?? "any") }
    add("concurrency", workflow.group.map { "\($0.key.readable), on_conflict \($0.onConflict.rawValue)" })
    add("budget", workflow.budget.map(budgetText))
    for agent in workflow.agents { add("agents.\(agent.name)", agent.file.jsonText(.pretty)) }
    return parts
}

private func budgetText(_ budget: BudgetDefinition) -> String {
    var parts: [String] = []
    if let dollars = budget.dollars { parts.append("\(dollars) USD") }
    if let tokens = budget.tokens { parts.append("\(tokens) tokens") }
    if let time = budget.time { parts.append(time.description) }
    return parts.joined(separator: ", ") + ", warn at \(budget.warnAt), then \(budget.onExceed.rawValue)"
}

extension DefinitionChange {
    /// The parts that differ, in the order of the old definition, new ones after it.
    static func between(
        _ old: [(name: String, text: String)], _ new: [(name: String, text: String)]
    ) -> [DefinitionChange] {
        var texts: [String: String] = [:]
        for part in new { texts[part.name] = part.text }
        var changes: [DefinitionChange] = []
        var seen: Set<String> = []
        for part in old {
            seen.insert(part.name)
            let text = texts[part.name]
            if text != part.text { changes.append(DefinitionChange(part: part.name, old: part.text, new: text)) }
        }
        for part in new where !seen.contains(part.name) {
            changes.append(DefinitionChange(part: part.name, old: nil, new: part.text))
        }
        return changes
    }

    /// The parts of a node that differ. Nodes that are written alike are known by their templates, without making texts.
    static func between(_ old: NodeDefinition, _ new: NodeDefinition) -> [DefinitionChange] {
        if old.options === NodeOptions.standard, new.options === NodeOptions.standard, old.kind == new.kind,
            old.body == new.body, old.fields.count == new.fields.count, old.needs.count == new.needs.count,
            zip(old.fields, new.fields).allSatisfy({ $0.name == $1.name && $0.template == $1.template }),
            zip(old.needs, new.needs).allSatisfy({ $0.node == $1.node && $0.condition == $1.condition })
        {
            return []
        }
        return between(definitionParts(of: old), definitionParts(of: new))
    }
}

extension Template {
    /// The template as a person would write it: texts as they are, expressions in `${{ }}` and their normal form, the
    /// rest as JSON.
    var readable: String {
        switch json {
        case .string(let text): text
        case let value: value.jsonText(.pretty)
        }
    }

    private var json: JSONValue {
        switch self {
        case .literal(let value): return value
        case .expression(let expression, _): return .string("${{ \(expression.description) }}")
        case .text(let segments):
            return .string(
                segments.map { segment in
                    switch segment {
                    case .text(let text): text
                    case .expression(let expression, _): "${{ \(expression.description) }}"
                    }
                }.joined())
        case .array(let elements): return .array(elements.map(\.json))
        case .object(let members):
            // In the order of the keys: that of writing means nothing here.
            return .object(
                JSONObject(
                    members.sorted { $0.key < $1.key }.map { JSONObject.Member(key: $0.key, value: $0.value.json) }))
        }
    }
}
