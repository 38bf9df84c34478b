// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Testing

/// The small modes run without a model on real files and on samples whose truth is known.
@Suite(.enabled(if: ReportTests.hasTools, "needs the tools of scripts/install-dependencies"))
struct ShippedModeTests {
    private static func sample(_ name: String) -> String { FilePath.join(ScriptedEndpoint.root, name) }

    /// Runs a mode without a model; the outputs of the run.
    private func run(
        _ flow: FlowProgram, _ words: String..., environment: [String: String] = [:], narrative: String? = "template"
    ) async throws -> JSONValue {
        let variables = ["FLOW_HOME": ReportTests.toolsHome].merging(environment) { _, new in new }
        let template = narrative.map { ["--input", "narrative=\($0)"] } ?? []
        let end = try await flow.start(
            ["run"] + words + template + ["--approval", "none", "--quiet", "--json"], environment: variables
        ).end()
        #expect(end.code == 0, "\(end.output.suffix(2000))\(end.errorOutput)")
        return try #require(try end.json.last { $0["type"] == "result" }?["outputs"])
    }

    private func text(_ value: JSONValue?) throws -> String {
        try File.readText(try #require(value?.stringValue), limit: 1 << 24)
    }

    @Test("devops finds the planted failures, flaky jobs, lead time and deployments of the sample")
    func devops() async throws {
        let flow = try FlowProgram()
        let truth = try JSONValue.parse(File.read(Self.sample("samples/ci.planted.json"), limit: 1 << 20))
        let outputs = try await run(
            flow, "devops", "--input", "runs_file=@\(Self.sample("samples/ci.csv"))", "--input",
            "git_log=@\(Self.sample("samples/git-log.tsv"))")
        let found = try #require(outputs["deliveries"])
        for key in ["runs", "commits", "deployments", "deployments_failed", "median_lead_hours", "reverts"] {
            #expect(found[key]?.numberValue == truth[key]?.numberValue, "\(key)")
        }
        for flaky in truth["flaky"]?.objectValue ?? JSONObject() {
            let row = found["flaky"]?.arrayValue?.first { $0["job"]?.stringValue == flaky.key }
            #expect(row?["flaky_commits"] == flaky.value, "\(flaky.key)")
        }
        #expect(found["flaky"]?.arrayValue?.first?["job"] == "integration tests")
        let failed = truth["failed"]?.objectValue ?? JSONObject()
        let jobs = try text(outputs["jobs"])
        for job in failed {
            #expect(jobs.contains("\(job.key),") && jobs.contains(",\(job.value.jsonText()),"), "\(job.key)")
        }
        try Golden.check(try #require(outputs["chapters"]?.stringValue), "modes/devops.md")
        try Golden.check(try #require(outputs["summary"]?.stringValue) + "\n", "modes/devops-summary.md")
        for name in ["report", "report_page", "chart"] {
            #expect(File.exists(try #require(outputs[name]?.stringValue)), "\(name)")
        }
    }

    @Test("devops reads a git log alone, and says which columns it misses in a log of jobs")
    func devopsParts() async throws {
        let flow = try FlowProgram()
        let outputs = try await run(
            flow, "devops", "--input", "git_log=@\(Self.sample("samples/git-log.tsv"))")
        #expect(outputs["deliveries"]?["commits"] == 180)
        #expect(outputs["summary"]?.stringValue?.contains("180 commits by 4 authors") == true)
        try flow.write("odd.csv", "what,when\nlint,2025-01-01\n")
        let end = try await flow.run("run", "devops", "-i", "runs_file=@odd.csv", "-i", "narrative=template")
        #expect(end.code == 1 && end.errorOutput.contains("no column for job, status, started"), "\(end.errorOutput)")
        let none = try await flow.run("run", "devops", "-i", "narrative=template")
        #expect(none.code == 1 && none.errorOutput.contains("give runs_file, git_log, or both"))
    }

    @Test("data_analysis gives the known numbers of the Nile and of Anscombe's first set, and names faults of the data")
    func dataAnalysis() async throws {
        let flow = try FlowProgram()
        let pairs = [
            "10,8.04", "8,6.95", "13,7.58", "9,8.81", "11,8.33", "14,9.96", "6,7.24", "4,4.26", "12,10.84", "7,4.82",
            "5,5.68",
        ]
        try flow.write("anscombe.csv", "x,y\n" + pairs.map { $0 + "\n" }.joined())
        try flow.write(
            "dirty.csv",
            "shop,price,note\n" + (1...12).map { "\($0 % 2 == 0 ? "East" : "east"),\"1,\($0)00\",\n" }.joined()
                + "east,\"1,100\",\n")
        let outputs = try await run(
            flow, "data_analysis", "--input", "data_files=@\(Self.sample("workflows/examples/nile/nile.csv"))",
            "--input", "data_files=@anscombe.csv", "--input", "data_files=@dirty.csv")
        let columns = try text(outputs["columns"])
        #expect(columns.contains("nile.csv,flow,number,100,0,0.0,85,456.0,798.5,893.5,919.35,1032.5,1370.0,169.22"))
        let found = try text(outputs["pairs"])
        #expect(found.contains("anscombe.csv,x,y,11,0.816421,0.818182,0.00217"), "\(found)")
        let quality = try #require(outputs["quality"]?.stringValue)
        for part in [
            "column **note** is empty", "**price** holds numbers that are written for people",
            "**shop** has 1 values that differ only in letter case", "rows are the same as an earlier row",
        ] {
            #expect(quality.contains(part), "no \(part) in \(quality)")
        }
        try Golden.check(try #require(outputs["profile"]?.stringValue), "modes/data_analysis.md")
        for name in ["report", "distributions", "correlations"] {
            #expect(File.exists(try #require(outputs[name]?.stringValue)), "\(name)")
        }
    }

    @Test("The words of an agent stand in the report when its numbers are right; wrong ones are sent back three times")
    func checkedWords() async throws {
        let flow = try FlowProgram()
        let nile = "data_files=@\(Self.sample("workflows/examples/nile/nile.csv"))"
        let right = try await ScriptedEndpoint(
            """
            [{"when": {"system": "You write plain English prose"}, "replies": [{"text": "Column flow of nile.csv has a mean of 920.5."},
              {"text": "Column flow of nile.csv has a mean of 919.4."}]}]
            """, in: flow)
        let outputs = try await run(
            flow, "data_analysis", "--input", nile, environment: right.environment, narrative: "agent")
        #expect(outputs["summary"] == "Column flow of nile.csv has a mean of 919.4.")
        #expect(try right.calls.count == 2)
        #expect(try right.prompt(2).contains("The number 920.5 is not in the data."))
        let other = try FlowProgram()
        let wrong = try await ScriptedEndpoint(
            #"[{"when": {"system": "You write plain English prose"}, "reply": {"text": "The mean is 77."}}]"#, in: other
        )
        let template = try await run(
            other, "data_analysis", "--input", nile, environment: wrong.environment, narrative: "agent")
        #expect(template["summary"]?.stringValue?.hasPrefix("*Template text, not written by an agent.*") == true)
        #expect(try wrong.calls.count == 3)
    }

    @Test("handbook quotes documents with their places, proves each quote, and leaves a false introduction out")
    func handbook() async throws {
        let flow = try FlowProgram()
        try flow.write(
            "guide.md",
            """
            # Guide

            ## Backups

            A backup is a copy of the data on another disk. The operator makes a backup of the store every night at 2 o'clock.
            Each backup is kept for 30 days on the second disk of the machine.

            1. Stop the service.
            2. Copy the folder.

            ```sh
            cp -a data /backup
            ```

            ## Alarms

            The Service Level Agreement (SLA) of an alarm is fifteen minutes for the team that is on call.
            """)
        try flow.write(
            "notes.txt", "The team on call answers every alarm by telephone, and writes a short note about it.\n")
        try flow.write("empty.pdf", "no pdf")
        let inputs = ["guide.md", "notes.txt", "empty.pdf"].flatMap { ["--input", "documents=@\($0)"] }
        let end = try await flow.start(
            ["run", "handbook"] + inputs + [
                "--input", "narrative=template", "--approval", "none", "--json", "--quiet",
            ],
            environment: ["FLOW_HOME": ReportTests.toolsHome]
        ).end()
        #expect(end.code == 0, "\(end.errorOutput)")
        let outputs = try #require(try end.json.last { $0["type"] == "result" }?["outputs"])
        let page = try #require(outputs["handbook"]?.stringValue)
        for part in [
            "1. **Guide**: Backups, Alarms", "### 1.1 Backups",
            "> The operator makes a backup of the store every night at 2 o'clock. \\[1, line 3\\]",
            "1. Stop the service.", "cp -a data /backup", "- **SLA**: The Service Level Agreement (SLA)",
            "- **backup**: A backup is a copy", "- empty.pdf: ", "## 2 notes",
        ] {
            #expect(page.contains(part), "no \(part) in\n\(page)")
        }
        try Golden.check(page, "modes/handbook.md")
        #expect((outputs["quotes_checked"]?.integerValue ?? 0) >= 8)
        let pdf = try File.read(try #require(outputs["pdf"]?.stringValue), limit: 1 << 24)
        #expect(pdf.starts(with: "%PDF".utf8))

        let endpoint = try await ScriptedEndpoint(
            """
            [{"when": {"system": "You sum up facts"}, "replies": [{"text": "Backups are kept for 31 days."},
              {"text": "Alarms are answered by telephone."}]}]
            """, in: flow)
        let two = try await run(
            flow, "handbook", "--input", "documents=@guide.md", "--input", "documents=@notes.txt",
            environment: endpoint.environment, narrative: "agent")
        let words = try #require(two["handbook"]?.stringValue)
        #expect(!words.contains("31 days"))
        #expect(words.contains("written by an agent"))
    }

    @Test(
        "ocr reads a picture with its confidence",
        .enabled(if: File.isExecutable("/usr/bin/tesseract"), "needs tesseract"))
    func ocr() async throws {
        let flow = try FlowProgram()
        let outputs = try await run(
            flow, "ocr", "--input", "files=@\(Self.sample("samples/scan.png"))", narrative: nil)
        let text = try #require(outputs["text"]?.stringValue)
        for line in [
            "## scan.png, page 1", "Invoice 4711 of 12 March 2024", "The printer on floor three needs new toner.",
            "Total: 129.50 EUR, to be paid in 30 days.",
        ] {
            #expect(text.contains(line), "no \(line) in \(text)")
        }
        #expect((outputs["confidence"]?.numberValue ?? 0) > 85)
        #expect(outputs["pages"]?.arrayValue?.first?["by"] == "tesseract")
        let end = try await flow.run(
            "run", "ocr", "-i", "files=@\(Self.sample("samples/scan.png"))", "-i", "language=xxx")
        #expect(end.code == 1 && end.errorOutput.contains("xxx"), "\(end.errorOutput)")
    }

    @Test("enhance_input appends the papers at hand, and lists what it has skipped and why; arxiv_filter finds them")
    func papers() async throws {
        let flow = try FlowProgram()
        try flow.write(
            "1807.06209v4.txt",
            """
            # A survey of drifting sand

            Abstract

            We measure the drift of sand along 14 beaches over 3 years, and find that the drift grows with the square of the
            wind speed up to 12 metres a second, beyond which it stays the same.

            1 Introduction

            Sand moves.
            """)
        let text =
            "text=As in arXiv:1807.06209v3, https://arxiv.org/abs/hep-th/9901001v2 and arXiv:1313.0001; 1234.5678 is none."
        let outputs = try await run(flow, "enhance_input", "--input", text, "--input", "papers=@1807.06209v4.txt")
        try Golden.check(try #require(outputs["enhanced"]?.stringValue), "modes/enhance_input.md")
        let skipped = outputs["skipped"]?.arrayValue?.map { $0["id"]?.stringValue }
        #expect(skipped == ["1313.0001", "hep-th/9901001"])
        // A summary with a number that the paper does not have is left out.
        let endpoint = try await ScriptedEndpoint(
            #"[{"when": {"agent": "summarizer"}, "reply": {"text": "Sand of 15 beaches."}}]"#, in: flow)
        let other = try await run(
            flow, "enhance_input", "--input", text, "--input", "papers=@1807.06209v4.txt",
            environment: endpoint.environment, narrative: "agent")
        let enhanced = try #require(other["enhanced"]?.stringValue)
        #expect(!enhanced.contains("Sand of 15 beaches.") && enhanced.contains("The abstract, word for word."))
        #expect(enhanced.contains("the agent's summary says 15, which the paper does not"))
        let filter = try await run(flow, "arxiv_filter", "--input", text, narrative: nil)
        #expect(filter["found"] == 2 && filter["at_hand"] == 0)
        #expect(filter["list"]?.stringValue?.contains("(https://arxiv.org/abs/hep-th/9901001v2): skipped") == true)
    }
}
