// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import FlowExchange
import Testing

struct WfFormatTests {
    /// Recorded executions with the numbers of their tasks and edges.
    private static let recorded = [
        ("montage-chameleon-2mass-005d-001.json", 58, 114), ("rnaseq-dirt02-001.json", 197, 451),
        ("1000genome-chameleon-22ch-100k-001.json", 572, 836), ("bwa-chameleon-large-001.json", 1004, 4000),
        ("epigenomics-chameleon-ilmn-6seq-50k-001.json", 1695, 2108),
        ("montage-chameleon-dss-15d-001.json", 2122, 6114),
    ]

    @Test(arguments: recorded)
    func aRecordedWorkflowRunsToItsEnd(_ name: String, _ tasks: Int, _ edges: Int) async throws {
        guard let path = ExchangeFixture.shared("wf/\(name)") else { return }
        let result = WorkflowImporter.read(try File.read(path, limit: 1 << 26), name: name)
        #expect(result.format == .wfformat)
        #expect(result.nodeCount == tasks)
        let project = try ExchangeProject()
        let workflow = try project.compile(result)
        let plan = try #require(workflow.compilation.plan)
        #expect(plan.nodes.count == tasks)
        #expect(workflow.compilation.definition?.nodes.reduce(0) { $0 + $1.needs.count } == edges)
        #expect(plan.dot(statuses: [:]).hasPrefix("digraph"))
        let run = try await project.run(workflow)
        #expect(run.status == .succeeded)
        #expect(run.nodes.values.allSatisfy { $0 == .succeeded })
    }

    @Test(arguments: recorded.prefix(3))
    func recordedCommandLinesCompile(_ name: String, _ tasks: Int, _ edges: Int) throws {
        guard let path = ExchangeFixture.shared("wf/\(name)") else { return }
        let result = WorkflowImporter.read(try File.read(path, limit: 1 << 26), name: name, bodies: .commands)
        let workflow = try ExchangeProject().compile(result)
        #expect(workflow.compilation.definition?.nodes.contains { $0.kind == "run" } == true)
    }

    @Test(arguments: ["before-1.4.json", "from-1.5.json"])
    func bothShapes(_ name: String) throws {
        for bodies in [ImportedBodies.standard, .commands] {
            let result = try ExchangeFixture.read("wfformat/\(name)", bodies: bodies)
            _ = try ExchangeProject().compile(result)
            let kept = "wfformat/\(name).\(bodies.rawValue)"
            try ExchangeFixture.expect(result.text ?? "", isKeptIn: "\(kept).yaml")
            try ExchangeFixture.expect(ExchangeProject.text(result), isKeptIn: "\(kept).report.txt")
        }
    }

    @Test(arguments: [
        (#"{"workflow": {"tasks": []}}"#, "there are no tasks"),
        (#"{"workflow": {"tasks": 3}}"#, "there is no list of tasks: neither `specification.tasks` nor `tasks`"),
        (#"{"workflow": {"tasks": [{"runtime": 3}]}}"#, "a task needs an `id` or a `name`"),
        (#"{"workflow": {"tasks": [{"id": "a", "parents": ["b"]}]}}"#, "there is no task `b`"),
        (#"{"workflow": {"tasks": [{"id": "a"}, {"id": "a"}]}}"#, "there are two tasks `a`"),
        (
            #"{"workflow": {"tasks": [{"id": "a", "parents": ["b"]}, {"id": "b", "parents": ["a"]}]}}"#,
            "the nodes wait for each other: b -> a -> b"
        ),
    ])
    func faultsAreShownAtTheirPlace(_ text: String, _ message: String) {
        let result = WorkflowImporter.read(Array(text.utf8), name: "t.json", format: .wfformat)
        #expect(result.text == nil)
        let errors = result.diagnostics.filter { $0.severity == .error }
        #expect(errors.contains { $0.message == message && $0.code == .badSource && $0.span.isKnown }, "\(errors)")
    }
}
