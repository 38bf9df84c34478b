// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Testing

/// `flow report`
struct ReportTests {
    static let toolsHome = ProcessEnvironment.get("FLOW_HOME") ?? "\(File.homeDirectory() ?? "")/.local/share/flow"
    static var hasTools: Bool { File.exists("\(toolsHome)/tools/bin/python") }

    private static let text = #"""
        flow: 1
        name: harbour
        title: Harbour
        description: Counts ships.
        version: 1.2.0
        inputs:
          log: {type: file, required: true}
          berth: {type: string, default: east | west}
        outputs:
          ships: {type: integer, value: "${{ nodes.count.outputs.n }}"}
          table: {type: table, value: "${{ nodes.count.artifacts.table }}"}
          words: {type: markdown, value: "${{ nodes.write.outputs.text }}"}
          page: {type: markdown, value: "# Big\n\n${{ nodes.page.outputs.text }}\n\n![x](no.png)"}
          chart: {type: plot, value: "${{ nodes.draw.artifacts.chart }}"}
          facts: {type: json, value: "${{ nodes.count.outputs.first }}"}
          missing: {type: text, value: "${{ nodes.broken.outputs.text ?? null }}"}
        nodes:
          count:
            sql:
              tables: {log: "${{ inputs.log }}"}
              query: SELECT count(*) AS n, max(name) AS last FROM log
            outputs: {n: {type: integer, value: "${{ outputs.first.n }}"}}
          draw:
            run: printf '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>' > c.svg
            artifacts: [{name: chart, path: c.svg, media_type: image/svg+xml}]
          write: {needs: [count], agent: summariser, prompt: "There are ${{ nodes.count.outputs.n }} ships."}
          verify:
            needs: [write]
            run: printf '{"ok":false,"complaints":"The number 7 is not in the data."}' > "$FLOW_OUTPUT"
            outputs: {ok: boolean, complaints: text}
          good: {needs: [write], set: {ok: true}}
          gate: {needs: [verify, good], approval: Send it?}
          page: {needs: [gate, write], set: {text: "Above: ${{ nodes.write.outputs.text }}"}}
          broken:
            needs: [gate]
            run: echo "no such ship" >&2; exit 4
            outputs: {text: text}
            on_failure: continue

        """#

    /// A run of the workflow with the model's answer.
    private func harbour() async throws -> (FlowProgram, ScriptedEndpoint, String) {
        let flow = try FlowProgram()
        try flow.write("harbour.yaml", Self.text)
        try flow.write("log.csv", "name,tons\nAda,5\nBo,7\n")
        let endpoint = try await ScriptedEndpoint(
            #"[{"when": {"system": "You sum up facts"}, "reply": {"text": "Two <b>ships</b> came | at noon."}}]"#,
            in: flow)
        let end = try await flow.start(
            ["run", "harbour.yaml", "--input", "log=@log.csv", "--approval", "none"], environment: endpoint.environment
        ).end()
        #expect(end.code == 0, "\(end.output)\(end.errorOutput)")
        return (flow, endpoint, try end.run)
    }

    @Test("A run is written down: inputs, outputs by type, who wrote what, checks, people, models, nodes, files")
    func markdown() async throws {
        let (flow, endpoint, run) = try await harbour()
        let text = try await flow.run("report", run).output
        #expect(text.hasPrefix("# Harbour: run \(run)\n"))
        for part in [
            "| **workflow** | harbour 1.2.0 |", "| **status** | succeeded |", "passed by themselves",
            "| **log** | log.csv |", "| **berth** | east \\| west |",
            "### ships\n\n2\n", "Two <b>ships</b> came | at noon.", "#### Big\n", "[x](no.png)",
            "\"last\": \"Bo\"", "*none: what it is made from did not come to its end*",
            "| **words** | markdown | a model wrote it: write (agent summariser, scripted-1) |",
            "| **page** | markdown | programs made it, with what a model wrote among what they read: write (agent "
                + "summariser, scripted-1) |",
            "| **ships** | integer | programs and people; no model |",
            "| `verify` | The number 7 is not in the data. |", "- passed: good",
            "| `gate` | approved | approval mode \\`none\\` |", "| `broken` | *failed* |",
            "| **scripted-1** | default | endpoint | 1 |", "| `write` | agent | succeeded | 1 |",
        ] {
            #expect(text.contains(part), "no \(part) in\n\(text)")
        }
        // The table's file with its digest, and its first rows.
        let digest = try await Self.digest(of: "count/table.csv", in: text)
        #expect(digest.count == 64 && text.contains("| n | last |"))
        #expect(!text.contains(flow.folder), "where the store lies says nothing of the run")
        // A run that has ended reads the same each time, from elsewhere too.
        #expect(try await flow.run("report", "@latest").output == text)
        withExtendedLifetime(endpoint) {}
        #expect(try await flow.run("report", run, "--out", "out.md").code == 0)
        #expect(try File.readText(flow.file("out.md"), limit: 1 << 20).contains("![chart](out-1.svg)"))
        #expect(File.exists(flow.file("out-1.svg")))
        #expect(try await flow.run("report", run, "--json").object["title"] == .string("Harbour: run \(run)"))
        #expect(try await flow.run("report", run, "--out", "out.docx").code == 64)
        #expect(try await flow.run("report", "nosuchrun").code == 66)
        // The tools are looked for in an empty FLOW_HOME.
        let none = try await flow.run("report", run, "--out", "out.pdf")
        #expect(none.code == 69 && none.errorOutput.contains("scripts/install-dependencies"))
    }

    private static func digest(of file: String, in text: String) async throws -> String {
        let line = try #require(text.split(separator: "\n").last { $0.contains("| \(file) |") }, "\(text)")
        return String(line.split(separator: "`")[1])
    }

    @Test(
        "The page and the PDF are made by the renderer of render nodes, the same bytes each time",
        .enabled(if: hasTools, "needs the tools of scripts/install-dependencies"))
    func rendered() async throws {
        let (flow, endpoint, run) = try await harbour()
        let home = ["FLOW_HOME": Self.toolsHome]
        for name in ["a.html", "b.html", "a.pdf", "b.pdf"] {
            let end = try await flow.run("report", run, "--out", name, environment: home)
            #expect(end.code == 0 && end.errorOutput.contains("wrote \(name)"), "\(end.errorOutput)")
        }
        let page = try File.readText(flow.file("a.html"), limit: 1 << 24)
        let again = try File.readText(flow.file("b.html"), limit: 1 << 24)
        #expect(page == again)
        #expect(
            page.contains("data:image/svg+xml;base64,") && page.contains("<h1 class=title>Harbour: run \(run)</h1>"))
        #expect(!page.contains("<b>ships</b>"), "what a model writes is text")
        let pdf = try File.read(flow.file("a.pdf"), limit: 1 << 24)
        let other = try File.read(flow.file("b.pdf"), limit: 1 << 24)
        #expect(pdf.starts(with: "%PDF".utf8) && pdf == other)
        withExtendedLifetime(endpoint) {}
    }

    @Test("A branch tells its hypothesis; the text of a model that it takes over is still told as such")
    func branch() async throws {
        let (flow, endpoint, run) = try await harbour()
        let end = try await flow.start(
            ["branch", run, "--from", "broken", "--name", "calm", "--hypothesis", "No storm comes"],
            environment: endpoint.environment
        ).end()
        try #require([0, 1].contains(end.code), "\(end.output)\(end.errorOutput)")
        let text = try await flow.run("report", "calm").output
        #expect(
            text.contains("| **branch** | calm |") && text.contains("| **hypothesis** | No storm comes |"), "\(text)")
        #expect(text.contains("| **from run** | \(run) (branch) |"))
        #expect(text.contains("| **words** | markdown | a model wrote it: write (agent summariser, scripted-1) |"))
        #expect(text.contains("- no model and no tool was called"), "its calls were made in the run that it comes from")
    }

    @Test("What a sub-workflow asks of a model is told of the node that starts it")
    func parts() async throws {
        let flow = try FlowProgram()
        try flow.write(
            "inner.yaml",
            """
            flow: 1
            name: inner
            outputs: {text: {type: text, value: "${{ nodes.say.outputs.text }}"}}
            nodes: {say: {agent: summariser, prompt: Go}}
            """)
        try flow.write(
            "outer.yaml",
            """
            flow: 1
            name: outer
            budget: {tokens: 100000}
            outputs: {text: {type: text, value: "${{ nodes.part.outputs.text }}"}}
            nodes: {part: {workflow: inner.yaml}}
            """)
        let endpoint = try await ScriptedEndpoint(in: flow)
        let end = try await flow.run("run", "outer.yaml", environment: endpoint.environment)
        #expect(end.code == 0, "\(end.errorOutput)")
        let text = try await flow.run("report", try end.run).output
        #expect(text.contains("| **text** | text | a model wrote it: part (scripted-1) |"), "\(text)")
        #expect(text.contains("| `part/say` | agent | succeeded |"))
        // The part's call counts once, though the budget of the whole holds it too.
        let calls = try #require(text.split(separator: "## Models and cost\n").last?.split(separator: "##").first)
        let rows = calls.split(separator: "\n").filter { $0.hasPrefix("| **") }
        #expect(rows.count == 1 && rows[0].hasPrefix("| **scripted-1** | default | endpoint | 1 |"), "\(calls)")
    }
}
