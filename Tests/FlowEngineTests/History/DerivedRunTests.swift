// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import Testing

@testable import FlowEngine

/// Runs that take over nodes of others.
@Suite struct DerivedRunTests {
    private static let diamond = #"""
        inputs: {x: {type: integer, default: 1}}
        outputs: {sum: {value: "${{ nodes.d.outputs.n }}"}}
        nodes:
          a: {run: 'echo a >> "$LEDGER"; echo n=1 > $FLOW_OUTPUT', env: {LEDGER: "LEDGER_PATH"}, outputs: {n: integer}}
          b:
            needs: [a]
            run: 'echo b >> "$LEDGER"; echo text > file.txt; echo n=$((N + 10)) > $FLOW_OUTPUT'
            env: {LEDGER: "LEDGER_PATH", N: "${{ nodes.a.outputs.n }}"}
            outputs: {n: integer}
            artifacts: {file: file.txt}
          c:
            needs: [a]
            run: 'echo c >> "$LEDGER"; echo n=$((N + 100)) > $FLOW_OUTPUT'
            env: {LEDGER: "LEDGER_PATH", N: "${{ nodes.a.outputs.n }}"}
            outputs: {n: integer}
          d:
            needs: [b, c]
            run: 'echo d >> "$LEDGER"; cat "$FILE"; echo n=$((B + C)) > $FLOW_OUTPUT'
            env:
              LEDGER: "LEDGER_PATH"
              B: "${{ nodes.b.outputs.n }}"
              C: "${{ nodes.c.outputs.n }}"
              FILE: "${{ nodes.b.artifacts.file }}"
            outputs: {n: integer}
        """#

    private static func object(_ value: JSONValue) -> JSONObject { value.objectValue ?? JSONObject() }

    private func text(_ project: TestProject) -> String {
        Self.diamond.replacing("LEDGER_PATH", with: project.file("ledger"))
    }

    private func derive(
        _ project: TestProject, from parent: String, rerun: Set<String>, pins: [String: JSONObject] = [:],
        text other: String? = nil, name: String? = nil
    ) async throws -> TestRun {
        let workflow = try await project.load(other ?? text(project))
        let recorder = RunRecorder()
        let id = try await project.engine().derive(
            DerivedRun(parent: parent, kind: .branch, rerun: rerun, pins: pins, name: name), workflow: workflow,
            inputs: Self.object(["x": 1]), observer: recorder)
        let run = TestRun(project: project, id: id, recorder: recorder)
        _ = try await run.outcome()
        return run
    }

    private func reader(_ project: TestProject) async throws -> RunReader {
        let engine = try await project.engine()
        return RunReader(store: engine.store, layout: engine.layout)
    }

    @Test func onlyWhatIsNotTakenOverRunsAndTheParentStaysAsItIs() async throws {
        let project = try TestProject()
        let parent = try await project.run(text(project))
        let store = try await project.engine().store
        let (events, rows) = (
            try await store.events(of: parent.id, after: 0, limit: .max), try await store.nodes(of: parent.id)
        )
        let child = try await derive(project, from: parent.id, rerun: ["c", "d"])
        #expect(project.lines("ledger").sorted() == ["a", "b", "c", "c", "d", "d"])
        #expect(try await child.outputs["sum"] == 112)
        let nodes = try await reader(project).nodes(of: child.id)
        #expect(nodes.map(\.node) == ["a", "b", "c", "d"])
        #expect(nodes.map(\.status) == [.reused, .reused, .succeeded, .succeeded])
        #expect(nodes.prefix(2).allSatisfy { $0.origin == parent.id })
        // Nothing is copied.
        #expect(try await store.nodes(of: child.id).map(\.node) == ["c", "d"])
        #expect(try await store.events(of: parent.id, after: 0, limit: .max) == events)
        #expect(try await store.nodes(of: parent.id) == rows)
        for row in rows where row.node != "c" && row.node != "d" {
            #expect(nodes.first { $0.node == row.node }?.result == row.result)
        }
        await project.close()
    }

    @Test func aChainOfDerivedRunsIsReadThroughAllOfThem() async throws {
        let project = try TestProject()
        let first = try await project.run(text(project))
        let second = try await derive(project, from: first.id, rerun: ["c", "d"])
        let third = try await derive(project, from: second.id, rerun: ["d"], pins: ["b": Self.object(["n": 5])])
        // A pinned node has no file any more, so the node that reads it fails; with the file it does not.
        #expect(try await third.end() == .failed)
        let fourth = try await derive(project, from: second.id, rerun: ["d"])
        await project.close()
        let nodes = try await reader(project).nodes(of: fourth.id)
        #expect(nodes.map(\.origin) == [first.id, first.id, second.id, nil])
        #expect(try await fourth.outputs["sum"] == 112)
        let branch = try #require(try await reader(project).branch(fourth.id))
        #expect(branch.parent == second.id && branch.verdict == .open)
        let children = try await reader(project).branches(of: [second.id])
        #expect(children.map(\.run) == [third.id, fourth.id])
        await project.close()
    }

    @Test func pinnedOutputsTakeThePlaceOfANode() async throws {
        let project = try TestProject()
        let parent = try await project.run(text(project))
        let child = try await derive(project, from: parent.id, rerun: ["d"], pins: ["c": Self.object(["n": 1000])])
        #expect(try await child.outputs["sum"] == 1011)
        let row = try #require(try await reader(project).nodes(of: child.id).first { $0.node == "c" })
        #expect(row.status == .reused && row.message == "given by a person")
        await project.close()
    }

    @Test func aRunThatTakesOverAllEndsAtOnce() async throws {
        let project = try TestProject()
        let parent = try await project.run(text(project))
        let child = try await derive(project, from: parent.id, rerun: [])
        #expect(try await child.end() == .succeeded)
        #expect(try await child.outputs["sum"] == 112)
        #expect(project.lines("ledger").count == 4)
        await project.close()
    }

    @Test func anInterruptedDerivedRunIsResumed() async throws {
        let project = try TestProject()
        let parent = try await project.run(text(project))
        let slow = text(project).replacing(
            "echo d >>", with: "echo d >> \"$LEDGER\"; test -e go || sleep 60; echo D >>")
        let workflow = try await project.load(slow)
        let id = try await project.engine().derive(
            DerivedRun(parent: parent.id, kind: .replay, rerun: ["d"]), workflow: workflow,
            inputs: Self.object(["x": 1]))
        try await within(30, "the start of d") {
            while project.lines("ledger").filter({ $0 == "d" }).count < 2 {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        await project.close()
        let row = try await reader(project).nodes(of: id)
        #expect(row.map(\.status) == [.reused, .reused, .reused, .interrupted])
        await project.close()
    }

    @Test func aNameIsGivenOnce() async throws {
        let project = try TestProject()
        let parent = try await project.run(text(project))
        _ = try await derive(project, from: parent.id, rerun: ["d"], name: "alt")
        await #expect(throws: EngineError.self) {
            _ = try await derive(project, from: parent.id, rerun: ["d"], name: "alt")
        }
        await #expect(throws: EngineError.self) { _ = try await derive(project, from: "nobody", rerun: []) }
        await project.close()
    }

    @Test func collectingKeepsWhatALivingBranchRestsOn() async throws {
        let project = try TestProject()
        let parent = try await project.run(text(project))
        let other = try await project.run(text(project))
        let child = try await derive(project, from: parent.id, rerun: ["d"])
        await project.close()
        // The newest run is kept: the child.
        let result = try StoreCollector.collect(project.store, StoreCollector.Rules(olderThan: nil, keep: 1))
        #expect(result.runs == [other.id])
        let report = try StoreCheck.run(folder: project.store)
        #expect(report.problems.isEmpty, "\(report.problems)")
        #expect(try await child.outputs["sum"] == 112)
        await project.close()
        let all = try StoreCollector.collect(project.store, StoreCollector.Rules(olderThan: nil, keep: 0))
        #expect(Set(all.runs) == [parent.id, child.id])
    }
}
