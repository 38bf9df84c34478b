// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Testing

/// `flow eject`: workflows with what a run has found out, which give the same again.
@Suite struct EjectTests {
    /// What a run's nodes put out, and the run's outputs.
    private func results(_ flow: FlowProgram, _ run: String) async throws -> JSONValue {
        let shown = try await flow.run("show", run, "--json").object
        return ["outputs": shown["outputs"] ?? .null, "status": shown["status"] ?? .null]
    }

    private static let examples = FilePath.normalise(FilePath.join(#filePath, "../../../workflows/examples"))

    @Test("Shipped examples that are written out give the same", arguments: ["planned", "fanout", "matrix", "hello"])
    func examples(_ name: String) async throws {
        let flow = try FlowProgram()
        let inputs =
            switch name {
            case "planned", "fanout": ["-i", "words=[\"kiwi\", \"${{ plum }}\", \"a: b # c\"]"]
            default: [String]()
            }
        let first = try await flow.start(["run", FilePath.join(Self.examples, "\(name).yaml")] + inputs).end()
        try #require(first.code == 0, "\(first.errorOutput)")
        let ejected = try await flow.run("eject", try first.run, "-o", "out/\(name).yaml")
        try #require(ejected.code == 0, "\(ejected.errorOutput)")
        let text = try File.readText(flow.file("out/\(name).yaml"), limit: 1 << 20)
        let validated = try await flow.run("validate", "out/\(name).yaml")
        #expect(validated.code == 0, "\(validated.errorOutput)\(text)")
        // Without inputs: they are in the file.
        let second = try await flow.run("run", "out/\(name).yaml")
        try #require(second.code == 0, "\(second.errorOutput)\(text)")
        #expect(try await results(flow, second.run) == results(flow, first.run))
        // What was found out is there.
        switch name {
        case "planned":
            #expect(text.contains("word_0:") && text.contains("$${{ nodes.word_0.outputs.letters }}"), "\(text)")
            #expect(ejected.errorOutput.contains("`work` has the 4 nodes that were planned"))
        case "fanout":
            #expect(text.contains("$${{ plum }}"), "\(text)")
            #expect(ejected.errorOutput.contains("`measure` goes over the 3 items of the run"))
            // Comments and other entries stay as they were.
            #expect(text.contains("# One node for each item of a list, side by side, and one that joins them."))
            #expect(text.contains("      total: ${{ sum(nodes.measure.outputs.letters) }}\n"))
        default: break
        }
        // Ejected again it is the same, but for the run's name.
        let again = try await flow.run("eject", try second.run)
        #expect(
            again.output.split(separator: "\n").dropFirst(2) == text.split(separator: "\n").dropFirst(1),
            "\(again.output)")
    }

    @Test("A branch is written out with its patch, and what it took over")
    func branch() async throws {
        let flow = try FlowProgram()
        try flow.write(
            "list.yaml",
            #"""
            flow: 1
            name: list
            inputs: {n: {type: integer, default: 3}}
            outputs: {sum: {value: "${{ nodes.sum.outputs.sum }}"}}
            nodes:
              find: {run: 'echo "items=[1,2,$(od -An -N2 -tu2 /dev/urandom | tr -d " ")]" >> "$FLOW_OUTPUT"', outputs: {items: array}}
              each:
                needs: [find]  # a comment
                foreach: {items: "${{ nodes.find.outputs.items }}"}
                set: {v: "${{ item }}"}
              sum: {needs: [each], with: {k: 1}, set: {sum: "${{ sum(nodes.each.outputs.v) * inputs.n }}"}}

            """#)
        let parent = try await flow.run("run", "list.yaml")
        try #require(parent.code == 0, "\(parent.errorOutput)")
        let child = try await flow.run("replay", try parent.run, "--set", "inputs.n=5")
        try #require(child.code == 0, "\(child.errorOutput)")
        let ejected = try await flow.run("eject", try child.run, "-o", "fixed.yaml")
        #expect(ejected.code == 0, "\(ejected.errorOutput)")
        let again = try await flow.run("run", "fixed.yaml")
        #expect(again.code == 0, "\(again.errorOutput)")
        #expect(try await results(flow, again.run) == results(flow, child.run))
    }

    @Test("The tree of runs is drawn")
    func tree() async throws {
        let flow = try FlowProgram()
        try flow.write(
            "one.yaml",
            "flow: 1\nname: one\ninputs: {n: {type: integer, default: 3}}\nnodes: {a: {set: {x: \"${{ inputs.n }}\"}}}\n"
        )
        let parent = try await flow.run("run", "one.yaml").run
        let child = try await flow.run(
            "branch", parent, "--name", "four", "--hypothesis", "4 \"is\" better", "--set", "inputs.n=4"
        ).run
        #expect(try await flow.run("branch", "promote", "four").code == 0)
        let dot = try await flow.run("tree", "--graph")
        #expect(dot.code == 0)
        #expect(dot.output.contains("\"\(parent)\" -> \"\(child)\";"))
        #expect(dot.output.contains("four\\n\(child)\\nsucceeded, open\\n“4 \\\"is\\\" better”"), "\(dot.output)")
        #expect(dot.output.contains("penwidth=3"))
        #expect(try await flow.run("tree", "--format", "svg").code == 64)
        if File.exists("/usr/bin/dot") {
            #expect(try await flow.run("tree", "four", "--graph", "-o", "tree.svg").code == 0)
            #expect(try File.readText(flow.file("tree.svg"), limit: 1 << 20).contains("</svg>"))
        }
    }
}
