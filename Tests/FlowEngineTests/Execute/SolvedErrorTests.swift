// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import FlowTesting
import Testing

@testable import FlowEngine

struct SolvedErrorTests {
    private static let workflow = """
        agents: {former: {instructions: You fill forms., max_tokens: 50}}
        nodes:
          a:
            agent: former
            prompt: a cat
            max_repairs: 0
            output: {type: object, properties: {name: {type: string}}, required: [name]}
            retry: {max_attempts: 3, delay: 1ms, on: [schema_mismatch]}
        """

    @Test func `the prompt quotes what got another run over the same error`() async throws {
        let good = ScriptedServer.reply(#"{"name": "Tom"}"#)
        let server = try ScriptedServer([
            ScriptedServer.reply(#"{"nome": "Tom"}"#), good, ScriptedServer.reply(#"{"nome": "Kit"}"#), good,
        ])
        let project = try TestProject(environment: ["FLOW_MODEL_URL": server.url + "/v1"])
        let first = try await project.run(Self.workflow)
        #expect(try await first.status == .succeeded)
        let second = try await project.run(Self.workflow)
        #expect(try await second.status == .succeeded)
        let prompts = server.requests.map { $0.body["messages"]?.arrayValue?.last?["content"]?.stringValue ?? "" }
        #expect(prompts.count == 4)
        #expect(prompts[1].contains("Attempt 1 of 3 failed"))
        // Nobody had got over it before.
        #expect(!prompts[1].contains("<solved>"))
        #expect(
            prompts[3].contains("<solved>\nrun \(first.id), node a, attempt 2:\n+ {\"name\": \"Tom\"}\n</solved>"),
            "\(prompts[3])")
        await project.close()
        #expect(try StoreCheck.run(folder: project.store).problems.isEmpty)
        _ = try StoreCollector.remove(first.id, from: project.store)
        #expect(try StoreCheck.run(folder: project.store).problems.isEmpty)
    }
}
