// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine

/// What is to run again and what is different, as the command line says it: the same for the plan of a re-run and for the
/// commands that start one.
struct RerunArguments {
    /// The largest patch or output that is read from a file.
    private static let largestFile = 16 << 20

    static let options: [OptionSpec] = [
        .option("from", "NODE", repeated: true, "Run this node again, and all that is reachable from it."),
        .option("only", "NODE", repeated: true, "Run only this node again; what follows keeps its results."),
        .flag("failed", "Run again what did not end well, and what follows from it."),
        .option("set", "PATH=VALUE", repeated: true, "A change: inputs.NAME or nodes.NODE.KEY; VALUE is JSON or text."),
        .option("patch", "FILE", repeated: true, "Changes of inputs and nodes, and pinned outputs, in YAML."),
        .option("pin", "NODE=JSON", repeated: true, "Outputs that take the place of running a node; NODE=@FILE too."),
        .option("workflow", "FILE", "An edited workflow in the place of the run's own."),
    ]

    let request: RerunRequest
    let patch: WorkflowPatch
    let workflow: String?

    init(_ invocation: Invocation) throws {
        request = RerunRequest(
            from: invocation.all("from"), failedOnly: invocation.flag("failed"), only: invocation.all("only"))
        var patch = WorkflowPatch(directory: try File.currentDirectory())
        for path in invocation.all("patch") { patch.add(try Self.read(path, "--patch"), name: path) }
        for text in invocation.all("set") {
            let (path, value) = try Self.pair(text, "--set takes PATH=VALUE")
            guard patch.set(path, to: value) else {
                throw CommandFailure(
                    .usage, "--set changes inputs.NAME or nodes.NODE.KEY, not `\(path)`",
                    help: ["--set inputs.rows=20, --set nodes.fit.with.degree=2"])
            }
        }
        for text in invocation.all("pin") {
            let (node, value) = try Self.pair(text, "--pin takes NODE=JSON or NODE=@FILE")
            let bytes = value.hasPrefix("@") ? try Self.read(String(value.dropFirst()), "--pin") : Array(value.utf8)
            guard let outputs = try? JSONValue.parse(bytes) else {
                throw CommandFailure(.badInput, "--pin \(node): what is given is no JSON")
            }
            patch.pin(node, to: outputs)
        }
        self.patch = patch
        workflow = invocation.value("workflow")
    }

    /// Whether anything is asked for or changed.
    var saysSomething: Bool {
        !request.from.isEmpty || !request.only.isEmpty || request.failedOnly || !patch.isEmpty || workflow != nil
    }

    /// The plan of the re-run. The faults of a patch or workflow are printed; nil then.
    func planned(_ run: StoredRun, _ workplace: Workplace) async throws -> PlannedRerun? {
        let new = try workflow.map { try workplace.load($0) }
        if let new, try RunCommandLine.compiled(new) == nil { return nil }
        do throws(RerunFailure) {
            return try await RerunPlanner(reader: run.reader, loader: workplace.loader).plan(
                of: run.summary, request: request, patch: patch, newWorkflow: new)
        } catch {
            switch error {
            case .engine(let error): throw error
            case .refused(let error): throw CommandFailure(.badInput, error.description, help: error.help)
            case .faults(let faults):
                let printer = DiagnosticPrinter(.full(colour: Talk().isColoured))
                for fault in faults {
                    let text = printer.text(fault.diagnostics.inOrder(), in: fault.sources, limit: 50)
                    try? StandardStream.error.write(text)
                }
                return nil
            }
        }
    }

    private static func pair(_ text: String, _ usage: String) throws(CommandFailure) -> (String, String) {
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
            throw CommandFailure(.usage, "\(usage), not `\(text)`")
        }
        return (String(text[..<equals]), String(text[text.index(after: equals)...]))
    }

    private static func read(_ path: String, _ option: String) throws(CommandFailure) -> [UInt8] {
        do {
            if path == "-" { return try StandardStream.input.readAll(limit: largestFile) }
            return try File.read(path, limit: largestFile)
        } catch {
            throw CommandFailure(.badInput, "\(option): \(error)")
        }
    }
}
