// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import FlowExchange

/// `flow export argo`: the static part of a workflow for another system.
enum ExportCommandLine {
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
