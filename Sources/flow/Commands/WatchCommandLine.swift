// SPDX-License-Identifier: Apache-2.0

import FlowEngine

/// `flow watch`: looks on at a run that another process works on.
enum WatchCommandLine {
    static let spec = CommandSpec(
        name: "watch", summary: "Follow a run until it has ended", arguments: "RUN",
        discussion: "Ends with the run's exit code. Ctrl-C ends only the watching.",
        examples: [("flow watch @latest", "follow the newest run")],
        run: { invocation in
            let workplace = try Workplace(invocation)
            var run = try await workplace.openRun(invocation.argument(0))
            let isJSON = invocation.flag("json")
            let progress = RunProgress(
                workflow: run.summary.workflow, total: run.summary.nodeCount, isQuiet: false, jsonLines: isJSON)
            var last: Int64 = 0
            while true {
                let isAtRest = run.isAtRest
                let events = try await run.events(after: last)
                if let newest = events.last {
                    progress.observe(events, of: run.id)
                    last = newest.sequence
                } else {
                    progress.tick()
                }
                if isAtRest { break }
                try await Task.sleep(for: .milliseconds(100))
                try await run.refresh()
            }
            progress.close()
            let report = try await run.report(workplace)
            try report.print(workplace, isJSON: isJSON)
            return .of(run.summary.status)
        })
}
