// SPDX-License-Identifier: Apache-2.0

import FlowEngine

/// `flow cost`: what runs have cost.
enum CostCommandLine {
    static let spec = CommandSpec(
        name: "cost", summary: "Show what runs have cost", arguments: "[RUN]",
        options: [
            .flag("all", "All runs of the store."),
            .option("session", "NAME", "All runs of a session."),
            .option(
                "by", "KEY",
                "Add up by run, node, agent, model, provider, day, session or call (agent; of many by run)."),
        ],
        discussion: """
            Sums of the calls of a run and of the runs of its sub-workflows; of a derived run also of its whole tree. What was
            taken over from another run, or answered by a tape, costs nothing. A price that nobody knows is said, and not
            counted: `flow prices` shows the list. With --all and --session the budgets that runs share stand below, with
            what is used of them.
            """,
        examples: [
            ("flow cost @latest", "by agent"), ("flow cost k7 --by model --json", "by model, as JSON"),
            ("flow cost --all --by day", "all runs, day by day"),
            ("flow cost --session thesis", "the runs of a session, and its budgets"),
        ],
        run: run)

    private static func run(_ invocation: Invocation) async throws -> ExitCode {
        let workplace = try Workplace(invocation)
        let words = CostReport.Key.allCases.map(\.rawValue)
        let session = invocation.value("session")
        let isAll = invocation.flag("all") || session != nil
        let key =
            try invocation.choice("by", words).flatMap(CostReport.Key.init(rawValue:)) ?? (isAll ? .run : .agent)
        guard isAll != (invocation.optionalArgument(0) != nil) else {
            throw CommandFailure(.usage, "`flow cost` takes a run, --all or --session")
        }
        var budgets: [CostText.BudgetLine] = []
        var report = CostReport()
        var tree: CostReport?
        if isAll {
            let (reader, store, layout) = try workplace.openStore()
            budgets = try await self.budgets(workplace, session: session)
            var only: Set<String>?
            if let session { only = Set(try await workplace.session(session).runs) }
            for summary in try await reader.runs(RunQuery(limit: .max)) where only?.contains(summary.id) ?? true {
                let run = StoredRun(summary: summary, reader: reader, store: store, layout: layout)
                try await add(run, to: &report, by: key, workplace)
            }
        } else {
            let run = try await workplace.openRun(invocation.argument(0))
            for summary in try await run.reader.parts(of: run.summary) {
                let part = StoredRun(summary: summary, reader: run.reader, store: run.store, layout: run.layout)
                try await add(part, to: &report, by: key, workplace)
            }
            let relatives = try await run.reader.tree(of: run.summary)
            if relatives.count > 1 {
                var whole = CostReport()
                for relative in relatives {
                    for part in try await run.reader.parts(of: relative) {
                        try await run.reader.add(part, to: &whole, by: .run)
                    }
                }
                tree = whole
            }
        }
        report.sort(by: key)
        let text = CostText(report: report, key: key, tree: tree, budgets: budgets)
        if invocation.flag("json") { try Output.json(text.json) } else { try Output.text(text.text) }
        return .done
    }

    /// The budgets of the settings and of the sessions, with what is used of them now.
    static func budgets(_ workplace: Workplace, session: String?) async throws -> [CostText.BudgetLine] {
        let store = try workplace.openSessions()
        let now = WallClock.now
        var budgets: [SharedBudget] = []
        for found in try await store.sessions(named: session) {
            budgets += try workplace.settings().budgets.compactMap { budget in
                if case .session = budget.scope { budget.forRun(ofSession: found.name) } else { nil }
            }
            if let own = found.limits.budget(of: found.name) { budgets.append(own) }
        }
        let ofProject = try workplace.settings().budgets.filter { $0.scope == .project }
        var lines: [CostText.BudgetLine] = []
        for budget in ofProject + budgets {
            lines.append(
                CostText.BudgetLine(
                    budget: budget, used: try await store.sums(of: budget, at: now),
                    period: budget.period.title(at: now)))
        }
        return lines
    }

    private static func add(
        _ run: StoredRun, to report: inout CostReport, by key: CostReport.Key, _ workplace: Workplace
    ) async throws {
        // A workflow that this version cannot compile has nodes all the same.
        let agents = key == .agent ? (try? await run.plan(workplace))?.agents ?? [:] : [:]
        try await run.reader.add(run.summary, to: &report, by: key, agents: agents)
    }
}
