// SPDX-License-Identifier: Apache-2.0

import FlowEngine

/// `flow resume`: takes a run up where it stands.
enum ResumeCommandLine {
    static let spec = CommandSpec(
        name: "resume", summary: "Go on with a run that was paused, interrupted or left", arguments: "RUN",
        options: [.flag("force", "Also a run in quarantine, with which the engine died three times.")]
            + Foreground.options,
        discussion: "What has ended does not run again. A run that has ended is only shown.",
        examples: [
            ("flow resume @latest", "go on with the newest run"), ("flow resume k7 --wait", "and wait for answers"),
        ],
        run: { invocation in
            let workplace = try Workplace(invocation)
            let run = try await workplace.openRun(invocation.argument(0))
            return try await resume(
                run, workplace, try Foreground(workplace, invocation), force: invocation.flag("force"))
        })

    /// Goes on with a run in the foreground; lets the living engine do it where there is one.
    static func resume(
        _ run: StoredRun, _ workplace: Workplace, _ foreground: Foreground, force: Bool = false
    ) async throws -> ExitCode {
        if run.summary.status.isTerminal {
            Talk().say("run \(run.id) has ended already: \(run.summary.status.rawValue)")
            return try await foreground.report(run.id)
        }
        let engine: Engine
        do throws(EngineError) {
            engine = try await workplace.openEngine(foreground)
        } catch {
            guard error.store?.code == .busy, run.summary.status == .paused else { throw error }
            try await CommandDelivery(workplace).post(
                RunCommand(run: run.id, by: workplace.person, request: .resume))
            Talk().say("run \(run.id) goes on in the process that works on it")
            return .done
        }
        let progress = foreground.progress(
            workflow: run.summary.workflow, total: run.summary.nodeCount, ended: run.summary.endedCount)
        return try await foreground.follow(engine, progress) {
            try await engine.resume(run.id, force: force, observer: progress)
            return run.id
        }
    }
}
