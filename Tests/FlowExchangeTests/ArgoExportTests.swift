// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import FlowExchange
import Testing

struct ArgoExportTests {
    private func graph(_ definition: WorkflowDefinition) -> [String: Set<NeedDefinition>] {
        var graph: [String: Set<NeedDefinition>] = [:]
        for node in definition.nodes + definition.finally {
            graph[node.id] = Set(node.needs.map { NeedDefinition(node: $0.node, condition: $0.condition) })
        }
        return graph
    }

    @Test func exportAndImportGiveTheSameGraph() async throws {
        let project = try ExchangeProject()
        try File.write(
            String(decoding: try ExchangeFixture.bytes("flow/pipe.yaml"), as: UTF8.self), to: project.file("pipe.yaml"))
        let workflow = try project.load("pipe.yaml")
        let before = try #require(workflow.compilation.definition)
        let exported = ArgoExporter.export(before)
        try ExchangeFixture.expect(exported.text, isKeptIn: "flow/pipe.argo.yaml")
        let report = DiagnosticPrinter(.concise).text(exported.diagnostics, in: workflow.compilation.sources)
        // The folder of the test is another one each time.
        try ExchangeFixture.expect(
            report.replacing(project.file("pipe.yaml"), with: "pipe.yaml"), isKeptIn: "flow/pipe.report.txt")
        let back = WorkflowImporter.read(Array(exported.text.utf8), name: "pipe-argo.yaml")
        let again = try project.compile(back, as: "back.yaml")
        let after = try #require(again.compilation.definition)
        #expect(graph(after) == graph(before))
        #expect(after.finally.map(\.id) == before.finally.map(\.id))
        #expect(after.inputs.map(\.name) == before.inputs.map(\.name))
        for (old, new) in zip(before.nodes, after.nodes) {
            #expect((old.options.when == nil) == (new.options.when == nil), "\(old.id)")
            #expect((old.options.foreach == nil) == (new.options.foreach == nil), "\(old.id)")
            #expect(old.options.timeout == new.options.timeout, "\(old.id)")
            #expect(old.options.retry?.maxAttempts == new.options.retry?.maxAttempts, "\(old.id)")
            #expect(old.options.onFailure == new.options.onFailure, "\(old.id)")
        }
        let first = try await project.run(workflow)
        let second = try await project.run(again)
        #expect(first.nodes == second.nodes)
        #expect(first.status == .succeeded)
    }

    @Test func whatHasNoEquivalentIsToldAtItsPlace() throws {
        let project = try ExchangeProject()
        try File.write(
            """
            flow: 1
            name: odd
            nodes:
              ask: {sql: {query: SELECT 1 AS one}, priority: 4, idle_timeout: 5s}
              all: {needs: [ask], when: nodes.ask.outputs.row_count > 1, set: {n: "${{ 1 + 2 }}"}}
            outputs: {n: "${{ (nodes.all.outputs.n ?? 0) * 2 }}"}
            """, to: project.file("odd.yaml"))
        let workflow = try project.load("odd.yaml")
        let definition = try #require(workflow.compilation.definition)
        let exported = ArgoExporter.export(definition)
        let lost = exported.diagnostics.filter { $0.code == .noEquivalent }.map(\.message)
        #expect(lost.contains("a node of kind `sql` has no equivalent: it fails there"))
        #expect(lost.contains("`priority` of a node has no equivalent"))
        #expect(lost.contains("the condition of `all` has no equivalent"))
        #expect(lost.contains("the value of `n` is worked out and is empty there"))
        #expect(lost.contains("the output `n` is left out: it is worked out"))
        #expect(exported.diagnostics.allSatisfy { $0.span.isKnown })
        #expect(WorkflowImporter.read(Array(exported.text.utf8), name: "odd.yaml").text != nil)
    }
}
