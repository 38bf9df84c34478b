// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine

/// `flow validate`: finds the faults of workflows without running anything.
enum ValidateCommandLine {
    static let spec = CommandSpec(
        name: "validate", summary: "Check workflows", arguments: "FILE...",
        options: [
            .option("format", "FORMAT", "full, concise, json, github, sarif or junit (full)."),
            .option("max-errors", "N", "How many errors are shown; 0 for all (50 in full and concise)."),
            .flag("strict", "Take warnings for errors."),
            .flag("fix", "Correct what has only one cure, in the file."),
            .flag("diff", "Show what --fix would change, and change nothing."),
        ],
        discussion: """
            FILE is a path, a name of the catalog, or - for the standard input. All faults of a file are shown, and
            those of the agents beside it. The exit code is 65 when there is any error. `--format json` prints one
            fault a line, `--json` one object for all, `--format sarif` and `--format junit` one document for all.
            `--fix` keeps comments and all other text. `flow explain CODE` tells more about a fault.
            """,
        examples: [
            ("flow validate workflows/hello.yaml", "with the lines of the source"),
            ("flow validate workflows/*.yaml --format github", "for a CI service"),
            ("flow validate workflows/*.yaml --format sarif > flow.sarif", "for a code host"),
            ("flow validate new.yaml --diff", "what a correction would change"),
            ("flow validate - < new.yaml", "from the standard input"),
        ],
        run: run)

    static let formats = ["full", "concise", "json", "github", "sarif", "junit"]

    private static func run(_ invocation: Invocation) async throws -> ExitCode {
        let workplace = try Workplace(invocation)
        let format = invocation.flag("json") ? "object" : try invocation.choice("format", formats) ?? "full"
        var report = ValidationReport(
            format: format,
            mostErrors: try invocation.integer("max-errors", minimum: 0)
                ?? (["full", "concise"].contains(format) ? 50 : 0))
        var code = ExitCode.done
        for name in invocation.positionals {
            let workflow: LoadedWorkflow
            do {
                workflow = try load(name, workplace, invocation)
            } catch {
                // The other files are checked all the same.
                let failure = (error as? CommandFailure) ?? (error as? FileError).map { CommandFailure($0) }
                guard let failure else { throw error }
                let talk = Talk()
                talk.say("\(talk.style(.error, "error")): \(failure.message)")
                for line in failure.help { talk.say("  \(talk.style(.help, "help")): \(line)") }
                report.files.append(CheckedFile(name: name, failure: failure.message))
                code = failure.code
                continue
            }
            let isValid = try report.add(name, workflow, isStrict: invocation.flag("strict"))
            if !isValid, code == .done { code = .invalidWorkflow }
        }
        try report.finish()
        return code
    }

    /// The workflow, after its fixes where they are wanted.
    private static func load(
        _ name: String, _ workplace: Workplace, _ invocation: Invocation
    ) throws -> LoadedWorkflow {
        let isDry = invocation.flag("diff")
        guard isDry || invocation.flag("fix") else { return try workplace.load(name) }
        let isInput = name == "-"
        if isInput, !isDry {
            throw CommandFailure(.usage, "--fix needs a file to write", help: ["`--diff` works with `-` too"])
        }
        let path = isInput ? "-" : try workplace.workflowFile(name)
        let bytes =
            isInput
            ? try StandardStream.input.readAll(limit: 64 << 20) : try File.read(path, limit: 64 << 20)
        func load(_ bytes: [UInt8]) -> LoadedWorkflow { workplace.load(bytes, from: path) }
        let outcome = TextFixer { load($0).compilation }.fix(bytes)
        if isDry {
            let shown = isInput ? "<stdin>" : path
            try Output.text(LineDiff(bytes, outcome.bytes).unified(from: shown, to: shown))
        } else if outcome.bytes != bytes {
            // A link stays a link; its file keeps its permissions.
            let file = try File.realPath(path)
            let mode = try File.status(of: file).permissions
            try File.writeDurably(outcome.bytes, to: file, mode: mode)
        }
        let talk = Talk()
        for fix in outcome.applied {
            let place = "\(isInput ? "<stdin>" : path):\(fix.position.line):\(fix.position.column)"
            talk.say("\(talk.style(.good, isDry ? "would fix" : "fixed")): \(place): \(fix.message): \(fix.fix)")
        }
        return load(outcome.bytes)
    }
}
