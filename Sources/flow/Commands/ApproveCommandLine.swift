// SPDX-License-Identifier: Apache-2.0

import FlowEngine

/// `flow approve`, `flow reject` and `flow answer`: a person's answer to a question of a run.
enum ApproveCommandLine {
    static let approve = spec(
        "approve", "Say yes to what a run asks", arguments: "RUN [NODE]", did: "approved",
        examples: [
            ("flow approve @latest review --comment 'looks right'", "answer; the run goes on at the next resume"),
            ("flow approve @latest review --resume", "answer and go on here"),
            ("flow approve @latest order --set amount=12 --set rush=true", "fill in the form of the question"),
            ("flow approve @latest", "let a run go on that waits after a pause"),
        ]
    ) { _ in .approved }

    static let reject = spec(
        "reject", "Say no to what a run asks", arguments: "RUN [NODE]", did: "rejected",
        examples: [("flow reject @latest review --comment 'wrong month' --resume", "refuse, and let the run end")]
    ) { _ in .rejected }

    static let answer = spec(
        "answer", "Answer what a run asks otherwise than by yes or no", arguments: "RUN ANSWER [NODE]",
        did: "answered",
        discussion: """
            ANSWER is approved, rejected, modified (go on, changed by --set), retry (do it again), skip (go on without the
            node), abort (end the run) or send_back (run an earlier node again, with --comment in its agents' prompts).

            """,
        examples: [
            ("flow answer @latest retry build --comment 'the disk has room now'", "run a failed node again"),
            ("flow answer @latest send_back review --to draft --comment 'shorter'", "go back to an earlier node"),
            ("flow answer @latest modified step --set 'prompt=Only the first page'", "let a node run, changed"),
        ]
    ) { invocation throws(CommandFailure) in
        let word = invocation.argument(1)
        guard let resolution = ApprovalDecision.Resolution(rawValue: word) else {
            let words = ApprovalDecision.Resolution.allCases.map(\.rawValue)
            let near = Spelling.nearest(to: word, among: words)
            throw CommandFailure(
                .usage, "`\(word)` is no answer",
                help: [near.map { "did you mean `\($0)`?" } ?? "the answers are \(words.joined(separator: ", "))"])
        }
        return resolution
    }

    private static func spec(
        _ name: String, _ summary: String, arguments: String, did: String, discussion: String = "",
        examples: [(line: String, summary: String)],
        resolution: @escaping @Sendable (Invocation) throws(CommandFailure) -> ApprovalDecision.Resolution
    ) -> CommandSpec {
        CommandSpec(
            name: name, summary: summary, arguments: arguments,
            options: [
                .option("comment", "TEXT", "A word on it; kept with the run."),
                .option("set", "NAME=VALUE", repeated: true, "A field of the form, or a value to change."),
            ] + (name == "answer" ? [.option("to", "NODE", "The node to go back to.")] : []) + [
                .flag("resume", "Go on with the run in the foreground.")
            ] + Foreground.options,
            discussion: discussion
                + "A flow process that works on the run takes the answer at once. Without NODE the answer is to a run that "
                + "waits after a pause.",
            examples: examples,
            run: { invocation in
                let workplace = try Workplace(invocation)
                let run = try await workplace.openRun(invocation.argument(0))
                let resolution = try resolution(invocation)
                let node = invocation.optionalArgument(name == "answer" ? 2 : 1) ?? ""
                try await check(node, of: run)
                let values = try ValueArguments.values(invocation.all("set"))
                let answer = ApprovalAnswer(
                    resolution, comment: invocation.value("comment"), values: values.isEmpty ? nil : values,
                    target: name == "answer" ? invocation.value("to") : nil)
                let command = RunCommand(run: run.id, by: workplace.person, request: .answer(node: node, answer))
                if invocation.flag("resume") {
                    return try await answerAndResume(command, run, workplace, try Foreground(workplace, invocation))
                }
                let isTaken = try await CommandDelivery(workplace).deliver(command)
                let done = name == "answer" ? resolution.rawValue : did
                let code = try await Answer.print(
                    run.id, node: node.isEmpty ? nil : node, did: done, workplace, invocation)
                if !isTaken { Talk().say("next: flow resume \(run.id)\(workplace.storeOption)") }
                return code
            })
    }

    /// Refuses a node that does not exist or is not waiting, naming those that are.
    private static func check(_ node: String, of run: StoredRun) async throws {
        let nodes = try await run.reader.nodes(of: run.id)
        let waiting = nodes.filter { $0.status == .waiting }.map(\.node)
        let list = "waiting: \(waiting.isEmpty ? "nothing" : waiting.joined(separator: ", "))"
        if node.isEmpty {
            if run.summary.status != .paused, !waiting.isEmpty {
                throw CommandFailure(.usage, "say which node is answered", help: [list])
            }
            return
        }
        if let row = nodes.first(where: { $0.node == node }) {
            guard row.status == .waiting else {
                throw CommandFailure(.usage, "node `\(node)` of run \(run.id) is \(row.status.rawValue), not waiting")
            }
            return
        }
        // A path such as `sub/gate` leads into the run of a sub-workflow, which the engine looks up.
        if node.contains("/") { return }
        let near = Spelling.nearest(to: node, among: waiting.isEmpty ? nodes.map(\.node) : waiting)
        throw CommandFailure(
            .badInput, "no node `\(node)` of run \(run.id) waits for an answer",
            help: [near.map { "did you mean `\($0)`?" } ?? list])
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
