// SPDX-License-Identifier: Apache-2.0

import FlowEngine

/// `flow redirect`, `flow modify` and `flow inject`: changes of a run that goes on.
enum InterveneCommandLine {
    static let all = [redirect, modify, inject]

    private static let redirect = spec(
        "redirect", "Give a node another task while its run goes on", arguments: "RUN NODE",
        options: [
            .option("prompt", "TEXT", "What its agent is asked instead."),
            .option("agent", "NAME", "The agent that does it instead; one that the run keeps."),
            .option("set", "KEY=VALUE", repeated: true, "Any other key of the node; with.NAME for a value of `with`."),
        ],
        discussion: "An attempt that runs is ended, and another one begins with the new task.",
        examples: [("flow redirect @latest write --prompt 'In one page, for children'", "another task")]
    ) { invocation throws(CommandFailure) in
        var change = try ValueArguments.values(invocation.all("set"))
        if let prompt = invocation.value("prompt") { change["prompt"] = .string(prompt) }
        if let agent = invocation.value("agent") { change["agent"] = .string(agent) }
        if change.isEmpty {
            throw CommandFailure(.usage, "say what is to be different", help: ["--prompt TEXT, --agent NAME or --set"])
        }
        return .redirect(change)
    }

    private static let modify = spec(
        "modify", "Change the parameters of a node that has not begun, or give its outputs", arguments: "RUN NODE",
        options: [
            .option("set", "KEY=VALUE", repeated: true, "A key of the node; with.NAME for a value of `with`."),
            .option("output", "NAME=VALUE", repeated: true, "An output: the node does not run, and puts these out."),
        ],
        discussion: "With --output all outputs that the node declares have to be given.",
        examples: [
            ("flow modify @latest plot --set with.colour=blue", "another parameter"),
            ("flow modify @latest measure --output mean=4.2", "the outputs of a node that does not run"),
        ]
    ) { invocation throws(CommandFailure) in
        let change = try ValueArguments.values(invocation.all("set"))
        let outputs = try ValueArguments.values(invocation.all("output"))
        switch (change.isEmpty, outputs.isEmpty) {
        case (false, true): return .modify(change)
        case (true, false): return .pin(outputs)
        case (true, true): throw CommandFailure(.usage, "say what is to be different: --set or --output")
        case (false, false):
            throw CommandFailure(.usage, "a node whose outputs are given does not run: --set or --output, not both")
        }
    }

    private static let inject = spec(
        "inject", "Say something to an agent while it works", arguments: "RUN NODE MESSAGE", options: [],
        discussion: "The agent hears it at its next turn; one that has not begun, at its first.",
        examples: [("flow inject @latest research 'the 2019 figures are wrong'", "a word to an agent")]
    ) { invocation throws(CommandFailure) in .inject(invocation.argument(2)) }

    private static func spec(
        _ name: String, _ summary: String, arguments: String, options: [OptionSpec], discussion: String,
        examples: [(line: String, summary: String)],
        action: @escaping @Sendable (Invocation) throws(CommandFailure) -> InterventionRequest.Action
    ) -> CommandSpec {
        CommandSpec(
            name: name, summary: summary, arguments: arguments,
            options: options + [.option("comment", "TEXT", "Why; kept with the run.")],
            discussion: discussion + " NODE may be a path such as sub/write.", examples: examples,
            run: { invocation in
                let workplace = try Workplace(invocation)
                let run = try await workplace.openRun(invocation.argument(0))
                let node = invocation.argument(1)
                let request = InterventionRequest(try action(invocation), comment: invocation.value("comment"))
                try await CommandDelivery(workplace).deliver(
                    RunCommand(run: run.id, by: workplace.person, request: .intervene(node: node, request)))
                return try await Answer.print(run.id, node: node, did: name, workplace, invocation)
            })
    }
}
