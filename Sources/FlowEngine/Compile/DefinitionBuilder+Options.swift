// SPDX-License-Identifier: Apache-2.0

import FlowCore
import YAML

extension DefinitionBuilder {
    private static let optionKeys = Set(WorkflowSchema.node.map(\.name)).subtracting(["needs"])

    mutating func options(_ fields: FieldValues, index: Int) -> NodeOptions {
        if defaults.isEmpty, !fields.names.contains(where: { Self.optionKeys.contains($0) }) { return .standard }
        var when: ConditionDefinition?
        if let node = fields["when"], let condition = reader.condition(node) {
            when = ConditionDefinition(
                expression: condition.expression, text: condition.expression.text, span: reader.span(node))
            sites.append(
                ExpressionSite(
                    place: .when(index), scalar: node,
                    template: .expression(condition.expression, offset: condition.offset)))
        }
        return NodeOptions(
            title: text(fields["title"]), description: text(fields["description"]), when: when,
            with: entries(fields["with"], site: .with(index), type: .any),
            env: environment(fields["env"], site: .environment(index)),
            outputs: declaredOutputs(fields["outputs"], index: index), artifacts: artifacts(fields["artifacts"]),
            retry: retry(fields["retry"]) ?? defaults.retry,
            timeout: duration(fields["timeout"] ?? fields["resources"].flatMap { value(of: $0, "time") })
                ?? defaults.timeout,
            idleTimeout: duration(fields["idle_timeout"]) ?? defaults.idleTimeout,
            onFailure: text(fields["on_failure"]).flatMap(FailurePolicy.init(rawValue:)) ?? defaults.onFailure ?? .fail,
            onInterrupt: text(fields["on_interrupt"]).flatMap(InterruptPolicy.init(rawValue:)) ?? .rerun,
            effects: text(fields["effects"]).flatMap(EffectClass.init(rawValue:)) ?? .idempotent,
            foreach: fanOut(fields, index: index),
            priority: integer(fields["priority"]) ?? defaults.priority ?? 0,
            fallback: fields["fallback"].map {
                FallbackDefinition(node: document.string(of: $0), span: reader.span($0))
            },
            repetition: repetition(fields["repeat"], index: index), demands: demands(fields),
            cache: fields["cache"].map { cache($0) } ?? defaults.cache ?? .standard,
            budget: budget(fields["budget"])
        )
    }

    private mutating func declaredOutputs(_ node: YAMLNode?, index: Int) -> [DeclaredOutput] {
        var outputs: [DeclaredOutput] = []
        for (key, value) in pairs(node) where reader.isSound(value) {
            let name = document.string(of: key)
            let isShort = document.kind(of: value) == .scalar
            let typeNode = isShort ? value : self.value(of: value, "type")
            if isShort { _ = reader.check(value, .choice(OutputType.allCases.map(\.rawValue)), key: name) }
            // An output whose type cannot be read may be anything.
            let type = text(typeNode).flatMap(OutputType.init(rawValue:)) ?? .json
            let valueNode = isShort ? nil : self.value(of: value, "value")
            outputs.append(
                DeclaredOutput(
                    name: name, type: type,
                    value: valueNode.map { template($0, .any, site: .nodeOutput(index)) },
                    goal: isShort ? nil : text(self.value(of: value, "goal")).flatMap(OutputGoal.init(rawValue:)),
                    span: reader.span(key)))
        }
        return outputs
    }

    private mutating func artifacts(_ node: YAMLNode?) -> [ArtifactDefinition] {
        guard let node else { return [] }
        var artifacts: [ArtifactDefinition] = []
        if document.kind(of: node) == .mapping {
            for (key, value) in pairs(node) where reader.isSound(value) {
                let name = document.string(of: key)
                if !DocumentReader.isIdentifier(name) { reader.report(reader.badName(key)) }
                checkArtifact(value)
                artifacts.append(
                    ArtifactDefinition(name: name, path: document.string(of: value), span: reader.span(key)))
            }
            return artifacts
        }
        var seen: [String: YAMLNode] = [:]
        for item in document.elements(of: node) where reader.isSound(item) {
            let path = value(of: item, "path")
            if let path { checkArtifact(path) }
            guard let nameNode = value(of: item, "name") else { continue }
            let name = document.string(of: nameNode)
            if let first = seen.updateValue(nameNode, forKey: name) {
                reader.report(
                    Diagnostic(
                        .duplicateKey, "artifact `\(name)` is declared twice", at: reader.span(nameNode),
                        related: [Diagnostic.Label(reader.span(first), "it is declared here first")]))
            }
            artifacts.append(
                ArtifactDefinition(
                    name: name, path: text(path) ?? "", mediaType: text(value(of: item, "media_type")),
                    optional: isTrue(value(of: item, "optional")), span: reader.span(item)))
        }
        return artifacts
    }

    private mutating func checkArtifact(_ node: YAMLNode) {
        let path = document.string(of: node)
        if path.isEmpty || DocumentReader.leavesFolder(path) {
            reader.report(
                Diagnostic(
                    .badNode, "`\(path)` does not lie in the node's work directory", at: reader.span(node),
                    help: ["let the node write the file into its work directory, and give the path from there"]))
        }
    }

    func retry(_ node: YAMLNode?) -> RetryPolicy? {
        guard let node else { return nil }
        if let attempts = integer(node) { return RetryPolicy(maxAttempts: attempts) }
        guard document.kind(of: node) == .mapping else { return nil }
        func field(_ name: String) -> YAMLNode? { value(of: node, name) }
        var policy = RetryPolicy(maxAttempts: integer(field("max_attempts")) ?? 3)
        policy.delay = duration(field("delay")) ?? policy.delay
        policy.factor = number(field("factor")) ?? policy.factor
        policy.maxDelay = duration(field("max_delay")) ?? Swift.max(policy.maxDelay, policy.delay)
        policy.jitter = number(field("jitter")) ?? policy.jitter
        policy.maxTotal = duration(field("max_total"))
        policy.on = Set(strings(field("on")))
        policy.unless = Set(strings(field("unless")))
        return policy
    }

    mutating func foreach(_ node: YAMLNode?, index: Int) -> ForeachDefinition? {
        guard let node else { return nil }
        let items = value(of: node, "items")
        var definition = ForeachDefinition(
            items: items.map { template($0, .any, site: .items(index)) } ?? .literal(.array([])),
            span: reader.span(items ?? node))
        if let name = value(of: node, "as") {
            definition.variable = document.string(of: name)
            if Self.reservedNames.contains(definition.variable), definition.variable != "item" {
                reader.report(
                    Diagnostic(
                        .badIdentifier, "`\(definition.variable)` is a reserved name", at: reader.span(name),
                        label: "it would hide `\(definition.variable)` in expressions", help: ["choose another name"]))
            }
        }
        if let items { checkItems(items) }
        if let key = value(of: node, "key"), let condition = reader.condition(key) {
            definition.key = condition.expression
            sites.append(
                ExpressionSite(
                    place: .key(index), scalar: key,
                    template: .expression(condition.expression, offset: condition.offset)))
        }
        definition.maxParallel = integer(value(of: node, "max_parallel"))
        definition.failureMode =
            text(value(of: node, "on_failure")).flatMap(ForeachDefinition.FailureMode.init(rawValue:)) ?? .failFast
        return definition
    }

    /// What is written as the list of a `foreach` is a list, or an expression that gives one.
    private mutating func checkItems(_ node: YAMLNode) {
        switch document.kind(of: node) {
        case .sequence: return
        case .scalar where document.string(of: node).hasExpression: return
        default:
            reader.wrongType(
                node, "`items` takes a list",
                help: ["write `[a, b]`, or `${{ … }}` with an expression that gives a list"])
        }
    }
}
