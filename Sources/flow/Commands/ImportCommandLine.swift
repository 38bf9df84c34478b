// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import FlowExchange

/// `flow import`: workflows of other systems as flow's, and runs from bundles.
enum ImportCommandLine {
    /// The largest file that is read, in bytes.
    static let largestFile = 64 << 20

    static let spec = CommandSpec(
        name: "import", summary: "Turn a workflow of another system into flow's, or take in a bundle",
        arguments: "FILE",
        options: [
            .option("from", "FORMAT", "wfformat, argo, actions or playbook; by default what the file looks like."),
            .option("output", short: "o", "FILE", "The file to write; by default the standard output."),
            .flag("commands", "Write the command lines of recorded tasks."),
            .flag("stand-in", "Write nodes that only record what they stand for; the default for wfformat."),
            .option("report", "full|concise|json|none", "How what has no equivalent is shown (full)."),
            .option("digest", "DIGEST", "Of a bundle: refuse another one than `flow export` has named."),
        ],
        discussion: """
            A FILE that `flow export RUN --bundle` has written is taken into the store: its runs that are not there yet, all
            of them or none. Everything in it is checked first.

            Otherwise FILE is a workflow: a path, or - for the standard input. What has no equivalent is shown with its place in FILE, and as
            a summary on the standard error. With -o, further files (sub-workflows, agents) are written beside the
            output. Nothing is overwritten but the output. The exit code is 65 when FILE has faults.
            """,
        examples: [
            ("flow import trace.json -o trace.yaml", "a recorded workflow as a graph of stand-ins"),
            ("flow import --from argo build.yaml -o workflows/build.yaml", "an Argo workflow"),
            ("flow import ci.yml --report json > /dev/null", "what would be lost"),
            ("flow import run.flowbundle", "a run from another machine"),
        ],
        run: run)

    private static func run(_ invocation: Invocation) async throws -> ExitCode {
        if RunBundle.isBundle(invocation.argument(0)) { return try await accept(invocation) }
        if invocation.value("digest") != nil {
            throw CommandFailure(.badInput, "\(invocation.argument(0)) is no bundle of flow")
        }
        let words = ForeignFormat.allCases.map(\.rawValue)
        let format = try invocation.choice("from", words).flatMap { ForeignFormat(rawValue: $0) }
        let report = try invocation.choice("report", ["full", "concise", "json", "none"]) ?? "full"
        if invocation.flag("commands"), invocation.flag("stand-in") {
            throw CommandFailure(.usage, "--commands and --stand-in cannot stand together")
        }
        let bodies: ImportedBodies =
            invocation.flag("commands") ? .commands : invocation.flag("stand-in") ? .standIn : .standard
        let name = invocation.argument(0)
        let bytes =
            name == "-"
            ? try StandardStream.input.readAll(limit: largestFile) : try File.read(name, limit: largestFile)
        let result = WorkflowImporter.read(
            bytes, name: name == "-" ? "<stdin>" : name, format: format, bodies: bodies)
        let isJSON = invocation.flag("json") || report == "json"
        try ExchangeReport.show(result.diagnostics, result.sources, as: isJSON ? "json" : report)
        guard let text = result.text else { return .invalidWorkflow }
        var written: [String] = []
        if let target = invocation.value("output"), target != "-" {
            written = try write(text, result.files, to: target)
        } else {
            if !isJSON { try Output.text(text) }
            for file in result.files { Talk().say("needs beside it: \(file.path) (written with -o)") }
        }
        let count = result.nodeCount
        Talk().say(
            "imported \(result.name ?? name): \(count) \(count == 1 ? "node" : "nodes") from "
                + "\(result.format?.title ?? "")\(ExchangeReport.summary(result.diagnostics))")
        for path in written { Talk().say("wrote \(path)") }
        if isJSON {
            var object = ExchangeReport.object(result.diagnostics, result.sources)
            object["format"] = result.format.map { .string($0.rawValue) } ?? .null
            object["name"] = result.name.map { .string($0) } ?? .null
            object["nodes"] = .integer(Int64(count))
            object["written"] = .array(written.map { .string($0) })
            try Output.json(object)
        }
        return .done
    }

    /// Takes the runs of a bundle into the store.
    private static func accept(_ invocation: Invocation) async throws -> ExitCode {
        for option in ["from", "output", "report"] where invocation.value(option) != nil {
            throw CommandFailure(.usage, "--\(option) is for workflows, and \(invocation.argument(0)) is a bundle")
        }
        var expected: Digest?
        if let text = invocation.value("digest") {
            guard let digest = Digest(hex: text) else {
                throw CommandFailure(.usage, "--digest takes the 64 digits that `flow export` has named")
            }
            expected = digest
        }
        let workplace = try Workplace(invocation)
        if !workplace.hasStore {
            // For a bundle that is refused no store is made.
            do throws(BundleError) {
                try RunBundle.check(invocation.argument(0), loader: workplace.loader, expected: expected)
            } catch {
                throw CommandFailure(error)
            }
        }
        let engine = try await workplace.openEngine()
        let accepted: AcceptedBundle
        do throws(BundleError) {
            accepted = try await engine.accept(bundle: invocation.argument(0), expected: expected)
        } catch {
            await engine.close()
            throw CommandFailure(error)
        }
        await engine.close()
        for note in accepted.notes { Talk().say(note) }
        if invocation.flag("json") {
            var object = JSONObject()
            object["format"] = "bundle"
            object["run"] = .string(accepted.run.id)
            object["workflow"] = .string(accepted.run.workflow)
            object["status"] = .string(accepted.run.status.rawValue)
            object["digest"] = .string(accepted.digest.hex)
            object["added"] = .array(accepted.added.map { .string($0) })
            object["known"] = .array(accepted.known.map { .string($0) })
            try Output.json(object)
            return .done
        }
        let others = accepted.added.count - (accepted.added.contains(accepted.run.id) ? 1 : 0)
        let more = others == 0 ? "" : ", and \(others) \(others == 1 ? "run" : "runs") that it needs"
        let verb = accepted.added.contains(accepted.run.id) ? "imported" : "already here:"
        try Output.text(
            "\(verb) run \(accepted.run.id) (\(accepted.run.workflow), \(accepted.run.status.rawValue))\(more)\n")
        return .done
    }

    private static func write(
        _ text: String, _ files: [ExchangedFile], to target: String
    ) throws(CommandFailure) -> [String] {
        var written: [String] = []
        do throws(FileError) {
            let folder = FilePath.dirname(target)
            try File.createDirectory(folder)
            try File.write(text, to: target)
            written.append(target)
            for file in files {
                let path = FilePath.join(folder, file.path)
                if File.exists(path) {
                    Talk().say("kept \(path), which is there already")
                    continue
                }
                try File.createDirectory(FilePath.dirname(path))
                try File.write(file.text, to: path)
                written.append(path)
            }
        } catch {
            throw CommandFailure(.cannotCreate, error.description)
        }
        return written
    }
}

/// How what was lost in an import or export is told.
enum ExchangeReport {
    /// Prints the diagnostics on the standard error.
    static func show(_ diagnostics: [Diagnostic], _ sources: SourceMap, as style: String) throws {
        let printer: DiagnosticPrinter
        switch style {
        case "none":
            // Errors are never hidden.
            printer = DiagnosticPrinter(.full(colour: Talk().isColoured))
            let errors = diagnostics.filter { $0.severity == .error }
            if !errors.isEmpty { try StandardStream.error.write(printer.text(errors, in: sources)) }
            return
        case "json":
            if diagnostics.hasErrors { try Output.json(object(diagnostics, sources)) }
            return
        case "concise": printer = DiagnosticPrinter(.concise)
        default: printer = DiagnosticPrinter(.full(colour: Talk().isColoured))
        }
        if !diagnostics.isEmpty { try StandardStream.error.write(printer.text(diagnostics, in: sources)) }
    }

    static func object(_ diagnostics: [Diagnostic], _ sources: SourceMap) -> JSONObject {
        let printer = DiagnosticPrinter(.json)
        var object = JSONObject()
        object["ok"] = .bool(!diagnostics.hasErrors)
        object["diagnostics"] = .array(
            diagnostics.map { diagnostic in
                let text = printer.text(diagnostic, in: sources)
                return (try? JSONValue.parse(text.trimming { $0 == "\n" })) ?? .string(text)
            })
        return object
    }

    /// `, 3 things left out, 1 changed`.
    static func summary(_ diagnostics: [Diagnostic]) -> String {
        let lost = diagnostics.count { $0.code == .noEquivalent }
        let changed = diagnostics.count { $0.code == .approximated }
        return (lost > 0 ? ", \(lost) \(lost == 1 ? "thing" : "things") left out" : "")
            + (changed > 0 ? ", \(changed) changed" : "")
    }
}
