// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import FlowEngine
import FlowTesting
import Synchronization

/// The runs, one kind after the other, and the samples between them.
struct SoakRun {
    let options: SoakOptions
    /// After so many runs the database has all the pages in memory that it keeps (16 MiB), and the writer the ends of
    /// the chains of 10,000 runs.
    private static let cachesAreFull = 20_000

    /// Runs all. Returns what was not as it should be.
    func run() async throws -> [String] {
        let folder = try TemporaryDirectory()
        let environment = ["PATH": "/usr/bin:/bin", "HOME": folder.path]
        let engine = try await Engine.open(
            EngineConfiguration(folder: folder.file("store"), environment: environment, guardianArguments: []))
        let loader = WorkflowLoader(kinds: BuiltinKinds.forCompiling(environment: environment))
        let shapes = SoakShape.all.map {
            ($0, loader.load($0.source(in: folder.path), entry: "work.yaml", agentFolders: []))
        }
        var faults: [String] = []
        FlowSoak.say(ProcessSample.heading)
        var first: ProcessSample?
        var last: ProcessSample?
        var done = 0
        let stops = [100, options.runs / 10, options.runs / 4, options.runs / 2, options.runs * 3 / 4, options.runs]
        for stop in stops where stop > done {
            faults += await withTaskGroup(of: String?.self) { group in
                var found: [String] = []
                for number in done..<stop {
                    if number - done >= options.atOnce, let fault = await group.next() ?? nil { found.append(fault) }
                    let (shape, workflow) = shapes[options.shape ?? number % shapes.count]
                    group.addTask { await one(shape, workflow, engine) }
                }
                for await fault in group { if let fault { found.append(fault) } }
                return found
            }
            done = stop
            var sample = try ProcessSample.now()
            // What the last runs held may be closed a moment after their end.
            for _ in 0..<20 where sample.descriptors > first?.descriptors ?? .max || sample.zombies > 0 {
                try await Task.sleep(for: .milliseconds(50))
                sample = try ProcessSample.now()
            }
            FlowSoak.say(sample.line(after: done))
            if sample.zombies > 0 { faults.append("\(sample.zombies) zombies after \(done) runs") }
            if done >= options.runs / 10, first == nil { first = sample }
            if done == options.runs, let last, options.runs >= Self.cachesAreFull {
                faults += sample.memoryGrowth(since: last, runs: done - options.runs * 3 / 4)
            }
            last = sample
        }
        if let first, let last { faults += last.growth(since: first) }
        await engine.close()
        FlowSoak.say(try ProcessSample.now().line(after: done) + "  (closed)")
        return faults
    }

    private func one(_ shape: SoakShape, _ workflow: LoadedWorkflow, _ engine: Engine) async -> String? {
        do {
            let run = try await engine.start(workflow, inputs: JSONObject())
            if shape.isCancelled {
                try await engine.send(RunCommand(run: run, by: "soak", request: .cancel(reason: "enough")))
            }
            let outcome = try await engine.outcome(of: run)
            guard case .ended(let status, _) = outcome, shape.endings.contains(status) else {
                return "\(shape.name): \(outcome)"
            }
            return nil
        } catch {
            return "\(shape.name): \(error)"
        }
    }
}

/// A small workflow, and how its runs end.
struct SoakShape: Sendable {
    var name: String
    var nodes: String
    var endings: Set<RunStatus> = [.succeeded]
    var isCancelled = false

    static let all = [
        SoakShape(
            name: "values", nodes: "  a: {set: {n: 1}}\n  b: {needs: [a], set: {n: \"${{ nodes.a.outputs.n }}\"}}\n"),
        SoakShape(name: "program", nodes: "  a: {run: [\"true\"]}\n  b: {needs: [a], run: [\"true\"]}\n"),
        SoakShape(
            name: "list",
            nodes: "  a:\n    foreach: {items: [1, 2, 3], as: item}\n    set: {n: \"${{ item }}\"}\n"),
        SoakShape(
            name: "failure", nodes: "  a: {run: [\"false\"], retry: {max_attempts: 2, delay: 1ms}}\n",
            endings: [.failed]),
        SoakShape(name: "left behind", nodes: "  a: {run: \"setsid sleep 100 & echo started\"}\n"),
        SoakShape(name: "no such program", nodes: "  a: {run: [/no/such/program]}\n", endings: [.failed]),
        SoakShape(
            name: "cancelled", nodes: "  a: {run: [sleep, \"100\"]}\n", endings: [.cancelled], isCancelled: true),
        SoakShape(name: "timeout", nodes: "  a: {run: [sleep, \"100\"], timeout: 10ms}\n", endings: [.failed]),
    ]

    func source(in folder: String) -> WorkflowSource {
        WorkflowSource(
            name: "work.yaml", bytes: Array("flow: 1\nname: soak\nnodes:\n\(nodes)".utf8), directory: folder)
    }
}
