// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine

/// `flow fmt`: formats workflow and agent files.
enum FormatCommandLine {
    static let spec = CommandSpec(
        name: "fmt", summary: "Format workflow and agent files", arguments: "[FILE...]",
        options: [
            .flag("check", "Write nothing; list the files that would change and exit with 1 if there are any."),
            .flag("diff", "Write nothing; show what would change."),
        ],
        discussion: """
            Puts keys in the order of `flow help language`, indents by two spaces and removes blanks at the ends of
            lines. Comments stay with their entries; nodes, names, lists, quotes and block texts stay as they are, and
            so does what the file means. FILE is a path or a folder; - formats the standard input to the standard
            output. Without FILE: the files in workflows/ and agents/ here. The files that change are listed.
            """,
        examples: [
            ("flow fmt", "all workflows and agents of the project"),
            ("flow fmt --check workflows", "in CI"),
            ("flow fmt - < new.yaml", "from the standard input"),
        ],
        run: run)

    /// The largest file that is formatted.
    private static let largestFile = 64 << 20

    private static func run(_ invocation: Invocation) async throws -> ExitCode {
        let formatter = WorkflowFormatter(kinds: BuiltinKinds.forCompiling(environment: [:]))
        let isDry = invocation.flag("check") || invocation.flag("diff")
        let isJSON = invocation.flag("json")
        let talk = Talk()
        var rows: [JSONValue] = []
        var code = ExitCode.done
        for name in try files(invocation.positionals) {
            let isInput = name == "-"
            let shown = isInput ? "<stdin>" : name
            let old: [UInt8]
            let result: WorkflowFormatter.Formatting
            do {
                old =
                    isInput
                    ? try StandardStream.input.readAll(limit: largestFile) : try File.read(name, limit: largestFile)
                result = try formatter.format(old, name: shown)
            } catch let refusal as WorkflowFormatter.Refusal {
                code = say(refusal, shown, talk)
                rows.append(["file": .string(shown), "ok": false, "changed": false])
                continue
            } catch let error as FileError {
                // The other files are formatted all the same.
                let failure = CommandFailure(error)
                talk.say("\(talk.style(.error, "error")): \(failure.message)")
                code = failure.code
                rows.append(["file": .string(shown), "ok": false, "changed": false])
                continue
            }
            let isChanged = result.bytes != old
            rows.append(["file": .string(shown), "ok": true, "changed": .bool(isChanged)])
            if result.keepsOrder {
                talk.say("note: \(shown): keys keep their order, because anchors would come after their aliases")
            }
            if isInput, !isDry, !isJSON { try StandardStream.output.write(result.bytes) }
            guard isChanged else { continue }
            if invocation.flag("check"), code == .done { code = .runFailed }
            if invocation.flag("diff"), !isJSON {
                try Output.text(LineDiff(old, result.bytes).unified(from: shown, to: "\(shown) (formatted)"))
            } else if !isInput || isDry, !isJSON {
                try Output.text(shown + "\n")
            }
            if !isDry, !isInput { try write(result.bytes, to: name) }
        }
        if isJSON {
            var object = JSONObject()
            object["files"] = .array(rows)
            try Output.json(object)
        }
        return code
    }

    /// Replaces a file; a link to it stays.
    private static func write(_ bytes: [UInt8], to name: String) throws(FileError) {
        let path = try File.realPath(name)
        let mode = try File.status(of: path).permissions
        try File.writeDurably(bytes, to: path, mode: mode)
        // The umask may have taken permissions away that the file had.
        try File.setPermissions(mode, of: path)
    }

    private static func say(_ refusal: WorkflowFormatter.Refusal, _ name: String, _ talk: Talk) -> ExitCode {
        let printer = DiagnosticPrinter(.full(colour: talk.isColoured))
        switch refusal {
        case .faults(let diagnostics, let sources):
            try? StandardStream.error.write(printer.text(diagnostics, in: sources, limit: 50))
            return .invalidWorkflow
        case .unsupported(let diagnostic, let sources):
            try? StandardStream.error.write(printer.text(diagnostic, in: sources))
            return .invalidWorkflow
        case .wouldChange(let reason):
            talk.say("\(talk.style(.error, "error")): \(name) is left as it is: \(reason)")
            talk.say("  \(talk.style(.help, "help")): this is a fault of flow; please report it with the file")
            return .internalFault
        }
    }

    /// The files that arguments name.
    private static func files(_ names: [String]) throws -> [String] {
        var found: [String] = []
        for name in names.isEmpty ? ["workflows", "agents"].filter({ File.isDirectory($0) }) : names {
            if name != "-", File.isDirectory(name) { try collect(name, into: &found) } else { found.append(name) }
        }
        if found.isEmpty, names.isEmpty {
            throw CommandFailure(
                .usage, "there are no workflows/ and agents/ here", help: ["name a file: `flow fmt FILE`"])
        }
        return found
    }

    private static func collect(_ folder: String, into found: inout [String]) throws(FileError) {
        for entry in try File.list(folder).sorted(by: { $0.name < $1.name }) where !entry.name.hasPrefix(".") {
            let path = FilePath.join(folder, entry.name)
            if File.isDirectory(path) {
                try collect(path, into: &found)
            } else if entry.name.hasSuffix(".yaml") || entry.name.hasSuffix(".yml") {
                found.append(path)
            }
        }
    }
}
