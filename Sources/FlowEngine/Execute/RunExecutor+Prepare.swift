// SPDX-License-Identifier: Apache-2.0

import FlowCore

extension RunExecutor {
    /// Does an effect of a node that is done at once: no value of it has to be read, and nobody is asked. True if it is
    /// done. Most nodes that only compute take this way, which has no place at which others could come between.
    func performAtOnce(_ effect: RunEffect, _ batch: inout RunBatch) -> Bool {
        switch effect {
        case .prepare(let node):
            guard machine.nodes[node].status == .ready, options(of: node).when == nil, options(of: node).foreach == nil,
                site.plan.definition.toolNodes.isEmpty, site.kinds[kind(of: node)]?.usesSlot == false,
                machine.gate(before: node) == nil
            else { return false }
            batch.prepared.append(node)
            return true
        case .run(let node, let attempt):
            guard machine.nodes[node].status == .running, options(of: node).repetition == nil,
                machine.pinnedResult(of: node) == nil, let anyKind = site.kinds[kind(of: node)], !anyKind.usesSlot,
                let kind = anyKind as? any InstantKind
            else { return false }
            do {
                guard let context = try contextAtHand(of: node, attempt: attempt) else { return false }
                take(kind.outcome(context), of: node, context, &batch)
            } catch {
                fail(node, attempt: attempt, error, &batch)
            }
            return true
        default: return false
        }
    }

    /// Takes in what a kind that the loop itself runs has come to.
    private func take(_ outcome: NodeOutcome, of node: Int, _ context: NodeContext, _ batch: inout RunBatch) {
        switch outcome {
        case .succeeded(let result):
            guard let record = record(of: result, node, context, &batch) else { return }
            finishOnce(node, attempt: context.attempt, record: record, &batch)
        case .failed(let failure): advance(.failed(node, attempt: context.attempt, failure), &batch)
        case .waiting(let wait): advance(.waiting(node, attempt: context.attempt, wait), &batch)
        }
    }

    private func fail(_ node: Int, attempt: Int, _ error: any Error, _ batch: inout RunBatch) {
        advance(.failed(node, attempt: attempt, failure(of: error, doing: "rendering the node's values")), &batch)
    }

    /// Does an effect that only the run itself sees, as part of the batch; false if it is one for the world.
    func perform(inBatch effect: RunEffect, _ batch: inout RunBatch) async throws(StoreError) -> Bool {
        switch effect {
        case .prepare(let node):
            guard machine.nodes[node].status == .ready else { return true }
            let answer = try await preparation(of: node, &batch)
            guard case .prepared = answer else {
                advance(answer, &batch)
                return true
            }
            if let gate = machine.gate(before: node) {
                advance(try await question(gate, before: node, at: batch.now), &batch)
                return true
            }
            let isInstant = site.kinds[kind(of: node)].map { !$0.usesSlot } ?? false
            if isInstant {
                batch.prepared.append(node)
            } else if let answer = try await reused(node, &batch) {
                advance(answer, &batch)
                if let found = foundRecords.removeValue(forKey: node) { remember(found.record, found.digest, of: node) }
            } else {
                preparedForSlots.append(node)
            }
            return true
        case .join(let node):
            try await join(node, &batch)
            return true
        case .run(let node, let attempt):
            guard let kind = site.kinds[kind(of: node)] else { return false }
            if kind.usesSlot {
                guard machine.nodes[node].status == .running, machine.pinnedResult(of: node) != nil else {
                    return false
                }
                return try await takePinned(node, attempt: attempt, &batch)
            }
            // It may have been cancelled since it was its turn.
            guard machine.nodes[node].status == .running else { return true }
            if try await takePinned(node, attempt: attempt, &batch) { return true }
            try await runInline(node, attempt: attempt, kind: kind, &batch)
            return true
        case .close: return true
        case .cancel, .restart, .wake, .watch, .watchTime: return false
        }
    }

    /// Evaluates `when` and `foreach` of a node that is ready.
    private func preparation(of node: Int, _ batch: inout RunBatch) async throws(StoreError) -> RunInput {
        let definition = site.plan.definition
        if !definition.toolNodes.isEmpty, let agent = definition.toolNodes[self.definition(of: node).id] {
            return .conditionFalse(node, reason: "it is a tool of `\(agent)`")
        }
        let options = options(of: node)
        guard options.when != nil || options.foreach != nil else { return .prepared(node) }
        let isItem = machine.nodes[node].item >= 0
        do {
            let scope = try await scope(of: node)
            if let when = options.when, isItem == (options.foreach?.isUsed(in: when.expression) ?? isItem) {
                let value = try when.expression.evaluate(in: scope, limits: .standard)
                guard let holds = value.boolValue else {
                    return .evaluationFailed(
                        node,
                        NodeFailure(.expression, "`when: \(when.text)` gives \(value.typeName), not a boolean"))
                }
                if !holds { return .conditionFalse(node, reason: "`\(when.expression)` is false") }
            }
            guard let foreach = options.foreach, !isItem else { return .prepared(node) }
            return try expansion(of: node, foreach, scope: scope, &batch)
        } catch let error as StoreError {
            throw error
        } catch {
            return .evaluationFailed(node, failure(of: error, doing: "preparing the node"))
        }
    }

    private func expansion(
        of node: Int, _ foreach: ForeachDefinition, scope: RunScope, _ batch: inout RunBatch
    ) throws -> RunInput {
        let value = try foreach.items.render(in: scope)
        // The list is stored, and keys are names.
        let items: [JSONValue]
        if foreach.shape == .matrix {
            items = try MatrixProduct.combinations(of: site.secrets.blanked(value))
        } else if let list = site.secrets.blanked(value).arrayValue {
            items = list
        } else {
            return .evaluationFailed(
                node, NodeFailure(.expression, "`foreach.items` gives \(value.typeName), not an array"))
        }
        var keys: [String] = []
        keys.reserveCapacity(items.count)
        var seen: Set<String> = []
        var scope = scope
        for (place, item) in items.enumerated() {
            var key = foreach.shape == .list ? String(place) : MatrixProduct.key(of: item, at: place)
            if foreach.shape == .matrix, seen.contains(key) { key = "\(key),\(place)" }
            if let expression = foreach.key {
                scope.item = (foreach.variable, item, place)
                let value = try expression.evaluate(in: scope, limits: .standard)
                switch value {
                case .string(let text) where !text.isEmpty && text.utf8.count <= 200: key = text
                case .integer(let number): key = String(number)
                default:
                    return .evaluationFailed(
                        node,
                        NodeFailure(
                            .expression, "`foreach.key` of item \(place) is no text of 1 to 200 bytes and no integer"))
                }
            }
            guard seen.insert(key).inserted else {
                return .evaluationFailed(
                    node, NodeFailure(.expression, "`foreach.key` gives `\(key)` for more than one item"))
            }
            keys.append(key)
        }
        let bytes = JSONValue.array(items).jsonBytes(.compact)
        let digest = Digest(of: bytes)
        batch.contents.append((digest, bytes))
        itemLists[node] = items
        return .expanded(node, keys: keys, items: digest)
    }

    /// Collects the outputs of a fan-out: each output becomes an array in item order, null where an item has none.
    private func join(_ node: Int, _ batch: inout RunBatch) async throws(StoreError) {
        guard let items = machine.items(of: node) else { return }
        var columns = JSONObject()
        for output in options(of: node).outputs { columns[output.name] = .array([]) }
        var rows: [NodeRecord] = []
        rows.reserveCapacity(items.count)
        for item in items {
            let record = try await record(of: item) ?? .empty
            for member in record.outputs where columns[member.key] == nil { columns[member.key] = .array([]) }
            rows.append(record)
        }
        var outcome = NodeRecord(outputs: columns)
        if case .samples(let least)? = options(of: node).foreach?.shape {
            let vote = SampleVote(zip(items, rows).map { machine.nodes[$0].status.isSuccess ? $1 : nil })
            if let failure = vote.failure(leastAgreement: least) {
                advance(.joinFailed(node, failure), &batch)
                for item in items { records[item] = nil }
                return
            }
            outcome.outputs = vote.outputs
        } else {
            for name in columns.keys { outcome.outputs[name] = .array(rows.map { $0.outputs[name] ?? .null }) }
        }
        collectPaths(of: items, rows, node: definition(of: node), into: &outcome)
        let record = outcome
        let digest = keep(record, &batch)
        advance(.joined(node, result: digest), &batch)
        remember(record, digest, of: node)
        for item in items { records[item] = nil }
        itemLists[node] = nil
    }

    private func runInline(
        _ node: Int, attempt: Int, kind: any NodeKind, _ batch: inout RunBatch
    ) async throws(StoreError) {
        let context: NodeContext
        do {
            var open = try await self.context(of: node, attempt: attempt)
            // The loop runs the kind, and would wait for itself.
            open.calls = ClosedCallDesk()
            context = open
        } catch let error as StoreError {
            throw error
        } catch {
            return fail(node, attempt: attempt, error, &batch)
        }
        let outcome = await kind.run(context)
        guard case .succeeded(let result) = outcome else { return take(outcome, of: node, context, &batch) }
        guard let record = record(of: result, node, context, &batch) else { return }
        try await finish(node, attempt: attempt, record: record, &batch)
    }

    /// What a kind that the loop itself runs has put out; nil, and the node has failed, if it does not fit.
    private func record(
        of result: NodeResult, _ node: Int, _ context: NodeContext, _ batch: inout RunBatch
    ) -> NodeRecord? {
        do {
            return try NodeAttempt.record(result.outputs, of: context, artifacts: [], secrets: site.secrets)
        } catch {
            fail(node, attempt: context.attempt, error, &batch)
            return nil
        }
    }

    /// A failure to evaluate or to load, as the node's failure.
    func failure(of error: any Error, doing: String) -> NodeFailure {
        switch error {
        case let error as ExpressionError: NodeFailure(.expression, "\(doing): \(error.message)")
        case let error as StoreError: NodeFailure(.storage, "\(doing): \(error.description)")
        case let error as NodeFailureError: error.failure
        default: NodeFailure(.expression, "\(doing): \(error)")
        }
    }
}

/// A node's failure on its way through throwing code.
struct NodeFailureError: Error {
    var failure: NodeFailure
}

extension ForeachDefinition {
    /// Whether an expression refers to the item.
    func isUsed(in expression: Expression) -> Bool {
        expression.references.contains { $0.root == variable || $0.root == "item_index" }
    }
}
