// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

@testable import FlowEngine

/// Agents that a workflow cannot come to use are neither read nor kept.
@Suite struct AgentFilesTests {
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

    @Test(
        "What can use any agent keeps all of them; what says which keeps these",
        arguments: [
            ("a: {plan: '${{ inputs.p }}'}", ["reader", "writer"]),
            ("a: {plan: '${{ inputs.p }}', allow: {kinds: [set]}}", []),
            ("a: {plan: '${{ inputs.p }}', allow: {kinds: [agent], agents: [reader]}}", ["reader"]),
            ("a: {workflow: sub.yaml}", ["writer"]),
            ("a: {agent: writer, prompt: x}", ["writer"]),
            ("a: {agent: inner, prompt: x}", ["inner"]),
        ])
    func kept(node: String, agents: [String]) async throws {
        let project = try TestProject()
        for name in ["writer", "reader"] {
            try project.write("agents/\(name).yaml", "agent: 1\nname: \(name)\ninstructions: You are \(name).\n")
        }
        try project.write("sub.yaml", "flow: 1\nname: sub\nnodes: {a: {agent: writer, prompt: Write.}}\n")
        let path = try project.write(
            "w.yaml",
            """
            flow: 1
            name: w
            inputs: {p: {type: object, default: {}}}
            outputs: {p: "${{ inputs.p }}"}
            agents: {inner: {instructions: Go.}}
            nodes: {\(node)}
            """)
        let loaded = try await project.engine().loader.load(path, agentFolders: [project.file("agents")])
        #expect(loaded.compilation.plan != nil, "\(loaded.compilation.diagnostics)")
        let kept = loaded.bundle.files.keys.filter { $0.hasPrefix("_agents/") }
            .map { String($0.dropFirst(8).dropLast(5)) }.filter { $0 != "inner" || agents.contains("inner") }
        #expect(kept.sorted() == agents)
        await project.close()
    }
}
