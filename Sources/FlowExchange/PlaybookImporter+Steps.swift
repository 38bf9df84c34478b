// SPDX-License-Identifier: Apache-2.0

import FlowCore

extension PlaybookImporter {
    /// One agent does one thing.
    mutating func standard(_ step: PlaybookStep) -> Part {
        let value = step.value
        add(step.id, step, agent: value["agent"]?.text, operation: value["operation"]?.text, reads: step.waits)
        return Part(entries: [step.id], exit: step.id)
    }

    /// Several agents at the same time, and a node that puts their answers together.
    mutating func parallel(_ step: PlaybookStep) -> Part {
        let list = step.value["agents"]?.elements ?? []
        if list.isEmpty { notes.fault("`work_in_parallel` needs `agents`", at: step.value.head) }
        let spread = step.value["input_distribution"]
        let kind = spread?.text ?? (spread?["type"] ?? spread?["strategy"] ?? spread?["method"])?.text ?? "duplicate"
        let field = spread?["field"]?.text
        if kind == "round_robin" {
            notes.approximated(
                "`round_robin` is a split into parts of equal length", at: spread?.head ?? step.value.head)
        }
        var entries: [String] = []
        for (place, entry) in list.enumerated() {
            let (agent, operation) = Self.pair(entry)
            let id = names.unique("\(step.id)_\(agent ?? "agent")")
            var share: String?
            if kind != "duplicate" {
                if let field, let input = parameters[field], isList(input) {
                    let whole = "inputs.\(input)"
                    func edge(_ part: Int) -> String { "round(length(\(whole)) * \(part) / \(list.count))" }
                    share = "to_json(slice(\(whole), \(edge(place)), \(edge(place + 1))))"
                } else if place == 0 {
                    notes.approximated(
                        "`\(kind)` needs a parameter that is a list: each agent is given all",
                        at: spread?.head ?? step.value.head)
                }
            }
            add(id, step, agent: agent, operation: operation, reads: step.waits, share: share, label: agent)
            entries.append(id)
        }
        let together = step.value["output_aggregation"]
        let how = together?.text ?? (together?["type"] ?? together?["strategy"])?.text ?? "merge"
        let texts = entries.map { FlowText.Reference.output("text", of: $0) }
        var list2 = "[\(texts.joined(separator: ", "))]"
        if how == "filter" { list2 = "unique(filter(\(list2), it != ''))" }
        join(step, after: entries, text: "join(\(list2), '\\n\\n')")
        return Part(entries: entries, exit: step.id)
    }

    /// Rounds of operations, until a condition holds or the rounds are over.
    mutating func loop(_ step: PlaybookStep, isPartner: Bool) -> Part {
        let value = step.value
        let written = value["iterations"]?.json.integerValue
        if written == nil, let rounds = value["iterations"] {
            notes.approximated("a number of rounds that is no constant is 3", at: rounds.span)
        }
        if let written, written > 20 {
            notes.approximated("more than 20 rounds are 20", at: value["iterations"]?.span ?? step.value.head)
        }
        let rounds = Int(Swift.min(Swift.max(written ?? 3, 1), 20))
        var operations: [(agent: String?, name: String?)] = []
        var creators: Set<Int> = []
        for operation in value["operations"]?.elements ?? [] {
            let role = operation["role"]?.text
            let who = isPartner ? value["agents"]?[role ?? "creator"]?.text ?? role : value["agent"]?.text
            if role == "creator" { creators.insert(operations.count) }
            operations.append((who, operation.text ?? (operation["name"] ?? operation["operation"])?.text))
        }
        if operations.isEmpty {
            operations = isPartner ? partners(value) : [(value["agent"]?.text, value["operation"]?.text)]
        }
        if isPartner, creators.isEmpty { creators = [0] }
        let work = isPartner ? creators.max() : operations.count - 1
        let condition = value["termination_condition"].flatMap { read(condition: $0) }
        var last: String?
        var finals: [String] = []
        // Of partners the work counts, not the criticism of it.
        var works: [String] = []
        var first = step.id
        for round in 1...rounds {
            for (place, operation) in operations.enumerated() {
                let id = names.unique("\(step.id)_\(round)_\(operation.name ?? "work")")
                if last == nil { first = id }
                let isEnd = place == operations.count - 1
                add(
                    id, step, agent: operation.agent, operation: operation.name, reads: last.map { [$0] } ?? step.waits,
                    fields: isEnd ? condition?.fields ?? [:] : [:], label: "round \(round)")
                if let last { nodes[nodes.count - 1].need(last) }
                if round > 1, place == 0, let condition, let ended = finals.last,
                    let test = condition.text(of: ended, isDoubtful: round > 2, self)
                {
                    when(round > 2 ? "nodes.\(ended).status == 'succeeded' && !(\(test))" : "!(\(test))")
                } else if round > 1, condition != nil, let last {
                    if place > 0 { when("nodes.\(last).status == 'succeeded'") }
                }
                last = id
                if isEnd { finals.append(id) }
                if place == work { works.append(id) }
            }
        }
        let texts = works.reversed().map { "nodes.\($0).outputs.text" }
        let isOpen = condition != nil && finals.count > 1
        join(
            step, after: isOpen ? finals + works.filter { !finals.contains($0) } : Array(finals.suffix(1)),
            text: isOpen ? texts.joined(separator: " ?? ") : texts.first ?? "''")
        return Part(entries: [first], exit: step.id)
    }

    private func partners(_ value: ForeignValue) -> [(agent: String?, name: String?)] {
        [(value["agents"]?["creator"]?.text, "create"), (value["agents"]?["reviewer"]?.text, "review")]
    }

    /// Operations one after another, each behind the condition of the one before.
    mutating func process(_ step: PlaybookStep) -> Part {
        let operations = step.value["process"]?.elements ?? []
        if operations.isEmpty { notes.fault("`process` needs `process`, a list of operations", at: step.value.head) }
        var last: String?
        var test: String?
        var first = step.id
        var reads = step.waits
        var given: String?
        if let source = step.value["input"]?["source"]?.text {
            if let input = parameters[source] {
                given = "to_string(inputs.\(input))"
            } else if let exit = exits[source] {
                reads = [exit]
            }
        }
        for (place, operation) in operations.enumerated() {
            let name = (operation["operation"] ?? operation["name"])?.text
            let id = names.unique("\(step.id)_\(place + 1)_\(name ?? "work")")
            let condition = operation["condition"].flatMap { read(condition: $0) }
            add(
                id, step, agent: step.value["agent"]?.text, operation: name, reads: last.map { [$0] } ?? reads,
                share: place == 0 ? given : nil, fields: condition?.fields ?? [:], label: "operation \(place + 1)")
            if let last {
                nodes[nodes.count - 1].need(last)
                let isOpen = nodes.first { $0.id == last }?.keys["when"] != nil
                let tests = (isOpen ? ["nodes.\(last).status == 'succeeded'"] : []) + (test.map { [$0] } ?? [])
                if !tests.isEmpty {
                    when(tests.map { tests.count > 1 && $0.contains("||") ? "(\($0))" : $0 }.joined(separator: " && "))
                }
            } else {
                first = id
                for other in reads where !step.waits.contains(other) { nodes[nodes.count - 1].need(other) }
            }
            let isDoubtful = nodes.last?.keys["when"] != nil
            test = condition?.text(of: id, isDoubtful: isDoubtful, self)
            if let action = operation["failure_action"] {
                notes.approximated(
                    "`failure_action: \(action.text ?? "")` is left out: what comes after is skipped when the condition is false",
                    at: action.span)
            }
            last = id
        }
        if let destination = step.value["output"]?["destination"]?.text {
            nodes.indices.last.map { nodes[$0].comments.append("its answer was for \(destination)") }
        }
        guard let last else { return Part(entries: [], exit: step.id) }
        join(step, after: [last], text: "nodes.\(last).outputs.text ?? ''")
        if let test { when(test) }
        return Part(entries: [first], exit: step.id)
    }

    /// Competitors side by side, and a judge.
    mutating func versus(_ step: PlaybookStep) -> Part {
        var entries: [String] = []
        var labels: [String] = []
        for entry in step.value["competitors"]?.elements ?? [] {
            let (agent, operation) = Self.pair(entry)
            let id = names.unique("\(step.id)_\(agent ?? "competitor")")
            add(
                id, step, agent: agent, operation: operation ?? step.value["task"]?.text, reads: step.waits,
                label: agent)
            entries.append(id)
            labels.append(agent ?? id)
        }
        if entries.isEmpty { notes.fault("`versus` needs `competitors`", at: step.value.head) }
        let criteria = step.value["evaluation_criteria"]?.oneOrMore.map { $0.text ?? $0.json.jsonText() } ?? []
        let judge = step.value["judge"]
        add(
            step.id, step, agent: judge?.text ?? judge?["agent"]?.text,
            operation: "Judge the answers and name the best"
                + (criteria.isEmpty ? "" : " by " + criteria.joined(separator: ", ")),
            reads: entries, fields: ["winner": .text], label: "judge")
        for entry in entries { nodes[nodes.count - 1].need(entry) }
        return Part(entries: entries, exit: step.id)
    }

    /// One agent, and others that take over under conditions; the first condition that holds counts.
    mutating func handoff(_ step: PlaybookStep) -> Part {
        let value = step.value
        let primary = names.unique("\(step.id)_\(value["primary_agent"]?.text ?? "primary")")
        var fields: [String: FlowText.Kind] = [:]
        var targets: [(entry: ForeignValue, condition: PlaybookCondition?)] = []
        for entry in value["handoff_conditions"]?.elements ?? [] {
            let condition = entry["condition"].flatMap { read(condition: $0) }
            fields.merge(condition?.fields ?? [:]) { first, _ in first }
            targets.append((entry, condition))
        }
        add(
            primary, step, agent: value["primary_agent"]?.text, operation: value["operation"]?.text, reads: step.waits,
            fields: fields, label: "primary")
        var earlier: [String] = []
        var ids: [String] = []
        for (entry, condition) in targets {
            let id = names.unique("\(step.id)_\(entry["target_agent"]?.text ?? "target")")
            add(
                id, step, agent: entry["target_agent"]?.text, operation: entry["operation"]?.text, reads: [primary],
                label: "handed over")
            nodes[nodes.count - 1].need(primary)
            if let test = condition?.text(of: primary, isDoubtful: false, self) {
                when(
                    (earlier.map { "!(\($0))" } + [test.contains("||") && !earlier.isEmpty ? "(\(test))" : test])
                        .joined(separator: " && "))
                earlier.append(test)
            }
            ids.append(id)
        }
        if let action = value["completion_action"] {
            notes.leftOut("`completion_action` is left out", at: action.head)
        }
        let texts = (ids + [primary]).map { "nodes.\($0).outputs.text" }
        join(step, after: [primary] + ids, text: texts.joined(separator: " ?? "))
        return Part(entries: [primary], exit: step.id)
    }

    // MARK: Nodes

    /// An agent and its operation: `Agent:operation`, or a mapping.
    private static func pair(_ entry: ForeignValue) -> (String?, String?) {
        guard let text = entry.text else {
            return ((entry["agent"] ?? entry["name"])?.text, (entry["operation"] ?? entry["task"])?.text)
        }
        let parts = text.split(separator: ":", maxSplits: 1)
        return (parts.first.map { String($0).trimmed }, parts.count > 1 ? String(parts[1]).trimmed : nil)
    }

    private func isList(_ input: String) -> Bool {
        workflow.inputs.first { $0.name == input }?.keys["type"] == "array"
    }

    /// Adds a node for an agent's work.
    private mutating func add(
        _ id: String, _ step: PlaybookStep, agent foreign: String?, operation: String?, reads: [String],
        share: String? = nil, fields: [String: FlowText.Kind] = [:], label: String? = nil
    ) {
        var node = ImportedNode(id, at: step.value.head, from: step.comment + (label.map { ", \($0)" } ?? ""))
        if let text = step.value["description"]?.text, id == step.id { node.keys["title"] = .string(text.asLiteral) }
        if foreign == nil { notes.fault("the step `\(step.key)` names no agent", at: step.value.head) }
        let name = agent(foreign)
        let operation = operation ?? step.value["description"]?.text ?? "Do step \(step.key)."
        if bodies == .standIn {
            var record = JSONObject()
            for (field, kind) in fields.sorted(by: { $0.key < $1.key }) {
                record[field] = kind == .number ? 1 : kind == .boolean ? true : "yes"
            }
            node.keys["set"] = ["text": .string("\(name): \(operation)".asLiteral)]
            if !record.isEmpty { node.add("json", .object(record), to: "set") }
        } else {
            node.keys["agent"] = .string(name)
            node.keys["prompt"] = .string(prompt(step, operation, reads, share))
            if !fields.isEmpty { node.keys["output"] = Self.schema(fields) }
        }
        nodes.append(node)
    }

    private func prompt(_ step: PlaybookStep, _ operation: String, _ reads: [String], _ share: String?) -> String {
        var lines = [filled(operation)]
        if let text = step.value["description"]?.text, text != operation { lines.append(filled(text)) }
        for (key, value) in step.value["parameters"]?.pairs ?? [] {
            lines.append("\(key.name): \(filled(value.text ?? value.json.jsonText()))")
        }
        if let share { lines.append("Input: ${{ \(share) }}") }
        for read in reads { lines.append("\nFrom \(read):\n${{ \(FlowText.Reference.output("text", of: read)) }}") }
        return lines.joined(separator: "\n")
    }

    /// A text with `{{parameter}}` and `${parameter}` as inputs.
    private func filled(_ text: String) -> String {
        var result = ""
        for piece in ScriptText.tags(text, open: "{{", close: "}}") {
            if piece.isTag {
                result += parameters[piece.text].map { "${{ inputs.\($0) }}" } ?? "{{\(piece.text)}}".asLiteral
                continue
            }
            for inner in ScriptText.tags(piece.text, open: "${", close: "}") {
                result +=
                    inner.isTag
                    ? parameters[inner.text].map { "${{ inputs.\($0) }}" } ?? "${\(inner.text)}" : inner.text.asLiteral
            }
        }
        return result
    }

    private static func schema(_ fields: [String: FlowText.Kind]) -> JSONValue {
        var properties = JSONObject()
        properties["answer"] = ["type": "string"]
        for (field, kind) in fields.sorted(by: { $0.key < $1.key }) {
            properties[field] = ["type": kind == .number ? "number" : kind == .boolean ? "boolean" : "string"]
        }
        return [
            "type": "object", "properties": .object(properties),
            "required": .array(properties.keys.map { .string($0) }),
        ]
    }

    /// The node of a step of several nodes: its `text` is the step's.
    private mutating func join(_ step: PlaybookStep, after others: [String], text: String) {
        var node = ImportedNode(step.id, at: step.value.head, from: step.comment)
        if let title = step.value["description"]?.text { node.keys["title"] = .string(title.asLiteral) }
        for other in others { node.need(other) }
        node.keys["set"] = ["text": .string("${{ \(text) }}")]
        nodes.append(node)
    }

    /// Gives the last node a condition.
    private mutating func when(_ condition: String) {
        guard var node = nodes.popLast() else { return }
        var keys = JSONObject()
        keys["when"] = .string(condition)
        for member in node.keys { keys[member.key] = member.value }
        node.keys = keys
        nodes.append(node)
    }
}
