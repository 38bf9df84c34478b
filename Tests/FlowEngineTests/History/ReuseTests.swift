// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import Testing

@testable import FlowEngine

/// Results that `cache` takes from other runs.
@Suite struct ReuseTests {
    private let project: TestProject

    init() throws { project = try TestProject() }

    /// `load` gives the remainder of a number by four, `fit` works on it and leaves a file, `show` reads that file.
    private func text(_ cache: String = "global", salt: String = "", more: String = "") -> String {
        #"""
        inputs: {x: {type: integer, default: 1}}
        outputs: {sum: {value: "${{ nodes.show.outputs.text }}"}}
        nodes:
          load:
            with: {x: "${{ inputs.x }}"}
            run: 'echo load >> LEDGER; echo "n=$((FLOW_WITH_X % 4))" >> "$FLOW_OUTPUT"'
            outputs: {n: integer}
          fit:
            needs: [load]
            cache: {mode: MODE SALT}
            with: {n: "${{ nodes.load.outputs.n }}"}
            run: 'echo fit >> LEDGER; echo "fitted $FLOW_WITH_N" > f.txt; echo "n=$((FLOW_WITH_N * 2))" >> "$FLOW_OUTPUT"'
            outputs: {n: integer}
            artifacts: {f: f.txt}
            MORE
          show:
            needs: [fit]
            with: {file: "${{ nodes.fit.artifacts.f }}", n: "${{ nodes.fit.outputs.n }}"}
            run: 'echo show >> LEDGER; echo "text=$(cat "$FLOW_WITH_FILE") $FLOW_WITH_N" >> "$FLOW_OUTPUT"'
            outputs: {text: string}
        """#
        .replacing("LEDGER", with: project.file("ledger")).replacing("MODE", with: cache)
        .replacing("SALT", with: salt.isEmpty ? "" : ", " + salt)
        .replacing("MORE", with: more.isEmpty ? "priority: 0" : more)
    }

    private func ran() -> [String] { project.lines("ledger") }

    private func forget() throws { try project.write("ledger", "") }

    private func row(_ node: String, of run: TestRun) async throws -> NodeSummary {
        try #require(try await run.reader.nodes(of: run.id).first { $0.node == node })
    }

    @Test("A result of any run takes the place of the same work, with its files, and the log says whose it was")
    func global() async throws {
        let first = try await project.run(text(), inputs: ["x": 1])
        #expect(ran() == ["load", "fit", "show"])
        try forget()
        // Another input, and the same after `load`.
        let second = try await project.run(text(), inputs: ["x": 5])
        #expect(ran() == ["load", "show"])
        #expect(try await second.outputs["sum"] == "fitted 1 2")
        let row = try await row("fit", of: second)
        #expect(row.status == .reused && row.message == "from run \(first.id)" && row.attempt == 0)
        let facts = try await second.events.map(\.event)
        let result = try #require(row.result)
        #expect(
            facts.contains(.nodeReused(node: "fit", from: NodeOrigin(run: first.id, node: "fit"), result: result)))
        #expect(
            !facts.contains { if case .nodeStarted("fit", _) = $0 { true } else { false } })
        let path = try await second.result(of: "fit")["artifacts"]?["f"]?.stringValue
        #expect(path?.contains("/runs/\(second.id)/") == true)
        // Of a result that was reused the origin stays the node that ran.
        try forget()
        let third = try await project.run(text(), inputs: ["x": 9])
        #expect(ran() == ["load", "show"])
        #expect(try await self.row("fit", of: third).message == "from run \(first.id)")
        await project.close()
        let report = try StoreCheck.run(folder: project.store)
        #expect(report.problems == [], "\(report.problems)")
    }

    @Test("What a node depends on, and nothing else, decides")
    func parts() async throws {
        _ = try await project.run(text())
        for (what, other, runs) in [
            ("nothing", text(), false), ("the salt", text(salt: "salt: again"), true),
            ("a limit", text(more: "timeout: 1m"), false), ("the environment", text(more: "env: {A: b}"), true),
        ] {
            try forget()
            _ = try await project.run(other)
            #expect(ran().contains("fit") == runs, "\(what)")
        }
        try forget()
        _ = try await project.run(text(), inputs: ["x": 2])
        #expect(ran().contains("fit"))
    }

    @Test("Without the key nothing is reused, nor with never, nor when it is too old", arguments: ["", "never", "ttl"])
    func limits(_ way: String) async throws {
        var other = text(way == "never" ? "never" : "global", salt: way == "ttl" ? "ttl: 1ms" : "")
        if way.isEmpty { other = other.replacing("cache: {mode: global }", with: "timeout: 1h") }
        _ = try await project.run(other)
        try forget()
        try await Task.sleep(for: .milliseconds(20))
        _ = try await project.run(other)
        #expect(ran() == ["load", "fit", "show"])
    }

    @Test("Effects on the world are spared only where that is said")
    func effects() async throws {
        let asked = text(more: "effects: external")
        _ = try await project.run(asked)
        _ = try await project.run(asked)
        #expect(ran().filter { $0 == "fit" }.count == 2)
        try forget()
        let spared = text("global", salt: "external: true", more: "effects: external")
        _ = try await project.run(spared)
        _ = try await project.run(spared)
        #expect(ran().filter { $0 == "fit" }.count == 1)
    }

    @Test("Lineage means the runs that a run comes from, and a node that was asked for runs")
    func lineage() async throws {
        let parent = try await project.run(text("lineage"))
        try forget()
        _ = try await project.run(text("lineage"))
        #expect(ran() == ["load", "fit", "show"])
        let reader = try await parent.reader
        func derived(_ request: RerunRequest, inputs: JSONValue) async throws {
            try forget()
            let summary = try #require(try await reader.summary(of: parent.id))
            let engine = try await project.engine()
            let planned = try await RerunPlanner(reader: reader, loader: engine.loader).plan(
                of: summary, request: request)
            let run = try await engine.derive(
                DerivedRun(
                    parent: parent.id, kind: .replay, rerun: Set(planned.plan.rerun),
                    asked: Set(request.from + request.only)), workflow: planned.workflow,
                inputs: inputs.objectValue ?? JSONObject())
            #expect(try await engine.end(of: run).status == .succeeded)
        }
        // What follows from `load` may be spared; what was asked for may not.
        try await derived(RerunRequest(from: ["load"]), inputs: ["x": 5])
        #expect(ran() == ["load", "show"])
        try await derived(RerunRequest(from: ["fit"]), inputs: ["x": 1])
        #expect(ran() == ["fit", "show"])
    }

    @Test("Each item of a fan-out is reused by itself")
    func items() async throws {
        let text = #"""
            inputs: {list: {type: array, required: true}}
            outputs: {all: {value: "${{ nodes.each.outputs.n }}", type: array}}
            nodes:
              each:
                cache: global
                foreach: {items: "${{ inputs.list }}", key: "${{ item }}"}
                with: {n: "${{ item }}"}
                run: 'echo "$FLOW_WITH_N" >> LEDGER; echo "n=$((FLOW_WITH_N * 2))" >> "$FLOW_OUTPUT"'
                outputs: {n: integer}
            """#.replacing("LEDGER", with: project.file("ledger"))
        _ = try await project.run(text, inputs: ["list": [1, 2, 3]])
        try forget()
        let run = try await project.run(text, inputs: ["list": [2, 4, 3]])
        #expect(ran() == ["4"])
        #expect(try await run.outputs["all"] == [4, 8, 6])
    }

    @Test("A run stays as long as another one has a result of it, and then both go")
    func collection() async throws {
        let first = try await project.run(text())
        let second = try await project.run(text(), inputs: ["x": 5])
        await project.close()
        #expect(throws: StoreError.self) { try StoreCollector.remove(first.id, from: project.store) }
        // The newest is kept, and what it has of the other one.
        let kept = try StoreCollector.collect(project.store, StoreCollector.Rules(olderThan: nil, keep: 1))
        #expect(kept.runs == [])
        #expect(try await second.outputs["sum"] == "fitted 1 2")
        await project.close()
        let all = try StoreCollector.collect(project.store, StoreCollector.Rules(olderThan: nil))
        #expect(Set(all.runs) == [first.id, second.id])
        #expect(try StoreCheck.run(folder: project.store).problems == [])
        try forget()
        _ = try await project.run(text())
        #expect(ran().contains("fit"))
    }

    @Test("A file that is gone is no result: the node runs")
    func missingFile() async throws {
        let first = try await project.run(text())
        let rows = try await first.reader.nodes(of: first.id)
        let digest = try #require(rows.first { $0.node == "fit" }?.result)
        let record = NodeRecord(json: try #require(try await first.reader.json(digest)))
        let object = try #require(try await project.engine().store.path(of: record.artifacts[0].digest))
        try File.removeTree(object)
        try forget()
        let second = try await project.run(text())
        #expect(ran() == ["load", "fit", "show"])
        #expect(try await second.status == .succeeded)
    }

    @Test("Why tells of which run a result is")
    func why() async throws {
        let first = try await project.run(text())
        let second = try await project.run(text(), inputs: ["x": 5])
        let reader = try await first.reader
        let loader = try await project.engine().loader
        var prints: [NodeFingerprint] = []
        for run in [first, second] {
            let summary = try #require(try await reader.summary(of: run.id))
            prints.append(
                try #require(try await NodeFingerprint.read("fit", of: summary, reader: reader, loader: loader)))
        }
        #expect(prints[1].origin == NodeOrigin(run: first.id, node: "fit"))
        #expect(FingerprintDiff(old: prints[0], new: prints[1]).verdict == .same)
    }
}
