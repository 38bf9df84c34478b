// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Testing

/// The mode `research` from the data to the referee, on answers of a script. It renders, so it needs the tools.
struct ResearchModeTests {
    private static let flowHome =
        ProcessEnvironment.get("FLOW_HOME") ?? FilePath.join(File.homeDirectory() ?? "/", ".local/share/flow")
    static var hasTools: Bool { File.exists(FilePath.join(flowHome, "tools/bin/python")) }

    private static let nile = FilePath.join(ScriptedEndpoint.root, "workflows/examples/nile/nile.csv")
    private static let description = "data_description=The yearly flow of the Nile at Aswan in 10^8 m^3, 1871 to 1970."

    /// A program as the engineer writes it: numbers with names, and a figure as a specification.
    private static let code = """
        import csv, json
        rows = list(csv.DictReader(open("nile.csv")))
        flow = [float(row["flow"]) for row in rows]
        before, after = flow[:28], flow[28:]
        print("mean flow:", sum(flow) / len(flow), "10^8 m^3")
        print("mean flow before 1899:", sum(before) / len(before), "10^8 m^3")
        print("mean flow from 1899 on:", round(sum(after) / len(after), 2), "10^8 m^3")
        values = [{"year": int(row["year"]), "flow": float(row["flow"])} for row in rows]
        json.dump({"description": "The flow over the years.", "data": {"values": values}, "mark": "line",
                   "encoding": {"x": {"field": "year", "type": "quantitative"},
                                "y": {"field": "flow", "type": "quantitative"}}}, open("flow.vl.json", "w"))
        """

    private static func text(_ text: String) -> String {
        "{\"text\": \(JSONValue.string(text).jsonText()), \"usage\": [100, 50]}"
    }

    private static func json(_ value: JSONValue) -> String { "{\"json\": \(value.jsonText()), \"usage\": [100, 50]}" }

    /// What all agents of the mode answer. The first draft of the results has a number that nothing has computed.
    private static let rules: String = {
        let ideas = (1...4).map {
            text("Title: Did the Nile fall\n\nIdea: version \($0) asks whether the flow fell in 1899.")
        }
        let critiques = (1...3).map { text("1. Fault \($0).") }
        let program = text("```python\n\(code)\n```\nIt compares two means.")
        let abstract = json([
            "title": "The flow of the Nile fell in 1899",
            "abstract": """
            We ask whether the flow of the Nile fell in 1899, and compare the mean flow before and after. The mean flow is \
            1097.75 before that year and 849.97 from it on.
            """,
        ])
        let wrong = text(
            "The mean flow is 919.35, as the program has computed it, and the flow fell by 31 percent in 1899, as Figure 1 shows."
        )
        let right = text(
            "The mean flow is 919.35. It is 1097.75 before 1899 and 849.97 from 1899 on, as Figure 1 shows for all the years."
        )
        let plain = text(
            "Whether the flow of a river has changed matters to all who live from it, and it is asked here for the Nile alone."
        )
        let end = text(
            "The mean flow was 1097.75 before 1899 and 849.97 from then on, so the flow of the Nile fell in that year.")
        let score = text(
            "The paper compares two means and says so. Its one figure shows the fall. It cites nothing.\nScore: 4")
        return """
            [{"when": {"agent": "maker"}, "replies": [\(ideas.joined(separator: ", "))]},
             {"when": {"agent": "hater"}, "replies": [\(critiques.joined(separator: ", "))]},
             {"when": {"agent": "methods"}, "reply": \(text("Compare the mean flow before 1899 with that from 1899 on."))},
             {"when": {"agent": "engineer"}, "reply": \(program)},
             {"when": {"agent": "researcher"}, "reply": \(right)},
             {"when": {"schema": "record_aas_keywords"}, "reply": \(json(["keywords": ["flow", "nile"]]))},
             {"when": {"schema": "PaperAbstract"}, "reply": \(abstract)},
             {"when": {"agent": "paper_introduction"}, "reply": \(plain)},
             {"when": {"agent": "paper_methods"}, "reply": \(plain)},
             {"when": {"agent": "paper_results"}, "replies": [\(wrong), \(right)]},
             {"when": {"agent": "paper_conclusions"}, "reply": \(end)},
             {"when": {"schema": "FigureCaption"},
              "reply": \(json(["name": "flow", "caption": "The flow of the Nile over the years."]))},
             {"when": {"agent": "referee"}, "reply": \(score)}]
            """
    }()

    private func environment(_ endpoint: ScriptedEndpoint? = nil) -> [String: String] {
        (endpoint?.environment ?? [:]).merging(["FLOW_HOME": Self.flowHome]) { _, new in new }
    }

    private func result(
        _ words: [String], _ flow: FlowProgram, _ endpoint: ScriptedEndpoint? = nil
    ) async throws -> JSONValue {
        let words = ["run", "research", "--approval", "none", "--json", "--input", Self.description] + words
        let end = try await flow.start(words, environment: environment(endpoint)).end(minutes: 20)
        #expect(end.code == 0, "\(end.output)\(end.errorOutput)")
        return try #require(try end.json.last { $0["type"] == "result" }?["outputs"])
    }

    private func program(_ words: [String], _ flow: FlowProgram) async throws -> String {
        let end = try await flow.run(
            "version", wrapper: "exec \(words.map { "'\($0)'" }.joined(separator: " ")) #")
        #expect(end.code == 0, "\(end.errorOutput)")
        return end.output
    }

    @Test(
        "A paper from the first idea to the referee: the calls, the source, a repaired number, and a project for Denario",
        .enabled(if: hasTools, "needs the tools of scripts/install-dependencies"))
    func wholeRun() async throws {
        let flow = try FlowProgram()
        let endpoint = try await ScriptedEndpoint(Self.rules, in: flow)
        let outputs = try await result(["--input", "data_files=@\(Self.nile)"], flow, endpoint)
        try Golden.check(endpoint.log, "research.jsonl")
        #expect(try endpoint.agents.filter { $0 == "maker" }.count == 4)
        #expect(try endpoint.agents.filter { $0 == "hater" }.count == 3)
        // The idea is the last one of the maker, to the letter.
        #expect(outputs["idea"] == "Title: Did the Nile fall\n\nIdea: version 4 asks whether the flow fell in 1899.")
        #expect(outputs["metrics"]?["mean_flow"] == 919.35)
        // The second draft of the results was asked for with what was wrong with the first, and counts.
        #expect(try endpoint.agents.filter { $0 == "paper_results" }.count == 2)
        let place = try #require(try endpoint.agents.lastIndex(of: "paper_results"))
        #expect(try endpoint.prompt(place + 1).contains("The number 31 percent is not in the facts."))
        #expect(outputs["numbers_unsupported"] == 0)
        #expect(outputs["made_by"]?.arrayValue?.contains(["Results", "an agent, repair 1"]) == true)
        #expect(outputs["literature"]?.stringValue?.hasPrefix("Literature check: skipped.") == true)
        #expect(outputs["referee_report"]?.stringValue?.contains("Score: 4") == true)
        let source = try File.readText(try #require(outputs["paper_latex"]?.stringValue), limit: 1 << 20)
        // With the sanitizer of addresses the program needs more room for addresses than an isolated node has, so the paper's
        // node cannot ask `flow cost` there.
        if ProcessEnvironment.get("ASAN_OPTIONS") == nil { try Golden.check(source, "research.tex") }
        let pdf = try await program(["pdftotext", try #require(outputs["paper"]?.stringValue), "-"], flow)
        for part in [
            "The flow of the Nile fell in 1899", "1 Introduction", "2 Methods", "3 Results", "4 Conclusions", "849.97",
        ] {
            #expect(pdf.contains(part), "\(part) is not in \(pdf)")
        }
        #expect(outputs["plots"]?.arrayValue?.count == 1)
        let zip = try #require(outputs["project"]?.stringValue)
        let list = try await program(["python3", "-m", "zipfile", "-l", zip], flow)
        for name in [
            "data_description.md", "idea.md", "methods.md", "results.md", "literature.md", "referee.md",
            "plots/1_flow.png",
        ] {
            #expect(list.contains("project/input_files/\(name)"), "\(name) is not in \(list)")
        }
        for name in ["paper_v4_final.tex", "paper_v4_final.pdf", "bibliography.bib", "temp/Introduction.tex"] {
            #expect(list.contains("project/paper/\(name)"), "\(name) is not in \(list)")
        }
    }

    @Test(
        "A run that is killed after the methods goes on without another call of what has been written",
        .enabled(if: hasTools, "needs the tools of scripts/install-dependencies"))
    func killedAfterTheMethods() async throws {
        let flow = try FlowProgram()
        // The first answer of the engineer never comes: there the run is killed.
        let silent = #"{"when": {"agent": "engineer"}, "fault": "silent", "times": 1}, "#
        let endpoint = try await ScriptedEndpoint("[" + silent + String(Self.rules.dropFirst()), in: flow)
        let words = [
            "run", "research", "--approval", "none", "--input", Self.description, "--input", "data_files=@\(Self.nile)",
        ]
        let running = try flow.start(words, environment: environment(endpoint))
        #expect(try await flow.eventually { try endpoint.agents.contains("engineer") })
        running.signal(9)
        let run = try await running.end().run
        let before = try endpoint.agents
        #expect(before.filter { $0 == "methods" }.count == 1)
        let end = try await flow.start(["resume", run], environment: environment(endpoint)).end(minutes: 20)
        #expect(end.code == 0, "\(end.errorOutput)")
        let after = try endpoint.agents.dropFirst(before.count)
        #expect(!after.contains("maker") && !after.contains("hater") && !after.contains("methods"), "\(after)")
        #expect(after.first == "engineer" && after.last == "referee", "\(after)")
    }

    @Test(
        "A model that is good for nothing does not break a run: the fixed analysis and templates take its place, and are named",
        .enabled(if: hasTools, "needs the tools of scripts/install-dependencies"))
    func weakModel() async throws {
        let flow = try FlowProgram()
        // Every text is `ok`, and every form has the smallest values that fit, but for a search that is asked for.
        let search = Self.json(["decision": "query", "query": "flow of the Nile", "reason": "none yet"])
        let endpoint = try await ScriptedEndpoint(
            #"[{"when": {"schema": "NoveltyDecision"}, "reply": \#(search)}]"#, in: flow)
        let outputs = try await result(
            [
                "--input", "data_files=@\(Self.nile)", "--input", "attempts=1", "--input", "literature=ask", "--input",
                "literature_url=\(endpoint.url)/search",
            ], flow, endpoint)
        #expect(outputs["metrics"]?["step_at"] == "1899")
        let makers = try #require(outputs["made_by"]?.arrayValue).map { $0.jsonText() }
        #expect(
            makers.contains { $0.contains("the fixed analysis, since the agent's programs failed 1 time") }, "\(makers)"
        )
        for name in ["Title, abstract", "Introduction", "Methods", "Results", "Conclusions"] {
            #expect(makers.contains { $0 == #"["\#(name)","a template"]"# }, "\(name): \(makers)")
        }
        #expect(outputs["numbers_unsupported"] == 0)
        // The service of the search answers with 404: no paper is made up.
        #expect(outputs["literature"]?.stringValue?.hasPrefix("Literature check: not finished") == true)
        #expect(
            try File.readText(try #require(outputs["bibliography"]?.stringValue), limit: 1000).hasPrefix("% No search"))
    }

    @Test(
        "A project that one run writes is gone on with by another: its idea, methods and results are not made again",
        .enabled(if: hasTools, "needs the tools of scripts/install-dependencies"))
    func projectFolder() async throws {
        let flow = try FlowProgram()
        let folder = flow.file("denario")
        let first = try await result(
            [
                "--input", "data_files=@\(Self.nile)", "--input", "narrative=template", "--input",
                "export_to=\(folder)",
                "--input", "idea=Title: Mine\n\nIdea: It is asked what the Nile did.",
            ], flow)
        #expect(try File.readText("\(folder)/input_files/idea.md", limit: 1000).hasPrefix("Title: Mine"))
        #expect(
            try File.readText("\(folder)/input_files/data_description.md", limit: 4000).contains(
                "- \(folder)/data/nile.csv"))
        #expect(first["made_by"]?.arrayValue?.first == ["Idea", "a person"])
        let second = try await result(
            ["--input", "narrative=template", "--input", "project_dir=\(folder)", "--input", "journal=APS"], flow)
        #expect(second["made_by"]?.arrayValue?.first == ["Idea", "the project that was continued"])
        #expect(second["results"] == first["results"] && second["methodology"] == first["methodology"])
        let source = try File.readText(try #require(second["paper_latex"]?.stringValue), limit: 1 << 20)
        #expect(source.contains("{revtex4-2}") && source.contains("{plots/1_over_time.png}"), "\(source)")
    }
}
