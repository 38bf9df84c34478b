// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Testing

/// What a weak model gets wrong must not break the modes of work: programs mend or replace it, and the outputs say so.
struct WeakModelTests {
    private static let data = "data_files=@\(ScriptedEndpoint.root)/workflows/examples/nile/nile.csv"
    private static let task = "task=Summarise the flow of the Nile and plot it."

    private func run(
        _ words: [String], _ flow: FlowProgram, _ endpoint: ScriptedEndpoint, code: Int32 = 0
    ) async throws -> JSONValue {
        let end = try await flow.start(["run"] + words + ["--json"], environment: endpoint.environment).end()
        #expect(end.code == code, "\(end.output)\(end.errorOutput)")
        return try #require(try end.json.last { $0["type"] == "result" })
    }

    /// An answer in free text.
    private static func text(_ text: String) -> String { "{\"text\": \(JSONValue.string(text).jsonText())}" }

    @Test("Where no program works, one_shot ends with the standard program, and says that no model made it")
    func standardProgram() async throws {
        let flow = try FlowProgram()
        let endpoint = try await ScriptedEndpoint(
            """
            [{"when": {"agent": "engineer"}, "reply": \(Self.text("Here you are.\n```python\nprint(rows[\n```"))}]
            """, in: flow)
        let outputs = try #require(
            try await run(["one_shot", "--input", Self.task, "--input", Self.data], flow, endpoint)["outputs"])
        #expect(outputs["outcome"] == "standard")
        #expect(outputs["made_by"]?["model"] == "no model")
        #expect(outputs["result"]?.stringValue?.contains("flow: from 456, to 1370, mean 919.35") == true)
        #expect(
            outputs["explanation"]?.stringValue?.hasPrefix("Made by the standard program of this mode, not by a model")
                == true)
        let plot = try #require(outputs["files"]?.arrayValue?.last?.stringValue)
        #expect(try File.readText(plot, limit: 1 << 20).hasPrefix("<svg"))
        #expect(try endpoint.agents.filter { $0 == "engineer" }.count == 3)
        // What the columns are is in the first prompt, and what the error was in the next.
        #expect(try endpoint.prompt(1).contains("year (number, 1871 to 1970); flow (number, 456 to 1370)"))
        #expect(try endpoint.prompt(3).contains("SyntaxError"))
    }

    @Test("With stand_in=false one_shot fails where no program works")
    func noStandIn() async throws {
        let flow = try FlowProgram()
        let endpoint = try await ScriptedEndpoint(
            """
            [{"when": {"agent": "engineer"}, "reply": \(Self.text("I do not know."))}]
            """, in: flow)
        let result = try await run(
            ["one_shot", "--input", Self.task, "--input", Self.data, "--input", "stand_in=false"], flow, endpoint,
            code: 1)
        #expect(result["outputs"]?["outcome"] == "failure")
    }

    @Test("A program that leaves no plot where one is asked for is written again, and counts if no other is better")
    func noPlot() async throws {
        let flow = try FlowProgram()
        let endpoint = try await ScriptedEndpoint(
            """
            [{"when": {"agent": "engineer"}, "replies": [
                \(Self.text("```python\nprint('mean: 919.35')\n```")), \(Self.text("```python\nprint(1 / 0)\n```"))]}]
            """, in: flow)
        let outputs = try #require(
            try await run(["one_shot", "--input", Self.task, "--input", Self.data], flow, endpoint)["outputs"])
        #expect(outputs["outcome"] == "partial")
        #expect(outputs["result"] == "mean: 919.35\n")
        #expect(try endpoint.prompt(2).contains("left no plot"))
    }

    @Test("A question that is too long for the model is asked in few words")
    func tooLong() async throws {
        let flow = try FlowProgram()
        let endpoint = try await ScriptedEndpoint(
            """
            [{"when": {"agent": "engineer"}, "times": 1,
              "fault": {"kind": "status", "status": 400, "message": "the request exceeds the available context size"}},
             {"when": {"agent": "engineer"}, "reply": \(Self.text("```python\nprint('short')\n```"))}]
            """, in: flow)
        let task = "task=" + String(repeating: "Say short. ", count: 400)
        let outputs = try #require(try await run(["one_shot", "--input", task], flow, endpoint)["outputs"])
        #expect(outputs["result"] == "short\n")
        let (long, short) = (try endpoint.prompt(1), try endpoint.prompt(2))
        #expect(short.count < 2200 && long.count > 4400)
    }

    @Test(
        "planning_and_control goes on with the default plan and the standard program, and its report names both",
        arguments: [#"{"text": "no plan at all"}"#, #"{"json": {"sub_tasks": []}}"#])
    func defaultPlan(plan: String) async throws {
        let flow = try FlowProgram()
        let endpoint = try await ScriptedEndpoint(
            """
            [{"when": {"schema": "record_plan_constraints"},
              "reply": {"json": {"agents": ["engineer", "researcher"], "reason": "numbers and words"}}},
             {"when": {"agent": "planner"}, "reply": {"text": "I plan to do it well."}},
             {"when": {"schema": "PlannerResponse"}, "reply": \(plan)},
             {"when": {"schema": "EngineerResponse"}, "reply": {"text": "{"}},
             {"when": {"agent": "engineer"}, "reply": {"text": "I would compute the mean."}},
             {"when": {"agent": "researcher"}, "reply": {"text": "The Nile flows."}}]
            """, in: flow)
        let outputs = try #require(
            try await run(
                ["planning_and_control", "--input", Self.task, "--input", Self.data, "--input", "n_plan_reviews=0"],
                flow,
                endpoint)["outputs"])
        #expect(outputs["summary"] == "The Nile flows.")
        #expect(outputs["plots"]?.arrayValue?.count == 1)
        let standIns = outputs["stand_ins"]?.jsonText() ?? ""
        #expect(standIns.contains("the default plan takes its place"), "\(standIns)")
        #expect(standIns.contains("the standard program stands in"), "\(standIns)")
        let report = try File.readText(try #require(outputs["report"]?.stringValue), limit: 1 << 20)
        #expect(
            report.contains("| step 2: Write a short summary of what the numbers say. | researcher | scripted-1 |  |"))
        #expect(report.contains("| engineer | no model | the standard program stands in"), "\(report)")
        // What the standard program has found is what the researcher writes of.
        let prompts = try (1...endpoint.agents.count).map { try endpoint.prompt($0) }
        #expect(prompts.contains { $0.contains("mean 919.35") && $0.contains("not by a model") })
    }

    @Test("The engineer's own program runs where the formatter has made another one of it")
    func garbledCopy() async throws {
        let flow = try FlowProgram()
        let endpoint = try await ScriptedEndpoint(
            """
            [{"when": {"schema": "record_plan_constraints"},
              "reply": {"json": {"agents": ["engineer"], "reason": "numbers"}}},
             {"when": {"schema": "PlannerResponse"}, "reply": {"json": {"sub_tasks": [{"sub_task": "Print the sum",
               "sub_task_agent": "engineer", "bullet_points": [], "reads": [], "writes": []}]}}},
             {"when": {"schema": "EngineerResponse"}, "reply": {"json": {"filename": "a.py", "relative_path": "",
               "code_explanation": "Sums.", "modification_summary": "", "python_code": ","}}},
             {"when": {"agent": "engineer"}, "reply": \(Self.text("So:\n```python\nprint('sum:', sum(range(5)))\n```"))},
             {"when": {"schema": "post_execution_transfer"},
              "reply": {"json": {"next_agent": "control", "execution_status": "success", "fix_suggestion": ""}}}]
            """, in: flow)
        let outputs = try #require(
            try await run(
                ["planning_and_control", "--input", "task=The sum", "--input", "n_plan_reviews=0"], flow, endpoint)[
                    "outputs"])
        #expect(outputs["summary"]?.stringValue?.contains("sum: 10") == true)
        #expect(outputs["made_by"]?.jsonText().contains("the engineer's own text") == true)
        #expect(try endpoint.agents.filter { $0 == "engineer" }.count == 1)
    }
}
