// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEditor
import FlowEngine

/// `flow inspect`: what each stage of the way from text to effects did, as text.
enum InspectCommandLine {
    static let spec = CommandSpec(
        name: "inspect", summary: "Show what a stage made of a workflow or a run", arguments: "FILE|RUN",
        options: [.option("stage", "document|definition|plan|events|effects", "Which stage (plan).")],
        discussion: """
            document    the YAML as a tree with places
            definition  the workflow as typed values
            plan        the graph that the run machine works on
            events      the log of a run
            effects     what is to be done next, as the run machine derives it from the log
            """,
        examples: [
            ("flow inspect workflows/hello.yaml --stage document", "how the text was read"),
            ("flow inspect @latest --stage effects", "what an engine would do next"),
        ],
        run: run)

    private static func run(_ invocation: Invocation) async throws -> ExitCode {
        let workplace = try Workplace(invocation)
        let stages = ["document", "definition", "plan", "events", "effects"]
        let stage = try invocation.choice("stage", stages) ?? "plan"
        let name = invocation.argument(0)
        let run = await workplace.namesRun(name) ? try await workplace.openRun(name) : nil
        let text: String
        var value: JSONValue?
        switch stage {
        case "events":
            guard let run else { throw CommandFailure(.usage, "a workflow has no events; name a run") }
            text = try await run.events(after: 0).map { EventText.line($0) + "\n" }.joined()
        default:
            let workflow =
                if let run { try await run.reader.workflow(of: run.summary, loader: workplace.loader) } else {
                    try workplace.load(name)
                }
            if stage == "document" {
                guard let tree = workflow.compilation.documentText else {
                    _ = try RunCommandLine.compiled(workflow)
                    return .invalidWorkflow
                }
                text = tree
                value = workflow.compilation.documentValue
            } else if stage == "definition", let definition = workflow.compilation.definition {
                // Shown also when it has faults: that is when it is wanted.
                _ = try RunCommandLine.compiled(workflow)
                text = definition.dump(in: workflow.compilation.sources)
            } else {
                guard let plan = try RunCommandLine.compiled(workflow) else { return .invalidWorkflow }
                if stage == "effects" {
                    text = try await effects(plan, run)
                } else {
                    text = plan.dump()
                }
            }
        }
        if invocation.flag("json") {
            var object = JSONObject()
            object["stage"] = .string(stage)
            if let value { object["value"] = value }
            object["lines"] = .array(text.split(separator: "\n").map { .string(String($0)) })
            try Output.json(object)
        } else {
            try Output.text(text)
        }
        return .done
    }

    private static func effects(_ plan: Plan, _ run: StoredRun?) async throws -> String {
        let history = try await run?.events(after: 0) ?? []
        var slots = plan.definition.maxParallel ?? 8
        if let run { slots = try await run.reader.inputs(of: run.summary).1.maxParallel ?? slots }
        var machine = RunMachine(
            plan: plan, slots: slots, emptyResult: .zero,
            approvals: plan.definition.approvals ?? .standard, history: history)
        // A workflow has no log: shown is what its start would lead to.
        if run == nil { _ = try machine.advance(.start(engine: "inspect"), at: WallClock.now) }
        return machine.takeEffects().map { line($0, machine) + "\n" }.joined()
    }

    private static func line(_ effect: RunEffect, _ machine: borrowing RunMachine) -> String {
        switch effect {
        case .prepare(let node): "prepare \(machine.name(of: node))"
        case .run(let node, let attempt): "run \(machine.name(of: node)) attempt \(attempt)"
        case .cancel(let node, let attempt): "cancel \(machine.name(of: node)) attempt \(attempt)"
        case .restart(let node, let attempt): "restart \(machine.name(of: node)) attempt \(attempt)"
        case .wake(let node, let moment): "wake \(machine.name(of: node)) at \(moment.iso8601)"
        case .join(let node): "join \(machine.name(of: node))"
        case .watch(let node, let run): "watch \(machine.name(of: node)) run \(run)"
        case .watchTime(let budget, let moment):
            "watch the time of \(machine.calls.budgets[budget].title) at \(moment.iso8601)"
        case .close(let status): "close \(status.rawValue)"
        }
    }
}
