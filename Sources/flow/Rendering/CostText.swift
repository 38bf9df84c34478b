// SPDX-License-Identifier: Apache-2.0

import FlowEngine

/// What runs have cost, as a table and as JSON.
struct CostText {
    var report: CostReport
    var key: CostReport.Key
    /// The sums of all runs of the tree that a derived run is in.
    var tree: CostReport?
    /// The budgets that the runs share, with what is used of them.
    var budgets: [BudgetLine] = []

    /// A budget that runs share.
    struct BudgetLine {
        var budget: SharedBudget
        var used: SpendingSums
        var period: String

        /// The limits with what is used of each, in percent.
        var measures: [(name: String, used: String, limit: String, percent: Int)] {
            budget.percentages(of: used).map { measure, percent in
                switch measure {
                case .dollars:
                    ("usd", used.money.description, Money(dollars: budget.dollars ?? 0).description, percent)
                case .tokens: ("tokens", String(used.tokens), String(budget.tokens ?? 0), percent)
                default: ("calls", String(used.calls), String(budget.calls ?? 0), percent)
                }
            }
        }
    }

    /// The budgets as a table; nothing without any.
    var budgetTable: String {
        guard !budgets.isEmpty else { return "" }
        var table = Table(header: ["Budget", "Period", "Used", "Limit", "%", "Status"])
        for line in budgets {
            for measure in line.measures {
                table.add([
                    line.budget.name, line.period, "\(measure.used)\(measure.name == "usd" ? "" : " \(measure.name)")",
                    measure.limit, String(measure.percent), QuotaStatus(percent: measure.percent).rawValue,
                ])
            }
        }
        return table.text
    }

    var text: String {
        guard report.total.calls > 0 else { return "no calls\n" + treeLine + budgetTable }
        var table = Table(
            header: [
                title, "Cost ($)", "Prompt Tokens", "Completion Tokens", "Total Tokens", "Model",
            ])
        for row in report.rows { table.add(cells(row)) }
        if report.rows.count > 1 { table.add(cells(report.total)) }
        var text = table.text + treeLine
        let total = report.total
        if !total.isPriced { text += "the price of some models is not known: the cost is higher (flow prices)\n" }
        if total.tapedCalls > 0 { text += "\(total.tapedCalls) of \(total.calls) calls were answered by a tape\n" }
        if total.lostCalls > 0 {
            text += "\(total.lostCalls) calls have no end yet: what was set aside for them is counted\n"
        }
        if total.isEstimated { text += "some tokens are guessed, because nobody counted them\n" }
        return budgets.isEmpty ? text : text + "\n" + budgetTable
    }

    private var title: String {
        switch key {
        case .run: "Run"
        case .node: "Node"
        case .agent: "Agent"
        case .model: "Model"
        case .provider: "Provider"
        case .day: "Day"
        case .session: "Session"
        case .call: "Call"
        }
    }

    private var treeLine: String {
        guard let tree else { return "" }
        return "with all \(tree.rows.count) runs of its tree that made calls: \(Self.dollars(tree.total)), "
            + "\(tree.total.totalTokens) tokens\n"
    }

    private func cells(_ row: CostReport.Row) -> [String] {
        [
            row.name, Self.number(row), String(row.promptTokens), String(row.completionTokens),
            String(row.totalTokens), row.models.joined(separator: ", "),
        ]
    }

    /// Dollars with six decimals, and that more is not known.
    static func dollars(_ row: CostReport.Row) -> String {
        row.isPriced ? row.cost.description : row.cost == .zero ? "unknown" : "\(row.cost) + unknown"
    }

    /// The same without the sign, for a column that has it in its head.
    private static func number(_ row: CostReport.Row) -> String { String(dollars(row).drop { $0 == "$" }) }

    var json: JSONObject {
        var object = JSONObject()
        object["by"] = .string(key.rawValue)
        object["rows"] = .array(report.rows.map(Self.json))
        object["total"] = Self.json(report.total)
        if let tree {
            object["tree"] = [
                "runs": .array(tree.rows.map { .string($0.name) }), "total": Self.json(tree.total),
            ]
        }
        if !budgets.isEmpty {
            object["budgets"] = .array(
                budgets.flatMap { line in
                    line.measures.map { measure in
                        [
                            "budget": .string(line.budget.name), "period": .string(line.period),
                            "measure": .string(measure.name), "used": .string(measure.used),
                            "limit": .string(measure.limit), "percent": .integer(Int64(measure.percent)),
                            "status": .string(QuotaStatus(percent: measure.percent).rawValue),
                        ]
                    }
                })
        }
        return object
    }

    static func json(_ row: CostReport.Row) -> JSONValue {
        var object = JSONObject()
        object["name"] = .string(row.name)
        object["cost"] = .number(row.cost.dollars)
        object["promptTokens"] = .integer(Int64(row.promptTokens))
        object["completionTokens"] = .integer(Int64(row.completionTokens))
        object["cachedTokens"] = .integer(Int64(row.cachedTokens))
        object["totalTokens"] = .integer(Int64(row.totalTokens))
        object["models"] = .array(row.models.map { .string($0) })
        object["providers"] = .array(row.providers.map { .string($0) })
        object["calls"] = .integer(Int64(row.calls))
        object["tapedCalls"] = .integer(Int64(row.tapedCalls))
        object["lostCalls"] = .integer(Int64(row.lostCalls))
        object["priceKnown"] = .bool(row.isPriced)
        object["estimated"] = .bool(row.isEstimated)
        return .object(object)
    }
}
