// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

@Suite struct NormalFormTests {
    private func form(_ text: String) -> JSONValue { Template.parse(text).0.normalJSON }

    @Test func templatesByTheirMeaning() {
        #expect(form("${{inputs.a+1}}") == form("${{ inputs.a  +  1 }}"))
        #expect(form("${{ inputs.a }}") != form("${{ inputs.b }}"))
        #expect(form("x ${{ inputs.a }}") == "x ${{ inputs.a }}")
        // A text that only looks like an expression.
        #expect(form("$${{ inputs.a }}") == "$${{ inputs.a }}")
        #expect(form("$${{ inputs.a }}") != form("${{ inputs.a }}"))
        #expect(form("a  b") != form("a b"))
    }

    @Test func order() {
        func node(_ names: [String], needs: [String]) -> NodeDefinition {
            NodeDefinition(
                id: "n", kind: "run", needs: needs.map { NeedDefinition(node: $0) },
                options: NodeOptions(with: names.map { TemplateEntry(name: $0, template: .literal(.string($0))) }))
        }
        #expect(
            NormalForm(of: node(["a", "b"], needs: ["x", "y"])) == NormalForm(of: node(["b", "a"], needs: ["y", "x"])))
        #expect(NormalForm(of: node(["a"], needs: [])) != NormalForm(of: node(["b"], needs: [])))
    }

    @Test func surroundings() {
        func node(_ id: String, _ text: String) -> NodeDefinition {
            NodeDefinition(id: id, kind: "run", body: .literal(.string(text)))
        }
        var workflow = WorkflowDefinition(name: "w")
        workflow.files = ["tools", "data.csv"]
        workflow.nodes = [
            node("named", "python3 $FLOW_WORKFLOW_DIR/tools/a.py"), node("all", "ls $FLOW_WORKFLOW_DIR"),
            node("none", "true"), NodeDefinition(id: "asks", kind: "agent", body: .literal("writer")),
        ]
        func surroundings(_ files: [String: UInt64], _ words: String) -> WorkflowSurroundings {
            WorkflowSurroundings(
                agents: [AgentDefinition(name: "writer", instructions: words)],
                files: files.mapValues { Digest(words: ($0, 0, 0, 0)) })
        }
        func diff(_ files: [String: UInt64], _ words: String = "x") -> [String] {
            DefinitionDiff(
                old: workflow, new: workflow,
                oldSurroundings: surroundings(["tools/a.py": 1, "tools/b.py": 1, "data.csv": 1], "x"),
                newSurroundings: surroundings(files, words)
            ).changed.map { "\($0.node): \($0.changes.map(\.part))" }
        }
        #expect(diff(["tools/a.py": 1, "tools/b.py": 1, "data.csv": 1]) == [])
        #expect(
            diff(["tools/a.py": 1, "tools/b.py": 2, "data.csv": 1]) == [
                #"named: ["files.tools/b.py"]"#, #"all: ["files.tools/b.py"]"#,
            ])
        #expect(diff(["tools/a.py": 1, "tools/b.py": 1]) == [#"all: ["files.data.csv"]"#])
        #expect(
            diff(["tools/a.py": 1, "tools/b.py": 1, "data.csv": 1], "y") == [#"asks: ["agent.instructions"]"#])
    }
}
