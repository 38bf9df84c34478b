// SPDX-License-Identifier: Apache-2.0

import FlowEngine

/// The plan of a re-run for people and for programs.
struct RerunText {
    /// The most rows of the table.
    private static let mostRows = 200

    let planned: PlannedRerun

    private var plan: RerunPlan { planned.plan }

    private func count(_ action: RerunPlan.Action) -> Int { plan.decisions.count { $0.action == action } }

    var text: String {
        var text = "re-run of \(planned.run.id)  \(planned.run.workflow), \(planned.run.status.rawValue)\n\n"
        var table = Table(header: ["node", "action", "reason", "time then", "effect"])
        // Of a large plan, what does something comes before what is only taken over.
        let isLong = plan.decisions.count > Self.mostRows
        let shown = isLong ? plan.decisions.filter { $0.reason != .unchanged } : plan.decisions
        for decision in shown.prefix(Self.mostRows) {
            let effect = decision.repeatsEffect ? "external, again" : decision.effects == .external ? "external" : ""
            table.add([
                decision.node, decision.action.rawValue,
                decision.reason.text + (decision.mayBeSpared ? "; or from its cache" : ""),
                decision.duration?.description ?? "-", effect,
            ])
        }
        text += table.text
        let hidden = plan.decisions.count - min(shown.count, Self.mostRows)
        if hidden > 0 { text += "and \(hidden) more; --json shows all\n" }
        text += "\n\(summary)\n"
        let effects = plan.repeatedEffects
        if !effects.isEmpty {
            let more = effects.count > 10 ? " and \(effects.count - 10) more" : ""
            text += "external effects that come again: \(effects.prefix(10).joined(separator: ", "))\(more)\n"
        }
        return text + "plan \(planned.digest.hex)\n"
    }

    private var summary: String {
        var parts = ["\(count(.reuse)) reused", "\(count(.run)) run"]
        if count(.ask) > 0 { parts.append("\(count(.ask)) ask") }
        if count(.drop) > 0 { parts.append("\(count(.drop)) dropped") }
        guard count(.run) > 0 else { return parts.joined(separator: ", ") }
        var about = plan.expectedTime.description
        let cost = planned.cost.total
        if cost.calls > 0 {
            about += ", \(CostText.dollars(cost)), \(cost.totalTokens) tokens"
        }
        return parts.joined(separator: ", ") + "; about \(about)"
    }

    var json: JSONObject {
        var object = JSONObject()
        object["run"] = .string(planned.run.id)
        object["workflow"] = .string(planned.workflow.compilation.definition?.name ?? planned.run.workflow)
        object["plan"] = .string(planned.digest.hex)
        var counts = JSONObject()
        for action in RerunPlan.Action.allCases { counts[action.rawValue] = .integer(Int64(count(action))) }
        object["counts"] = .object(counts)
        object["expectedMs"] = .integer(plan.expectedTime.count)
        if planned.cost.total.calls > 0 { object["expectedCost"] = CostText.json(planned.cost.total) }
        object["repeatedEffects"] = .array(plan.repeatedEffects.map { .string($0) })
        object["changedInputs"] = .array(planned.request.changedInputs.sorted().map { .string($0) })
        object["nodes"] = .array(plan.decisions.map { Self.json($0) })
        return object
    }

    private static func json(_ decision: RerunPlan.Decision) -> JSONValue {
        var object = JSONObject()
        object["node"] = .string(decision.node)
        object["action"] = .string(decision.action.rawValue)
        object["reason"] = .string(decision.reason.code)
        object["text"] = .string(decision.reason.text)
        object["standing"] = decision.standing.map { .string($0.rawValue) } ?? .null
        object["result"] = decision.result.map { .string($0.hex) } ?? .null
        object["durationMs"] = decision.duration.map { .integer($0.count) } ?? .null
        object["effects"] = .string(decision.effects.rawValue)
        object["repeatsEffect"] = .bool(decision.repeatsEffect)
        if decision.mayBeSpared { object["mayBeSpared"] = true }
        return .object(object)
    }
}
