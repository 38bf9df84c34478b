// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine

/// `flow sim`: what a workflow does in many runs, without running any of its nodes.
enum SimulateCommandLine {
    static let spec = CommandSpec(
        name: "sim", summary: "Try a workflow out without running its nodes", arguments: "WORKFLOW",
        options: [
            .option("input", short: "i", "NAME=VALUE", repeated: true, "An input of all runs; others are made up."),
            .option("input-file", "FILE", repeated: true, "A JSON object of inputs; - is the standard input."),
            .option(
                "fail", "NODE[:REASON[:TIMES]]", repeated: true,
                "Let attempts of a node fail: all, or the first TIMES. No other failures are tried then."),
            .option("runs", "N", "How many runs (200; fewer of more than 2000 nodes). The first goes well."),
            .option("seed", "N", "Where chance begins (1): the same seed gives the same runs."),
            .option("slots", "N", "The most nodes at the same time (what the workflow says, else 8)."),
            .option("trace", "RUN", "Show the facts of one run, by its number from 0."),
        ],
        discussion: """
            Programs, models, requests and people are made up: their results by the types that the workflow declares,
            their times by estimates. Conditions, lists, templates and retries are the real ones. Runs differ in their
            values and in which nodes fail, so that they take as many paths as they can; what no run did is listed.

            The exit code is 0 when all runs ended, whether they succeeded or failed, and 1 when one could not go on.
            """,
        examples: [
            ("flow sim itops", "200 runs of a workflow"),
            ("flow sim retry --fail flaky:exit_code:2 --runs 1 --trace 0", "what happens when a node fails twice"),
            ("flow sim ./build.yaml --json", "the report as JSON"),
        ],
        run: run)

    private static func run(_ invocation: Invocation) async throws -> ExitCode {
        let workplace = try Workplace(invocation)
        let workflow = try workplace.load(invocation.argument(0))
        guard let plan = try RunCommandLine.compiled(workflow) else { return .invalidWorkflow }
        var options = Simulation.Options()
        // A workflow of many nodes takes its time for each run.
        let runs = min(options.runs, max(5, 400_000 / max(1, plan.nodes.count)))
        options.runs = try invocation.integer("runs", minimum: 1) ?? runs
        options.seed = UInt64(try invocation.integer("seed", minimum: 0) ?? 1)
        options.slots = try invocation.integer("slots", minimum: 1)
        options.failures = try failures(invocation)
        options.inputs = try inputs(plan.definition, invocation)
        let simulation = Simulation(
            plan, kinds: workplace.kindsForCompiling, agents: workflow.agents, options: options)
        if let problem = simulation.problem { throw CommandFailure(.badInput, problem) }
        if let number = try invocation.integer("trace", minimum: 0) {
            let trace = await simulation.trace(number)
            if invocation.flag("json") { try Output.json(trace.json) } else { try Output.text(text(of: trace)) }
            return trace.status == nil || !trace.violations.isEmpty ? .runFailed : .done
        }
        let report = await simulation.run()
        if invocation.flag("json") {
            try Output.json(report.json)
        } else {
            try Output.text(SimulationText.text(report))
        }
        guard let worst = report.violations.first else { return .done }
        if !invocation.flag("json") { try Output.text("\n" + text(of: await simulation.trace(worst.run))) }
        return .runFailed
    }

    private static func failures(_ invocation: Invocation) throws(CommandFailure) -> [InjectedFailure] {
        var failures: [InjectedFailure] = []
        for text in invocation.all("fail") {
            guard let failure = InjectedFailure(parsing: text) else {
                throw CommandFailure(
                    .usage, "--fail takes NODE[:REASON[:TIMES]], not `\(text)`",
                    help: ["the reasons are \(FailureReason.allCases.map(\.rawValue).joined(separator: ", "))"])
            }
            failures.append(failure)
        }
        return failures
    }

    /// The inputs that are given; they need not be all.
    private static func inputs(
        _ definition: WorkflowDefinition, _ invocation: Invocation
    ) throws -> JSONObject {
        let given = try InputArguments(definitions: definition.inputs, directory: try File.currentDirectory())
            .values(invocation)
        let known = definition.inputs.filter { given[$0.name] != nil }
        let others = definition.inputs.map(\.name)
        for member in given where !others.contains(member.key) {
            let near = Spelling.nearest(to: member.key, among: others)
            throw CommandFailure(
                .badInput, "the workflow has no input `\(member.key)`",
                help: near.map { ["did you mean `\($0)`?"] } ?? [])
        }
        let binding = InputBinder(inputs: known).bind(given)
        guard let values = binding.values else {
            throw CommandFailure(
                .badInput, "the inputs of `\(definition.name)` do not fit",
                help: binding.problems.flatMap { [$0.message] + $0.help })
        }
        return values
    }

    private static func text(of trace: SimulationTrace) -> String {
        var text = "run \(trace.number)\n"
        text += "inputs: \(JSONValue.object(trace.inputs).jsonText(.compact))\n"
        for failure in trace.failures {
            text += "failure: \(failure.node) \(failure.reason?.rawValue ?? "") "
            text += failure.times.map { "\($0) times\n" } ?? "always\n"
        }
        var table = Table(header: ["time", "fact"])
        for recorded in trace.events {
            table.add([recorded.at.since(trace.start).description, SimulationText.line(recorded.event, trace.start)])
        }
        text += table.text
        for violation in trace.violations { text += "wrong: \(violation)\n" }
        return text
    }
}

extension SimulationTrace {
    /// The trace as JSON; times in milliseconds from the start.
    fileprivate var json: JSONObject {
        var object = JSONObject()
        object["run"] = .integer(Int64(number))
        object["inputs"] = .object(inputs)
        object["status"] = status.map { .string($0.rawValue) } ?? .null
        object["events"] = .array(
            events.map { recorded in
                var row = recorded.event.json.objectValue ?? JSONObject()
                row["time"] = .integer(recorded.at.since(start).count)
                return .object(row)
            })
        object["violations"] = .array(violations.map { .string($0) })
        return object
    }
}
