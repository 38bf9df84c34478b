// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import Testing

@testable import FlowEngine

/// What an earlier system promised and did not do. Each test is named after what it shows here.
@Suite struct EarlierDefectTests {
    /// `left` and `right` are siblings after `first`; `second` and `third` follow from `left`. All leave files.
    private static let workflow = #"""
        nodes:
          first: {run: 'echo first >> LEDGER; echo 1 > f.txt; echo "v=1" >> "$FLOW_OUTPUT"', outputs: {v: integer}, artifacts: {f: f.txt}}
          left:
            needs: [first]
            with: {file: "${{ nodes.first.artifacts.f }}"}
            run: 'echo left >> LEDGER; cat "$FLOW_WITH_FILE" > f.txt; echo left >> f.txt; echo "v=2" >> "$FLOW_OUTPUT"'
            outputs: {v: integer}
            artifacts: {f: f.txt}
          right:
            needs: [first]
            run: 'echo right >> LEDGER; date +%N > f.txt; echo "v=3" >> "$FLOW_OUTPUT"'
            outputs: {v: integer}
            artifacts: {f: f.txt}
          second:
            needs: [left]
            with: {file: "${{ nodes.left.artifacts.f }}"}
            run: 'echo second >> LEDGER; cat "$FLOW_WITH_FILE" > f.txt; echo second >> f.txt; echo "v=4" >> "$FLOW_OUTPUT"'
            outputs: {v: integer}
            artifacts: {f: f.txt}
          third:
            needs: [second, right]
            with: {a: "${{ nodes.second.artifacts.f }}", b: "${{ nodes.right.artifacts.f }}"}
            run: 'echo third >> LEDGER; cat "$FLOW_WITH_A" "$FLOW_WITH_B" > f.txt; echo "v=5" >> "$FLOW_OUTPUT"'
            outputs: {v: integer}
            artifacts: {f: f.txt}
        """#

    private let project: TestProject
    private var text: String { Self.workflow.replacing("LEDGER", with: project.file("ledger")) }

    init() throws { project = try TestProject() }

    private func reader() async throws -> RunReader {
        let engine = try await project.engine()
        return RunReader(store: engine.store, layout: engine.layout)
    }

    /// Runs again from a node, as `flow replay --from` does.
    private func replay(_ parent: String, from node: String, kind: Derivation.Kind = .replay) async throws -> String {
        let (engine, reader) = (try await project.engine(), try await reader())
        let summary = try #require(try await reader.summary(of: parent))
        let planned = try await RerunPlanner(reader: reader, loader: engine.loader).plan(
            of: summary, request: RerunRequest(from: [node]))
        let run = try await engine.derive(
            DerivedRun(parent: parent, kind: kind, rerun: Set(planned.plan.rerun)), workflow: planned.workflow,
            inputs: planned.inputs)
        #expect(try await engine.end(of: run).status == .succeeded)
        return run
    }

    /// The rows of a run by node, and the text of the file that each has left.
    private func nodes(_ run: String) async throws -> [String: (row: NodeSummary, text: String)] {
        let reader = try await reader()
        var found: [String: (row: NodeSummary, text: String)] = [:]
        for row in try await reader.nodes(of: run) {
            let value = try await reader.result(of: row, run: run)
            let path = value?["artifacts"]?["f"]?.stringValue
            found[row.node] = (row, try path.map { try File.readText($0, limit: 1 << 16) } ?? "")
        }
        return found
    }

    @Test func siblingsThatStandLaterInTheFileKeepTheirOutputsAndFiles() async throws {
        let parent = try await project.run(text)
        let before = try await nodes(parent.id)
        let run = try await replay(parent.id, from: "left")
        let after = try await nodes(run)
        // `right` stands after `left`, and does not follow from it.
        #expect(project.lines("ledger").count { $0 == "right" } == 1)
        #expect(after["right"]?.row.status == .reused && after["right"]?.row.origin == parent.id)
        #expect(after["right"]?.row.result == before["right"]?.row.result)
        #expect(after["right"]?.text == before["right"]?.text && after["right"]?.text.isEmpty == false)
        for node in ["left", "second", "third"] { #expect(after[node]?.row.status == .succeeded) }
        await project.close()
    }

    @Test func aReplayReallyRunsAndItsFilesAreThere() async throws {
        let parent = try await project.run(text)
        let ran = project.lines("ledger").count
        let run = try await replay(parent.id, from: "second")
        #expect(project.lines("ledger").dropFirst(ran) == ["second", "third"])
        let after = try await nodes(run)
        #expect(after["second"]?.text == "1\nleft\nsecond\n")
        #expect(after["third"]?.text.hasPrefix("1\nleft\nsecond\n") == true)
        // They are files of the new run, not of the old one.
        let folder = RunLayout(folder: project.store).artifacts("third", of: run)
        #expect(try File.list(folder).map(\.name) == ["f.txt"])
        await project.close()
    }

    @Test func aBranchHasStatusesAndFilesAsOfTheBranchPoint() async throws {
        let parent = try await project.run(text)
        let before = try await nodes(parent.id)
        let branch = try await replay(parent.id, from: "third", kind: .branch)
        let after = try await nodes(branch)
        #expect(Set(after.keys) == Set(before.keys))
        for node in ["first", "left", "right", "second"] {
            let (old, new) = (before[node], after[node])
            #expect(new?.row.status == .reused, "\(node)")
            #expect(new?.row.startedAt == old?.row.startedAt && new?.row.endedAt == old?.row.endedAt, "\(node)")
            #expect(new?.row.result == old?.row.result && new?.text == old?.text, "\(node)")
        }
        #expect(after["third"]?.text == before["third"]?.text)
        let now = try await nodes(parent.id)
        #expect(now.mapValues(\.row) == before.mapValues(\.row) && now.mapValues(\.text) == before.mapValues(\.text))
        await project.close()
    }

    @Test func comparingRunsThatHaveNodesWorks() async throws {
        let parent = try await project.run(text)
        let other = try await project.run(text.replacing("echo left >> f.txt", with: "echo LEFT >> f.txt"))
        let (engine, reader) = (try await project.engine(), try await reader())
        let runs = try await [parent.id, other.id].asyncMap { try await reader.summary(of: $0) }.compactMap(\.self)
        let comparison = try await RunComparison.make(runs, reader: reader, loader: engine.loader)
        let text = ComparisonText().text(comparison)
        #expect(text.contains("left") && text.contains("LEFT"), "\(text)")
        #expect(text.contains("first divergence"), "\(text)")
        await project.close()
    }

    @Test func aFailedNodeStopsItsDependants() async throws {
        let failing = text.replacing("echo left >> f.txt;", with: "exit 3;")
        let run = try await project.run(failing)
        #expect(try await run.end() == .failed)
        #expect(Set(project.lines("ledger")) == ["first", "left", "right"])
        let after = try await nodes(run.id)
        #expect(after["left"]?.row.status == .failed)
        #expect(after["second"]?.row.status == .omitted && after["third"]?.row.status == .omitted)
        #expect(after["second"]?.row.attempt == 0)
        await project.close()
    }
}

extension Sequence {
    fileprivate func asyncMap<Value>(_ body: (Element) async throws -> Value) async throws -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await body(element)) }
        return values
    }
}
