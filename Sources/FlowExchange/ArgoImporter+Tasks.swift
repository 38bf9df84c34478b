// SPDX-License-Identifier: Apache-2.0

import FlowCore

extension ArgoImporter {
    /// The tasks of a DAG or the steps of a list, with what each waits for.
    private mutating func tasks(of template: ForeignValue) -> [ArgoTask] {
        var tasks: [ArgoTask] = []
        var names: Set<String> = []
        func name(_ value: ForeignValue, _ notes: inout ImportNotes) -> String? {
            guard let name = value["name"]?.text else {
                notes.fault("a task needs a `name`", at: value.head)
                return nil
            }
            if names.insert(name).inserted { return name }
            notes.fault("there are two tasks `\(name)`", at: (value["name"] ?? value).span)
            return nil
        }
        if let dag = template["dag"] {
            for value in dag["tasks"]?.elements ?? [] {
                if let name = name(value, &notes) { tasks.append(ArgoTask(name: name, value: value)) }
            }
            let known = Set(tasks.map(\.name))
            for place in tasks.indices { link(&tasks[place], known) }
            if let target = dag["target"] { notes.leftOut("`target` is left out: all tasks run", at: target.span) }
            if let failFast = dag["failFast"], failFast.json == true {
                notes.leftOutOnce("`failFast` is left out: other paths go on to their end", at: failFast.span)
            }
            return tasks
        }
        var previous: [String] = []
        for group in template["steps"]?.elements ?? [] {
            var current: [String] = []
            for value in group.isSequence ? group.elements : (group["steps"]?.elements ?? [group]) {
                guard let name = name(value, &notes) else { continue }
                tasks.append(
                    ArgoTask(name: name, value: value, needs: previous.map { ImportedNode.Need(node: $0) }))
                current.append(name)
            }
            if !current.isEmpty { previous = current }
        }
        return tasks
    }

    private mutating func link(_ task: inout ArgoTask, _ known: Set<String>) {
        for other in task.value["dependencies"]?.elements ?? [] {
            guard let name = other.text, known.contains(name) else {
                notes.fault("there is no task `\(other.text ?? "")`", at: other.span)
                continue
            }
            task.needs.append(ImportedNode.Need(node: name))
        }
        guard let depends = task.value["depends"], let text = depends.text else { return }
        if let both = task.value["dependencies"] {
            notes.fault("`depends` and `dependencies` cannot stand together", at: both.span)
        }
        let logic: ArgoDepends
        do { logic = try ArgoDepends(text) } catch {
            notes.fault("`depends` cannot be read: \(error.message)", at: depends.span)
            return
        }
        for name in logic.names where !known.contains(name) {
            notes.fault("there is no task `\(name)`", at: depends.span)
        }
        guard logic.names.allSatisfy({ known.contains($0) }) else { return }
        if let needs = logic.needs {
            task.needs = needs
        } else {
            task.needs = logic.names.map { ImportedNode.Need(node: $0, condition: .any) }
            task.when = logic.condition
            task.asked = logic.names
            notes.approximated(
                "`depends` is no plain conjunction: `\(task.name)` waits for all of it and is skipped by a `when`",
                at: depends.span)
        }
    }

    /// Puts the tasks of a template into the graph.
    mutating func inline(_ template: ForeignValue, _ scope: ArgoScope, prefix: String) -> ArgoResult {
        reportKeys(
            template,
            known: ["name", "dag", "steps", "inputs", "outputs", "retryStrategy", "activeDeadlineSeconds", "metadata"],
            of: "a template")
        let tasks = tasks(of: template)
        let places = Dictionary(tasks.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        var scope = scope
        var groups = [[ImportedNode]](repeating: [], count: tasks.count)
        let first = graph.workflow.nodes.count
        for place in order(tasks, places) {
            let task = tasks[place]
            let id = graph.names.unique(prefix.isEmpty ? task.name : "\(prefix)_\(task.name)")
            let others = tasks.filter { other in other.needs.contains { $0.node == task.name } }
            scope.tasks[task.name] = run(task, scope, id: id, usedBy: others)
            groups[place] = Array(graph.workflow.nodes[first...])
            graph.workflow.nodes.removeSubrange(first...)
        }
        graph.workflow.nodes += groups.flatMap(\.self)
        var result = ArgoResult()
        let waitedFor = Set(tasks.flatMap { $0.needs.map(\.node) })
        for task in tasks {
            let inner = scope.tasks[task.name] ?? ArgoResult()
            if task.needs.isEmpty { result.entries += inner.entries }
            if !waitedFor.contains(task.name) { result.exits += inner.exits }
        }
        for parameter in template["outputs"]?["parameters"]?.elements ?? [] {
            guard let name = parameter["name"]?.text else { continue }
            let from = parameter["valueFrom"]?["parameter"] ?? parameter["value"]
            if let from, let written = from.text {
                result.parameters[name] = text(written, scope, at: from.span)
            } else {
                notes.leftOut("the output `\(name)` is left out: it comes from no task", at: parameter.head)
            }
        }
        for artifact in template["outputs"]?["artifacts"]?.elements ?? [] {
            guard let name = artifact["name"]?.text, let from = artifact["from"], let written = from.text else {
                continue
            }
            let value = text(written, scope, at: from.span)
            if value.single != nil { result.artifacts[name] = value }
        }
        return result
    }

    /// The tasks, each after those that it waits for. A cycle is a fault.
    private mutating func order(_ tasks: [ArgoTask], _ places: [String: Int]) -> [Int] {
        var waiting = tasks.map { Set($0.needs.map(\.node)).count }
        var followers = [[Int]](repeating: [], count: tasks.count)
        for (place, task) in tasks.enumerated() {
            for name in Set(task.needs.map(\.node)) { if let other = places[name] { followers[other].append(place) } }
        }
        var order = waiting.indices.filter { waiting[$0] == 0 }
        var next = 0
        while next < order.count {
            for follower in followers[order[next]].sorted() {
                waiting[follower] -= 1
                if waiting[follower] == 0 { order.append(follower) }
            }
            next += 1
        }
        if order.count < tasks.count {
            let left = tasks.indices.filter { waiting[$0] > 0 }
            let names = left.prefix(8).map { "`\(tasks[$0].name)`" }.joined(separator: ", ")
            notes.fault("these tasks wait for each other: \(names)", at: tasks[left[0]].value.head)
        }
        return order
    }

    private mutating func run(
        _ task: ArgoTask, _ scope: ArgoScope, id: String, usedBy others: [ArgoTask]
    ) -> ArgoResult {
        guard graph.workflow.nodes.count < Self.largestGraph else {
            if graph.workflow.nodes.count == Self.largestGraph {
                notes.fault("there are more than \(Self.largestGraph) tasks", at: task.value.head)
            }
            return ArgoResult(entries: [id], exits: [id])
        }
        reportKeys(
            task.value,
            known: [
                "name", "template", "inline", "templateRef", "arguments", "dependencies", "depends", "when",
                "withItems",
                "withParam", "withSequence", "continueOn",
            ], of: "a task")
        var task = task
        if let when = task.when {
            // The condition asks for statuses of tasks; by now their nodes are known.
            task.when = task.asked.sorted { $0.count > $1.count }.reduce(when) { text, name in
                text.replacing("{\(name)}", with: scope.tasks[name]?.exits.first ?? NameTable.plain(name))
            }
        }
        guard let (template, name) = template(of: task.value) else {
            return placeholder(task, scope, id: id)
        }
        guard !scope.path.contains(name), scope.path.count < 12 else {
            notes.leftOut(
                "the template `\(name)` calls itself: a placeholder takes its place",
                at: (task.value["template"] ?? task.value).span)
            return placeholder(task, scope, id: id)
        }
        let isGraph = template["dag"] != nil || template["steps"] != nil
        let wantsResult = source.contains("\(task.name).outputs.result")
        let fails = others.contains { other in
            other.needs.contains { $0.node == task.name && [.failed, .done].contains($0.condition) }
                || other.when?.contains("nodes.{\(task.name)}.status == 'failed'") == true
        }
        let isPlain = others.allSatisfy { other in
            other.needs.allSatisfy { $0.node != task.name || $0.condition == .met }
        }
        let own = ["when", "withItems", "withParam", "withSequence", "continueOn"]
        let limits = ["retryStrategy", "activeDeadlineSeconds"]
        if isGraph, isPlain, task.when == nil, own.allSatisfy({ task.value[$0] == nil }),
            limits.allSatisfy({ template[$0] == nil })
        {
            var inner = arguments(of: task.value, for: template, scope)
            inner.path = scope.path + [name]
            inner.ended = scope.ended
            let first = graph.workflow.nodes.count
            let result = inline(template, inner, prefix: id)
            for place in first..<graph.workflow.nodes.count
            where result.entries.contains(graph.workflow.nodes[place].id) {
                addNeeds(of: task, scope, to: &graph.workflow.nodes[place])
            }
            return result
        }
        var inner = scope
        inner.path = scope.path + [name]
        if isGraph { return child(template, name, task, inner, id: id, mayFail: fails) }
        return leaf(template, task, inner, id: id, wantsResult: wantsResult, mayFail: fails)
    }

    func addNeeds(of task: ArgoTask, _ scope: ArgoScope, to node: inout ImportedNode) {
        for need in task.needs {
            for exit in scope.tasks[need.node]?.exits ?? [] { node.need(exit, need.condition) }
        }
    }

    private mutating func template(of task: ForeignValue) -> (ForeignValue, String)? {
        if let inline = task["inline"], inline.isMapping { return (inline, task["name"]?.text ?? "inline") }
        if let reference = task["templateRef"] {
            notes.leftOut(
                "a template of another workflow is not read: a placeholder takes its place", at: reference.head)
            return nil
        }
        guard let wanted = task["template"], let name = wanted.text else {
            notes.fault("a task needs a `template`", at: task.head)
            return nil
        }
        if let template = templates[name] { return (template, name) }
        notes.fault("there is no template `\(name)`", at: wanted.span)
        return nil
    }

    /// What the parameters and artifacts of a template are for a task.
    mutating func arguments(of task: ForeignValue, for template: ForeignValue, _ scope: ArgoScope) -> ArgoScope {
        var inner = ArgoScope()
        inner.ended = scope.ended
        var given: [String: ForeignValue] = [:]
        for argument in task["arguments"]?["parameters"]?.elements ?? [] {
            if let name = argument["name"]?.text { given[name] = argument }
        }
        for parameter in template["inputs"]?["parameters"]?.elements ?? [] {
            guard let name = parameter["name"]?.text else { continue }
            if let argument = given[name], let value = argument["value"] {
                inner.parameters[name] = text(value.text ?? value.json.jsonText(), scope, at: value.span)
            } else if let value = parameter["value"] ?? parameter["default"] {
                inner.parameters[name] = text(value.text ?? value.json.jsonText(), scope, at: value.span)
            } else if given[name]?["value"] == nil {
                notes.approximated("the parameter `\(name)` has no value: it is empty", at: (given[name] ?? task).head)
                inner.parameters[name] = FlowText("")
            }
        }
        let files =
            (template["inputs"]?["artifacts"]?.elements ?? []) + (task["arguments"]?["artifacts"]?.elements ?? [])
        for artifact in files {
            guard let name = artifact["name"]?.text else { continue }
            if let from = artifact["from"], let written = from.text {
                let value = text(written, scope, at: from.span)
                if let single = value.single, single.kind != .list { inner.artifacts[name] = value }
            } else if let data = artifact["raw"]?["data"] {
                inner.artifacts[name] = FlowText("raw:") + text(data.text ?? "", scope, at: data.span)
            }
        }
        return inner
    }
}

extension FlowText {
    static func + (left: FlowText, right: FlowText) -> FlowText {
        var result = left
        result.pieces += right.pieces
        return result
    }
}
