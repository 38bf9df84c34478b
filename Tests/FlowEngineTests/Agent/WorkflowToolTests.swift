// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import Testing

@testable import FlowEngine

/// A workflow as a tool, in a real engine.
struct WorkflowToolTests {
    private static let part = """
        flow: 1
        name: doubled
        description: Doubles a number.
        inputs:
          n: {type: integer, required: true}
          note: {type: file}
        nodes:
          twice: {set: {n: "${{ inputs.n * 2 }}", note: "${{ inputs.note ?? '' }}"}}
        outputs: {n: "${{ nodes.twice.outputs.n }}"}
        """
    private static let gate = """
        flow: 1
        name: gate
        nodes:
          ask: {approval: Is it good?}
        """

    private func workflow(_ tools: String) -> String {
        """
        flow: 1
        name: main
        agents:
          worker: {instructions: work, tools: [\(tools)]}
        nodes:
          a: {agent: worker, prompt: go, files: [data.txt]}
        outputs: {text: "${{ nodes.a.outputs.text }}", calls: "${{ nodes.a.outputs.tool_calls }}"}
        """
    }

    private func run(
        _ answers: [ModelReply], tools: String,
        _ check: (ScriptedModel, Engine, String, RunOutcome) async throws -> Void
    ) async throws {
        let folder = try File.makeTemporaryDirectory(prefix: "workflow-tool-")
        defer { try? File.removeTree(folder) }
        for (name, text) in [
            ("main.yaml", workflow(tools)), ("part.yaml", Self.part), ("gate.yaml", Self.gate),
            ("data.txt", "some data"),
        ] {
            try File.write(text, to: FilePath.join(folder, name))
        }
        let model = ScriptedModel(answers)
        var configuration = EngineConfiguration(
            folder: FilePath.join(folder, ".flow"),
            environment: ["PATH": "/usr/bin:/bin", "HOME": folder])
        configuration.models = model
        let engine = try await Engine.open(configuration)
        let loaded = try engine.loader.load(FilePath.join(folder, "main.yaml"), agentFolders: [])
        #expect(loaded.compilation.diagnostics.map(\.message) == [])
        #expect(Set(loaded.bundle.files.keys).isSuperset(of: ["part.yaml", "data.txt"]))
        let run = try await engine.start(loaded, inputs: JSONObject())
        let outcome = try await engine.outcome(of: run)
        try await check(model, engine, run, outcome)
        await engine.close()
    }

    @Test func itsRunIsAChildOfTheNodesRun() async throws {
        try await run(
            [
                .asks(
                    ("workflow_part", ["n": 21]), ("workflow_part", ["n": 21, "note": "data.txt"]),
                    ("workflow_part", ["n": 1, "note": "/etc/passwd"]), ("workflow_part", ["n": "x"])),
                .says("It is 42."),
            ], tools: "\"workflow:part.yaml\""
        ) { model, engine, run, outcome in
            #expect(outcome == .ended(.succeeded, reason: nil))
            let outputs = try await engine.outputs(of: run)
            #expect(outputs["text"] == "It is 42.")
            #expect(outputs["calls"] == 3)
            let spec = try #require(model.requests.first?.tools.first)
            #expect(spec.description == "Doubles a number.")
            #expect(spec.parameters["required"] == ["n"])
            let texts = model.requests.last?.messages.filter { $0.role == .tool }.map(\.content) ?? []
            #expect(texts[0].contains(#"{"n":42}"#))
            #expect(texts[1].contains(#"{"n":42}"#))
            #expect(texts[2].contains("outside of the work folder"))
            #expect(texts[3].contains("expected integer"))
            let prompt = model.requests.first?.messages.last?.content ?? ""
            #expect(prompt.contains("<file name=\"data.txt\">\nsome data\n</file>"))
        }
    }

    @Test func oneThatWaitsForAPersonIsEnded() async throws {
        try await run(
            [.asks(("workflow_gate", [:])), .says("no answer")], tools: "\"workflow:gate.yaml\", \"workflow:part.yaml\""
        ) { model, _, _, outcome in
            #expect(outcome == .ended(.succeeded, reason: nil))
            let text = model.requests.last?.messages.last?.content ?? ""
            #expect(text.contains("waits for a person"))
        }
    }
}
