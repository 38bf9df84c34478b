// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Testing

/// The workflows that come with flow compile without a word.
struct ShippedWorkflowTests {
    static let root = FilePath.normalise(FilePath.join(#filePath, "../../../.."))

    static var workflows: [String] {
        ["workflows", "workflows/examples"].flatMap { folder in
            ((try? File.list(FilePath.join(root, folder))) ?? []).filter { $0.name.hasSuffix(".yaml") }
                .map { "\(folder)/\($0.name)" }
        }
    }

    @Test(arguments: workflows) func compiles(path: String) throws {
        let loader = WorkflowLoader(kinds: BuiltinKinds.forCompiling(environment: [:]))
        let workflow = try loader.load(
            FilePath.join(Self.root, path), name: path, agentFolders: [FilePath.join(Self.root, "agents")])
        let text = DiagnosticPrinter(.full(colour: false))
            .text(workflow.compilation.diagnostics, in: workflow.compilation.sources)
        #expect(text == "")
        #expect(workflow.agentProblems.isEmpty)
        #expect(workflow.compilation.plan != nil)
    }
}
