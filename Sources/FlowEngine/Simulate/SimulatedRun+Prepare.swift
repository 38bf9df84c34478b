// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// What the run itself evaluates: the same rules as in `RunExecutor`, on values that are made up.
extension SimulatedRun {
    /// Evaluates `when` and `foreach` of a node that is ready.
    func prepare(_ node: Int) throws -> (answer: RunInput, items: [JSONValue]?) {
        if let agent = site.plan.definition.toolNodes[machine.definition(of: node).id] {
            return (.conditionFalse(node, reason: "it is a tool of `\(agent)`"), nil)
        }
        let options = machine.definition(of: node).options
        guard options.when != nil || options.foreach != nil else { return (.prepared(node), nil) }
        let isItem = machine.nodes[node].item >= 0
        let scope = try scope(of: node)
        if let when = options.when, isItem == (options.foreach?.isUsed(in: when.expression) ?? isItem) {
            let value = try when.expression.evaluate(in: scope, limits: .standard)
            guard let holds = value.boolValue else {
                let failure = NodeFailure(.expression, "`when: \(when.text)` gives \(value.typeName), not a boolean")
                return (.evaluationFailed(node, failure), nil)
            }
            if !holds { return (.conditionFalse(node, reason: "`\(when.expression)` is false"), nil) }
        }
        guard let foreach = options.foreach, !isItem else { return (.prepared(node), nil) }
        let value = try foreach.items.render(in: scope)
        let isMatrix = foreach.shape == .matrix
        guard let items = isMatrix ? try MatrixProduct.combinations(of: value) : value.arrayValue else {
            let failure = NodeFailure(.expression, "`foreach.items` gives \(value.typeName), not an array")
            return (.evaluationFailed(node, failure), nil)
        }
        let (keys, fault) = try keys(of: items, foreach, scope)
        if let fault { return (.evaluationFailed(node, NodeFailure(.expression, fault)), nil) }
        return (.expanded(node, keys: keys, items: .zero), items)
    }

    private func keys(
        of items: [JSONValue], _ foreach: ForeachDefinition, _ scope: RunScope
    ) throws -> (keys: [String], fault: String?) {
        var scope = scope
        var keys: [String] = []
        var seen: Set<String> = []
        for (place, item) in items.enumerated() {
            var key = foreach.shape == .list ? String(place) : MatrixProduct.key(of: item, at: place)
            if let expression = foreach.key {
                scope.item = (foreach.variable, item, place)
                switch try expression.evaluate(in: scope, limits: .standard) {
                case .string(let text) where !text.isEmpty && text.utf8.count <= 200: key = text
                case .integer(let number): key = String(number)
                default: return ([], "`foreach.key` of item \(place) is no text of 1 to 200 bytes and no integer")
                }
            }
            // Items that are made up may be alike where real ones are not.
            if !seen.insert(key).inserted { key = "\(key) \(place)" }
            seen.insert(key)
            keys.append(key)
        }
        return (keys, nil)
    }

    mutating func preparation(of node: Int) -> RunInput {
        do {
            let (answer, items) = try prepare(node)
            if let items { itemLists[node] = items }
            return answer
        } catch {
            return .evaluationFailed(node, Self.failure(of: error, doing: "preparing the node"))
        }
    }

    /// Collects the outputs of a fan-out.
    mutating func join(_ node: Int) {
        guard let items = machine.items(of: node) else { return }
        var columns = JSONObject()
        for output in machine.definition(of: node).options.outputs { columns[output.name] = .array([]) }
        let rows = items.map { records[$0]?.outputs ?? JSONObject() }
        for row in rows { for member in row where columns[member.key] == nil { columns[member.key] = .array([]) } }
        for name in columns.keys { columns[name] = .array(rows.map { $0[name] ?? .null }) }
        defer { for item in items { records[item] = nil } }
        if case .samples(let least)? = machine.definition(of: node).options.foreach?.shape {
            let vote = SampleVote(items.map { machine.nodes[$0].status == .succeeded ? records[$0] : nil })
            if let failure = vote.failure(leastAgreement: least) { return send(.joinFailed(node, failure)) }
            columns = vote.outputs
        }
        var record = NodeRecord(outputs: columns)
        record.artifactPaths = artifactPaths(of: items, machine.definition(of: node))
        send(.joined(node, result: .zero))
        remember(record, of: node)
    }

    /// The files of a fan-out's items: lists in item order, null where an item has none.
    private func artifactPaths(of items: Range<Int>, _ definition: NodeDefinition) -> JSONObject {
        var names = site.kinds[definition.kind]?.artifactNames(of: definition) ?? []
        names += definition.options.artifacts.map(\.name)
        var paths = JSONObject()
        for name in names {
            paths[name] = .array(
                items.map { item in
                    let kept = records[item]?.artifacts.first { $0.name == name }
                    return kept.map { .string("\(machine.name(of: item))/\($0.file)") } ?? .null
                })
        }
        return paths
    }

    // MARK: Values

    /// What the expressions of a node see.
    func scope(of node: Int) throws -> RunScope {
        let definition = machine.definition(of: node)
        var known: [String: JSONValue] = [:]
        for name in ReferenceTable.names(in: definition) {
            guard let other = machine.index(of: name) else { continue }
            known[name] = (records[machine.standIn(for: other)] ?? .empty).scopeValue(
                status: machine.nodes[other].status, folder: "/simulated/artifacts/\(name)")
        }
        let values = known
        var scope = RunScope(
            run: "simulated", workflow: site.plan.definition.name, workflowDirectory: "/simulated",
            inputs: .object(inputs), environment: JSONObject(), node: { values[$0] })
        scope.attempt = Int(machine.nodes[node].attempt)
        scope.status = machine.outlook.rawValue
        scope.failedNode = machine.failedNode.map { machine.name(of: $0) } ?? ""
        if definition.options.repetition != nil {
            scope.iteration = (
                Int(machine.nodes[node].repeats) + 1, previous[node].map { .object($0.outputs) } ?? .null
            )
        }
        scope.item = item(of: node)
        try scope.addEnvironment(of: site.plan.definition, secrets: site.secrets)
        return scope
    }

    private func item(of node: Int) -> (name: String, value: JSONValue, place: Int)? {
        let place = Int(machine.nodes[node].item)
        let parent = Int(machine.nodes[node].planNode)
        guard place >= 0, let foreach = site.plan.nodes[parent].options.foreach, let items = itemLists[parent],
            items.indices.contains(place)
        else { return nil }
        return (foreach.variable, items[place], place)
    }

    /// The values of an attempt, all templates rendered.
    func context(of node: Int, attempt: Int) throws -> NodeContext {
        let definition = machine.definition(of: node)
        var scope = try scope(of: node)
        scope.attempt = attempt
        let body = try definition.body.render(in: scope)
        var fields = JSONObject()
        for field in definition.fields { fields[field.name] = try field.template.render(in: scope) }
        let outer = definition.options.outputs.contains { $0.value != nil } ? scope : nil
        scope.secrets = site.secrets.scopeValue
        var with = JSONObject()
        for entry in definition.options.with { with[entry.name] = try entry.template.render(in: scope) }
        var environment: [String: String] = [:]
        for member in scope.environment { environment[member.key] = member.value.stringValue }
        for entry in definition.options.env {
            environment[entry.name] = try entry.template.render(in: scope).plainText
        }
        return NodeContext(
            run: "simulated", workflow: site.plan.definition.name, node: machine.name(of: node), attempt: attempt,
            definition: definition, body: body, fields: fields, with: with, environment: environment,
            directory: "/simulated/work", workflowDirectory: "/simulated", lastFailure: failures[node],
            scope: outer)
    }

    /// A failure to evaluate, as the node's failure.
    static func failure(of error: any Error, doing: String) -> NodeFailure {
        switch error {
        case let error as ExpressionError: NodeFailure(.expression, "\(doing): \(error.message)")
        case let error as NodeFailureError: error.failure
        default: NodeFailure(.expression, "\(doing): \(error)")
        }
    }
}
