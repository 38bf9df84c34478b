// SPDX-License-Identifier: Apache-2.0

import FlowEngine

/// `flow cancel`: ends a run for good.
enum CancelCommandLine {
    static let spec = CommandSpec(
        name: "cancel", summary: "End a run for good", arguments: "RUN",
        options: [.option("reason", "TEXT", "Why; kept with the run.")],
        discussion: "Programs that run get SIGTERM, later SIGKILL. Nodes under `finally:` run before the run ends.",
        examples: [("flow cancel @latest --reason 'wrong file'", "end the newest run")],
        run: { invocation in
            let workplace = try Workplace(invocation)
            let run = try await workplace.openRun(invocation.argument(0))
            let reason = invocation.value("reason") ?? "cancelled by \(workplace.person)"
            try await CommandDelivery(workplace).deliver(
                RunCommand(run: run.id, by: workplace.person, request: .cancel(reason: reason)),
                after: { engine in _ = try await engine.outcome(of: run.id) })
            return try await Answer.print(run.id, did: "cancelled", workplace, invocation)
        })
}
