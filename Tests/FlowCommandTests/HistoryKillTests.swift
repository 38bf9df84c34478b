// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import FlowTesting
import Glibc
import Testing

/// What works on the history of runs is killed at seeded instants: afterwards the store is as before or as when it is done.
/// `make chaos` kills before each system call (scripts/chaos.d/history_kills.py).
@Suite struct HistoryKillTests {
    private static let workflow = #"""
        flow: 1
        name: kills
        inputs: {n: {type: integer, default: 2}}
        nodes:
          a: {set: {x: 20}}
          b:
            needs: [a]
            with: {n: "${{ inputs.n }}"}
            run: 'echo "$FLOW_WITH_N" > kept.txt; echo "y=$FLOW_WITH_N" >> "$FLOW_OUTPUT"'
            outputs: {y: integer}
            artifacts: {kept: kept.txt}
        outputs: {y: {value: "${{ nodes.b.outputs.y }}"}}

        """#

    /// What is killed.
    struct Operation: Sendable, CustomTestStringConvertible {
        var name: String
        var arguments: [String]
        /// Whether it makes a run of its own, which then can be gone on with.
        var makesRun = false
        /// Whether it begins with an empty store.
        var isElsewhere = false
        var testDescription: String { name }
    }

    static let operations = [
        Operation(
            name: "branch", arguments: ["branch", "root", "--name", "new", "--set", "inputs.n=6"], makesRun: true),
        Operation(name: "replay", arguments: ["replay", "root", "--from", "b"], makesRun: true),
        Operation(name: "promote", arguments: ["branch", "promote", "two"]),
        Operation(name: "delete", arguments: ["branch", "delete", "two"]),
        Operation(name: "gc", arguments: ["gc", "--keep", "1"]),
        Operation(name: "import", arguments: ["import", "two.flowbundle"], isElsewhere: true),
    ]

    /// A store with a run, two branches of it, the first of them promoted, and the bundle of the second.
    private func template() async throws -> (flow: FlowProgram, root: String) {
        let flow = try FlowProgram()
        try flow.write("kills.yaml", Self.workflow)
        let root = try await flow.run("run", "kills.yaml").run
        for (name, n) in [("one", 4), ("two", 5)] {
            let made = try await flow.run("branch", root, "--name", name, "--set", "inputs.n=\(n)")
            try #require(made.code == 0, "\(made.errorOutput)")
        }
        #expect(try await flow.run("branch", "promote", "one").code == 0)
        #expect(try await flow.run("export", "two", "--bundle", "two.flowbundle").code == 0)
        return (flow, root)
    }

    private func copy(_ template: FlowProgram, _ operation: Operation) throws -> FlowProgram {
        let flow = try FlowProgram()
        try File.copy(template.file("two.flowbundle"), to: flow.file("two.flowbundle"))
        if !operation.isElsewhere { try copy(template.file(".flow"), to: flow.file(".flow")) }
        return flow
    }

    private func copy(_ folder: String, to target: String) throws {
        try File.createDirectory(target)
        for entry in try File.list(folder) {
            let (old, new) = (FilePath.join(folder, entry.name), FilePath.join(target, entry.name))
            if entry.kind == .directory { try copy(old, to: new) } else { try File.copy(old, to: new) }
        }
    }

    /// All that is said of the runs of a store.
    private func state(_ flow: FlowProgram) async throws -> [String: String] {
        guard File.exists(flow.file(".flow/flow.db")) else { return [:] }
        let listed = try await flow.run("list", "--json")
        if listed.errorOutput.contains("nothing has run there yet") { return [:] }
        var state: [String: String] = [:]
        for run in try listed.object["runs"]?.arrayValue ?? [] {
            let id = run["id"]?.stringValue ?? ""
            state[id] = "\(run["status"]?.stringValue ?? "") \(try await flow.run("events", id, "--json").output)"
        }
        for branch in try await flow.run("branch", "list", "--json").object["branches"]?.arrayValue ?? [] {
            state["branch \(branch["run"]?.stringValue ?? "")"] = branch.jsonText()
        }
        return state
    }

    @Test("Killed at any instant it is done or not", arguments: operations)
    func kill(_ operation: Operation) async throws {
        let (template, root) = try await template()
        let arguments = operation.arguments.map { $0 == "root" ? root : $0 } + (operation.makesRun ? ["--quiet"] : [])
        let whole = try copy(template, operation)
        let before = try await state(whole)
        let clock = ContinuousClock()
        let start = clock.now
        let end = try await whole.start(arguments).end()
        #expect(end.code == 0, "\(end.errorOutput)")
        let length = start.duration(to: clock.now).components
        let microseconds = Int(length.seconds) * 1_000_000 + Int(length.attoseconds / 1_000_000_000_000)
        let after = try await state(whole)
        #expect(before != after)
        var random = SeededGenerator(seed: UInt64(operation.name.utf8.reduce(7) { $0 &* 31 &+ Int($1) }))
        for _ in 0..<3 {
            let flow = try copy(template, operation)
            let running = try flow.start(arguments)
            usleep(UInt32(random.below(microseconds)))
            running.signal(SIGKILL)
            _ = try await running.end()
            let now = try await state(flow)
            if operation.makesRun {
                try await checkNewRun(flow, before, now)
            } else {
                #expect(now == before || now == after, "\(operation.name): neither as before nor done: \(now)")
                if now != after {
                    let again = try await flow.start(arguments).end()
                    #expect(again.code == 0, "\(operation.name) once more: \(again.errorOutput)")
                }
                #expect(try await state(flow) == after, "\(operation.name) once more")
            }
            let check = try await flow.run("db", "check")
            #expect(check.code == 0, "\(operation.name): \(check.output)\(check.errorOutput)")
        }
    }

    /// A new run is there whole or not at all, and goes on to its end; nothing else has changed.
    private func checkNewRun(_ flow: FlowProgram, _ before: [String: String], _ now: [String: String]) async throws {
        let made = now.keys.filter { before[$0] == nil }
        #expect(now.filter { !made.contains($0.key) } == before, "another run has changed")
        let runs = made.filter { !$0.hasPrefix("branch ") }
        #expect(runs.count <= 1 && made.count == 2 * runs.count, "\(made)")
        guard let run = runs.first else { return }
        let resumed = try await flow.run("resume", run, "--quiet")
        #expect(resumed.code == 0, "\(resumed.errorOutput)")
        #expect(try await flow.run("show", run, "--json").object["status"] == "succeeded")
    }
}
