// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

@testable import FlowEngine

/// Runs that take over nodes, beside the runs that they come from.
@Suite struct DerivedComparisonTests {
    private static let text = """
        inputs: {add: {type: integer, default: 0}}
        outputs: {total: {type: integer, value: "${{ nodes.total.outputs.n }}", goal: max}}
        nodes:
          a: {run: 'echo one > note.txt; echo n=1 >> "$FLOW_OUTPUT"', outputs: {n: integer}, artifacts: {note: note.txt}}
          each: {needs: [a], foreach: {items: [1, 2]}, set: {n: "${{ item }}"}}
          path: {needs: [a], set: {path: "${{ nodes.a.artifacts.note }}"}}
          b: {needs: [a], set: {n: "${{ nodes.a.outputs.n + inputs.add }}"}}
          total: {needs: [b, each], set: {n: "${{ nodes.b.outputs.n + sum(nodes.each.outputs.n) }}"}}

        """

    private func derive(
        _ project: TestProject, from parent: String, rerun: Set<String>, pins: [String: JSONObject] = [:],
        add: Int64 = 0
    ) async throws -> RunSummary {
        let workflow = try await project.load(Self.text)
        let id = try await project.engine().derive(
            DerivedRun(parent: parent, kind: .branch, rerun: rerun, pins: pins), workflow: workflow,
            inputs: JSONObject([.init(key: "add", value: .integer(add))]), observer: RunRecorder())
        _ = try await project.engine().outcome(of: id)
        return try #require(try await project.reader().summary(of: id))
    }

    @Test("Taken-over nodes are the same, items and paths too; a pin and an input are found where they are")
    func derived() async throws {
        let project = try TestProject()
        let first = try await project.run(Self.text)
        let parent = try #require(try await project.reader().summary(of: first.id))
        let again = try await derive(project, from: first.id, rerun: ["total"])
        let pinned = try await derive(
            project, from: first.id, rerun: ["b", "total"], pins: ["b": JSONObject([.init(key: "n", value: 9)])])
        let added = try await derive(project, from: first.id, rerun: ["b", "total"], add: 5)
        let comparison = try await project.compare([parent, again, pinned, added])
        #expect(comparison.runs.map(\.letter) == ["A", "B", "C", "D"])
        #expect(comparison.runs.map(\.reused) == [0, 4, 4, 3])
        #expect(comparison.pairs.map(\.isSame) == [true, false, false])
        #expect(
            PlantedPair.lines(of: comparison.pairs[1]) == [
                "b patched first n succeeded→reused", "total upstream n", "output total", "metric outputs.total better",
            ])
        #expect(comparison.pairs[1].nodes.first?.reasons == ["pinned"])
        #expect(
            PlantedPair.lines(of: comparison.pairs[2]) == [
                "input add", "b patched first n", "total upstream n", "output total", "metric outputs.total better",
            ])
        // Two derived runs beside each other: the pin is on one side only.
        let siblings = try await project.compare([pinned, added]).pairs[0]
        #expect(siblings.firstDivergences == ["b"])
        #expect(siblings.nodes.map(\.cause) == [.patched, .upstream])
        await project.close()
    }
}
