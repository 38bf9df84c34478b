// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// Reads WfFormat 1.x: the graph of a workflow that ran, with what was measured.
struct WfFormatImporter {
    private struct Task {
        var id: String
        var name: String
        var value: ForeignValue
        var span: SourceSpan
    }

    private let root: ForeignValue
    private let bodies: ImportedBodies
    private var notes = ImportNotes()
    private var tasks: [Task] = []
    private var indexes: [String: Int] = [:]

    static func read(_ root: ForeignValue, bodies: ImportedBodies) -> Imported {
        var importer = WfFormatImporter(root: root, bodies: bodies)
        let workflow = importer.workflow()
        return Imported(workflow: workflow, notes: importer.notes)
    }

    private init(root: ForeignValue, bodies: ImportedBodies) {
        self.root = root
        self.bodies = bodies
    }

    private mutating func workflow() -> ImportedWorkflow {
        let title = root["name"]?.text
        var workflow = ImportedWorkflow(name: NameTable.plain(title ?? "workflow"))
        workflow.title = title?.asLiteral
        workflow.description = root["description"]?.text?.asLiteral
        guard let body = root["workflow"], body.isMapping else {
            notes.fault("WfFormat needs the key `workflow`", at: root.head)
            return workflow
        }
        // From 1.5 on the graph and the measurements are apart; before, tasks stand under `workflow`.
        guard let list = body["specification"]?["tasks"] ?? body["tasks"] ?? body["jobs"], list.isSequence else {
            notes.fault("there is no list of tasks: neither `specification.tasks` nor `tasks`", at: body.head)
            return workflow
        }
        collect(list.elements)
        if tasks.isEmpty { notes.fault("there are no tasks", at: list.span) }
        let measured = measurements(body)
        var names = NameTable()
        var nodes = tasks.map { ImportedNode(names.unique($0.id), at: $0.span) }
        link(&nodes)
        for (place, task) in tasks.enumerated() { fill(&nodes[place], task, measured[task.id] ?? task.value) }
        workflow.nodes = nodes
        for (node, task) in zip(nodes, tasks) {
            if let seconds = Self.seconds(measured[task.id] ?? task.value) { workflow.times.append((node.id, seconds)) }
        }
        report(body)
        return workflow
    }

    private mutating func collect(_ list: [ForeignValue]) {
        var named: [String: Int] = [:]
        for value in list {
            guard let id = (value["id"] ?? value["name"])?.text else {
                notes.fault("a task needs an `id` or a `name`", at: value.head)
                continue
            }
            if let first = indexes[id] {
                let earlier = tasks[first].span
                notes.fault("there are two tasks `\(id)`", at: (value["id"] ?? value).span)
                notes.fault("the other task `\(id)`", at: earlier)
                continue
            }
            let name = value["name"]?.text ?? id
            indexes[id] = tasks.count
            if named[name] == nil { named[name] = tasks.count }
            tasks.append(Task(id: id, name: name, value: value, span: (value["id"] ?? value["name"] ?? value).span))
        }
        // Before 1.4 parents and children are names.
        indexes.merge(named) { id, _ in id }
    }

    private mutating func link(_ nodes: inout [ImportedNode]) {
        var edges: Set<SIMD2<Int>> = []
        for (place, task) in tasks.enumerated() {
            for (key, isParent) in [("parents", true), ("children", false)] {
                for other in task.value[key]?.elements ?? [] {
                    guard let name = other.text, let found = indexes[name] else {
                        notes.fault("there is no task `\(other.text ?? "")`", at: other.span)
                        continue
                    }
                    let (parent, child) = isParent ? (found, place) : (place, found)
                    guard edges.insert(SIMD2(parent, child)).inserted else { continue }
                    nodes[child].needs.append(ImportedNode.Need(node: nodes[parent].id))
                }
            }
        }
    }

    private func measurements(_ body: ForeignValue) -> [String: ForeignValue] {
        var found: [String: ForeignValue] = [:]
        for value in body["execution"]?["tasks"]?.elements ?? [] {
            if let id = value["id"]?.text { found[id] = value }
        }
        return found
    }

    private mutating func fill(_ node: inout ImportedNode, _ task: Task, _ measured: ForeignValue) {
        if node.id != task.id { node.keys["title"] = .string(task.id.asLiteral) }
        let seconds = Self.seconds(measured)
        if let seconds { node.keys["description"] = .string("took \(Self.number(seconds)) s") }
        let command = measured["command"]
        let program = command?["program"]?.text
        let arguments = command?["arguments"]?.elements.map { $0.text ?? "" } ?? []
        if bodies == .commands {
            if let program, !program.trimmed.isEmpty {
                let isScript = arguments.isEmpty && program.unicodeScalars.contains { $0.properties.isWhitespace }
                node.keys["run"] =
                    isScript
                    ? .string(program.asLiteral) : .array(([program] + arguments).map { .string($0.asLiteral) })
                return
            }
            notes.leftOut("task `\(task.id)` has no command: a stand-in takes its place", at: task.span)
        }
        var values = JSONObject()
        values["task"] = .string(task.name.asLiteral)
        if let program {
            let words = ([program] + arguments).joined(separator: " ")
            values["command"] = .string(Self.clipped(words).asLiteral)
        }
        if let seconds { values["seconds"] = .number(seconds) }
        node.keys["set"] = .object(values)
    }

    private static func seconds(_ measured: ForeignValue) -> Double? {
        let seconds = (measured["runtimeInSeconds"] ?? measured["runtime"])?.json.numberValue
        return seconds.flatMap { $0.isFinite && $0 >= 0 && $0 < 1e9 ? $0 : nil }
    }

    /// A command as a record: the first 400 characters.
    private static func clipped(_ text: String) -> String {
        text.count > 400 ? text.prefix(400) + " …" : text
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
    }

    private mutating func report(_ body: ForeignValue) {
        if bodies != .commands {
            let place = (body["specification"]?["tasks"] ?? body["tasks"] ?? body).head
            notes.approximated(
                "stand-ins take the place of \(tasks.count) programs", at: place,
                help: "--commands writes the recorded command lines")
        }
        if let files = body["specification"]?["files"] {
            notes.leftOut("\(files.elements.count) files with their sizes are left out", at: files.head)
        } else if let files = tasks.lazy.compactMap({ $0.value["files"] }).first {
            notes.leftOutOnce("files with their sizes are left out", at: files.head)
        }
        let machines = body["execution"]?["machines"] ?? body["machines"]
        if let machines, machines.isSequence {
            notes.leftOut("what is known of \(machines.elements.count) machines is left out", at: machines.head)
        }
    }
}
