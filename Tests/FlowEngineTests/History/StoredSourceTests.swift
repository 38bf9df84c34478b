// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import FlowTesting
import Testing

@testable import FlowEngine

/// The texts of edited workflows are kept as differences.
@Suite struct StoredSourceTests {
    private static let large =
        "nodes:\n" + (0..<400).map { "  n\($0): {set: {value: \"größer \($0)\"}}\n" }.joined()

    private func derive(
        _ project: TestProject, from parent: TestRun, node: String, to value: String
    ) async throws
        -> TestRun
    {
        let engine = try await project.engine()
        let reader = RunReader(store: engine.store, layout: engine.layout)
        let summary = try #require(try await reader.summary(of: parent.id))
        var patch = WorkflowPatch(directory: project.folder)
        #expect([patch.set("nodes.\(node).set.value", to: value)] == [true])
        let planned = try await RerunPlanner(reader: reader, loader: engine.loader).plan(
            of: summary, request: RerunRequest(), patch: patch)
        let id = try await engine.derive(
            DerivedRun(parent: parent.id, kind: .branch, rerun: Set(planned.plan.rerun), name: "b\(value)"),
            workflow: planned.workflow, inputs: planned.inputs)
        let run = TestRun(project: project, id: id, recorder: RunRecorder())
        _ = try await run.outcome()
        return run
    }

    private func source(of run: TestRun) async throws -> (stored: StoredSource, text: String, isWhole: Bool) {
        let reader = try await run.reader
        let summary = try #require(try await reader.summary(of: run.id))
        let stored = StoredSource(folder: reader.layout.source(summary.source.hex))
        let entry = try #require(try await reader.json(summary.source)?["entry"]?.stringValue)
        return (
            stored, String(decoding: try stored.text(of: entry), as: UTF8.self),
            File.exists(FilePath.join(stored.folder, entry))
        )
    }

    @Test func aBranchOfALargeWorkflowKeepsItsEditAlone() async throws {
        let project = try TestProject()
        let parent = try await project.run(Self.large)
        let child = try await derive(project, from: parent, node: "n7", to: "ä7")
        let grandchild = try await derive(project, from: child, node: "n390", to: "390")
        #expect(try await source(of: parent).isWhole)
        let (first, text, isWhole) = try await source(of: child)
        #expect(!isWhole)
        #expect(text == Self.large.replacing("\"größer 7\"", with: "ä7") || text.contains("ä7"))
        #expect(text.contains("größer 8") && !text.contains("größer 7\""))
        let kept = try File.list(first.folder).reduce(0) { sum, entry in
            sum + Int(try File.size(of: FilePath.join(first.folder, entry.name)))
        }
        #expect(kept < 300)
        // An edit of an edit needs the first text alone, and here most of it.
        let (second, edited, _) = try await source(of: grandchild)
        #expect(edited.contains("ä7") && !edited.contains("größer 390"))
        #expect(!second.names.contains(FilePath.basename(first.folder)))
        await project.close()
        #expect(try StoreCheck.run(folder: project.store).problems.isEmpty)

        // A difference that was tampered with is found.
        let path = FilePath.join(first.folder, StoredSource.differenceFile)
        try File.write(try File.readText(path, limit: 1 << 16).replacing("ä", with: "ö"), to: path)
        let problems = try StoreCheck.run(folder: project.store).problems
        #expect(!problems.isEmpty && problems.allSatisfy { $0.run == child.id }, "\(problems)")
    }

    @Test func theFirstTextStaysAsLongAsADifferenceNeedsIt() async throws {
        let project = try TestProject()
        let parent = try await project.run(Self.large)
        let child = try await derive(project, from: parent, node: "n200", to: "200")
        let text = try await source(of: child).text
        // The same text as a run of its own finds its source there already.
        let other = try await project.run(String(text.drop { $0 != "\n" }.dropFirst().drop { $0 != "\n" }.dropFirst()))
        #expect(try await !source(of: other).isWhole)
        await project.close()
        _ = try StoreCollector.remove(child.id, from: project.store)
        _ = try StoreCollector.remove(parent.id, from: project.store)
        #expect(try await source(of: other).text == text)
        #expect(try StoreCheck.run(folder: project.store).problems.isEmpty)

        let copy = try TemporaryDirectory()
        let target = FilePath.join(copy.path, "copy")
        await project.close()
        _ = try StoreBackup.make(of: project.store, in: target)
        #expect(try StoreCheck.run(folder: target).problems.isEmpty)
    }
}
