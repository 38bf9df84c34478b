// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import HTTPClient
import Testing

@testable import FlowEngine

struct ModelGatewayTests {
    private static func project(
        _ server: ScriptedServer, _ code: String, manifest: String = "actions: {go: {outputs: {text: text}}}"
    ) throws -> TestProject {
        let project = try TestProject(environment: ["FLOW_MODEL_URL": server.url, "FLOW_MODEL": "scripted"])
        try TestEngine.drop("probe", in: project, manifest: manifest, code)
        return project
    }

    @Test func callsOfAnEngineAreCallsOfItsNode() async throws {
        let server = try ScriptedServer([ScriptedServer.reply("one"), ScriptedServer.reply("two")])
        let project = try Self.project(
            server,
            """
            def execute(r):
                text = ask(r, model="gpt-x", temperature=0.5)["content"] + ask(r, seed=3)["content"]
                say(r, "completed", outputs={"text": text})
            """)
        let run = try await project.run("nodes: {a: {engine: probe}}")
        #expect(try await run.output("a", "text") == "onetwo")
        let events = try await run.events.map(\.event)
        let starts = events.compactMap { if case .callStarted(_, _, _, let call) = $0 { call.name } else { nil } }
        #expect(starts == ["gpt-x", "probe"])
        let ends = events.compactMap {
            if case .callEnded(_, _, _, let end) = $0 { end.usage.promptTokens } else { nil }
        }
        #expect(ends == [12, 12])
        #expect(server.requests.map { $0.body["model"] } == ["gpt-x", "probe"])
        #expect(server.requests.first?.body["temperature"]?.numberValue == 0.5)
        #expect(try run.log("a").contains { $0.contains("gateway call 1: gpt-x, 1 messages, answered by scripted-1") })
        // The key of the program is nowhere.
        #expect(try project.storeHolds("sk-flow-").isEmpty)

        // The same again from the tape: nobody is asked.
        let before = server.requests.count
        var options = RunOptions()
        options.tape = run.id
        let again = try await project.run("nodes: {a: {engine: probe}}", options: options)
        #expect(try await again.output("a", "text") == "onetwo")
        #expect(server.requests.count == before)
        await project.close()
    }

    @Test func otherModelsAnswerForTheNamesOfTheEngine() async throws {
        let server = try ScriptedServer([ScriptedServer.reply("ok")])
        let project = try Self.project(
            server,
            """
            def execute(r):
                for model in ["gpt-x", "gpt-y", "o3"]:
                    ask(r, model=model)
                say(r, "completed", outputs={"text": ""})
            """)
        _ = try await project.run("nodes: {a: {engine: probe, models: {gpt-x: big, \"*\": small}}}")
        #expect(server.requests.map { $0.body["model"] } == ["big", "small", "small"])
        _ = try await project.run("nodes: {a: {engine: probe, model: only}}")
        #expect(server.requests.suffix(3).map { $0.body["model"] } == ["only", "only", "only"])
        await project.close()
    }

    @Test func formsAreTranslatedBothWays() async throws {
        let call: JSONValue = [
            "model": "scripted-1",
            "choices": [
                [
                    "index": 0, "finish_reason": "tool_calls",
                    "message": [
                        "role": "assistant", "content": .null,
                        "tool_calls": [
                            [
                                "id": "c1", "type": "function",
                                "function": ["name": "record", "arguments": "{\"step\": 2}"],
                            ]
                        ],
                    ],
                ]
            ],
            "usage": ["prompt_tokens": 7, "completion_tokens": 2],
        ]
        let server = try ScriptedServer([
            ScriptedServer.answer("200 OK", call.jsonText()),
            ScriptedServer.error("400 Bad Request", "json_schema is not supported"),
            ScriptedServer.reply(#"{"a": 1}"#), ScriptedServer.reply("streamed text"),
        ])
        let project = try Self.project(
            server,
            """
            def execute(r):
                tool = {"type": "function", "function": {"name": "record", "parameters": {"type": "object"}}}
                said = [{"role": "system", "content": "s"}, {"role": "user", "name": "planner", "content": [
                    {"type": "text", "text": "look"},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGVsbG8="}}]},
                    {"role": "assistant", "content": None, "tool_calls": [{"id": "x", "type": "function",
                        "function": {"name": "record", "arguments": "{\\"step\\": 1}"}}]},
                    {"role": "tool", "tool_call_id": "x", "content": "done"}]
                one = ask(r, messages=said, tools=[tool], tool_choice="required", parallel_tool_calls=False)
                two = ask(r, response_format={"type": "json_schema", "json_schema": {
                    "name": "Form", "schema": {"title": "Form", "type": "object"}}})
                status, stream = post(r, stream=True)
                text, usage = "", None
                for line in stream.split("\\n\\n"):
                    if line.startswith("data: {"):
                        chunk = json.loads(line[6:])
                        usage = chunk.get("usage") or usage
                        for choice in chunk["choices"]:
                            text += choice["delta"].get("content") or ""
                assert stream.endswith("data: [DONE]\\n\\n"), stream
                say(r, "completed", outputs={"text": json.dumps([
                    one["tool_calls"][0]["function"]["arguments"], two["content"], text, usage["total_tokens"]])})
            """)
        let run = try await project.run("nodes: {a: {engine: probe}}")
        let text = try #require(try await run.output("a", "text").stringValue)
        #expect(try JSONValue.parse(text) == [#"{"step":2}"#, #"{"a": 1}"#, "streamed text", 17])
        let bodies = server.requests.map(\.body)
        try #require(bodies.count == 4)
        let messages = bodies[0]["messages"]?.arrayValue ?? []
        #expect(messages.map { $0["role"] } == ["system", "user", "assistant", "tool"])
        #expect(messages[1]["name"] == "planner")
        #expect(messages[1]["content"]?.jsonText().contains("data:image/png;base64,aGVsbG8=") == true)
        #expect(messages[2]["tool_calls"]?.arrayValue?.first?["function"]?["arguments"] == #"{"step":1}"#)
        #expect(messages[3]["tool_call_id"] == "x")
        #expect(bodies[0]["tool_choice"] == "required")
        #expect(bodies[0]["parallel_tool_calls"] == false)
        // A server that does not know the one form is asked in the other.
        #expect(bodies[1]["response_format"]?["type"] == "json_schema")
        #expect(bodies[2]["response_format"]?["type"] == "json_object")
        #expect(bodies[2]["response_format"]?["schema"]?["title"] == "Form")
        await project.close()
    }

    @Test func aCallOverTheBudgetEndsTheNodeWithThatReason() async throws {
        let server = try ScriptedServer([ScriptedServer.reply("ok")])
        let project = try Self.project(
            server,
            """
            def execute(r):
                for i in range(10):
                    status, text = post(r, max_tokens=50)
                    say(r, "running", content=f"{status} {json.loads(text).get('error', {}).get('code')}")
                    if status != 200:
                        break
                # As if nothing had happened.
                say(r, "completed", outputs={"text": "fine"})
            """)
        // Each call reserves some 60 tokens and takes 17.
        let run = try await project.run("nodes: {a: {engine: probe, budget: {tokens: 100}}}")
        let failure = try await run.failure(of: "a")
        #expect(failure.reason == .budget, "\(failure)")
        #expect(failure.message.contains("budget"), "\(failure)")
        #expect(try run.log("a").contains("output 402 budget_exceeded"))
        #expect((1..<10).contains(server.requests.count))
        await project.close()
    }

    @Test func anEngineThatGoesOnAskingIsEnded() async throws {
        let server = try ScriptedServer([ScriptedServer.reply("ok")])
        let project = try Self.project(
            server,
            """
            def execute(r):
                while True:
                    post(r, max_tokens=50)
                    time.sleep(0.01)
            """)
        let run = try await project.run("nodes: {a: {engine: probe, budget: {tokens: 100}}}")
        #expect(try await run.failure(of: "a").reason == .budget)
        await project.close()
    }

    @Test func whatAnEngineSpendsElsewhereIsCharged() async throws {
        let server = try ScriptedServer([ScriptedServer.reply("ok")])
        let code = """
            def execute(r):
                for i in range(4):
                    say(r, "running", cost={"usd": 0.5, "prompt_tokens": 10, "model": "theirs"})
                    time.sleep(0.05)
                time.sleep(1)
                say(r, "completed", outputs={"text": "ok"})
            """
        let project = try Self.project(server, code)
        let rich = try await project.run("nodes: {a: {engine: probe, budget: {usd: 10}}}")
        let charges = try await rich.events.compactMap { recorded -> Double? in
            if case .callEnded(_, _, _, let end) = recorded.event { end.charge.money.dollars } else { nil }
        }
        #expect(charges == [0.5, 0.5, 0.5, 0.5])
        let poor = try await project.run("nodes: {a: {engine: probe, budget: {usd: 1}}}")
        #expect(try await poor.failure(of: "a").reason == .budget)
        await project.close()
    }

    @Test func faultsOfModelsReachTheEngineWithTheirStatus() async throws {
        let server = try ScriptedServer([
            ScriptedServer.error("429 Too Many Requests", "slow down", headers: ["Retry-After: 3"]),
            ScriptedServer.error("500 Internal Server Error", "broken"), ScriptedServer.error("401 Unauthorized", "no"),
        ])
        let project = try Self.project(
            server,
            """
            def execute(r):
                seen = [post(r)[0] for _ in range(3)]
                seen += [post(r, key="sk-flow-guess")[0], post(r, path="/embeddings")[0], post(r, messages=[])[0],
                         post(r, n=2)[0], post(r, messages=[{"role": "oracle", "content": ""}])[0]]
                say(r, "completed", outputs={"text": " ".join(map(str, seen))})
            """)
        let run = try await project.run("nodes: {a: {engine: probe}}")
        #expect(try await run.output("a", "text") == "429 502 400 401 404 400 400 400")
        await project.close()
    }

    @Test func aKeyIsWorthNothingAfterItsNode() async throws {
        let server = try ScriptedServer([ScriptedServer.reply("ok")])
        let project = try Self.project(
            server,
            """
            def execute(r):
                say(r, "completed", outputs={"text": r["environment"]["OPENAI_BASE_URL"] + " " + os.environ["OPENAI_API_KEY"]})
            """)
        let run = try await project.run("nodes: {a: {engine: probe}}")
        let words = try #require(try await run.output("a", "text").stringValue).split(separator: " ").map(String.init)
        let answer = try await HTTPClient().send(
            HTTPRequest(
                method: "GET", url: words[0] + "/models",
                headers: [(name: "Authorization", value: "Bearer \(words[1])")]))
        #expect(answer.status == 401)
        await project.close()
    }

    @Test func cancellingANodeEndsItsCalls() async throws {
        let server = try ScriptedServer(
            ["HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"], holdsOpen: true)
        let project = try Self.project(
            server,
            """
            def execute(r):
                say(r, "running", content="asking")
                ask(r)
            """)
        let run = try await project.start("nodes: {a: {engine: probe}}")
        try await run.awaitEvent("the call") { if case .callStarted = $0 { true } else { false } }
        let start = ContinuousClock.now
        try await run.send(.cancel(reason: "enough"))
        #expect(try await run.end() == .cancelled)
        #expect(ContinuousClock.now - start < .seconds(10))
        let isEnded = try await run.events.contains { if case .callEnded = $0.event { true } else { false } }
        #expect(isEnded)
        await project.close()
    }
}
