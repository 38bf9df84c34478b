// SPDX-License-Identifier: Apache-2.0

import FlowCore
import YAML

/// Makes the typed workflow from the document, key by key.
struct DefinitionBuilder {
    var reader: DocumentReader
    let kinds: [String: any NodeKind]
    /// Where expressions stand, for the rules that check names and types.
    var sites: [ExpressionSite] = []
    private var defaults: [String: YAMLNode] = [:]

    init(reader: DocumentReader, kinds: [String: any NodeKind]) {
        self.reader = reader
        self.kinds = kinds
    }

    private var document: YAMLDocument { reader.document }

    mutating func workflow() -> WorkflowDefinition? {
        guard let fields = reader.fields(document.root, WorkflowSchema.document, of: "a workflow") else { return nil }
        if let version = fields["flow"], document.scalar(of: version) != .integer(1) {
            reader.report(
                Diagnostic(
                    .formatVersion, "this version of flow reads format 1", at: reader.span(version),
                    help: ["write `flow: 1`"]))
        }
        let name = fields["name"]
        var definition = WorkflowDefinition(
            name: name.map { document.string(of: $0) } ?? "workflow", nameSpan: name.map { reader.span($0) } ?? .none)
        definition.title = text(fields["title"])
        definition.description = text(fields["description"])
        definition.version = text(fields["version"])
        definition.mode = fields["mode"].map { reader.json($0) }
        definition.files = strings(fields["files"])
        if let node = fields["concurrency"],
            case .integer(let slots)? = document.value(of: node, forKey: "max_parallel")
                .map({ document.scalar(of: $0) })
        {
            definition.maxParallel = Int(slots)
        }
        for (key, value) in pairs(fields["defaults"]) { defaults[document.string(of: key)] = value }
        for (key, value) in pairs(fields["inputs"]) { definition.inputs.append(input(key, value)) }
        definition.env = entries(fields["env"], site: .workflowEnvironment)
        for (key, value) in pairs(fields["secrets"]) {
            let name = document.string(of: key)
            let variable = document.value(of: value, forKey: "env").map { document.string(of: $0) } ?? name
            definition.secrets.append(
                SecretDefinition(name: name, environmentVariable: variable, span: reader.span(key)))
        }
        if let nodes = fields["nodes"] {
            definition.nodes = self.nodes(nodes, phase: .main, first: 0)
            if document.count(of: nodes) == 0 {
                reader.report(Diagnostic(.noNodes, "the workflow has no nodes", at: reader.span(nodes)))
            }
        }
        if let nodes = fields["finally"] {
            definition.finally = self.nodes(nodes, phase: .finally, first: definition.nodes.count)
        }
        for (key, value) in pairs(fields["outputs"]) { definition.outputs.append(output(key, value)) }
        return definition
    }

    // MARK: Parts

    private func pairs(_ node: YAMLNode?) -> [(key: YAMLNode, value: YAMLNode)] {
        guard let node, document.kind(of: node) == .mapping else { return [] }
        return document.pairs(of: node).filter { document.kind(of: $0.key) == .scalar }
    }

    private func text(_ node: YAMLNode?) -> String? { node.map { document.string(of: $0) } }

    private func strings(_ node: YAMLNode?) -> [String] {
        guard let node, document.kind(of: node) == .sequence else { return [] }
        return document.elements(of: node).map { document.string(of: $0) }
    }

    private func duration(_ node: YAMLNode?) -> Milliseconds? { text(node).flatMap { Milliseconds(parsing: $0) } }

    private func number(_ node: YAMLNode?) -> Double? { node.flatMap { reader.json($0).numberValue } }

    private mutating func entries(
        _ node: YAMLNode?, site: ExpressionSite.Place, type: FieldType = .string
    ) -> [TemplateEntry] {
        var entries: [TemplateEntry] = []
        for (key, value) in pairs(node) {
            entries.append(
                TemplateEntry(
                    name: document.string(of: key), template: template(value, type, site: site),
                    span: reader.span(value)))
        }
        return entries
    }

    /// A template, with the sites of its expressions noted.
    private mutating func template(_ node: YAMLNode, _ type: FieldType, site: ExpressionSite.Place) -> Template {
        let before = reader.templates.count
        let template = reader.template(node, type)
        for found in reader.templates[before...] {
            sites.append(ExpressionSite(place: site, scalar: found.node, template: found.template))
        }
        return template
    }

    private mutating func input(_ key: YAMLNode, _ node: YAMLNode) -> InputDefinition {
        let fields = Dictionary(
            pairs(node).map { (document.string(of: $0.key), $0.value) }, uniquingKeysWith: { first, _ in first })
        let kind = text(fields["type"]).flatMap(InputDefinition.Kind.init(rawValue:)) ?? .string
        var input = InputDefinition(name: document.string(of: key), kind: kind, span: reader.span(key))
        if !DocumentReader.isIdentifier(input.name) { reader.report(badName(key)) }
        input.required = fields["required"].map { document.scalar(of: $0) == .bool(true) } ?? false
        input.fallback = fields["default"].map { typed($0, as: kind) }
        input.label = text(fields["label"])
        input.help = text(fields["help"])
        input.placeholder = text(fields["placeholder"])
        input.choices = fields["enum"].map { document.elements(of: $0).map { typed($0, as: kind) } } ?? []
        input.minimum = number(fields["min"])
        input.maximum = number(fields["max"])
        input.pattern = text(fields["pattern"])
        input.minItems = number(fields["min_items"]).map { Int($0) }
        input.maxItems = number(fields["max_items"]).map { Int($0) }
        input.accept = strings(fields["accept"]).map { $0.lowercased() }
        checkBounds(input, fields)
        return input
    }

    /// The value as the field's kind reads it: text keeps its spelling.
    private func typed(_ node: YAMLNode, as kind: InputDefinition.Kind) -> JSONValue {
        switch kind {
        case .string, .text, .file: reader.isNull(node) ? .null : .string(document.string(of: node))
        default: reader.json(node)
        }
    }

    private mutating func checkBounds(_ input: InputDefinition, _ fields: [String: YAMLNode]) {
        if let low = input.minimum, let high = input.maximum, low > high, let node = fields["min"] {
            reader.report(Diagnostic(.outOfRange, "`min` is greater than `max`", at: reader.span(node)))
        }
        if let value = input.fallback, !value.isNull, let node = fields["default"],
            let problem = InputBinder.problem(with: value, for: input)
        {
            reader.report(Diagnostic(.badInput, "the default does not fit: \(problem)", at: reader.span(node)))
        }
    }

    private func badName(_ key: YAMLNode) -> Diagnostic {
        Diagnostic(
            .badIdentifier, "`\(document.string(of: key))` is not a name", at: reader.span(key),
            help: ["a name is a letter a–z, then letters, digits and `_`; at most 64"])
    }

    private mutating func output(_ key: YAMLNode, _ node: YAMLNode) -> OutputDefinition {
        let isShort = document.kind(of: node) == .scalar
        let type = isShort ? nil : text(document.value(of: node, forKey: "type"))
        let value = isShort ? node : document.value(of: node, forKey: "value") ?? node
        return OutputDefinition(
            name: document.string(of: key), type: type.flatMap(OutputType.init(rawValue:)) ?? .json,
            value: template(value, .any, site: .workflowOutput), span: reader.span(key))
    }

    // MARK: Nodes

    private static let reserved: Set<String> = [
        "inputs", "nodes", "env", "secrets", "run", "item", "item_index", "attempt", "workflow", "with", "it",
    ]

    private mutating func nodes(_ node: YAMLNode, phase: Phase, first: Int) -> [NodeDefinition] {
        var definitions: [NodeDefinition] = []
        for (key, value) in pairs(node) {
            let id = document.string(of: key)
            if !DocumentReader.isIdentifier(id) {
                reader.report(badName(key))
            } else if Self.reserved.contains(id) {
                reader.report(Diagnostic(.badIdentifier, "`\(id)` is a reserved name", at: reader.span(key)))
            }
            definitions.append(self.node(key, value, index: first + definitions.count))
        }
        return definitions
    }

    private mutating func node(_ key: YAMLNode, _ node: YAMLNode, index: Int) -> NodeDefinition {
        let id = document.string(of: key)
        var definition = NodeDefinition(id: id, idSpan: reader.span(key), kind: "")
        guard document.kind(of: node) == .mapping else {
            reader.wrongType(node, "node `\(id)` is a mapping of keys to values")
            return definition
        }
        let kindKeys = pairs(node).filter { kinds[document.string(of: $0.key)] != nil }
        guard let chosen = kindKeys.first, let kind = kinds[document.string(of: chosen.key)], kindKeys.count == 1 else {
            reportKind(key, node, kindKeys.map(\.key))
            return definition
        }
        var more = [kind.name: FieldSchema(kind.name, kind.body, kind.summary)]
        for field in kind.fields { more[field.name] = field }
        let fields = reader.fields(node, WorkflowSchema.node, of: "node `\(id)`", more: more) ?? [:]
        for field in kind.fields where field.required && document.value(of: node, forKey: field.name) == nil {
            reader.report(
                Diagnostic(
                    .missingKey, "node `\(id)` needs the key `\(field.name)`", at: reader.span(key),
                    label: field.summary))
        }
        definition.kind = kind.name
        definition.bodySpan = reader.span(chosen.value)
        if let body = fields[kind.name] {
            definition.body = template(body, kind.body, site: .node(index, kind.name))
        }
        for field in kind.fields {
            if let value = fields[field.name] ?? (field.name == "model" ? defaults["model"] : nil) {
                definition.fields.append(
                    TemplateEntry(
                        name: field.name, template: template(value, field.type, site: .node(index, field.name)),
                        span: reader.span(value)))
            }
        }
        definition.needs = needs(fields["needs"])
        definition.options = options(fields, index: index)
        return definition
    }

    private mutating func reportKind(_ key: YAMLNode, _ node: YAMLNode, _ found: [YAMLNode]) {
        let id = document.string(of: key)
        let names = kinds.keys.sorted()
        if found.count > 1 {
            reader.report(
                Diagnostic(
                    .nodeKind, "node `\(id)` has more than one kind", at: reader.span(found[1]),
                    related: [Diagnostic.Label(reader.span(found[0]), "the first kind")],
                    help: ["keep one of them, or make two nodes"]))
            return
        }
        let known = WorkflowSchema.node.map(\.name)
        for (other, _) in pairs(node) {
            let name = document.string(of: other)
            guard !known.contains(name) else { continue }
            if let near = Spelling.nearest(to: name, among: names + known), kinds[near] != nil {
                reader.report(
                    Diagnostic(
                        .unknownKey, "unknown key `\(name)` in node `\(id)`", at: reader.span(other),
                        help: ["did you mean `\(near)`?"],
                        fixes: [
                            Diagnostic.Fix(
                                "write `\(near)`", applicability: .machineApplicable,
                                edits: [Diagnostic.Fix.Edit(reader.span(other), replacement: near)])
                        ]))
                return
            }
        }
        reader.report(
            Diagnostic(
                .nodeKind, "node `\(id)` has no kind", at: reader.span(key),
                help: ["give it one of \(names.map { "`\($0):`" }.joined(separator: " "))"]))
    }

    private func needs(_ node: YAMLNode?) -> [NeedDefinition] {
        guard let node else { return [] }
        switch document.kind(of: node) {
        case .scalar: return [NeedDefinition(node: document.string(of: node), span: reader.span(node))]
        case .sequence:
            return document.elements(of: node).map {
                NeedDefinition(node: document.string(of: $0), span: reader.span($0))
            }
        case .mapping:
            return pairs(node).map { key, value in
                NeedDefinition(
                    node: document.string(of: key),
                    condition: NeedCondition(rawValue: document.string(of: value)) ?? .met, span: reader.span(key))
            }
        }
    }

    private mutating func options(_ fields: [String: YAMLNode], index: Int) -> NodeOptions {
        let common: Set<String> = Set(WorkflowSchema.node.map(\.name)).subtracting(["needs"])
        if defaults.isEmpty, !fields.keys.contains(where: { common.contains($0) }) { return .standard }
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
            env: entries(fields["env"], site: .environment(index)),
            outputs: declaredOutputs(fields["outputs"], index: index), artifacts: artifacts(fields["artifacts"]),
            retry: retry(fields["retry"] ?? defaults["retry"]),
            timeout: duration(fields["timeout"] ?? defaults["timeout"]), idleTimeout: duration(fields["idle_timeout"]),
            onFailure: text(fields["on_failure"]).flatMap(FailurePolicy.init(rawValue:)) ?? .fail,
            onInterrupt: text(fields["on_interrupt"]).flatMap(InterruptPolicy.init(rawValue:)) ?? .rerun,
            effects: text(fields["effects"]).flatMap(EffectClass.init(rawValue:)) ?? .idempotent,
            foreach: foreach(fields["foreach"], index: index), priority: number(fields["priority"]).map { Int($0) } ?? 0
        )
    }

    private mutating func declaredOutputs(_ node: YAMLNode?, index: Int) -> [DeclaredOutput] {
        var outputs: [DeclaredOutput] = []
        for (key, value) in pairs(node) {
            let name = document.string(of: key)
            let isShort = document.kind(of: value) == .scalar
            let typeNode = isShort ? value : document.value(of: value, forKey: "type")
            let word = text(typeNode) ?? ""
            guard let type = OutputType(rawValue: word) else {
                if isShort {
                    _ = reader.check(value, .choice(OutputType.allCases.map(\.rawValue)), key: name)
                }
                continue
            }
            let valueNode = isShort ? nil : document.value(of: value, forKey: "value")
            outputs.append(
                DeclaredOutput(
                    name: name, type: type,
                    value: valueNode.map { template($0, .any, site: .nodeOutput(index)) }, span: reader.span(key)))
        }
        return outputs
    }

    private mutating func artifacts(_ node: YAMLNode?) -> [ArtifactDefinition] {
        guard let node else { return [] }
        var artifacts: [ArtifactDefinition] = []
        if document.kind(of: node) == .mapping {
            for (key, value) in pairs(node) {
                artifacts.append(
                    ArtifactDefinition(
                        name: document.string(of: key), path: document.string(of: value), span: reader.span(key)))
            }
        } else {
            for item in document.elements(of: node) {
                artifacts.append(
                    ArtifactDefinition(
                        name: text(document.value(of: item, forKey: "name")) ?? "",
                        path: text(document.value(of: item, forKey: "path")) ?? "",
                        mediaType: text(document.value(of: item, forKey: "media_type")),
                        optional: document.value(of: item, forKey: "optional").map {
                            document.scalar(of: $0) == .bool(true)
                        }
                            ?? false,
                        span: reader.span(item)))
            }
        }
        var seen: [String: SourceSpan] = [:]
        for artifact in artifacts {
            if artifact.path.hasPrefix("/") || artifact.path.split(separator: "/").contains("..") {
                reader.report(
                    Diagnostic(
                        .badNode, "an artifact's path stays below the node's work directory", at: artifact.span))
            }
            if let first = seen.updateValue(artifact.span, forKey: artifact.name) {
                reader.report(
                    Diagnostic(
                        .duplicateKey, "artifact `\(artifact.name)` is declared twice", at: artifact.span,
                        related: [Diagnostic.Label(first, "first here")]))
            }
        }
        return artifacts
    }

    private func retry(_ node: YAMLNode?) -> RetryPolicy? {
        guard let node else { return nil }
        if case .integer(let attempts) = document.scalar(of: node), document.kind(of: node) == .scalar {
            return RetryPolicy(maxAttempts: Int(clamping: attempts))
        }
        guard document.kind(of: node) == .mapping else { return nil }
        func field(_ name: String) -> YAMLNode? { document.value(of: node, forKey: name) }
        var policy = RetryPolicy(maxAttempts: number(field("max_attempts")).map { Int($0) } ?? 3)
        policy.delay = duration(field("delay")) ?? policy.delay
        policy.factor = number(field("factor")) ?? policy.factor
        policy.maxDelay = duration(field("max_delay")) ?? Swift.max(policy.maxDelay, policy.delay)
        policy.jitter = number(field("jitter")) ?? policy.jitter
        policy.maxTotal = duration(field("max_total"))
        policy.on = Set(strings(field("on")))
        policy.unless = Set(strings(field("unless")))
        return policy
    }

    private mutating func foreach(_ node: YAMLNode?, index: Int) -> ForeachDefinition? {
        guard let node, let items = document.value(of: node, forKey: "items") else { return nil }
        var definition = ForeachDefinition(
            items: template(items, .any, site: .items(index)), span: reader.span(items))
        definition.variable = text(document.value(of: node, forKey: "as")) ?? "item"
        if let key = document.value(of: node, forKey: "key"), let condition = reader.condition(key) {
            definition.key = condition.expression
            sites.append(
                ExpressionSite(
                    place: .key(index), scalar: key,
                    template: .expression(condition.expression, offset: condition.offset)))
        }
        definition.maxParallel = number(document.value(of: node, forKey: "max_parallel")).map { Int($0) }
        definition.failureMode =
            text(document.value(of: node, forKey: "on_failure")).flatMap(ForeachDefinition.FailureMode.init(rawValue:))
            ?? .failFast
        return definition
    }
}

/// The two halves of a workflow.
enum Phase {
    case main, finally
}

/// Where an expression stands, which decides what it may refer to.
struct ExpressionSite {
    /// The place. Nodes are given by their index among all nodes.
    enum Place: Equatable {
        case workflowEnvironment, workflowOutput
        case node(Int, String)
        case with(Int), environment(Int), when(Int), items(Int), key(Int), nodeOutput(Int)

        /// The node that the expression belongs to.
        var node: Int? {
            switch self {
            case .workflowEnvironment, .workflowOutput: nil
            case .node(let index, _), .with(let index), .environment(let index), .when(let index), .items(let index),
                .key(let index), .nodeOutput(let index):
                index
            }
        }
    }

    var place: Place
    var scalar: YAMLNode
    var template: Template
}
