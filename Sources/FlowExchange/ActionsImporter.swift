// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// Reads workflows of GitHub Actions and of systems with the same form.
struct ActionsImporter {
    /// A job with the node that it becomes.
    struct Job {
        var name: String
        var id: String
        var value: ForeignValue
        var span: SourceSpan
    }

    var notes = ImportNotes()
    var workflow: ImportedWorkflow
    var jobs: [String: Job] = [:]
    /// Environment variables of the whole workflow.
    var variables: Set<String> = []
    private let root: ForeignValue

    static func read(_ root: ForeignValue, bodies: ImportedBodies) -> Imported {
        var importer = ActionsImporter(root)
        importer.readWorkflow()
        importer.workflow.settleReferences(&importer.notes)
        return Imported(workflow: importer.workflow, notes: importer.notes)
    }

    private init(_ root: ForeignValue) {
        self.root = root
        let name = root["name"]?.text
        workflow = ImportedWorkflow(name: NameTable.plain(name ?? "workflow"))
        workflow.title = name?.asLiteral
    }

    private mutating func readWorkflow() {
        guard let list = root["jobs"], list.isMapping else {
            notes.fault("a workflow needs the key `jobs`, a mapping of names to jobs", at: root.head)
            return
        }
        readTriggers()
        for (key, _) in root.pairs
        where !["name", "on", "true", "jobs", "env", "run-name", "defaults"].contains(key.name) {
            notes.leftOut("`\(key.name)` has no equivalent and is left out", at: key.span)
        }
        for (key, value) in root["env"]?.pairs ?? [] {
            workflow.env[key.name] = text(value, ActionsScope()).template
            variables.insert(key.name)
        }
        var names = NameTable()
        var order: [Job] = []
        for (key, value) in list.pairs {
            guard value.isMapping else {
                notes.fault("the job `\(key.name)` is no mapping", at: value.span)
                continue
            }
            let job = Job(name: key.name, id: names.unique(key.name), value: value, span: key.span)
            if jobs[key.name] == nil { order.append(job) }
            jobs[key.name] = job
        }
        if order.isEmpty { notes.fault("there are no jobs", at: list.span) }
        let defaults = root["defaults"]?["run"]
        for job in order { workflow.nodes.append(node(of: job, defaults: defaults)) }
    }

    private mutating func readTriggers() {
        guard let triggers = root["on"] ?? root["true"] else { return }
        var others: [String] = []
        if triggers.isMapping {
            for (key, value) in triggers.pairs {
                guard key.name == "workflow_dispatch" || key.name == "workflow_call" else {
                    others.append(key.name)
                    continue
                }
                for (name, input) in value["inputs"]?.pairs ?? [] { addInput(name.name, input) }
                for (name, _) in value["secrets"]?.pairs ?? [] { addSecret(name.name) }
            }
        } else {
            others = triggers.oneOrMore.compactMap(\.text).filter { !$0.hasPrefix("workflow_") }
        }
        if !others.isEmpty {
            notes.leftOut("the triggers \(others.joined(separator: ", ")) are left out", at: triggers.head)
        }
    }

    private mutating func addInput(_ foreign: String, _ value: ForeignValue) {
        var keys = JSONObject()
        let type = value["type"]?.text ?? "string"
        keys["type"] = type == "boolean" ? "boolean" : type == "number" ? "number" : "string"
        if let fallback = value["default"] {
            keys["default"] = type == "boolean" || type == "number" ? fallback.json : .string(fallback.text ?? "")
        } else if value["required"]?.json == true {
            keys["required"] = true
        } else {
            keys["default"] = type == "boolean" ? false : type == "number" ? 0 : ""
        }
        if let choices = value["options"] { keys["enum"] = .array(choices.elements.map { .string($0.text ?? "") }) }
        if let help = value["description"]?.text { keys["help"] = .string(help) }
        workflow.add(input: NameTable.plain(foreign), keys)
    }

    mutating func addSecret(_ name: String) {
        if !workflow.secrets.contains(name) { workflow.secrets.append(name) }
    }

    // MARK: Jobs

    private mutating func node(of job: Job, defaults: ForeignValue?) -> ImportedNode {
        var node = ImportedNode(job.id, at: job.span, from: "job \(job.name)")
        let value = job.value
        for (key, _) in value.pairs where !Self.known.contains(key.name) {
            notes.leftOut("`\(key.name)` of a job has no equivalent and is left out", at: key.span)
        }
        if let machine = value["runs-on"], !Self.isLinux(machine) {
            notes.leftOut("`runs-on` is left out: the job runs on this machine", at: machine.span)
        }
        var scope = ActionsScope(job: job.name)
        for other in value["needs"]?.oneOrMore ?? [] {
            guard let name = other.text, let found = jobs[name] else {
                notes.fault("there is no job `\(other.text ?? "")`", at: other.span)
                continue
            }
            // A job behind a skipped one is skipped there, while a plain need is met here.
            node.need(found.id, found.value["if"] == nil ? .met : .succeeded)
            scope.needs.append(name)
        }
        if let title = value["name"] {
            let text = text(title, ActionsScope(job: job.name))
            if let constant = text.constant { node.keys["title"] = .string(constant.asLiteral) }
        }
        addMatrix(value, &scope, to: &node)
        addCondition(value, scope, to: &node)
        for (key, variable) in value["env"]?.pairs ?? [] {
            let text = text(variable, scope)
            scope.env[key.name] = text
            node.add(key.name, text.template, to: "env")
        }
        if let uses = value["uses"] {
            notes.leftOut("the workflow `\(uses.text ?? "")` is not read: a placeholder takes its place", at: uses.span)
            node.keys["set"] = placeholder(job)
        } else if let steps = value["steps"], steps.isSequence {
            var script = ActionsScript(
                job: job, steps: steps.elements, scope: scope, defaults: value["defaults"]?["run"] ?? defaults)
            if !script.fill(&node, &self) { node.keys["set"] = placeholder(job) }
        } else {
            notes.fault("the job `\(job.name)` needs `steps`", at: job.span)
        }
        if let minutes = value["timeout-minutes"] {
            if let count = minutes.json.numberValue, count > 0, count < 1_000_000 {
                node.keys["timeout"] = .string(count == count.rounded() ? "\(Int64(count))m" : "\(count)m")
            } else {
                notes.leftOut("a time limit that is no constant is left out", at: minutes.span)
            }
        }
        if let go = value["continue-on-error"] {
            if go.json == true {
                node.keys["on_failure"] = "continue"
            } else if go.json != false {
                notes.leftOut("`continue-on-error` that is no constant is left out", at: go.span)
            }
        }
        return node
    }

    private static let known: Set<String> = [
        "name", "needs", "if", "env", "steps", "uses", "with", "secrets", "strategy", "runs-on", "outputs",
        "timeout-minutes", "continue-on-error", "defaults",
    ]

    private static func isLinux(_ machine: ForeignValue) -> Bool {
        machine.oneOrMore.contains { value in
            let text = value.text?.lowercased() ?? ""
            return ["ubuntu", "linux", "self-hosted", "${{"].contains { text.contains($0) }
        }
    }

    private func placeholder(_ job: Job) -> JSONValue {
        var keys = JSONObject()
        keys["job"] = .string(job.name.asLiteral)
        for (key, _) in job.value["outputs"]?.pairs ?? [] { keys[NameTable.plain(key.name)] = "" }
        return .object(keys)
    }

    // MARK: Conditions

    private mutating func addCondition(_ job: ForeignValue, _ scope: ActionsScope, to node: inout ImportedNode) {
        guard let condition = job["if"] else { return }
        let written = Self.unwrapped(condition.text ?? "")
        let calls = ActionsScope.statusCalls(in: written)
        if calls.contains("always") || calls.contains("failure") || calls.contains("cancelled") {
            for place in node.needs.indices { node.needs[place].condition = .any }
        }
        // A job that may fail counts as one that did not.
        let judged = scope.needs.compactMap { jobs[$0] }.filter { $0.value["continue-on-error"]?.json != true }
        guard let text = self.condition(written, scope, judged.map(\.id), at: condition.span) else { return }
        if text == "true" { return }
        var keys = JSONObject()
        keys["when"] = .string(FlowText.unwrapped(text))
        for member in node.keys { keys[member.key] = member.value }
        node.keys = keys
    }

    /// The inside of `${{ … }}`, or the text.
    static func unwrapped(_ text: String) -> String {
        let trimmed = text.trimmed
        guard trimmed.hasPrefix("${{"), trimmed.hasSuffix("}}") else { return trimmed }
        let inner = trimmed.dropFirst(3).dropLast(2)
        return inner.contains("${{") ? trimmed : String(inner).trimmed
    }

    /// A condition in flow's terms; nil, and reported, when it has no equivalent.
    mutating func condition(
        _ text: String, _ scope: ActionsScope, _ needs: [String], at span: SourceSpan
    ) -> String? {
        do {
            let expression = try ForeignExpressionParser.parse(text)
            let values = values(in: expression, scope)
            let writer = ForeignCondition(name: { values[$0] }) { name, arguments in
                switch name.lowercased() {
                case "always", "success": FlowText(expression: "true", .boolean)
                case "cancelled": FlowText(expression: "false", .boolean)
                case "failure":
                    FlowText(
                        expression: needs.isEmpty
                            ? "false" : "(\(needs.map { "nodes.\($0).status == 'failed'" }.joined(separator: " || ")))",
                        .boolean)
                default: ActionsScope.call(name, arguments)
                }
            }
            return Self.simplified(try writer.boolean(expression))
        } catch let fault as ForeignExpressionParser.Fault {
            notes.leftOut("this condition is left out: \(fault.message)", at: span)
        } catch let fault as ForeignCondition.Fault {
            notes.leftOut("this condition is left out: \(fault.message) has no equivalent", at: span)
        } catch {}
        return nil
    }

    /// Without the parts that are always true.
    private static func simplified(_ text: String) -> String {
        var text = text.replacing("!(false)", with: "true")
        for part in ["true && "] where text.hasPrefix(part) { text = String(text.dropFirst(part.count)) }
        if text.hasSuffix(" && true") { text = String(text.dropLast(8)) }
        return text
    }
}
