// SPDX-License-Identifier: Apache-2.0

import FlowEngine

/// `flow replay`: runs a part of a run again, as a run of its own.
enum ReplayCommandLine {
    static let spec = CommandSpec(
        name: "replay", summary: "Run again from a node, or what failed, as a new run", arguments: "RUN",
        options: RerunArguments.options + [
            planOption,
            .flag("tape", "Answer the calls of what runs again with those of RUN; nothing is asked of a model."),
            .flag("live", "Make the calls of what runs again anew; so it is without either."),
        ] + Foreground.options,
        discussion: """
            The run itself is never changed. The new run takes over the results of all nodes that need not run again, without
            copying them; `flow plan RUN` with the same options shows which those are. Without any option it runs what
            did not end well.

            With --tape the calls to models and tools are answered as they were in RUN, by node and request. The first call
            that was not made there fails its node and says what is different. Programs run all the same.
            """,
        examples: [
            ("flow replay @latest --from analyse", "this node and what follows"),
            ("flow replay k7 --failed", "what did not end well"),
            ("flow replay k7 --workflow edited.yaml", "what an edited workflow changes"),
            ("flow replay k7 --from analyse --tape", "again, with the answers of then"),
        ],
        run: { invocation in
            try await start(invocation, kind: .replay, name: nil, hypothesis: nil)
        })

    static let planOption = OptionSpec.option(
        "plan", "DIGEST", "Start only if the plan is still the one that `flow plan` showed.")

    /// Derives a run and stays until it has ended or cannot go on.
    static func start(
        _ invocation: Invocation, kind: Derivation.Kind, name: String?, hypothesis: String?
    ) async throws -> ExitCode {
        let workplace = try Workplace(invocation)
        let run = try await workplace.openRun(invocation.argument(0))
        let arguments = try RerunArguments(invocation)
        if invocation.flag("tape"), invocation.flag("live") {
            throw CommandFailure(.usage, "--tape and --live exclude each other")
        }
        guard let planned = try await arguments.planned(run, workplace), let plan = planned.workflow.compilation.plan
        else { return .invalidWorkflow }
        if let expected = invocation.value("plan") {
            let digest = planned.digest.hex
            guard expected.utf8.count >= 8, digest.hasPrefix(expected) else {
                throw CommandFailure(
                    .badInput, "the plan is not the one that was agreed to: it is \(digest.prefix(12)) now",
                    help: ["look at it again: flow plan \(run.id) with the same options"])
            }
        }
        var foreground = try Foreground(workplace, invocation)
        foreground.plan = plan
        let rerun = Set(planned.plan.rerun).union(planned.diff.removed)
        let derived = DerivedRun(
            parent: run.id, kind: kind, rerun: rerun, pins: planned.pins, plan: planned.digest, name: name,
            hypothesis: hypothesis, asked: Set(planned.request.from + planned.request.only))
        var options = planned.options
        options.tape = invocation.flag("tape") ? run.id : nil
        let started = options
        let reused = planned.plan.reused.count
        let engine = try await workplace.openEngine(foreground)
        Talk().say("from run \(run.id): \(reused) of \(plan.nodes.count) nodes are taken over")
        let progress = foreground.progress(workflow: plan.definition.name, total: plan.nodes.count, ended: reused)
        return try await foreground.follow(engine, progress) {
            try await engine.derive(
                derived, workflow: planned.workflow, inputs: planned.inputs, options: started,
                observer: progress)
        }
    }
}
