// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import FlowExchange

/// `flow export`: a run as a file for another place. `flow export argo`: the static part of a workflow for another system.
enum ExportCommandLine {
    static let bundle = CommandSpec(
        name: "export", summary: "Write a run with all that belongs to it into one file", arguments: "RUN",
        options: [.option("bundle", "FILE", "The file to write; one that is there is replaced.")],
        discussion: """
            The bundle holds the run, the runs that it comes from and those of its sub-workflows: events, workflows, agents,
            inputs, results, files, logs, decisions, and what was said of branches. `flow import FILE` takes it in on
            another machine, to be shown, compared, branched and resumed there. Secrets are not in it; paths of this
            machine may be. The same run in the same state gives the same bytes.
            """,
        examples: [("flow export @latest --bundle run.flowbundle", "to be sent to somebody")],
        run: { invocation in
            let workplace = try Workplace(invocation)
            guard let target = invocation.value("bundle"), !target.isEmpty, target != "-" else {
                throw CommandFailure(.usage, "name the file to write", help: ["--bundle run.flowbundle"])
            }
            let run = try await workplace.openRun(invocation.argument(0))
            let path = FilePath.join(try File.currentDirectory(), target)
            let bundle: RunBundle
            do throws(BundleError) {
                bundle = try RunBundle.export(run.id, from: workplace.storeFolder, to: path)
            } catch {
                throw CommandFailure(error)
            }
            if invocation.flag("json") {
                var object = JSONObject()
                object["run"] = .string(bundle.run)
                object["runs"] = .array(bundle.runs.map { .string($0) })
                object["file"] = .string(target)
                object["digest"] = .string(bundle.digest.hex)
                object["contents"] = .integer(Int64(bundle.contents))
                object["bytes"] = .integer(bundle.bytes)
                try Output.json(object)
            } else {
                let count = bundle.runs.count
                try Output.text(
                    "\(count) \(count == 1 ? "run" : "runs"), \(bundle.contents) contents, "
                        + "\(ByteCount(bundle.bytes).description): \(target)\nbundle \(bundle.digest.hex)\n")
            }
            return .done
        })

    static let argo = CommandSpec(
        name: "export argo", summary: "Write a workflow as an Argo Workflow", arguments: "FILE",
        options: [
            .option("output", short: "o", "FILE", "The file to write; by default the standard output."),
            .option("image", "NAME", "The image in which scripts run (debian:12)."),
            .option("report", "full|concise|json|none", "How what has no equivalent is shown (full)."),
        ],
        discussion: """
            FILE is a path, a name of the catalog, or - for the standard input. Nodes become tasks of a DAG, scripts
            become templates. What has no equivalent is shown with its place in FILE.
            """,
        examples: [
            ("flow export argo hello > hello-argo.yaml", "to the standard output"),
            ("flow export argo nightly.yaml -o nightly-argo.yaml --image python:3.12", "in another image"),
        ],
        run: run)

    private static func run(_ invocation: Invocation) async throws -> ExitCode {
        let workplace = try Workplace(invocation)
        let report = try invocation.choice("report", ["full", "concise", "json", "none"]) ?? "full"
        let workflow = try workplace.load(invocation.argument(0))
        guard try RunCommandLine.compiled(workflow, isQuiet: true) != nil,
            let definition = workflow.compilation.definition
        else { return .invalidWorkflow }
        let result = ArgoExporter.export(definition, image: invocation.value("image") ?? "debian:12")
        let sources = workflow.compilation.sources
        let isJSON = invocation.flag("json") || report == "json"
        try ExchangeReport.show(result.diagnostics, sources, as: isJSON ? "json" : report)
        if let target = invocation.value("output"), target != "-" {
            do throws(FileError) { try File.write(result.text, to: target) } catch {
                throw CommandFailure(.cannotCreate, error.description)
            }
            Talk().say("wrote \(target)")
        } else if !isJSON {
            try Output.text(result.text)
        }
        let count = definition.nodes.count + definition.finally.count
        Talk().say(
            "exported \(definition.name): \(count) \(count == 1 ? "node" : "nodes")"
                + ExchangeReport.summary(result.diagnostics))
        if isJSON {
            var object = ExchangeReport.object(result.diagnostics, sources)
            object["format"] = "argo"
            object["nodes"] = .integer(Int64(count))
            try Output.json(object)
        }
        return .done
    }
}

extension CommandFailure {
    init(_ error: BundleError) {
        switch error.code {
        case .notABundle, .damaged, .invalid, .conflict, .noSuchRun: self.init(.badInput, error.description)
        case .newerFormat: self.init(.configuration, error.description)
        case .inputOutput:
            self.init(error.store.map { EngineError($0) } ?? EngineError(.inputOutput, error.description))
        }
    }
}
