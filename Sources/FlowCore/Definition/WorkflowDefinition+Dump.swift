// SPDX-License-Identifier: Apache-2.0

extension WorkflowDefinition {
    /// The definition as text: each part with its place, all keys that are set.
    public func dump(in sources: SourceMap) -> String {
        var text = "workflow \(name) at \(sources.place(of: nameSpan))\n"
        for input in inputs {
            text += "input \(input.name): \(input.valueType.description)"
            if let fallback = input.fallback { text += " = \(fallback.jsonText(.compact))" }
            text += " at \(sources.place(of: input.span))\n"
        }
        for entry in env { text += "env \(entry.name) = \(entry.template.dump)\n" }
        for secret in secrets { text += "secret \(secret.name) from \(secret.source)\n" }
        for path in files { text += "file \(path)\n" }
        for pool in pools { text += "pool \(pool.name): \(pool.units.map(String.init) ?? "any")\n" }
        for agent in agents { text += "agent \(agent.name) at \(sources.place(of: agent.span))\n" }
        if let group { text += "group \(group.key.dump) \(group.onConflict.rawValue)\n" }
        if let budget { text += "budget \(budget.dump)\n" }
        if let approvals { text += "approvals \(approvals.json.jsonText(.compact))\n" }
        if let maxParallel { text += "max_parallel \(maxParallel)\n" }
        for node in nodes { text += node.dump(in: sources, phase: "node") }
        for node in finally { text += node.dump(in: sources, phase: "finally") }
        for output in outputs { text += "output \(output.name): \(output.type.rawValue) = \(output.value.dump)\n" }
        return text
    }
}

extension NodeDefinition {
    func dump(in sources: SourceMap, phase: String) -> String {
        var text = "\(phase) \(id) at \(sources.place(of: idSpan))\n  \(kind): \(body.dump)\n"
        for field in fields { text += "  \(field.name): \(field.template.dump)\n" }
        for need in needs { text += "  needs \(need.node): \(need.condition.rawValue)\n" }
        if let when = options.when { text += "  when \(when.text)\n" }
        for entry in options.with { text += "  with \(entry.name) = \(entry.template.dump)\n" }
        for entry in options.env { text += "  env \(entry.name) = \(entry.template.dump)\n" }
        for output in options.outputs {
            text += "  output \(output.name): \(output.type.rawValue)\(output.value.map { " = \($0.dump)" } ?? "")\n"
        }
        for artifact in options.artifacts { text += "  artifact \(artifact.name): \(artifact.path)\n" }
        if let foreach = options.foreach {
            text += "  \(foreach.shape.name) \(foreach.variable) in \(foreach.items.dump) "
            text += "\(foreach.failureMode.rawValue)\n"
        }
        if let retry = options.retry {
            text += "  retry \(retry.maxAttempts) × \(retry.delay.description), factor \(retry.factor)\n"
        }
        if let repetition = options.repetition {
            text += "  repeat until \(repetition.until.text), at most \(repetition.most) times\n"
        }
        if let fallback = options.fallback { text += "  fallback \(fallback.node)\n" }
        for demand in options.demands { text += "  takes \(demand.units) of \(demand.pool)\n" }
        if options.cache != .standard { text += "  cache \(options.cache.mode.rawValue)\n" }
        if let timeout = options.timeout { text += "  timeout \(timeout.description)\n" }
        if options.onFailure != .fail { text += "  on_failure \(options.onFailure.rawValue)\n" }
        if options.onInterrupt != .rerun { text += "  on_interrupt \(options.onInterrupt.rawValue)\n" }
        if options.priority != 0 { text += "  priority \(options.priority)\n" }
        return text
    }
}

extension BudgetDefinition {
    /// The limits in one line.
    var dump: String {
        var parts: [String] = []
        if let dollars { parts.append("\(dollars) USD") }
        if let tokens { parts.append("\(tokens) tokens") }
        if let time { parts.append(time.description) }
        return parts.joined(separator: ", ") + ", then \(onExceed.rawValue)"
    }
}

extension Template {
    /// The template in one line: literals as JSON, expressions as `${{ }}` in their normal form.
    var dump: String {
        switch self {
        case .literal(let value):
            let text = value.jsonText(.compact)
            return text.count > 120 ? "\(text.prefix(117))…" : text
        case .expression(let expression, _): return "${{ \(expression.description) }}"
        case .text(let segments):
            return segments.map { segment in
                switch segment {
                case .text(let text): JSONValue.string(text).jsonText(.compact)
                case .expression(let expression, _): "${{ \(expression.description) }}"
                }
            }.joined(separator: " + ")
        case .array(let items): return "[\(items.map(\.dump).joined(separator: ", "))]"
        case .object(let members):
            return "{\(members.map { "\($0.key): \($0.value.dump)" }.joined(separator: ", "))}"
        }
    }
}
