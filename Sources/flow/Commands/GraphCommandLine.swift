// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FileSystem
import FlowEngine

/// `flow graph`: a workflow or a run as a picture.
enum GraphCommandLine {
    /// The longest time that graphviz may take.
    private static let patience = Duration.seconds(30)

    static let spec = CommandSpec(
        name: "graph", summary: "Draw a workflow, or a run with its statuses", arguments: "FILE|RUN [RUN]",
        options: [
            .option(
                "format", "dot|svg|png|mermaid|json", "The format; by default from the name of the file, else dot."),
            .option("output", short: "o", "FILE", "The file to write; by default the standard output."),
            .flag("compare", "Draw two runs in one picture: what is the same, what differs, and since where."),
        ],
        discussion: "svg and png are drawn by graphviz's program `dot`.",
        examples: [
            ("flow graph itops -o itops.svg", "a picture"),
            ("flow graph @latest --format mermaid", "for a Markdown page"),
            ("flow graph --compare 3f2a 9c1d -o compare.svg", "two runs in one picture"),
        ],
        run: run)

    private static func run(_ invocation: Invocation) async throws -> ExitCode {
        let workplace = try Workplace(invocation)
        let formats = ["dot", "svg", "png", "mermaid", "json"]
        let target = invocation.value("output")
        let named = target.map { FilePath.extension($0) }.flatMap {
            formats.contains($0) ? $0 : $0 == "mmd" ? "mermaid" : nil
        }
        let format = try invocation.choice("format", formats) ?? named ?? (invocation.flag("json") ? "json" : "dot")
        if invocation.flag("compare") {
            guard ["dot", "svg", "png"].contains(format) else {
                throw CommandFailure(.usage, "--compare draws dot, svg and png, not \(format)")
            }
            let dot = try await compared(invocation.positionals, workplace)
            let bytes = format == "dot" ? Array(dot.utf8) : try await draw(dot, format, workplace.environment)
            return try write(bytes, format, to: target)
        }
        guard invocation.positionals.count == 1 else {
            throw CommandFailure(.usage, "two runs are drawn with --compare")
        }
        let name = invocation.argument(0)
        var statuses: [String: NodeStatus] = [:]
        let workflow: LoadedWorkflow
        if await workplace.namesRun(name) {
            let run = try await workplace.openRun(name)
            for node in try await run.reader.nodes(of: run.id) { statuses[node.node] = node.status }
            workflow = try await run.reader.workflow(of: run.summary, loader: workplace.loader)
        } else {
            workflow = try workplace.load(name)
        }
        guard let plan = try RunCommandLine.compiled(workflow, isQuiet: true) else { return .invalidWorkflow }
        let bytes: [UInt8]
        switch format {
        case "mermaid": bytes = Array(plan.mermaid(statuses: statuses).utf8)
        case "json": bytes = Array((plan.graphJSON(statuses: statuses).jsonText(.compact) + "\n").utf8)
        case "svg", "png": bytes = try await draw(plan.dot(statuses: statuses), format, workplace.environment)
        default: bytes = Array(plan.dot(statuses: statuses).utf8)
        }
        return try write(bytes, format, to: target)
    }

    /// Two runs as one graph.
    private static func compared(_ names: [String], _ workplace: Workplace) async throws -> String {
        guard names.count == 2 else { throw CommandFailure(.usage, "--compare takes two runs, not \(names.count)") }
        let (reader, runs) = try await CompareCommandLine.open(names, workplace)
        var plans: [Plan] = []
        for run in runs {
            let workflow = try await reader.workflow(of: run, loader: workplace.loader)
            guard let plan = workflow.compilation.plan else {
                throw CommandFailure(.invalidWorkflow, "the workflow of run \(run.id) has faults in this version")
            }
            plans.append(plan)
        }
        let comparison = try await RunComparison.make(runs, reader: reader, loader: workplace.loader)
        return ComparisonGraph(comparison.pairs[0], base: plans[0], other: plans[1]).dot
    }

    /// Writes a picture to a file, or to the standard output.
    static func write(_ bytes: [UInt8], _ format: String, to target: String?) throws -> ExitCode {
        guard let target, target != "-" else {
            if format == "png", StandardStream.output.isTerminal {
                throw CommandFailure(.usage, "a png is no text for a terminal", help: ["name a file: -o graph.png"])
            }
            try StandardStream.output.write(bytes)
            return .done
        }
        do throws(FileError) { try File.write(bytes, to: target) } catch {
            throw CommandFailure(.cannotCreate, error.description)
        }
        Talk().say("wrote \(target)")
        return .done
    }

    /// Lets graphviz draw: in a process of its own, because it is slow for large graphs and cannot be stopped.
    static func draw(_ dot: String, _ format: String, _ environment: [String: String]) async throws -> [UInt8] {
        let command = ChildCommand(
            executable: "dot", arguments: ["-T\(format)"], environment: environment, input: .bytes(Array(dot.utf8)),
            output: .collect(256 << 20), errorOutput: .tail(4096), timeout: patience)
        let result: ChildResult
        do throws(SpawnError) { result = try await ChildProcesses().run(command) } catch {
            throw CommandFailure(
                .unavailable, "drawing needs graphviz: \(error.description)", help: ["apt-get install graphviz"])
        }
        if result.ending == .timedOut {
            throw CommandFailure(
                .unavailable, "graphviz did not finish within 30 s", help: ["--format dot writes its input"])
        }
        guard result.isSuccess else {
            throw CommandFailure(
                .unavailable, "graphviz failed: \(String(decoding: result.errorOutput.tail, as: UTF8.self))")
        }
        return result.output.collected
    }
}
