// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Testing

/// The modes of work run against an endpoint that answers by a script. The logs of what was asked are kept.
struct ModeTests {
    /// Runs a mode; the outputs of the run.
    private func run(
        _ words: [String], _ flow: FlowProgram, _ endpoint: ScriptedEndpoint, code: Int32 = 0
    ) async throws -> JSONValue {
        let end = try await flow.start(["run"] + words + ["--json"], environment: endpoint.environment).end()
        #expect(end.code == code, "\(end.output)\(end.errorOutput)")
        return try #require(try end.json.last { $0["type"] == "result" })
    }

    private static func plan(_ steps: String) -> String { #"{"json": {"sub_tasks": [\#(steps)]}}"# }

    private static func step(
        _ task: String, _ agent: String, reads: [String] = [], writes: [String] = []
    ) -> String {
        let (reads, writes) = (JSONValue.array(reads.map { .string($0) }), JSONValue.array(writes.map { .string($0) }))
        return """
            {"sub_task": "\(task)", "sub_task_agent": "\(agent)", "bullet_points": ["as said"],
             "reads": \(reads.jsonText()), "writes": \(writes.jsonText())}
            """
    }

    /// An answer with a program; the formatter of planning_and_control has one member more.
    private static func program(_ code: String, isFormatted: Bool = false) -> String {
        var answer = JSONObject()
        answer["filename"] = "work.py"
        if isFormatted { answer["relative_path"] = "" }
        answer["code_explanation"] = "It prints."
        answer["modification_summary"] = ""
        answer["python_code"] = .string(code)
        return "{\"json\": \(JSONValue.object(answer).jsonText())}"
    }

    /// What recorders and control answer in planning_and_control, whatever the plan is.
    private static let clerks = """
        {"when": {"schema": "record_plan_constraints"},
         "reply": {"json": {"agents": ["engineer", "researcher"], "reason": "numbers and words"}}},
        {"when": {"agent": "planner"}, "reply": {"text": "Step 1: Print the sum of squares (agent: engineer)"}},
        {"when": {"agent": "plan_reviewer"}, "reply": {"text": "1. Name the unit."}},
        {"when": {"schema": "PlanReviewerResponse"}, "reply": {"json": {"recommendations": ["Name the unit."]}}},
        {"when": {"schema": "record_review"}, "reply": {"json": {"plan_review": "Name the unit."}}},
        {"when": {"schema": "post_execution_transfer"},
         "reply": {"json": {"next_agent": "control", "execution_status": "success", "fix_suggestion": ""}}}
        """

    @Test("planning_and_control asks the 17 calls of the original for a plan of one step with one review")
    func goldenSequence() async throws {
        let flow = try FlowProgram()
        let endpoint = try await ScriptedEndpoint(
            """
            [\(Self.clerks),
             {"when": {"schema": "PlannerResponse"},
              "reply": \(Self.plan(Self.step("Print the sum of squares", "engineer", writes: ["sum"])))},
             {"when": {"schema": "EngineerResponse"},
              "reply": \(Self.program("print('sum:', sum(n * n for n in range(1, 101)))", isFormatted: true))}]
            """, in: flow)
        let result = try await run(
            ["planning_and_control", "--input", "task=The sum of squares to 100", "--input", "max_plan_steps=1"], flow,
            endpoint)
        #expect(result["outputs"]?["summary"]?.stringValue?.contains("sum: 338350") == true)
        #expect(
            try endpoint.calls == [
                "record_plan_constraints", "planner", "PlannerResponse", "record_plan", "plan_reviewer",
                "PlanReviewerResponse", "record_review", "planner", "PlannerResponse", "record_plan",
                "terminate_session", "record_status", "engineer", "EngineerResponse", "post_execution_transfer",
                "record_status", "terminate_session",
            ])
        try Golden.check(endpoint.log, "planning_and_control.jsonl")
        // The second plan is made from the review.
        #expect(try endpoint.prompt(8).contains("Name the unit."))
    }

    @Test("In planning_and_control a later step begins with control_starter and knows what the one before has found")
    func carryOver() async throws {
        let flow = try FlowProgram()
        let steps =
            Self.step("Print the sum of squares", "engineer", writes: ["sum"]) + ","
            + Self.step("Write a note", "researcher", reads: ["sum"])
        let endpoint = try await ScriptedEndpoint(
            """
            [\(Self.clerks), {"when": {"schema": "PlannerResponse"}, "reply": \(Self.plan(steps))},
             {"when": {"schema": "EngineerResponse"}, "reply": \(Self.program("print('sum: 338350')", isFormatted: true))},
             {"when": {"agent": "researcher"}, "reply": {"text": "A large sum."}},
             {"when": {"schema": "ResearcherResponse"},
              "reply": {"json": {"markdown_block": "A large sum.", "filename": "../../note.md"}}}]
            """, in: flow)
        let result = try await run(
            ["planning_and_control", "--input", "task=A sum and a note", "--input", "n_plan_reviews=0"], flow, endpoint)
        #expect(result["outputs"]?["summary"] == "A large sum.")
        let calls = try endpoint.calls
        #expect(
            Array(calls[5...]) == [
                "record_status", "engineer", "EngineerResponse", "post_execution_transfer", "record_status",
                "record_status_starter", "researcher", "ResearcherResponse", "record_status", "terminate_session",
            ])
        let place = try #require(calls.firstIndex(of: "researcher"))
        #expect(try endpoint.prompt(place + 1).contains("sum: 338350"))
        // A file name that leads out of the folder is only a name.
        let files = try #require(result["outputs"]?["files"]?.arrayValue)
        #expect(files.contains { $0.stringValue?.hasSuffix("/note.md") == true })
    }

    @Test("deep_research runs two independent steps at the same time, and the third knows what both have found")
    func parallelSteps() async throws {
        let flow = try FlowProgram()
        let steps = [
            Self.step("Compute the mean of A", "engineer", reads: ["a.csv"], writes: ["mean_a"]),
            Self.step("Compute the mean of B", "engineer", reads: ["b.csv"], writes: ["mean_b"]),
            Self.step("Compare both", "researcher", reads: ["mean_a", "mean_b"]),
        ].joined(separator: ",")
        // Neither of the two programs comes before both have been asked for.
        let endpoint = try await ScriptedEndpoint(
            """
            [{"when": {"agent": "plan_reviewer"}, "reply": {"json": {"recommendations": ["Compute A and B apart."]}}},
             {"when": {"agent": "planner", "last": "Compute A and B apart."}, "reply": \(Self.plan(steps))},
             {"when": {"agent": "planner"}, "reply": \(Self.plan(Self.step("Compute all", "engineer")))},
             {"when": {"agent": "engineer", "last": "mean of A"}, "together": 2, "group": "means", "note": "A",
              "reply": \(Self.program("print('mean of A: 2.5')"))},
             {"when": {"agent": "engineer", "last": "mean of B"}, "together": 2, "group": "means", "note": "B",
              "reply": \(Self.program("print('mean of B: 4.5')"))},
             {"when": {"agent": "researcher", "last": ["mean of A: 2.5", "mean of B: 4.5"]},
              "reply": {"text": "B is greater by 2."}}]
            """, in: flow)
        let result = try await run(["deep_research", "--input", "task=Compare A and B"], flow, endpoint)
        #expect(result["outputs"]?["summary"] == "B is greater by 2.")
        try Golden.check(endpoint.log, "deep_research.jsonl")
    }

    @Test("deep_research goes on from a step: those before it keep their results, and nobody plans again")
    func restartAtAStep() async throws {
        let flow = try FlowProgram()
        let steps = [
            Self.step("Compute the mean", "engineer", writes: ["mean"]),
            Self.step("Say what it means", "researcher", reads: ["mean"]),
        ].joined(separator: ",")
        let endpoint = try await ScriptedEndpoint(
            """
            [{"when": {"agent": "plan_reviewer"}, "reply": {"json": {"recommendations": ["None."]}}},
             {"when": {"agent": "planner"}, "reply": \(Self.plan(steps))},
             {"when": {"agent": "engineer"}, "reply": \(Self.program("print('mean: 2.5')"))},
             {"when": {"agent": "researcher", "last": "mean: 2.5"},
              "replies": [{"text": "It is low."}, {"text": "It is high."}]}]
            """, in: flow)
        _ = try await run(["deep_research", "--input", "task=What is the mean?"], flow, endpoint)
        let asked = try endpoint.agents
        let runs = try await flow.start(["list", "--json"], environment: endpoint.environment).end()
        let list = try #require(try runs.json.last?["runs"]?.arrayValue)
        let part = try #require(list.first { $0["workflow"] == "work_plan" }?["id"]?.stringValue, "\(runs.output)")
        let words = ["replay", part, "--from", "step_2", "--json"]
        let again = try await flow.start(words, environment: endpoint.environment).end()
        #expect(again.code == 0, "\(again.output)\(again.errorOutput)")
        let result = try #require(try again.json.last { $0["type"] == "result" })
        #expect(result["outputs"]?.jsonText().contains("It is high.") == true, "\(result.jsonText())")
        #expect(try endpoint.agents == asked + ["researcher"])
    }

    @Test("one_shot mends a program twice; each prompt holds the program, the error and the analysis of the one before")
    func threeAttempts() async throws {
        let flow = try FlowProgram()
        let endpoint = try await ScriptedEndpoint(
            """
            [{"when": {"agent": "engineer"}, "replies": [
                \(Self.program("import nosuchmodule")), \(Self.program("print(1 / 0)")),
                \(Self.program("print('sum:', 338350); open('sum.txt', 'w').write('338350')"))]},
             {"when": {"schema": "post_execution_transfer"}, "replies": [
                {"json": {"next_agent": "installer", "execution_status": "failure", "fix_suggestion": "Do without."}},
                {"json": {"next_agent": "engineer", "execution_status": "failure", "fix_suggestion": "No zero."}}]}]
            """, in: flow)
        let result = try await run(["one_shot", "--input", "task=The sum of squares"], flow, endpoint)
        #expect(result["outputs"]?["outcome"] == "success")
        #expect(result["outputs"]?["result"] == "sum: 338350\n")
        let file = try #require(result["outputs"]?["files"]?.arrayValue?.first?.stringValue)
        #expect(try File.readText(file, limit: 100) == "338350")
        try Golden.check(endpoint.log, "one_shot.jsonl")
        let second = try endpoint.prompt(3)
        for part in ["import nosuchmodule", "ModuleNotFoundError", "No module named 'nosuchmodule'", "Do without."] {
            #expect(second.contains(part), "\(part) is not in \(second)")
        }
        // Nothing that is another one in each run.
        #expect(!second.contains(flow.folder))
        let third = try endpoint.prompt(5)
        #expect(third.contains("ZeroDivisionError") && third.contains("No zero.") && !third.contains("nosuchmodule"))
    }

    @Test("one_shot fails when the third program fails too, and says why")
    func threeFailures() async throws {
        let flow = try FlowProgram()
        let endpoint = try await ScriptedEndpoint(
            """
            [{"when": {"agent": "engineer"}, "reply": \(Self.program("raise ValueError('no')"))},
             {"when": {"schema": "post_execution_transfer"},
              "reply": {"json": {"next_agent": "engineer", "execution_status": "failure", "fix_suggestion": "Give up."}}}]
            """, in: flow)
        let result = try await run(["one_shot", "--input", "task=x"], flow, endpoint, code: 1)
        #expect(result["outputs"]?["outcome"] == "failure")
        #expect(try endpoint.agents.filter { $0 == "engineer" }.count == 3)
        let shown = try await flow.run("show", try #require(result["id"]?.stringValue))
        let text = shown.output + shown.errorOutput
        #expect(text.contains("ValueError") && text.contains("Give up."), "\(text)")
    }

    @Test("idea_generation asks the maker four times and the hater three times")
    func makerAndHater() async throws {
        let flow = try FlowProgram()
        let endpoint = try await ScriptedEndpoint(
            """
            [{"when": {"agent": "maker"}, "replies": [
                {"text": "idea 1"}, {"text": "idea 2"}, {"text": "idea 3"}, {"text": "idea 4"}]},
             {"when": {"agent": "hater"}, "replies": [{"text": "fault 1"}, {"text": "fault 2"}, {"text": "fault 3"}]}]
            """, in: flow)
        let result = try await run(["idea_generation", "--input", "data_description=Sunspots"], flow, endpoint)
        #expect(result["outputs"]?["idea"] == "idea 4")
        #expect(try endpoint.agents == ["maker", "hater", "maker", "hater", "maker", "hater", "maker"])
        let last = try endpoint.prompt(7)
        #expect(last.contains("idea 3") && last.contains("fault 3") && !last.contains("fault 2"))
        try Golden.check(endpoint.log, "idea_generation.jsonl")
    }

    @Test("control carries out a plan file of the original, one step after the other since it declares no data")
    func planFile() async throws {
        let flow = try FlowProgram()
        let endpoint = try await ScriptedEndpoint(
            """
            [{"when": {"agent": "engineer"}, "reply": \(Self.program(
                "rows = open('nile.csv').read().split()[1:]\nprint('mean:', sum(float(r.split(',')[1]) for r in rows) / len(rows))"))},
             {"when": {"agent": "researcher", "last": "mean: 919.35"}, "reply": {"text": "About 919."}}]
            """, in: flow)
        let result = try await run(
            [
                "control", "--input", "plan_file=@\(ScriptedEndpoint.root)/samples/final_plan.json", "--input",
                "data_files=@\(ScriptedEndpoint.root)/workflows/examples/nile/nile.csv", "--input", "task=The Nile",
            ], flow, endpoint)
        #expect(result["outputs"]?["summary"] == "About 919.")
        #expect(try endpoint.agents == ["engineer", "researcher"])
        #expect(try endpoint.prompt(1).contains("nile.csv ("))
    }

    @Test(
        "A plan that cannot be is refused before any of it runs",
        arguments: [
            (#"{"sub_tasks": []}"#, "no list `sub_tasks`"),
            (#"{"sub_tasks": [{"sub_task": "x", "sub_task_agent": "root"}]}"#, "names the agent \"root\""),
            (#"{"sub_tasks": [{"sub_task": "  ", "sub_task_agent": "engineer"}]}"#, "has no text `sub_task`"),
            ("{", "the file is not JSON"),
        ])
    func badPlan(plan: String, text: String) async throws {
        let flow = try FlowProgram()
        let endpoint = try await ScriptedEndpoint(in: flow)
        let path = try flow.write("plan.json", plan)
        let result = try await run(["control", "--input", "plan_file=@\(path)"], flow, endpoint, code: 1)
        let shown = try await flow.run("show", try #require(result["id"]?.stringValue))
        #expect((shown.output + shown.errorOutput).contains(text), "\(shown.output)\(shown.errorOutput)")
        #expect(try endpoint.calls == [])
    }

    @Test("What a planner writes is text: an expression in a step is not evaluated")
    func expressionInAPlan() async throws {
        let flow = try FlowProgram()
        let endpoint = try await ScriptedEndpoint(
            """
            [{"when": {"agent": "planner"},
              "reply": \(Self.plan(Self.step("Say ${{ run.id }} and $(id)", "researcher")))},
             {"when": {"agent": "researcher"}, "reply": {"text": "said"}}]
            """, in: flow)
        _ = try await run(
            ["deep_research", "--input", "task=x", "--input", "n_plan_reviews=0"], flow, endpoint)
        #expect(try endpoint.prompt(2).contains("Say ${{ run.id }} and $(id)"))
    }

    @Test(
        "Dependencies come from an agent where asked for; without an answer that can be, steps run one after the other")
    func analysedDependencies() async throws {
        for (needs, order) in [("[]", "2 at once"), ("[7]", "2 after 1")] {
            let flow = try FlowProgram()
            let steps = Self.step("One", "researcher") + "," + Self.step("Two", "researcher")
            let endpoint = try await ScriptedEndpoint(
                """
                [{"when": {"agent": "planner"}, "reply": \(Self.plan(steps))},
                 {"when": {"schema": "StepDependencies"},
                  "reply": {"json": {"steps": [{"step": 1, "needs": []}, {"step": 2, "needs": \(needs)}]}}}]
                """, in: flow)
            _ = try await run(
                ["deep_research", "--input", "task=x", "--input", "n_plan_reviews=0", "--input", "dependencies=agent"],
                flow, endpoint)
            let list = try await flow.run("list", "--workflow", "deep_research", "--json")
            let run = try #require(try list.object["runs"]?.arrayValue?.first?["id"]?.stringValue)
            let log = try await flow.run("logs", run, "steps")
            #expect(log.output.contains(order), "\(log.output)\(log.errorOutput)")
        }
    }

    @Test("A person sees the plan of deep_research before it runs, and can refuse it")
    func refusedPlan() async throws {
        let flow = try FlowProgram()
        let endpoint = try await ScriptedEndpoint(
            """
            [{"when": {"agent": "planner"}, "reply": \(Self.plan(Self.step("One", "researcher")))}]
            """, in: flow)
        let first = try await flow.run(
            "run", "deep_research", "--input", "task=x", "--input", "n_plan_reviews=0", "--input", "approve_plan=true",
            environment: endpoint.environment)
        #expect(first.code == 3, "\(first.errorOutput)")
        let end = try await flow.run(
            "reject", try first.run, "approve", "--resume", environment: endpoint.environment)
        #expect(end.code == 1)
        #expect(try endpoint.agents == ["planner"])
    }

    @Test("chat waits for the person at each turn; the word is in the prompt, and an empty one ends it")
    func chat() async throws {
        let flow = try FlowProgram()
        let endpoint = try await ScriptedEndpoint(
            """
            [{"when": {"agent": "researcher"}, "replies": [{"text": "It is a river."}, {"text": "919 in the mean."}]}]
            """, in: flow)
        let start = try await flow.run(
            "run", "chat", "--input", "context=The mean is 919.", environment: endpoint.environment)
        #expect(start.code == 3, "\(start.errorOutput)")
        let run = try start.run
        for word in ["What is the Nile?", "And its flow?"] {
            let turn = try await flow.run(
                "approve", run, "turn/ask", "--comment", word, "--resume", environment: endpoint.environment)
            #expect(turn.code == 3, "\(turn.errorOutput)")
        }
        let end = try await flow.run("approve", run, "turn/ask", "--resume", environment: endpoint.environment)
        #expect(end.code == 0, "\(end.errorOutput)")
        #expect(try endpoint.prompt(1).contains("Person: What is the Nile?"))
        let second = try endpoint.prompt(2)
        #expect(second.contains("Agent: It is a river.") && second.contains("Person: And its flow?"))
        let outputs = try #require(try await flow.run("show", run, "--json").object["outputs"])
        #expect(outputs["turns"] == 2)
    }

    @Test("keywords sends back what the list does not have")
    func keywords() async throws {
        let flow = try FlowProgram()
        let endpoint = try await ScriptedEndpoint(
            """
            [{"when": {"schema": "record_aas_keywords"}, "replies": [
                {"json": {"keywords": ["Quasars", "Galaxies far away"]}}, {"json": {"keywords": ["Quasars"]}}]}]
            """, in: flow)
        let result = try await run(
            [
                "keywords", "--input", "text=Light of active galaxies", "--input", #"list=["Quasars", "Cosmology"]"#,
                "--input", "count=1",
            ], flow, endpoint)
        #expect(result["outputs"]?["keywords"] == ["Quasars"])
        #expect(try endpoint.agents == ["aas_keyword_finder", "aas_keyword_finder"])
        #expect(try endpoint.prompt(2).contains("not to be used again: Galaxies far away"))
    }

    @Test("summarize_document makes data of what is written")
    func document() async throws {
        let flow = try FlowProgram()
        let endpoint = try await ScriptedEndpoint(
            """
            [{"when": {"agent": "summarizer"}, "reply": {"text": "Title: The Nile"}}]
            """, in: flow)
        let result = try await run(["summarize_document", "--input", "document=The Nile …"], flow, endpoint)
        #expect(result["outputs"]?["text"] == "Title: The Nile")
        #expect(try endpoint.agents == ["summarizer", "summarizer_response_formatter"])
    }
}
