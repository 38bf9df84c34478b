// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// What an export gave.
public struct ExportResult: Sendable {
    /// The text; what has no equivalent is missing or fails in it.
    public var text: String
    /// What has no equivalent, at its place in the workflow.
    public var diagnostics: [Diagnostic]
}

/// Writes the static part of a workflow as an Argo Workflow.
public struct ArgoExporter {
    /// What the script of a node finds in the place of `$FLOW_OUTPUT`.
    static let outputFile = "/tmp/flow-output"

    let workflow: WorkflowDefinition
    let image: String
    var notes = ImportNotes()
    var templates: [JSONValue] = []
    /// Nodes whose failure others ask for.
    var asked: Set<String> = []
    var byName: [String: NodeDefinition] = [:]

    /// Writes a compiled workflow. Programs run in containers of `image`.
    public static func export(_ workflow: WorkflowDefinition, image: String = "debian:12") -> ExportResult {
        var exporter = ArgoExporter(workflow: workflow, image: image)
        let value = exporter.document()
        var writer = YAMLWriter()
        writer.comment("Exported from the flow workflow \(workflow.name)", indent: 0)
        for member in value { writer.pair(member.key, member.value, indent: 0) }
        return ExportResult(text: writer.text, diagnostics: exporter.notes.diagnostics.inOrder())
    }

    private init(workflow: WorkflowDefinition, image: String) {
        self.workflow = workflow
        self.image = image
        for node in workflow.allNodes {
            byName[node.id] = node
            for need in node.needs where need.condition == .failed || need.condition == .done {
                asked.insert(need.node)
            }
        }
    }

    private mutating func document() -> JSONObject {
        notes.approximated(
            "scripts run in containers of `\(image)`", at: workflow.nameSpan, help: "--image names another")
        var spec = JSONObject()
        spec["entrypoint"] = "main"
        if let most = workflow.maxParallel { spec["parallelism"] = .integer(Int64(most)) }
        let parameters = workflow.inputs.compactMap { parameter($0) }
        if !parameters.isEmpty { spec["arguments"] = ["parameters": .array(parameters)] }
        var main: JSONObject = JSONObject()
        main["name"] = "main"
        let tasks = workflow.nodes.map { task($0) }
        let results = outputs()
        if !results.isEmpty { main["outputs"] = ["parameters": .array(results)] }
        main["dag"] = ["tasks": .array(tasks)]
        var last: [JSONValue] = []
        if !workflow.finally.isEmpty {
            spec["onExit"] = "at-exit"
            last = [["name": "at-exit", "dag": ["tasks": .array(workflow.finally.map { task($0) })]]]
        }
        spec["templates"] = .array([.object(main)] + last + templates)
        var root = JSONObject()
        root["apiVersion"] = "argoproj.io/v1alpha1"
        root["kind"] = "Workflow"
        var metadata = JSONObject()
        metadata["name"] = .string(Self.name(workflow.name))
        var annotations = JSONObject()
        if let title = workflow.title { annotations["workflows.argoproj.io/title"] = .string(title) }
        if let text = workflow.description { annotations["workflows.argoproj.io/description"] = .string(text) }
        if !annotations.isEmpty { metadata["annotations"] = .object(annotations) }
        root["metadata"] = .object(metadata)
        root["spec"] = .object(spec)
        return root
    }

    /// A name as Argo takes it: `a_b` as `a-b`.
    static func name(_ name: String) -> String { name.replacing("_", with: "-") }

    private mutating func parameter(_ input: InputDefinition) -> JSONValue? {
        var keys = JSONObject()
        keys["name"] = .string(input.name)
        if let fallback = input.fallback {
            keys["value"] = .string(fallback.stringValue ?? fallback.jsonText())
        } else if !input.required {
            keys["value"] = ""
        }
        if !input.choices.isEmpty {
            keys["enum"] = .array(input.choices.map { .string($0.stringValue ?? $0.jsonText()) })
        }
        if let help = input.help { keys["description"] = .string(help) }
        switch input.kind {
        case .file, .files: notes.leftOut("an input of type `\(input.kind.rawValue)` is left out", at: input.span)
        case .string, .text: return .object(keys)
        default: notes.approximated("the input `\(input.name)` is a text there", at: input.span)
        }
        return input.kind == .file || input.kind == .files ? nil : .object(keys)
    }

    private mutating func outputs() -> [JSONValue] {
        var results: [JSONValue] = []
        for output in workflow.outputs {
            guard case .expression(let expression, _) = output.value, let tag = tag(expression.root, in: nil),
                tag.hasPrefix("tasks.")
            else {
                notes.leftOut("the output `\(output.name)` is left out: it is worked out", at: output.span)
                continue
            }
            results.append(["name": .string(output.name), "valueFrom": ["parameter": .string("{{\(tag)}}")]])
        }
        return results
    }

    // MARK: Tasks

    private mutating func task(_ node: NodeDefinition) -> JSONValue {
        var task = JSONObject()
        task["name"] = .string(Self.name(node.id))
        task["template"] = .string(Self.name(node.id) == "main" ? "main-task" : Self.name(node.id))
        let needs = node.needs
        if needs.contains(where: { $0.condition != .met }) {
            task["depends"] = .string(needs.map { Self.depends($0) }.joined(separator: " && "))
        } else if !needs.isEmpty {
            task["dependencies"] = .array(needs.map { .string(Self.name($0.node)) })
        }
        let options = node.options
        if let when = options.when {
            if let text = condition(when.expression.root, node) {
                task["when"] = .string(text)
            } else {
                notes.leftOut("the condition of `\(node.id)` has no equivalent", at: when.span)
            }
        }
        if let foreach = options.foreach { addItems(foreach, node, to: &task) }
        switch options.onFailure {
        case .continue: task["continueOn"] = ["failed": true]
        case .skipDownstream where !asked.contains(node.id):
            notes.leftOut("`on_failure: skip_downstream` has no equivalent", at: node.idSpan)
        default: break
        }
        let lost = [
            ("fallback", options.fallback != nil), ("repeat", options.repetition != nil),
            ("pool` or `mutex", !options.demands.isEmpty),
        ]
        for (key, isThere) in lost where isThere {
            notes.leftOut("`\(key)` of a node has no equivalent", at: node.idSpan)
        }
        if options.idleTimeout != nil { notes.leftOut("`idle_timeout` has no equivalent", at: node.idSpan) }
        if options.priority != 0 { notes.leftOut("`priority` of a node has no equivalent", at: node.idSpan) }
        let (template, arguments) = template(node, named: task["template"]?.stringValue ?? "")
        if !arguments.isEmpty { task["arguments"] = .object(arguments) }
        templates.append(.object(template))
        return .object(task)
    }

    private static func depends(_ need: NeedDefinition) -> String {
        let name = name(need.node)
        return switch need.condition {
        case .met: name
        case .succeeded: "\(name).Succeeded"
        case .failed: "(\(name).Failed || \(name).Errored)"
        case .skipped: "(\(name).Skipped || \(name).Omitted)"
        case .done: "(\(name).Succeeded || \(name).Failed || \(name).Errored)"
        case .any:
            "(\(name).Succeeded || \(name).Failed || \(name).Errored || \(name).Skipped || \(name).Omitted)"
        }
    }

    private mutating func addItems(_ foreach: ForeachDefinition, _ node: NodeDefinition, to task: inout JSONObject) {
        if foreach.shape == .matrix {
            guard let list = combinations(foreach.items) else {
                notes.leftOut(
                    "a matrix with parts that are worked out, `include` or `exclude` has no equivalent",
                    at: foreach.span)
                return
            }
            task["withItems"] = .array(list)
        } else if case .samples = foreach.shape {
            notes.leftOut("`samples` has no equivalent: the node runs once", at: foreach.span)
            return
        } else if let list = foreach.items.constant?.arrayValue {
            task["withItems"] = .array(list)
        } else if case .expression(let expression, _) = foreach.items,
            let tag = tag(Self.unpacked(expression.root), in: node)
        {
            task["withParam"] = .string("{{\(tag)}}")
        } else {
            notes.leftOut("the items of `\(node.id)` have no equivalent: it runs once", at: foreach.span)
        }
        if foreach.maxParallel != nil {
            notes.leftOut("`max_parallel` of `foreach` has no equivalent", at: foreach.span)
        }
        if foreach.key != nil { notes.leftOut("`key` of `foreach` has no equivalent", at: foreach.span) }
    }

    /// The combinations of a matrix of constants.
    private func combinations(_ items: Template) -> [JSONValue]? {
        var found = [JSONObject()]
        for axis in items.constant?.objectValue ?? JSONObject() {
            guard let values = axis.value.arrayValue, axis.key != "include", axis.key != "exclude",
                found.count * values.count <= 1000
            else { return nil }
            found = found.flatMap { one in
                values.map { value in
                    var more = one
                    more[axis.key] = value
                    return more
                }
            }
        }
        return found.first?.isEmpty == false ? found.map { .object($0) } : nil
    }

    /// The inside of `from_json(…)`: lists are JSON texts in Argo.
    private static func unpacked(_ node: ExpressionNode) -> ExpressionNode {
        if case .call("from_json", _, let arguments) = node.kind, arguments.count == 1 { return arguments[0] }
        return node
    }
}

extension Template {
    /// The value, if no expression stands in it.
    var constant: JSONValue? {
        switch self {
        case .literal(let value): return value
        case .array(let elements):
            let values = elements.map(\.constant)
            return values.contains(nil) ? nil : .array(values.compactMap(\.self))
        case .object(let members):
            var object = JSONObject()
            for member in members {
                guard let value = member.value.constant else { return nil }
                object[member.key] = value
            }
            return .object(object)
        case .text(let segments):
            var text = ""
            for segment in segments {
                guard case .text(let part) = segment else { return nil }
                text += part
            }
            return .string(text)
        case .expression: return nil
        }
    }
}
