// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine

/// `flow test`: runs a workflow on the tape of an earlier run and compares what comes out.
enum TestCommandLine {
    static let spec = CommandSpec(
        name: "test", summary: "Run a workflow on the calls of an earlier run, and compare the outputs",
        arguments: "WORKFLOW",
        options: [
            .option("tape", "RUN", "The run whose calls are the answers, and whose outputs are expected."),
            .option("input", short: "i", "NAME=VALUE", repeated: true, "Another input than RUN had."),
            .option("input-file", "FILE", repeated: true, "A JSON object of inputs; - is the standard input."),
        ],
        discussion: """
            The whole workflow runs, as a run of its own. No model is asked: each call is answered as it was in RUN, by node
            and request, and the first call that was not made there fails its node. Programs run. Approvals pass, and are not
            compared. The inputs are those of RUN where no others are given.

            Ends with 0 when every node ends as it did in RUN and puts out the same, else with 1 and the differences.
            """,
        examples: [
            ("flow test itops --tape @latest", "after a change of a prompt or a program"),
            ("flow test ./mode.yaml --tape k7 --json", "for a program"),
        ],
        run: run)

    private static func run(_ invocation: Invocation) async throws -> ExitCode {
        let workplace = try Workplace(invocation)
        guard let name = invocation.value("tape") else {
            throw CommandFailure(.usage, "`flow test` takes --tape RUN", help: ["`flow list` shows the runs"])
        }
        let workflow = try workplace.load(invocation.argument(0))
        guard let plan = try RunCommandLine.compiled(workflow) else { return .invalidWorkflow }
        var tape = try await workplace.openRun(name)
        // The latest run is often a test itself: what it was tested against is meant.
        while name.hasPrefix("@"), let origin = try await tape.reader.inputs(of: tape.summary).1.tape {
            tape = try await workplace.openRun(origin)
        }
        let expected = tape
        let (recorded, recordedOptions) = try await expected.reader.inputs(of: expected.summary)
        var options = RunOptions(maxParallel: recordedOptions.maxParallel, approval: .none)
        options.tape = expected.id
        let inputs = try inputs(of: plan.definition, recorded, invocation)
        let started = options
        let engine = try await workplace.openEngine()
        let run: String
        do {
            run = try await engine.start(workflow, inputs: inputs, options: started)
            _ = try await engine.outcome(of: run)
        } catch {
            await engine.close()
            throw error
        }
        await engine.close()
        let comparison = try await TapeComparison.make(
            expected: expected, found: try await workplace.openRun(run), ignoring: ["approval"])
        if invocation.flag("json") {
            try Output.json(comparison.json)
        } else {
            try Output.text(comparison.text)
        }
        return comparison.isEqual ? .done : .runFailed
    }

    /// The inputs of the recorded run as far as the workflow has them, with those of the command line over them.
    private static func inputs(
        of definition: WorkflowDefinition, _ recorded: JSONObject, _ invocation: Invocation
    ) throws -> JSONObject {
        var values = JSONObject()
        for input in definition.inputs { values[input.name] = recorded[input.name] }
        let given = try InputArguments(definitions: definition.inputs, directory: try File.currentDirectory())
            .values(invocation)
        for member in given { values[member.key] = member.value }
        let binding = InputBinder(inputs: definition.inputs).bind(values)
        guard let bound = binding.values else {
            throw CommandFailure(
                .badInput, "the inputs of `\(definition.name)` do not fit",
                help: binding.problems.flatMap { [$0.message] + $0.help })
        }
        return bound
    }
}
