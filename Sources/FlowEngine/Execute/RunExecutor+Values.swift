// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// What the expressions of a node see of others.
struct NodeValues: Sendable {
    /// A node that it refers to, and whose record counts for that: of one that failed and has a fallback, that one's.
    struct Source: Sendable {
        var name: String
        var node: Int
        var standIn: Int
        var record = NodeRecord.empty
    }

    var sources: [Source] = []
    /// What its last iteration put out.
    var previous: NodeRecord?
    /// The item that it stands for.
    var item: (name: String, value: JSONValue, place: Int)?
}

/// The values of nodes: what is in memory is used at once, the rest is read from the store.
extension RunExecutor {
    /// The record of a node that has succeeded; nil for others.
    func record(of node: Int) async throws(StoreError) -> NodeRecord? {
        guard let digest = rows.results[node] else { return records[node] }
        if let record = recordAtHand(of: node, digest) { return record }
        guard let bytes = try await site.store.content(digest), let json = try? JSONValue.parse(bytes) else {
            throw StoreError(.corrupt, "the result of `\(name(of: node))` (\(digest)) is not in the store")
        }
        let record = NodeRecord(json: json)
        if site.isReferenced(Int(machine.nodes[node].planNode)) { records[node] = record }
        return record
    }

    private func recordAtHand(of node: Int, _ digest: Digest) -> NodeRecord? {
        // An empty one may be of this very batch, and not in the store yet.
        records[node] ?? (digest == NodeRecord.emptyDigest ? .empty : nil)
    }

    /// The item that an instance of a `foreach` stands for.
    func item(of node: Int) async throws(StoreError) -> (name: String, value: JSONValue, place: Int)? {
        let place = Int(machine.nodes[node].item)
        let parent = Int(machine.nodes[node].planNode)
        guard place >= 0, let foreach = site.plan.nodes[parent].options.foreach else { return nil }
        if itemLists[parent] == nil, let digest = machine.itemsDigest(of: parent) {
            guard let bytes = try await site.store.content(digest), let json = try? JSONValue.parse(bytes) else {
                throw StoreError(.corrupt, "the items of `\(site.plan.nodes[parent].id)` are not in the store")
            }
            itemLists[parent] = json.arrayValue
        }
        guard let items = itemLists[parent], items.indices.contains(place) else { return nil }
        return (foreach.variable, items[place], place)
    }

    /// The nodes that a node refers to, without their records.
    private func sources(of definition: NodeDefinition) -> [NodeValues.Source] {
        ReferenceTable.names(in: definition).compactMap { name in
            machine.index(of: name).map { NodeValues.Source(name: name, node: $0, standIn: machine.standIn(for: $0)) }
        }
    }

    /// The values of a node, if none of them has to be read.
    private func valuesAtHand(of node: Int, _ definition: NodeDefinition) -> NodeValues? {
        guard definition.options.repetition == nil else { return nil }
        var values = NodeValues()
        let place = Int(machine.nodes[node].item)
        if place >= 0, let foreach = definition.options.foreach {
            guard let items = itemLists[Int(machine.nodes[node].planNode)], items.indices.contains(place) else {
                return nil
            }
            values.item = (foreach.variable, items[place], place)
        }
        for var source in sources(of: definition) {
            if let digest = rows.results[source.standIn] {
                guard let record = recordAtHand(of: source.standIn, digest) else { return nil }
                source.record = record
            } else {
                source.record = records[source.standIn] ?? .empty
            }
            values.sources.append(source)
        }
        return values
    }

    private func values(of node: Int, _ definition: NodeDefinition) async throws(StoreError) -> NodeValues {
        if let values = valuesAtHand(of: node, definition) { return values }
        var values = NodeValues()
        for var source in sources(of: definition) {
            source.record = try await record(of: source.standIn) ?? .empty
            values.sources.append(source)
        }
        if definition.options.repetition != nil { values.previous = try await previousRecord(of: node) }
        values.item = try await item(of: node)
        return values
    }

    /// What the expressions of a node see.
    func scope(of node: Int) async throws -> RunScope {
        let definition = definition(of: node)
        return try scope(of: node, definition, try await values(of: node, definition))
    }

    private func scope(of node: Int, _ definition: NodeDefinition, _ values: NodeValues) throws -> RunScope {
        var known: [String: JSONValue] = [:]
        for source in values.sources {
            known[source.name] = source.record.scopeValue(
                status: machine.nodes[source.node].status,
                folder: site.artifactFolder(of: name(of: source.standIn)))
        }
        let nodes = known
        var scope = RunScope(
            run: site.run, workflow: site.plan.definition.name, workflowDirectory: site.workflowDirectory,
            inputs: site.inputs, environment: JSONObject(), node: { nodes[$0] })
        scope.attempt = Int(machine.nodes[node].attempt)
        scope.status = machine.outlook.rawValue
        scope.failedNode = machine.failedNode.map { name(of: $0) } ?? ""
        if definition.options.repetition != nil {
            scope.iteration = (
                Int(machine.nodes[node].repeats) + 1, values.previous.map { .object($0.outputs) } ?? .null
            )
        }
        scope.item = values.item
        try scope.addEnvironment(of: site.plan.definition, secrets: site.secrets)
        return scope
    }

    /// The values of an attempt, all templates rendered.
    func context(of node: Int, attempt: Int) async throws -> NodeContext {
        let definition = definition(of: node)
        var context = try context(
            of: node, definition, attempt: attempt, try await values(of: node, definition))
        context.directory = site.layout.work(context.node, attempt: context.firstAttempt, of: site.run)
        context.idempotencyKey = idempotencyKey(of: node, name: context.node)
        context.calls = AttemptDesk(
            executor: self, node: node, name: context.node, attempt: attempt, memory: try await memory(of: node))
        if definition.kind == "agent", let last = context.failures.last {
            context.solved = try await SolvedErrors(store: site.store).advice(on: last.analysis)
        }
        return context
    }

    /// The values of an attempt of a kind that the loop itself runs, if none of them has to be read. Such a kind has no
    /// folder and makes no calls: the loop would wait for itself.
    func contextAtHand(of node: Int, attempt: Int) throws -> NodeContext? {
        let definition = definition(of: node)
        guard let values = valuesAtHand(of: node, definition) else { return nil }
        return try context(of: node, definition, attempt: attempt, values)
    }

    private func context(
        of node: Int, _ definition: NodeDefinition, attempt: Int, _ values: NodeValues
    ) throws -> NodeContext {
        let name = name(of: node)
        var scope = try scope(of: node, definition, values)
        let first = machine.conversation(of: node) ?? attempt
        // What goes on after a question says the same as before it.
        scope.attempt = first
        let change = machine.change(of: node)
        let body = try change[definition.kind].map(\.asBody) ?? definition.body.render(in: scope)
        var fields = JSONObject()
        for field in definition.fields where change[field.name] == nil {
            fields[field.name] = try field.template.render(in: scope)
        }
        for member in change where member.key != definition.kind && member.key != "with" {
            fields[member.key] = member.value
        }
        let outer = definition.options.outputs.contains { $0.value != nil } ? scope : nil
        scope.secrets = site.secrets.scopeValue
        var with = JSONObject()
        for entry in definition.options.with { with[entry.name] = try entry.template.render(in: scope) }
        for member in change["with"]?.objectValue ?? JSONObject() { with[member.key] = member.value }
        var environment: [String: String] = [:]
        for member in scope.environment { environment[member.key] = member.value.stringValue }
        for entry in definition.options.env {
            environment[entry.name] = try entry.template.render(in: scope).plainText
        }
        var context = NodeContext(
            run: site.run, workflow: site.plan.definition.name, node: name, attempt: attempt, definition: definition,
            body: body, fields: fields, with: with, environment: environment, directory: "",
            workflowDirectory: site.workflowDirectory, idempotencyKey: "",
            approvesAll: site.approvals.autoApproves(definition), approvals: site.approvals,
            submitter: site.options.startedBy, feedback: site.options.feedback + machine.feedback(for: node),
            firstAttempt: first, lastFailure: rows.failures[node], scope: outer, calls: ClosedCallDesk())
        context.failures = rows.failedAttempts[node] ?? []
        return context
    }
}

extension JSONValue {
    /// A value that a person gives under the key of a kind: `true` is the text of a program, not a boolean.
    fileprivate var asBody: JSONValue {
        switch self {
        case .bool, .integer, .number: .string(plainText)
        default: self
        }
    }

    /// The value as text for an environment variable or a file: strings as they are, null as nothing, the rest as
    /// JSON.
    var plainText: String {
        switch self {
        case .string(let text): text
        case .null: ""
        default: jsonText(.compact)
        }
    }
}
