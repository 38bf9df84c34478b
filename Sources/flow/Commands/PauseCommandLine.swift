// SPDX-License-Identifier: Apache-2.0

import FlowEngine

/// `flow pause`: lets no further node of a run start.
enum PauseCommandLine {
    static let spec = CommandSpec(
        name: "pause", summary: "Let no further node of a run start", arguments: "RUN",
        discussion:
            "Nodes that run go on to their end. `flow resume` takes the run up again; in the approval mode manual, "
            + "`flow approve RUN` does.",
        examples: [("flow pause @latest", "pause the newest run")],
        run: { invocation in
            let workplace = try Workplace(invocation)
            let run = try await workplace.openRun(invocation.argument(0))
            try await CommandDelivery(workplace).deliver(
                RunCommand(run: run.id, by: workplace.person, request: .pause))
            return try await Answer.print(run.id, did: "paused", workplace, invocation)
        })
}

/// What a command says when a request has been done.
enum Answer {
    static func print(
        _ run: String, node: String? = nil, did: String, _ workplace: Workplace, _ invocation: Invocation
    ) async throws -> ExitCode {
        let summary = try await workplace.openRun(run).summary
        Talk().say("\(did): run \(run)\(node.map { ", node \($0)" } ?? "")")
        if invocation.flag("json") {
            var object = JSONObject()
            object["run"] = .string(run)
            if let node { object["node"] = .string(node) }
            object["did"] = .string(did)
            object["status"] = .string(summary.status.rawValue)
            try Output.json(object)
        }
        return .done
    }
}
