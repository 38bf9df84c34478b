// SPDX-License-Identifier: Apache-2.0

import FlowEngine

/// `flow branch`: runs with another hypothesis, and what becomes of it.
enum BranchCommandLine {
    static var all: [CommandSpec] { [create, list, conclude, promote, delete] }

    private static let create = CommandSpec(
        name: "branch", summary: "Run with a changed hypothesis beside a run", arguments: "RUN",
        options: [
            .option("name", "NAME", "The branch's name; every command takes it in the place of a run."),
            .option("hypothesis", "TEXT", "What is to be tried."),
        ] + RerunArguments.options + [ReplayCommandLine.planOption] + Foreground.options,
        discussion: """
            A branch is a run of its own that takes over all that the changes do not touch. RUN may be a branch itself, and
            may still go on: what has ended in it by now is taken over.
            """,
        examples: [
            (
                "flow branch @latest --name cubic --hypothesis \"a cubic fits better\" --set nodes.fit.with.degree=3",
                "with another parameter"
            ), ("flow branch k7 --name plain --patch plain.yaml", "with the changes of a file"),
        ],
        run: { invocation in
            guard let name = invocation.value("name"), BranchSummary.isName(name) else {
                throw CommandFailure(
                    .usage, "a branch needs a --name of letters, digits, `-` and `_`, at most 64 of them",
                    help: ["--name cubic"])
            }
            guard try RerunArguments(invocation).saysSomething else {
                throw CommandFailure(
                    .usage, "nothing would be different from the run",
                    help: ["say what changes: --set, --patch, --pin or --workflow; or --from NODE to run it again"])
            }
            return try await ReplayCommandLine.start(
                invocation, kind: .branch, name: name, hypothesis: invocation.value("hypothesis"))
        })

    private static let list = CommandSpec(
        name: "branch list", summary: "List branches with their hypotheses", arguments: "[RUN]",
        discussion: "With RUN only the branches that come from it, at any distance.",
        examples: [("flow branch list", "all of the store")],
        run: { invocation in
            let workplace = try Workplace(invocation)
            let (reader, _, _) = try workplace.openStore()
            var tree = try await RunTree.read(reader)
            if !invocation.argument(0).isEmpty {
                tree = tree.below(try await reader.find(invocation.argument(0)).id)
            }
            if invocation.flag("json") {
                var object = JSONObject()
                object["branches"] = .array(tree.branches.map { tree.json(of: $0) })
                try Output.json(object)
                return .done
            }
            guard !tree.branches.isEmpty else {
                Talk().say("no branches")
                return .done
            }
            var table = Table(header: ["branch", "run", "from", "status", "verdict", "hypothesis"])
            for branch in tree.branches {
                table.add([
                    (branch.name ?? branch.kind.rawValue) + (branch.isHead ? " *" : ""), branch.run, branch.parent,
                    tree.status(of: branch.run), branch.verdict.rawValue, branch.hypothesis ?? "",
                ])
            }
            try Output.text(table.text)
            return .done
        })

    private static let conclude = CommandSpec(
        name: "branch conclude", summary: "Say what became of a hypothesis",
        arguments: "RUN open|supported|refuted|abandoned",
        options: [.option("text", short: "m", "TEXT", "The conclusion.")],
        discussion: "What was said before is kept. A name that belongs to an abandoned branch is free again.",
        examples: [("flow branch conclude cubic refuted -m \"the residuals are no smaller\"", "with the reason")],
        run: { invocation in
            let words = BranchSummary.Verdict.allCases.map(\.rawValue)
            guard let verdict = BranchSummary.Verdict(rawValue: invocation.argument(1)) else {
                throw CommandFailure(
                    .usage, "there is no verdict `\(invocation.argument(1))`",
                    help: [
                        Spelling.nearest(to: invocation.argument(1), among: words).map { "did you mean `\($0)`?" }
                            ?? words.joined(separator: ", ")
                    ])
            }
            return try await change(invocation) { branch in
                branch.verdict = verdict
                branch.conclusion = invocation.value("text") ?? branch.conclusion
                return "\(verdict.rawValue)"
            }
        })

    private static let promote = CommandSpec(
        name: "branch promote", summary: "Make a branch the head of its line", arguments: "RUN",
        discussion:
            "The head is marked in `flow tree` and `flow branch list`. Of the runs from one root one is the head.",
        examples: [("flow branch promote cubic", "go on from this one")],
        run: { invocation in
            try await change(invocation, isPromotion: true) { branch in
                branch.isHead = true
                return "the head of its line"
            }
        })

    private static let delete = CommandSpec(
        name: "branch delete", summary: "Remove a branch that has ended", arguments: "RUN",
        discussion: "The runs that it comes from stay byte for byte. A branch that others come from is refused.",
        examples: [("flow branch delete plain", "when it is of no use any more")],
        run: { invocation in
            let workplace = try Workplace(invocation)
            let run = try await workplace.openRun(invocation.argument(0))
            guard try await run.reader.branch(run.id) != nil else {
                throw CommandFailure(
                    .badInput, "run \(run.id) is no branch: it comes from no other run",
                    help: ["`flow gc` removes old runs"])
            }
            let result: StoreCollector.Result
            do throws(StoreError) {
                result = try StoreCollector.remove(run.id, from: workplace.storeFolder)
            } catch {
                guard error.code == .conflict else { throw EngineError(error) }
                throw CommandFailure(.badInput, error.description)
            }
            Talk().say("removed \(result.runs.joined(separator: ", ")), \(result.files) files")
            return .done
        })

    /// Changes what is said of a branch, as one write.
    private static func change(
        _ invocation: Invocation, isPromotion: Bool = false, _ body: (inout BranchSummary) -> String
    ) async throws -> ExitCode {
        let workplace = try Workplace(invocation)
        let run = try await workplace.openRun(invocation.argument(0))
        let tree = try await RunTree.read(run.reader)
        guard var branch = tree[run.id] else {
            throw CommandFailure(.badInput, "run \(run.id) is no branch: it comes from no other run")
        }
        let what = body(&branch)
        let engine = try await workplace.openEngine()
        do throws(EngineError) {
            try await engine.note(
                branch, formerHead: isPromotion ? tree.head(ofLineWith: run.id).flatMap { tree[$0] } : nil)
        } catch {
            await engine.close()
            throw error
        }
        await engine.close()
        Talk().say("\(branch.name ?? run.id): \(what)")
        return .done
    }
}
