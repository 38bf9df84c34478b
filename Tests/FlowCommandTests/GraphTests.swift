// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Testing

@Suite struct GraphTests {
    @Test("A plan shows levels and the critical path")
    func plan() async throws {
        let flow = try FlowProgram()
        try flow.write("held.yaml", Workflows.held)
        let text = try await flow.run("plan", "held.yaml")
        #expect(text.code == 0)
        #expect(text.output.contains("critical path (3 nodes): one → two → three"))
        let json = try await flow.run("plan", "held.yaml", "--json").object
        #expect(json["levels"] == [["one"], ["two"], ["three"]])
        #expect(json["criticalPath"] == ["one", "two", "three"])
        #expect(json["kinds"] == ["run": 3])
        try flow.write("faulty.yaml", Workflows.faulty)
        let faulty = try await flow.run("plan", "faulty.yaml", "--json")
        #expect(faulty.code == 65)
        #expect(faulty.output.isEmpty)
        #expect(faulty.errorOutput.contains("fetsh"))
        #expect(!File.exists(flow.file(".flow")))
    }

    @Test("Graphs are drawn in every format", arguments: ["dot", "mermaid", "json", "svg", "png"])
    func formats(_ format: String) async throws {
        let flow = try FlowProgram()
        try flow.write("held.yaml", Workflows.held)
        let end = try await flow.run("graph", "held.yaml", "--format", format, "-o", "graph.out")
        guard end.code != 69 else { return }
        #expect(end.code == 0, "\(end.errorOutput)")
        #expect(end.output.isEmpty)
        let bytes = try File.read(flow.file("graph.out"), limit: 1 << 20)
        if format == "png" {
            #expect(bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]))
        } else {
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(text.contains("three"))
            if format == "svg" { #expect(text.contains("<svg")) }
        }
    }

    @Test("The format follows the name of the file; a run has the statuses of its nodes")
    func run() async throws {
        let flow = try FlowProgram()
        try flow.write("failing.yaml", Workflows.failing)
        #expect(try await flow.run("run", "failing.yaml").code == 1)
        #expect(try await flow.run("graph", "@latest", "-o", "graph.json").code == 0)
        let text = try File.readText(flow.file("graph.json"), limit: 1 << 20)
        #expect(text.contains("omitted"))
        #expect(try JSONValue.parse(Array(text.utf8)).objectValue != nil)
        let plain = try await flow.run("graph", "failing.yaml").output
        #expect(try await flow.run("graph", "@latest").output != plain)
        #expect(try await flow.run("graph", "failing.yaml", "-o", "no/such/folder.dot").code == 73)
    }

    @Test("Every stage prints what it did", arguments: ["document", "definition", "plan", "effects"])
    func stages(_ stage: String) async throws {
        let flow = try FlowProgram()
        try flow.write("chain.yaml", Workflows.chain)
        let end = try await flow.run("inspect", "chain.yaml", "--stage", stage)
        #expect(end.code == 0, "\(end.errorOutput)")
        #expect(end.output.contains("first"))
        #expect(
            try await flow.run("inspect", "chain.yaml", "--stage", stage, "--json").object["stage"] == .string(stage))
    }

    @Test("The events and the open effects of a run are shown")
    func runStages() async throws {
        let flow = try FlowProgram()
        try flow.write("gated.yaml", Workflows.gated)
        #expect(try await flow.run("run", "gated.yaml", "-i", "ledger=\(flow.file("ledger"))").code == 3)
        let events = try await flow.run("inspect", "@latest", "--stage", "events").output.split(separator: "\n")
        #expect(events.first?.contains("run_created") == true)
        #expect(events.last?.contains("node_waiting  gate") == true)
        #expect(try await flow.run("inspect", "@latest", "--stage", "effects").code == 0)
        #expect(try await flow.run("inspect", "gated.yaml", "--stage", "events").code == 64)
    }
}
