// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// Iterations of nodes with `repeat`, and what attempts are told of themselves.
extension RunExecutor {
    /// Judges what an attempt put out. True when the node runs again, or fails because it never came to an end.
    func iterate(
        _ node: Int, attempt: Int, record: NodeRecord, _ batch: inout RunBatch
    ) async throws(StoreError) -> Bool {
        guard let repetition = options(of: node).repetition else { return false }
        let iteration = Int(machine.nodes[node].repeats) + 1
        do {
            var scope = try await scope(of: node)
            scope.outputs = record.outputs
            scope.iteration?.number = iteration
            let value = try repetition.until.expression.evaluate(in: scope, limits: .standard)
            guard let holds = value.boolValue else {
                let text = "`until: \(repetition.until.text)` gives \(value.typeName), not a boolean"
                refuse(node, attempt: attempt, NodeFailure(.expression, text), &batch)
                return true
            }
            if holds || (iteration >= repetition.most && repetition.onExhausted == .continue) { return false }
        } catch let error as StoreError {
            throw error
        } catch {
            refuse(node, attempt: attempt, failure(of: error, doing: "evaluating `until`"), &batch)
            return true
        }
        if iteration >= repetition.most {
            let text = "`\(repetition.until.text)` does not hold after \(iteration) iterations"
            refuse(node, attempt: attempt, NodeFailure(.notConverged, text), &batch)
            return true
        }
        let digest = keep(record, &batch)
        let next = batch.now.advanced(by: repetition.delay)
        advance(.repeated(node, attempt: attempt, result: digest, at: next), &batch)
        return true
    }

    private func refuse(_ node: Int, attempt: Int, _ failure: NodeFailure, _ batch: inout RunBatch) {
        if machine.nodes[node].status == .waiting {
            advance(.childEnded(node, result: nil, failure: failure), &batch)
        } else {
            advance(.failed(node, attempt: attempt, failure), &batch)
        }
    }

    /// What the iteration before put out; nil in the first.
    func previousRecord(of node: Int) async throws(StoreError) -> NodeRecord? {
        guard machine.nodes[node].repeats > 0, let digest = rows.previous[node] else { return nil }
        if digest == NodeRecord.emptyDigest { return .empty }
        guard let bytes = try await site.store.content(digest), let json = try? JSONValue.parse(bytes) else {
            throw StoreError(.corrupt, "the last iteration of `\(name(of: node))` is not in the store")
        }
        return NodeRecord(json: json)
    }

    /// Names the work of an attempt: the same after a crash, another one after a failure or for another iteration.
    func idempotencyKey(of node: Int, name: String) -> String {
        let state = machine.nodes[node]
        let round = machine.rounds(of: node)
        let name = round > 0 ? "\(name)/round \(round + 1)" : name
        let iteration = state.repeats > 0 ? "\(state.repeats + 1)." : ""
        return "\(site.run)/\(name)/\(iteration)\(state.failures + 1)"
    }

    /// Why the machine can never run the node: it has none of what the node asks for.
    func missingResource(of node: Int) -> NodeFailure? {
        for demand in site.plan.demands(of: Int(machine.nodes[node].planNode)) {
            let name = site.plan.pools[demand.pool].name
            guard name == "machine:gpus", let there = site.machine["gpus"], demand.units > there else { continue }
            return NodeFailure(
                .unavailable, "the node asks for \(demand.units) graphics processors, and this machine has \(there)")
        }
        return nil
    }
}
