// SPDX-License-Identifier: Apache-2.0

import FlowEngine

/// `flow show`: what became of a run.
enum ShowCommandLine {
    static let spec = CommandSpec(
        name: "show", summary: "Show a run: its nodes, outputs and files", arguments: "RUN",
        discussion: "RUN is an id, the unique beginning of one, @latest or @latest-failed.",
        examples: [("flow show @latest", "the newest run"), ("flow show @latest-failed --json", "as JSON")],
        run: { invocation in
            let workplace = try Workplace(invocation)
            let run = try await workplace.openRun(invocation.argument(0))
            // A damaged run is said to be damaged, not shown.
            let plan = run.summary.status.isTerminal ? try? await run.plan(workplace) : nil
            try await run.reader.verify(run.summary, plan: plan)
            let report = try await run.report(workplace, plan: plan)
            if invocation.flag("json") {
                try Output.json(report.json.objectValue ?? JSONObject())
            } else {
                try report.print(workplace, isJSON: false)
            }
            return .done
        })
}
