// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// Reads playbooks of WrenchAI: steps of seven types, done by agents.
struct PlaybookImporter {
    /// What a step became.
    struct Part {
        var entries: [String]
        /// The node with the step's `text`.
        var exit: String
    }

    var notes = ImportNotes()
    var workflow = ImportedWorkflow(name: "playbook")
    var names = NameTable()
    var nodes: [ImportedNode] = []
    var parameters: [String: String] = [:]
    /// The exits of steps by their ids.
    var exits: [String: String] = [:]
    private var agents: [String: String] = [:]
    private var agentNames = NameTable()
    let bodies: ImportedBodies

    static func read(_ root: ForeignValue, bodies: ImportedBodies) -> Imported {
        var importer = PlaybookImporter(bodies: bodies)
        importer.readPlaybook(root)
        importer.workflow.nodes = importer.nodes
        importer.workflow.settleReferences(&importer.notes)
        let files = bodies == .standIn ? [] : importer.agentFiles()
        return Imported(workflow: importer.workflow, files: files, notes: importer.notes)
    }

    private init(bodies: ImportedBodies) { self.bodies = bodies }

    private mutating func readPlaybook(_ root: ForeignValue) {
        let steps: [ForeignValue]
        let head: ForeignValue
        if root.isSequence {
            // The first step may carry what else stands at the top.
            let all = root.elements
            head = all.first?["metadata"] ?? root
            steps = all.filter { $0["metadata"] == nil || $0["step_id"] != nil }
        } else {
            head = root["metadata"] ?? root
            steps = (root["steps"] ?? root["workflow"])?.elements ?? []
        }
        if let name = (head["name"] ?? root["name"])?.text {
            workflow.name = NameTable.plain(name)
            workflow.title = name.asLiteral
        }
        workflow.description = head["description"]?.text?.asLiteral
        readHead(head)
        guard !steps.isEmpty else {
            notes.fault("a playbook needs `steps`", at: root.head)
            return
        }
        var ids: [String: Int] = [:]
        var keys: [String] = []
        for (place, step) in steps.enumerated() {
            let id = step["step_id"]?.text ?? "\(place + 1)"
            if ids[id] != nil { notes.fault("there are two steps `\(id)`", at: (step["step_id"] ?? step).head) }
            ids[id] = place
            keys.append(id)
        }
        let before = predecessors(steps, ids)
        for (place, step) in steps.enumerated() {
            let waits = before[place].compactMap { exits[keys[$0]] }
            let first = nodes.count
            guard let part = read(step, named: keys[place], after: waits) else { continue }
            exits[keys[place]] = part.exit
            for index in first..<nodes.count where part.entries.contains(nodes[index].id) {
                for other in waits { nodes[index].need(other) }
            }
        }
        for id in exits.values.sorted() where !nodes.contains(where: { $0.needs.contains { $0.node == id } }) {
            workflow.outputs[exits.count == 1 ? "text" : id] = [
                "type": "text", "value": .string("${{ \(FlowText.Reference.output("text", of: id)) }}"),
            ]
        }
    }

    private mutating func readHead(_ head: ForeignValue) {
        for parameter in head["parameters"]?.elements ?? [] {
            guard let name = parameter["name"]?.text else {
                notes.fault("a parameter needs a `name`", at: parameter.head)
                continue
            }
            let type: JSONValue =
                switch parameter["type"]?.text {
                case "integer", "int": "integer"
                case "number", "float": "number"
                case "boolean", "bool": "boolean"
                case "array", "list": "array"
                case "object", "dict": "object"
                case "text": "text"
                default: "string"
                }
            let input = NameTable.plain(name)
            var keys = JSONObject()
            keys["type"] = type
            if let fallback = parameter["default"] {
                keys["default"] = type == "string" ? .string(fallback.text ?? "") : fallback.json
            } else if parameter["required"]?.json == true {
                keys["required"] = true
            } else if type == "string" {
                keys["default"] = ""
            }
            if let help = parameter["description"]?.text { keys["help"] = .string(help) }
            parameters[name] = input
            workflow.add(input: input, keys)
        }
        for (key, value) in head["agent_llms"]?.pairs ?? [] {
            notes.leftOutOnce(
                "the model `\(value.text ?? "")` of `\(key.name)` is left out", at: value.span,
                help: "name a model of flow under `model:` in the agent's file")
        }
        for key in ["tools", "tools_allowed", "mcp_servers"] {
            if let value = head[key] { notes.leftOut("`\(key)` is left out: agents have no tools yet", at: value.head) }
        }
    }

    /// For each step those that it comes after: by `next`, else the one before.
    private mutating func predecessors(_ steps: [ForeignValue], _ ids: [String: Int]) -> [[Int]] {
        var before = [[Int]](repeating: [], count: steps.count)
        for (place, step) in steps.enumerated() {
            let isWritten = step.pairs.contains { $0.key.name == "next" }
            guard isWritten else {
                if place + 1 < steps.count { before[place + 1].append(place) }
                continue
            }
            for next in step["next"]?.oneOrMore ?? [] {
                guard let name = next.text, !["end", "null", "done"].contains(name.lowercased()) else { continue }
                guard let target = ids[name] else {
                    notes.fault("there is no step `\(name)`", at: next.span)
                    continue
                }
                if target <= place {
                    notes.leftOut("a way back to `\(name)` is left out", at: next.span)
                } else if !before[target].contains(place) {
                    before[target].append(place)
                }
            }
        }
        return before
    }

    private mutating func read(_ step: ForeignValue, named id: String, after waits: [String]) -> Part? {
        let name = names.unique(id.first?.isNumber == true ? "step_\(id)" : id)
        var context = PlaybookStep(id: name, key: id, value: step, waits: waits)
        if let tools = step["tools"] {
            notes.leftOutOnce("`tools` of steps are left out: agents have no tools yet", at: tools.head)
        }
        context.comment = "step \(id)" + (step["type"]?.text.map { " (\($0))" } ?? "")
        switch step["type"]?.text ?? "standard" {
        case "standard": return standard(context)
        case "work_in_parallel": return parallel(context)
        case "self_feedback_loop": return loop(context, isPartner: false)
        case "partner_feedback_loop": return loop(context, isPartner: true)
        case "process": return process(context)
        case "versus": return versus(context)
        case "handoff": return handoff(context)
        case let type:
            notes.fault(
                "there is no type of step `\(type)`", at: (step["type"] ?? step).head,
                help: [
                    "types: standard, work_in_parallel, self_feedback_loop, partner_feedback_loop, process, versus, handoff"
                ])
            return nil
        }
    }

    // MARK: Agents

    /// The name of an agent's file.
    mutating func agent(_ foreign: String?) -> String {
        let foreign = foreign ?? "agent"
        if let known = agents[foreign] { return known }
        let name = agentNames.unique(Self.snake(foreign))
        agents[foreign] = name
        return name
    }

    /// `CodeWriter` as `code_writer`.
    private static func snake(_ text: String) -> String {
        var result = ""
        var wasLower = false
        for letter in text {
            if letter.isUppercase, wasLower { result += "_" }
            wasLower = letter.isLowercase
            result.append(letter)
        }
        return result
    }

    private func agentFiles() -> [ExchangedFile] {
        agents.sorted { $0.value < $1.value }.map { foreign, name in
            var writer = YAMLWriter()
            writer.comment("The agent \(foreign) of the playbook \(workflow.title ?? workflow.name)", indent: 0)
            writer.pair("agent", 1, indent: 0)
            writer.pair("name", .string(name), indent: 0)
            writer.pair("role", .string(foreign), indent: 0)
            writer.pair(
                "instructions", .string("You are \(foreign). Do what is asked, and answer with the result alone."),
                indent: 0)
            return ExchangedFile(path: "agents/\(name).yaml", text: writer.text)
        }
    }
}

/// A step while it is read.
struct PlaybookStep {
    var id: String
    var key: String
    var value: ForeignValue
    var waits: [String]
    var comment = ""
}
