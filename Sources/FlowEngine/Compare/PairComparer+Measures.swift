// SPDX-License-Identifier: Apache-2.0

import FlowCore

extension PairComparer {
    /// The outputs of the workflow, and those of them that have a goal.
    func addOutputs(
        to pair: inout RunPair, _ definitions: ComparedDefinitions, diverges: Bool
    ) async throws(EngineError) {
        let (old, new) = (definitions.base.workflow.outputs, definitions.other.workflow.outputs)
        guard !old.isEmpty || !new.isEmpty else { return }
        guard diverges || options.showsAll || !pair.inputs.isEmpty || !pair.definition.isEmpty else { return }
        let first = paths.neutral(try await outputs(of: base, definitions.base))
        let second = paths.neutral(try await outputs(of: other, definitions.other))
        pair.outputs = JSONDiff(first, second).changes
        if options.showsAll {
            for member in first where second[member.key] == member.value {
                pair.outputs.append(ValueChange(path: member.key, old: member.value, new: member.value))
            }
        }
        for output in new {
            guard let goal = output.goal else { continue }
            add(&pair, "outputs.\(output.name)", goal, first[output.name], second[output.name])
        }
    }

    private func outputs(of run: ComparedRun, _ side: ComparedDefinitions.Side) async throws(EngineError) -> JSONObject
    {
        var wanted: Set<String> = []
        for output in side.workflow.outputs {
            for reference in output.value.references where reference.root == "nodes" && reference.path.count > 1 {
                // With what stands in for it.
                var name: String? = reference.path[1]
                while let next = name, wanted.insert(next).inserted { name = side.node(next)?.options.fallback?.node }
            }
        }
        var rows: [String: NodeSummary] = [:]
        if !wanted.isEmpty { for row in run.rows where wanted.contains(row.node) { rows[row.node] = row } }
        var values: [String: JSONValue] = [:]
        for name in wanted {
            var source = name
            while [.failed, .rejected].contains(rows[source]?.status), let next = side.node(source)?.options.fallback,
                rows[next.node] != nil
            {
                source = next.node
            }
            let status = rows[name]?.status ?? .pending
            values[name] = NodeRecord.empty.scopeValue(status: status, folder: "")
            if let row = rows[source], let result = try await reader.result(of: row, run: run.summary.id) {
                values[name] = result
            }
        }
        let known = values
        let scope = RunScope(
            run: run.summary.id, workflow: side.workflow.name,
            workflowDirectory: reader.layout.source(run.summary.source.hex), inputs: .object(run.inputs),
            environment: JSONObject(), node: { known[$0] })
        var outputs = JSONObject()
        for output in side.workflow.outputs { outputs[output.name] = (try? output.value.render(in: scope)) ?? .null }
        return outputs
    }

    private func add(
        _ pair: inout RunPair, _ name: String, _ goal: OutputGoal, _ old: JSONValue?, _ new: JSONValue?
    ) {
        guard let old = old?.numberValue, let new = new?.numberValue, old != new || options.showsAll else { return }
        pair.metrics.append(MetricChange(name: name, goal: goal, old: old, new: new))
    }

    /// Outputs of nodes that have a goal, and the numbers of nodes with several results.
    func addMeasures(
        to pair: inout RunPair, _ definitions: ComparedDefinitions, _ rows: RowPairs
    ) async throws(EngineError) {
        var pairs: [(base: NodeSummary, other: NodeSummary)] = []
        for row in rows.different {
            if let base = row.base, let other = row.other { pairs.append((base, other)) }
        }
        if options.showsAll { pairs += rows.same }
        pairs.sort { left, right in
            (definitions.base.nodes[left.base.node]?.place ?? .max)
                < (definitions.base.nodes[right.base.node]?.place ?? .max)
        }
        for row in pairs {
            guard let node = definitions.other.node(row.base.node) else { continue }
            let goals = node.options.outputs.compactMap { output in output.goal.map { (output.name, $0) } }
            guard !goals.isEmpty || node.options.foreach != nil, row.base.result != nil, row.other.result != nil
            else { continue }
            let old = try await RecordDifference.record(row.base.result, reader).outputs
            let new = try await RecordDifference.record(row.other.result, reader).outputs
            for (name, goal) in goals { add(&pair, "\(node.id).\(name)", goal, old[name], new[name]) }
            if node.options.foreach != nil { addSamples(to: &pair, node.id, old, new) }
        }
    }

    private func addSamples(to pair: inout RunPair, _ node: String, _ old: JSONObject, _ new: JSONObject) {
        let (first, second) = (Self.numbers(old), Self.numbers(new))
        for (name, a) in first {
            guard let b = second.first(where: { $0.name == name })?.numbers, a != b || options.showsAll else {
                continue
            }
            let test = PermutationTest(a, b)
            pair.samples.append(
                SampleComparison(
                    name: "\(node).\(name)", old: SampleStatistics(a), new: SampleStatistics(b), p: test?.p,
                    isExact: test?.isExact ?? false))
        }
    }

    /// The lists of numbers among the outputs of a fan-out, and the numeric members of `samples`.
    private static func numbers(_ outputs: JSONObject) -> [(name: String, numbers: [Double])] {
        var found: [(String, [Double])] = []
        for member in outputs {
            guard let values = member.value.arrayValue?.filter({ !$0.isNull }), !values.isEmpty else { continue }
            let numbers = values.compactMap(\.numberValue)
            if numbers.count == values.count { found.append((member.key, numbers)) }
            guard member.key == "samples" else { continue }
            let samples = values.compactMap(\.objectValue)
            for key in samples.first?.keys ?? [] {
                let numbers = samples.compactMap { $0[key]?.numberValue }
                if numbers.count == samples.count { found.append((key, numbers)) }
            }
        }
        return found
    }
}
