// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine

/// What of a run is to run again, as the command line says it.
struct RerunArguments {
    /// The largest patch, in bytes.
    private static let largestPatch = 16 << 20

    static let options: [OptionSpec] = [
        .option("from", "NODE", repeated: true, "Run it again, and all that is reachable from it."),
        .option("only", "NODE", repeated: true, "Run it again, and nothing after it."),
        .flag("failed", "Run only what did not end well, and what follows."),
        .option(
            "set", "PATH=VALUE", repeated: true,
            "Another value of inputs.NAME or nodes.NODE.KEY; VALUE is JSON or a text, @FILE its content."),
        .option("patch", "FILE", repeated: true, "A patch in YAML or JSON; - is the standard input."),
        .option("pin", "NODE=JSON", repeated: true, "Outputs to take instead of running the node; @FILE works too."),
        .option("workflow", "FILE", "An edited workflow in the place of the run's own."),
    ]

    var request: RerunRequest
    var patch: WorkflowPatch
    /// The workflow that takes the place of the run's own.
    var workflow: LoadedWorkflow?

    init(_ invocation: Invocation, _ workplace: Workplace) throws {
        request = RerunRequest(
            from: invocation.all("from"), failedOnly: invocation.flag("failed"), only: invocation.all("only"))
        if request.failedOnly, !request.only.isEmpty {
            throw CommandFailure(.usage, "--failed and --only exclude each other")
        }
        patch = WorkflowPatch(directory: try File.currentDirectory())
        for path in invocation.all("patch") { patch.add(try Self.content(path, "--patch"), name: path) }
        for text in invocation.all("set") {
            let (path, value) = try Self.assignment(text, "--set", "inputs.NAME=VALUE or nodes.NODE.KEY=VALUE")
            guard patch.set(path, to: try Self.expanded(value, "--set")) else {
                throw CommandFailure(
                    .usage, "--set takes inputs.NAME=VALUE or nodes.NODE.KEY=VALUE, not `\(text)`")
            }
        }
        for text in invocation.all("pin") {
            let (node, value) = try Self.assignment(text, "--pin", "NODE=JSON")
            guard let json = try? JSONValue.parse(Array(try Self.expanded(value, "--pin").utf8)) else {
                throw CommandFailure(
                    .usage, "--pin \(node): what follows `=` is not JSON",
                    help: ["give the node's outputs: --pin '\(node)={\"name\": 1}'"])
            }
            patch.pin(node, to: json)
        }
        if let path = invocation.value("workflow") { workflow = try workplace.load(path) }
    }

    /// Whether the command line names anything to run again.
    static func isUsed(_ invocation: Invocation) -> Bool {
        invocation.flag("failed") || options.contains { !invocation.all($0.name).isEmpty }
    }

    /// The plan of the re-run. Faults of the patch and of the workflow are printed as those of any workflow.
    func plan(_ run: StoredRun, _ workplace: Workplace) async throws -> PlannedRerun {
        do throws(RerunFailure) {
            return try await RerunPlanner(reader: run.reader, loader: workplace.loader)
                .plan(of: run.summary, request: request, patch: patch, newWorkflow: workflow)
        } catch {
            switch error {
            case .engine(let error): throw error
            case .refused(let error): throw CommandFailure(.badInput, error.description, help: error.help)
            case .faults(let faults):
                let printer = DiagnosticPrinter(.full(colour: Talk().isColoured))
                for (number, fault) in faults.enumerated() {
                    let text = printer.text(fault.diagnostics.inOrder(), in: fault.sources, limit: 50)
                    try? StandardStream.error.write((number > 0 ? "\n" : "") + text)
                }
                throw ExitCode.invalidWorkflow
            }
        }
    }

    private static func assignment(
        _ text: String, _ option: String, _ shape: String
    ) throws(CommandFailure) -> (String, String) {
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
            throw CommandFailure(.usage, "\(option) takes \(shape), not `\(text)`")
        }
        return (String(text[..<equals]), String(text[text.index(after: equals)...]))
    }

    private static func expanded(_ text: String, _ option: String) throws(CommandFailure) -> String {
        guard text.hasPrefix("@") else { return text }
        guard let content = String(validating: try content(String(text.dropFirst()), option), as: UTF8.self) else {
            throw CommandFailure(.badInput, "\(option): `\(text.dropFirst())` is not UTF-8 text")
        }
        return content
    }

    private static func content(_ path: String, _ option: String) throws(CommandFailure) -> [UInt8] {
        do throws(FileError) {
            if path == "-" { return try StandardStream.input.readAll(limit: largestPatch) }
            return try File.read(path, limit: largestPatch, allowSpecial: true)
        } catch {
            throw CommandFailure(.badInput, "\(option): \(error.description)")
        }
    }
}
