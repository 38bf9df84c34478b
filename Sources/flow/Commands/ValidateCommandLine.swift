// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine

/// `flow validate`: finds the faults of workflows without running anything.
enum ValidateCommandLine {
    static let spec = CommandSpec(
        name: "validate", summary: "Check workflows", arguments: "FILE...",
        options: [.option("format", "full|concise|json|github", "How faults are printed (full).")],
        discussion: """
            FILE is a path, a name of the catalog, or - for the standard input. All faults of a file are shown, and
            those of the agents beside it. The exit code is 65 when there is any error. `--format json` prints one
            fault a line, `--json` one object for all.
            """,
        examples: [
            ("flow validate workflows/hello.yaml", "with the lines of the source"),
            ("flow validate workflows/*.yaml --format github", "for a CI service"),
            ("flow validate - < new.yaml", "from the standard input"),
        ],
        run: run)

    private static func run(_ invocation: Invocation) async throws -> ExitCode {
        let workplace = try Workplace(invocation)
        let format = try invocation.choice("format", ["full", "concise", "json", "github"]) ?? "full"
        let isJSON = invocation.flag("json")
        let style: DiagnosticPrinter.Style =
            switch isJSON ? "json" : format {
            case "concise": .concise
            case "json": .json
            case "github": .github
            default: .full(colour: Talk(.output).isColoured)
            }
        let printer = DiagnosticPrinter(style)
        var reports: [JSONValue] = []
        var seen: Set<String> = []
        var isFirst = true
        var code = ExitCode.done
        for name in invocation.positionals {
            let workflow: LoadedWorkflow
            do {
                workflow = try workplace.load(name)
            } catch {
                // The other files are checked all the same.
                let failure = (error as? CommandFailure) ?? (error as? FileError).map { CommandFailure($0) }
                guard let failure else { throw error }
                let talk = Talk()
                talk.say("\(talk.style(.error, "error")): \(failure.message)")
                for line in failure.help { talk.say("  \(talk.style(.help, "help")): \(line)") }
                code = failure.code
                continue
            }
            var faults: [JSONValue] = []
            for (sources, diagnostics) in problems(of: workflow) {
                for diagnostic in diagnostics {
                    let text = printer.text(diagnostic, in: sources)
                    // Files of one folder share its agents, whose faults are told once.
                    guard seen.insert(text).inserted else { continue }
                    if isJSON {
                        faults.append((try? JSONValue.parse(Array(text.utf8))) ?? .string(text))
                    } else {
                        try Output.text((isFirst || format != "full" ? "" : "\n") + text)
                        isFirst = false
                    }
                }
            }
            let isValid = workflow.compilation.plan != nil && workflow.agentProblems.isEmpty
            let count = workflow.compilation.plan?.nodes.count
            if isValid { Talk().say("ok: \(name) (\(count ?? 0) \(count == 1 ? "node" : "nodes"))") }
            if !isValid, code == .done { code = .invalidWorkflow }
            reports.append([
                "file": .string(name), "ok": .bool(isValid), "nodes": count.map { .integer(Int64($0)) } ?? .null,
                "diagnostics": .array(faults),
            ])
        }
        if isJSON {
            var object = JSONObject()
            object["files"] = .array(reports)
            try Output.json(object)
        }
        return code
    }

    /// The faults of the workflow and then those of its agents, each with the text that it is about.
    private static func problems(of workflow: LoadedWorkflow) -> [(SourceMap, [Diagnostic])] {
        [(workflow.compilation.sources, workflow.compilation.diagnostics.inOrder())]
            + workflow.agentProblems.map { ($0.sources, $0.diagnostics.inOrder()) }
    }
}
