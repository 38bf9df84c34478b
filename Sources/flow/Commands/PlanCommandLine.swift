// SPDX-License-Identifier: Apache-2.0

import FlowEngine

/// `flow plan`: what a workflow would run, in which order, or what of a run would run again.
enum PlanCommandLine {
    static let spec = CommandSpec(
        name: "plan", summary: "Show what a workflow would run, or what of a run would run again",
        arguments: "WORKFLOW|RUN", options: RerunArguments.options,
        discussion: """
            Of a workflow: its levels and the critical path. Levels are for reading: a node starts as soon as its needs
            are met and a slot is free, whatever its level. The critical path is the longest chain of nodes.

            Of a run: for each node whether it would be reused, run, ask or be dropped, and why; the time it took then;
            which effects on the world would come again; and a digest of the plan. Nothing is changed. Without options,
            what did not end well would run.
            """,
        examples: [
            ("flow plan itops", "levels and the critical path"), ("flow plan ./build.yaml --json", "as JSON"),
            ("flow plan @latest --from clean", "what runs again from a node on"),
            ("flow plan @latest --set inputs.rows=20 --set nodes.fit.with.degree=2", "with other values"),
            ("flow plan @latest --pin 'load={\"rows\": 5}'", "with outputs given by hand"),
        ],
        run: { invocation in
            let workplace = try Workplace(invocation)
            let name = invocation.argument(0)
            let arguments = try RerunArguments(invocation)
            if await workplace.namesRun(name) {
                let run = try await workplace.openRun(name)
                guard let planned = try await arguments.planned(run, workplace) else { return .invalidWorkflow }
                let text = RerunText(planned: planned)
                if invocation.flag("json") { try Output.json(text.json) } else { try Output.text(text.text) }
                return .done
            }
            if arguments.saysSomething {
                throw CommandFailure(
                    .usage, "`\(name)` is no run, and only a run can be planned again",
                    help: ["`flow list` shows the runs"])
            }
            let workflow = try workplace.load(name)
            guard let plan = try RunCommandLine.compiled(workflow) else { return .invalidWorkflow }
            if invocation.flag("json") {
                try Output.json(json(of: plan))
            } else {
                try Output.text(text(of: plan))
            }
            return .done
        })

    private static func names(_ nodes: [Int], _ plan: Plan) -> [String] { nodes.map { plan.nodes[$0].id } }

    private static func needCount(_ plan: Plan) -> Int {
        plan.nodes.indices.reduce(0) { $0 + plan.needs(of: $1).count }
    }

    /// How many nodes there are of each kind, the most frequent first.
    private static func kinds(_ plan: Plan) -> [(kind: String, count: Int)] {
        var counts: [String: Int] = [:]
        for node in plan.nodes { counts[node.kind, default: 0] += 1 }
        return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
    }

    private static func text(of plan: Plan) -> String {
        let levels = plan.levels
        let widest = levels.map(\.count).max() ?? 0
        var text = "\(plan.definition.name)  \(plan.nodes.count) nodes, \(needCount(plan)) needs, "
        text += "\(levels.count) levels, at most \(widest) in one\n\n"
        var table = Table(header: ["level", "node", "kind", "needs", "when"])
        for (number, level) in levels.enumerated() {
            for index in level {
                let node = plan.nodes[index]
                let note = (node.options.when?.text ?? "") + (index >= plan.finallyStart ? "  (finally)" : "")
                table.add([String(number + 1), node.id, node.kind, needs(of: index, plan), note])
            }
        }
        text += table.text
        let path = names(plan.criticalPath().nodes, plan)
        text += "\ncritical path (\(path.count) nodes): \(path.joined(separator: " → "))\n"
        text += "kinds: \(kinds(plan).map { "\($0.kind) \($0.count)" }.joined(separator: ", "))\n"
        if let slots = plan.definition.maxParallel { text += "at most \(slots) at the same time\n" }
        return text
    }

    /// What a node needs; of many the first.
    private static func needs(of node: Int, _ plan: Plan) -> String {
        let needs = plan.needs(of: node)
        if needs.isEmpty { return "" }
        let names = needs.prefix(needs.count > 5 ? 4 : 5).map { edge in
            let name = plan.nodes[Int(edge.node)].id
            return edge.condition == .met ? name : "\(name): \(edge.condition.rawValue)"
        }
        let more = needs.count > 5 ? " and \(needs.count - 4) more" : ""
        return names.joined(separator: ", ") + more
    }

    private static func json(of plan: Plan) -> JSONObject {
        func list(_ nodes: [Int]) -> JSONValue { .array(names(nodes, plan).map { .string($0) }) }
        var kindCounts = JSONObject()
        for (kind, count) in kinds(plan) { kindCounts[kind] = .integer(Int64(count)) }
        var object = JSONObject()
        object["workflow"] = .string(plan.definition.name)
        object["nodeCount"] = .integer(Int64(plan.nodes.count))
        object["needCount"] = .integer(Int64(needCount(plan)))
        object["levels"] = .array(plan.levels.map(list))
        object["criticalPath"] = list(plan.criticalPath().nodes)
        object["kinds"] = .object(kindCounts)
        object["maxParallel"] = plan.definition.maxParallel.map { .integer(Int64($0)) } ?? .null
        object["nodes"] = .array(
            plan.nodes.enumerated().map { index, node in
                var row = JSONObject()
                row["node"] = .string(node.id)
                row["kind"] = .string(node.kind)
                row["phase"] = index < plan.finallyStart ? "main" : "finally"
                row["needs"] = .array(
                    plan.needs(of: index).map { edge in
                        [
                            "node": .string(plan.nodes[Int(edge.node)].id),
                            "condition": .string(edge.condition.rawValue),
                        ]
                    })
                row["when"] = node.options.when.map { .string($0.text) } ?? .null
                return .object(row)
            })
        return object
    }
}
