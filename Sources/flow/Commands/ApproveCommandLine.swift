// SPDX-License-Identifier: Apache-2.0

import FlowEngine

/// `flow approve` and `flow reject`: a person's answer to an approval.
enum ApproveCommandLine {
    static let approve = spec(
        "approve", "Let a run go on behind an approval", did: "approved",
        examples: [
            ("flow approve @latest review --comment 'looks right'", "answer; the run goes on at the next resume"),
            ("flow approve @latest review --resume", "answer and go on here"),
        ]
    ) { .approve(node: $0, comment: $1) }

    static let reject = spec(
        "reject", "Refuse what a run asks for", did: "rejected",
        examples: [("flow reject @latest review --comment 'wrong month' --resume", "refuse, and let the run end")]
    ) { .reject(node: $0, comment: $1) }

    private static func spec(
        _ name: String, _ summary: String, did: String, examples: [(line: String, summary: String)],
        request: @escaping @Sendable (_ node: String, _ comment: String?) -> RunCommand.Request
    ) -> CommandSpec {
        CommandSpec(
            name: name, summary: summary, arguments: "RUN NODE",
            options: [
                .option("comment", "TEXT", "A word on it; kept with the run."),
                .flag("resume", "Go on with the run in the foreground."),
            ] + Foreground.options,
            discussion: "A flow process that works on the run takes the answer at once.",
            examples: examples,
            run: { invocation in
                let workplace = try Workplace(invocation)
                let run = try await workplace.openRun(invocation.argument(0))
                let node = invocation.argument(1)
                try await check(node, of: run)
                let command = RunCommand(
                    run: run.id, by: workplace.person, request: request(node, invocation.value("comment")))
                if invocation.flag("resume") {
                    return try await answerAndResume(command, run, workplace, try Foreground(workplace, invocation))
                }
                let isTaken = try await CommandDelivery(workplace).deliver(command)
                let code = try await Answer.print(run.id, node: node, did: did, workplace, invocation)
                if !isTaken { Talk().say("next: flow resume \(run.id)\(workplace.storeOption)") }
                return code
            })
    }

    /// Refuses a node that does not exist or is not waiting, naming those that are.
    private static func check(_ node: String, of run: StoredRun) async throws {
        let nodes = try await run.reader.nodes(of: run.id)
        if let row = nodes.first(where: { $0.node == node }) {
            guard row.status == .waiting else {
                throw CommandFailure(.usage, "node `\(node)` of run \(run.id) is \(row.status.rawValue), not waiting")
            }
            return
        }
        // A path such as `sub/gate` leads into the run of a sub-workflow, which the engine looks up.
        if node.contains("/") { return }
        let waiting = nodes.filter { $0.status == .waiting }.map(\.node)
        let near = Spelling.nearest(to: node, among: waiting.isEmpty ? nodes.map(\.node) : waiting)
        let help =
            near.map { "did you mean `\($0)`?" }
            ?? "waiting: \(waiting.isEmpty ? "nothing" : waiting.joined(separator: ", "))"
        throw CommandFailure(.badInput, "no node `\(node)` of run \(run.id) waits for an answer", help: [help])
    }

    private static func answerAndResume(
        _ command: RunCommand, _ run: StoredRun, _ workplace: Workplace, _ foreground: Foreground
    ) async throws -> ExitCode {
        let engine: Engine
        do throws(EngineError) {
            engine = try await workplace.openEngine(foreground)
        } catch {
            guard error.store?.code == .busy else { throw error }
            try await CommandDelivery(workplace).post(command)
            Talk().say("run \(run.id) goes on in the process that works on it")
            return .done
        }
        let progress = foreground.progress(
            workflow: run.summary.workflow, total: run.summary.nodeCount, ended: run.summary.endedCount)
        return try await foreground.follow(engine, progress) {
            // Loaded with the observer before the answer, which would load it without one.
            try await engine.resume(run.id, observer: progress)
            try await engine.send(command)
            return run.id
        }
    }
}
