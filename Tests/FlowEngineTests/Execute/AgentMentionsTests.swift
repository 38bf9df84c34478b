// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

@testable import FlowEngine

/// Agents that a workflow does not name are neither read nor kept.
@Suite struct AgentMentionsTests {
    @Test(arguments: [
        ("nodes: {a: {agent: writer, prompt: x}}", true, false),
        ("nodes: {a: {run: 'true'}}", false, false),
        ("nodes: {a: {run: 'true'}} # writer", false, false),
        ("include: more.yaml\nnodes: {}", true, true),
        ("nodes: {a: {plan: '${{ inputs.p }}'}}", true, true),
        ("nodes: {a: {workflow: sub.yaml}}", true, true),
        (#"nodes: {a: {"\x61gent": x}}"#, true, true),
    ])
    func namesThatCanBeMeant(text: String, writer: Bool, reader: Bool) {
        let mentions = AgentMentions(text: Array(text.utf8))
        #expect(mentions.mayName("writer") == writer)
        #expect(mentions.mayName("reader") == reader)
    }

    @Test func aNameThatIsNotPlainToSeeIsNotGuessed() {
        func name(_ text: String) -> String? { AgentMentions.declaredName(in: Array(text.utf8)) }
        #expect(name("agent: 1\nname: writer\r\n") == "writer")
        #expect(name("agent: 1\nname: \"writer\"\n") == nil)
        #expect(name("agent: 1\nname: writer # who\n") == nil)
        #expect(name("{agent: 1, name: writer}") == nil)
    }

    @Test func onlyWhatIsNamedIsKept() async throws {
        let project = try TestProject()
        for name in ["writer", "reader"] {
            try project.write("agents/\(name).yaml", "agent: 1\nname: \(name)\ninstructions: You are \(name).\n")
        }
        try project.write("agents/broken.yaml", "agent: 1\nname: broken\nnonsense: [\n")
        let path = try project.write(
            "w.yaml", "flow: 1\nname: w\nnodes: {a: {agent: writer, prompt: Write.}}\n")
        let loaded = try await project.engine().loader.load(path, agentFolders: [project.file("agents")])
        #expect(loaded.compilation.plan != nil && loaded.agentProblems.isEmpty)
        #expect(loaded.bundle.files.keys.sorted() == ["_agents/writer.yaml", "w.yaml"])
        let misspelt = try project.write("v.yaml", "flow: 1\nname: v\nnodes: {a: {agent: reade, prompt: Read.}}\n")
        let faults = try await project.engine().loader.load(misspelt, agentFolders: [project.file("agents")])
            .compilation.diagnostics
        #expect(faults.contains { $0.label == "did you mean `reader`?" })
        await project.close()
    }
}
