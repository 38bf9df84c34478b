// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Testing

@Suite struct CompareTests {
    private static let text = #"""
        flow: 1
        name: season
        inputs:
          days: {type: integer, default: 3}
        nodes:
          fetch:
            with: {days: "${{ inputs.days }}"}
            run: echo "n=$FLOW_WITH_DAYS" >> "$FLOW_OUTPUT"
            outputs: {n: integer}
          twice: {needs: [fetch], set: {n: "${{ nodes.fetch.outputs.n * 2 }}"}}

        """#

    private func runs(_ flow: FlowProgram) async throws -> (String, String) {
        try flow.write("season.yaml", Self.text)
        let first = try await flow.run("run", "season.yaml")
        let second = try await flow.run("run", "season.yaml", "-i", "days=4")
        #expect(first.code == 0 && second.code == 0)
        return (try first.run, try second.run)
    }

    @Test("Two runs are compared as text, Markdown, a page and JSON")
    func formats() async throws {
        let flow = try FlowProgram()
        let (a, b) = try await runs(flow)
        let text = try await flow.run("compare", a, b)
        #expect(text.code == 0, "\(text.errorOutput)")
        #expect(text.output.contains("first divergence: fetch (patched)"))
        #expect(!text.output.contains("\u{1B}"))
        let coloured = try await flow.run("compare", a, b, environment: ["CLICOLOR_FORCE": "1"])
        #expect(coloured.output.contains("\u{1B}[1m"))
        #expect(try await flow.run("compare", a, b, "--md").output.hasPrefix("# 2 runs compared\n"))
        #expect(try await flow.run("compare", a, b, "--html").output.hasPrefix("<!DOCTYPE html>"))
        let json = try await flow.run("compare", a, b, "--json").object
        #expect(json["pairs"]?.arrayValue?.first?["firstDivergences"] == ["fetch"])
        #expect(json["runs"]?.arrayValue?.map { $0["id"] } == [.string(a), .string(b)])
        // No run begins so: the ninth letter is another one.
        let all = try await flow.run("compare", a, a.prefix(8) + (a.dropFirst(8).first == "x" ? "y" : "x"))
        #expect(all.code == 66)
        // The name of the file says the format.
        #expect(try await flow.run("compare", a, b, "-o", "c.html").output.isEmpty)
        #expect(try File.readText(flow.file("c.html"), limit: 1 << 20).hasPrefix("<!DOCTYPE html>"))
        #expect(try await flow.run("compare", a, b, "-o", "no/such/c.md").code == 73)
    }

    @Test("What cannot be compared is refused with a word on why")
    func refused() async throws {
        let flow = try FlowProgram()
        #expect(try await flow.run("compare", "aa", "bb").code == 66)
        let (a, b) = try await runs(flow)
        let twice = try await flow.run("compare", a, a)
        #expect(twice.code == 64)
        #expect(twice.errorOutput.contains("named twice"))
        #expect(try await flow.run("compare", a).code == 64)
        #expect(try await flow.run("compare", a, b, a, b, a, b, a).code == 64)
        #expect(try await flow.run("compare", a, b, "--md", "--html").code == 64)
        #expect(try await flow.run("graph", a, b).code == 64)
        #expect(try await flow.run("graph", "--compare", a).code == 64)
        #expect(try await flow.run("graph", "--compare", a, b, "--format", "mermaid").code == 64)
    }

    @Test("Two runs are drawn in one picture")
    func graph() async throws {
        let flow = try FlowProgram()
        let (a, b) = try await runs(flow)
        let dot = try await flow.run("graph", "--compare", a, b)
        #expect(dot.code == 0, "\(dot.errorOutput)")
        #expect(dot.output.contains("\"fetch\" -> \"twice\""))
        #expect(dot.output.contains("penwidth=4"))
        let svg = try await flow.run("graph", "--compare", a, b, "-o", "c.svg")
        guard svg.code != 69 else { return }
        #expect(svg.code == 0, "\(svg.errorOutput)")
        #expect(try File.readText(flow.file("c.svg"), limit: 1 << 20).contains("<svg"))
    }
}
