// SPDX-License-Identifier: Apache-2.0

import FlowEngine

/// `flow events`: the log of a run.
enum EventsCommandLine {
    static let spec = CommandSpec(
        name: "events", summary: "Show the event log of a run", arguments: "RUN",
        options: [.flag("follow", short: "f", "Go on until the run has ended.")],
        examples: [
            ("flow events @latest", "one line an event"),
            ("flow events @latest --follow --json", "as JSON Lines, live"),
        ],
        run: { invocation in
            let workplace = try Workplace(invocation)
            var run = try await workplace.openRun(invocation.argument(0))
            var last: Int64 = 0
            let follows = invocation.flag("follow")
            while true {
                // Asked before the events are read, so that none written in between is missed.
                let isAtRest = run.isAtRest
                for recorded in try await run.events(after: last) {
                    if invocation.flag("json") {
                        try Output.json(recorded.json(of: run.id))
                    } else {
                        try Output.text(EventText.line(recorded) + "\n")
                    }
                    last = recorded.sequence
                }
                if !follows || isAtRest { return .done }
                try await Task.sleep(for: .milliseconds(100))
                try await run.refresh()
            }
        })
}
