// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine

/// `flow run`: starts a run and stays until it has ended or cannot go on.
enum RunCommandLine {
    static let spec = CommandSpec(
        name: "run", summary: "Run a workflow", arguments: "WORKFLOW",
        options: [
            .option("input", short: "i", "NAME=VALUE", repeated: true, "An input; NAME=@FILE takes it from a file."),
            .option("input-file", "FILE", repeated: true, "A JSON object of inputs; - is the standard input."),
            .option("max-parallel", "N", "The most nodes at the same time."),
            .option("approval", "MODE", "When people are asked: a mode or a preset, in place of the workflow's."),
            .option("session", "NAME", "The session that the run belongs to (`flow session new`)."),
            .flag("ignore-estimate", "Start although it may cost more than budgets leave."),
        ] + Foreground.options,
        discussion: """
            WORKFLOW is a name of the catalog (`flow modes`), a path, or - for the standard input. For an input of type
            file, NAME=@FILE and NAME=FILE give the file; for all others NAME=@FILE gives its content.

            The run's id comes first on the standard error output. The standard output holds the table of nodes, the
            outputs and the files; with --json one event a line and then the result.

            Modes of --approval: ask (what approval nodes ask), none (nobody is asked, approval nodes pass), after_planning,
            before_each_step, on_error, manual (after flow pause), custom (the workflow's checkpoints). Presets: autonomous,
            review_plan, step_by_step, error_recovery.
            """,
        examples: [
            ("flow run hello", "run a workflow of the catalog"),
            ("flow run itops -i tickets_file=@tickets.csv --approval none", "with a file, without asking anybody"),
            ("flow run ./build.yaml --json", "one JSON object a line"),
        ],
        run: run)

    private static func run(_ invocation: Invocation) async throws -> ExitCode {
        let workplace = try Workplace(invocation)
        var options = RunOptions()
        options.maxParallel = try invocation.integer("max-parallel", minimum: 1)
        let approval = try invocation.choice("approval", ApprovalPolicy.names)
        options.startedBy = workplace.person
        options.session = invocation.value("session")
        options.ignoresEstimate = invocation.flag("ignore-estimate")
        let workflow = try workplace.load(invocation.argument(0))
        guard let plan = try compiled(workflow, isQuiet: invocation.flag("quiet")) else { return .invalidWorkflow }
        if let approval { try choose(approval, of: plan.definition, &options) }
        let inputs = try inputs(of: plan.definition, invocation)
        var foreground = try Foreground(workplace, invocation)
        foreground.plan = plan
        try workplace.requireSoundSettings()
        let engine = try await workplace.openEngine(foreground)
        let progress = foreground.progress(workflow: plan.definition.name, total: plan.nodes.count)
        // The text and tree of a large workflow are as large as its run: they go when the run has its plan.
        var pending: LoadedWorkflow? = consume workflow
        return try await foreground.follow(engine, progress) {
            guard let workflow = pending.take() else { preconditionFailure("a run is begun once") }
            var options = options
            options.estimate = try await engine.estimate(of: plan.definition, session: options.session)
            return try await engine.start(workflow, inputs: inputs, options: options, observer: progress)
        }
    }

    /// Takes a mode or a preset in the place of the workflow's; what else the workflow says of questions holds.
    private static func choose(
        _ name: String, of definition: WorkflowDefinition, _ options: inout RunOptions
    ) throws(CommandFailure) {
        guard let named = ApprovalPolicy(named: name) else { return }
        if named.mode == .custom, definition.approvals?.rules.isEmpty ?? true {
            throw CommandFailure(
                .usage, "the workflow has no checkpoints of its own",
                help: ["write them under `approvals: {checkpoints: [...]}`, or choose another mode"])
        }
        options.approval = named.mode
        guard ApprovalPolicy.Preset(rawValue: name) != nil || named.mode == .ask else { return }
        var policy = definition.approvals ?? .standard
        policy.mode = named.mode
        policy.requiresFeedback = policy.requiresFeedback || named.requiresFeedback
        options.policy = policy
    }

    /// The plan of a workflow; nil, with the faults printed, when it has any.
    static func compiled(_ workflow: LoadedWorkflow, isQuiet: Bool = false) throws -> Plan? {
        let printer = DiagnosticPrinter(.full(colour: Talk().isColoured))
        let diagnostics = workflow.compilation.diagnostics.inOrder()
        let isBroken = workflow.compilation.plan == nil
        if isBroken || !isQuiet {
            try? StandardStream.error.write(printer.text(diagnostics, in: workflow.compilation.sources, limit: 50))
        }
        if isBroken {
            for (sources, diagnostics) in workflow.agentProblems {
                try? StandardStream.error.write("\n" + printer.text(diagnostics.inOrder(), in: sources, limit: 50))
            }
        }
        return workflow.compilation.plan
    }

    private static func inputs(of definition: WorkflowDefinition, _ invocation: Invocation) throws -> JSONObject {
        let given = try InputArguments(definitions: definition.inputs, directory: try File.currentDirectory())
            .values(invocation)
        let binding = InputBinder(inputs: definition.inputs).bind(given)
        guard let values = binding.values else {
            throw CommandFailure(
                .badInput, "the inputs of `\(definition.name)` do not fit",
                help: binding.problems.flatMap { [$0.message] + $0.help })
        }
        return values
    }
}
