// SPDX-License-Identifier: Apache-2.0

import FlowCore
import YAML

/// Reads workflows and workflow templates of Argo.
struct ArgoImporter {
    static let kinds: Set<String> = ["Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow"]
    static let largestGraph = 20_000

    /// A workflow under construction.
    struct Graph {
        var workflow: ImportedWorkflow
        var names = NameTable()
        var inputNames = NameTable()
        /// Inputs by the names of Argo's workflow parameters.
        var parameters: [String: String] = [:]
    }

    var notes = ImportNotes()
    var graph: Graph
    var templates: [String: ForeignValue] = [:]
    var children: [(path: String, workflow: ImportedWorkflow, parameters: [String], outputs: [String])] = []
    let bodies: ImportedBodies
    let source: String

    static func read(_ root: ForeignValue, bodies: ImportedBodies) -> Imported {
        var importer = ArgoImporter(root, bodies: bodies)
        importer.readWorkflow(root)
        for place in importer.children.indices {
            importer.children[place].workflow.settleReferences(&importer.notes)
        }
        importer.graph.workflow.settleReferences(&importer.notes)
        return Imported(
            workflow: importer.graph.workflow, children: importer.children.map { ($0.path, $0.workflow) },
            notes: importer.notes)
    }

    private init(_ root: ForeignValue, bodies: ImportedBodies) {
        let name = root["metadata"]?["name"]?.text ?? root["metadata"]?["generateName"]?.text ?? "workflow"
        graph = Graph(workflow: ImportedWorkflow(name: NameTable.plain(name)))
        self.bodies = bodies
        source = String(decoding: root.document.source, as: UTF8.self)
    }

    private mutating func readWorkflow(_ root: ForeignValue) {
        guard var spec = root["spec"], spec.isMapping else {
            notes.fault("an Argo workflow needs the key `spec`", at: root.head)
            return
        }
        reportMetadata(root)
        if let inner = spec["workflowSpec"] ?? spec["workflowTemplate"] {
            notes.leftOut("the schedule of a `CronWorkflow` is left out", at: (spec["schedule"] ?? spec).head)
            spec = inner
        }
        for template in spec["templates"]?.elements ?? [] {
            guard let name = template["name"]?.text else {
                notes.fault("a template needs a `name`", at: template.head)
                continue
            }
            if templates[name] != nil { notes.fault("there are two templates `\(name)`", at: template.head) }
            templates[name] = template
        }
        reportKeys(
            spec, known: ["templates", "entrypoint", "arguments", "onExit", "parallelism", "workflowMetadata"],
            of: "a workflow")
        if let most = spec["parallelism"]?.json.integerValue, most > 0 { graph.workflow.maxParallel = most }
        for parameter in spec["arguments"]?["parameters"]?.elements ?? [] { addInput(parameter) }
        if let files = spec["arguments"]?["artifacts"] { readArtifacts(files) }
        guard let entry = spec["entrypoint"], let name = entry.text else {
            notes.fault("there is no `entrypoint`", at: spec.head)
            return
        }
        guard let template = templates[name] else {
            notes.fault("there is no template `\(name)`", at: entry.span)
            return
        }
        var scope = ArgoScope()
        for (name, input) in graph.parameters { scope.parameters[name] = FlowText(expression: "inputs.\(input)") }
        let given = scope
        scope = entryScope(template, given: given)
        scope.path = [name]
        let result = start(template, name, scope)
        addOutputs(result)
        if graph.workflow.nodes.isEmpty, !notes.diagnostics.hasErrors {
            notes.fault("the template `\(name)` has no tasks", at: entry.span)
        }
        if let exit = spec["onExit"] { readExit(exit, given) }
    }

    /// The first template: a graph, or one node of its name.
    private mutating func start(_ template: ForeignValue, _ name: String, _ scope: ArgoScope) -> ArgoResult {
        if template["dag"] != nil || template["steps"] != nil { return inline(template, scope, prefix: "") }
        let task = ArgoTask(name: name, value: template)
        return leaf(template, task, scope, id: graph.names.unique(name), wantsResult: false)
    }

    /// The parameters of the first template: those of the workflow by the same names, or its own defaults.
    private mutating func entryScope(_ template: ForeignValue, given: ArgoScope) -> ArgoScope {
        var scope = ArgoScope()
        scope.artifacts = given.artifacts
        for parameter in template["inputs"]?["parameters"]?.elements ?? [] {
            guard let name = parameter["name"]?.text else { continue }
            if let value = given.parameters[name] {
                scope.parameters[name] = value
            } else if let value = (parameter["value"] ?? parameter["default"])?.text {
                scope.parameters[name] = text(value, scope, at: parameter.span)
            } else {
                scope.parameters[name] = FlowText(expression: "inputs.\(input(of: name))")
            }
        }
        return scope
    }

    private mutating func readExit(_ exit: ForeignValue, _ given: ArgoScope) {
        guard let name = exit.text, let template = templates[name] else {
            notes.fault("there is no template `\(exit.text ?? "")`", at: exit.span)
            return
        }
        let nodes = graph.workflow.nodes
        graph.workflow.nodes = []
        var scope = entryScope(template, given: given)
        // Nodes that may fail do not make the whole fail.
        scope.ended = nodes.filter { $0.keys["on_failure"] == nil }.map(\.id)
        scope.path = [name]
        _ = start(template, name, scope)
        graph.workflow.finally = graph.workflow.nodes
        graph.workflow.nodes = nodes
    }

    // MARK: Inputs and outputs

    private mutating func addInput(_ parameter: ForeignValue) {
        guard let name = parameter["name"]?.text else {
            notes.fault("a parameter needs a `name`", at: parameter.head)
            return
        }
        let input = graph.inputNames.unique(name)
        graph.parameters[name] = input
        var keys: JSONObject = JSONObject()
        keys["type"] = "string"
        if let value = parameter["value"] ?? parameter["default"] {
            keys["default"] = .string(value.text ?? value.json.jsonText())
        } else {
            keys["required"] = true
        }
        if let choices = parameter["enum"] { keys["enum"] = .array(choices.elements.map { .string($0.text ?? "") }) }
        if let help = parameter["description"]?.text { keys["help"] = .string(help) }
        graph.workflow.inputs.append(ImportedWorkflow.Input(name: input, keys: keys))
    }

    private mutating func readArtifacts(_ list: ForeignValue) {
        notes.leftOut(
            "files of the workflow's arguments are left out", at: list.head, help: "declare an input of type `file`")
    }

    /// The input for a parameter of the workflow, made when it is not there.
    mutating func input(of parameter: String) -> String {
        if let name = graph.parameters[parameter] { return name }
        let name = graph.inputNames.unique(parameter)
        graph.parameters[parameter] = name
        graph.workflow.inputs.append(
            ImportedWorkflow.Input(
                name: name,
                keys: JSONObject([.init(key: "type", value: "string"), .init(key: "required", value: true)])))
        return name
    }

    private mutating func addOutputs(_ result: ArgoResult) {
        var names = NameTable()
        for (name, value) in result.parameters.sorted(by: { $0.key < $1.key }) {
            let isList = value.single.map { $0.kind == .list } ?? false
            graph.workflow.outputs[names.unique(name)] = ["type": isList ? "array" : "string", "value": value.template]
        }
        for (name, value) in result.artifacts.sorted(by: { $0.key < $1.key }) {
            graph.workflow.outputs[names.unique(name)] = ["type": "file", "value": value.template]
        }
    }

    // MARK: What is left out

    private mutating func reportMetadata(_ root: ForeignValue) {
        guard let metadata = root["metadata"] else { return }
        if let title = metadata["annotations"]?["workflows.argoproj.io/title"]?.text {
            graph.workflow.title = title.asLiteral
        }
        if let text = metadata["annotations"]?["workflows.argoproj.io/description"]?.text {
            graph.workflow.description = text.asLiteral
        }
    }

    /// Says for each key that is not known that it has no equivalent.
    mutating func reportKeys(_ value: ForeignValue, known: Set<String>, of what: String) {
        for (key, _) in value.pairs where !known.contains(key.name) {
            notes.leftOut("`\(key.name)` of \(what) has no equivalent and is left out", at: key.span)
        }
    }
}
