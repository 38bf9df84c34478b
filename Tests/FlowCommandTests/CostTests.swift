// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Glibc
import Testing

/// The built program against a model server of its own: recorded calls, their costs, and tapes.
@Suite struct CostTests {
    /// Answers chat completions, each with the last message in capitals; notes what it was asked; waits while there is a
    /// file `hold`.
    private static let server = """
        import json, os, sys, time
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                text = body["messages"][-1]["content"]
                with open("asked", "a") as asked: asked.write(text + "\\n")
                while os.path.exists("hold"): time.sleep(0.01)
                reply = {"model": body.get("model") or "m", "choices": [{"index": 0, "finish_reason": "stop",
                    "message": {"role": "assistant", "content": text.upper()}}],
                    "usage": {"prompt_tokens": 20, "completion_tokens": 100, "total_tokens": 120}}
                data = json.dumps(reply).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
            def log_message(self, *words): pass
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        with open("port.new", "w") as port: port.write(str(server.server_address[1]))
        os.rename("port.new", "port")
        server.serve_forever()
        """

    private static let workflow = """
        flow: 1
        name: talk
        agents: {parrot: {instructions: You repeat., model: gpt-4o, max_tokens: 200}}
        inputs: {word: {type: string, default: hello}}
        nodes:
          one: {agent: parrot, prompt: "${{ inputs.word }} one"}
          two: {agent: parrot, prompt: "${{ nodes.one.outputs.text }} two", needs: [one]}
          count: {run: 'echo "n=5" >> "$FLOW_OUTPUT"', outputs: {n: integer}, needs: [two]}
        """

    /// A program beside a server, which ends with the value.
    final class Site {
        let flow: FlowProgram
        private let server: pid_t
        let environment: [String: String]

        init(_ workflow: String = CostTests.workflow) async throws {
            flow = try FlowProgram()
            try flow.write("server.py", CostTests.server)
            try flow.write("talk.yaml", workflow)
            var pid: pid_t = 0
            let words = ["/bin/sh", "-c", "cd \"$1\" && exec python3 server.py", "sh", flow.folder]
            let argv = words.map { strdup($0) } + [nil]
            let envp = [strdup("PATH=/usr/local/bin:/usr/bin:/bin"), nil]
            defer { for pointer in argv + envp { free(pointer) } }
            try #require(posix_spawn(&pid, "/bin/sh", nil, nil, argv, envp) == 0)
            server = pid
            let flow = flow
            try #require(try await flow.eventually { File.exists(flow.file("port")) })
            let port = try #require(flow.lines("port").first)
            environment = ["FLOW_MODEL_URL": "http://127.0.0.1:\(port)/v1"]
        }

        deinit {
            kill(server, SIGKILL)
            waitpid(server, nil, 0)
        }

        func run(_ words: String...) async throws -> FinishedFlow {
            try await flow.start(words, environment: environment).end()
        }
    }

    @Test("Costs by agent, node and model, and of the whole store")
    func costs() async throws {
        let site = try await Site()
        let end = try await site.run("run", "talk.yaml")
        #expect(end.code == 0, "\(end.errorOutput)")
        // Twice 20 tokens at $2.50 and 100 at $10 for a million.
        #expect(end.output.contains("cost  $0.002100, 240 tokens, 2 calls"), "\(end.output)")
        let table = try await site.run("cost", "@latest")
        #expect(table.output.contains("Agent   Cost ($)  Prompt Tokens  Completion Tokens  Total Tokens  Model"))
        #expect(table.output.contains("parrot  0.002100  40             200                240           gpt-4o"))
        let nodes = try await site.run("cost", "@latest", "--by", "node", "--json").object
        #expect(nodes["rows"]?.arrayValue?.count == 2)
        #expect(nodes["total"]?["cost"] == 0.0021)
        #expect(nodes["total"]?["priceKnown"] == true)
        for key in ["run", "model", "provider", "day"] {
            let all = try await site.run("cost", "--all", "--by", key, "--json").object
            #expect(all["total"]?["totalTokens"] == 240, "\(key)")
        }
        let providers = try await site.run("cost", "@latest", "--by", "provider")
        #expect(providers.output.contains("Provider  Cost ($)"))
        #expect(providers.output.contains("endpoint  0.002100"), "\(providers.output)")
        let report = try await site.run("report", "@latest")
        #expect(
            report.output.contains("| **gpt-4o** | gpt-4o | endpoint | 2 | 40 | 200 | 240 | \\$0.002100 |"),
            "\(report.output)")
        #expect(try await site.run("cost").code == 64)
    }

    @Test("A run on its tape asks nobody and puts out the same; a changed prompt is told")
    func tape() async throws {
        let site = try await Site()
        #expect(try await site.run("run", "talk.yaml").code == 0)
        #expect(site.flow.lines("asked").count == 2)
        let runs = try await site.run("list", "--json").object["runs"]?.arrayValue
        let run = try #require(runs?.first?["id"]?.stringValue)
        let same = try await site.run("test", "talk.yaml", "--tape", run)
        #expect(same.code == 0, "\(same.output)\(same.errorOutput)")
        #expect(same.output.hasPrefix("same: 3 nodes, 2 calls from the tape of run "))
        #expect(site.flow.lines("asked").count == 2)
        try site.flow.write("talk.yaml", Self.workflow.replacing("two\"", with: "three\""))
        // The latest run is the test; what it was tested against is meant.
        let other = try await site.run("test", "talk.yaml", "--tape", "@latest")
        #expect(other.code == 1)
        #expect(other.output.contains("two: failed instead of succeeded"), "\(other.output)")
        #expect(other.output.contains(#"was "HELLO ONE two", is "HELLO ONE three""#), "\(other.output)")
        try site.flow.write("talk.yaml", Self.workflow.replacing("n=5", with: "n=6"))
        let program = try await site.run("test", "talk.yaml", "--tape", run, "--json")
        #expect(program.code == 1)
        #expect(try program.object["differences"]?.arrayValue?.first?["outputs"]?.arrayValue?.first?["found"] == 6)
        #expect(site.flow.lines("asked").count == 2)
    }

    @Test("A part of a run goes on on its tape, or live")
    func replay() async throws {
        let site = try await Site()
        #expect(try await site.run("run", "talk.yaml").code == 0)
        let run = try #require(
            try await site.run("list", "--json").object["runs"]?.arrayValue?.first?["id"]?.stringValue)
        let taped = try await site.run("replay", run, "--from", "two", "--tape")
        #expect(taped.code == 0, "\(taped.errorOutput)")
        #expect(taped.output.contains("cost  $0.000000, 0 tokens, 1 call, 1 of them answered by a tape"))
        #expect(try await site.run("cost", "@latest", "--by", "provider").output.contains("endpoint  0.000000"))
        #expect(site.flow.lines("asked").count == 2)
        let live = try await site.run("replay", run, "--from", "two", "--live")
        #expect(live.code == 0)
        #expect(site.flow.lines("asked").count == 3)
        let cost = try await site.run("cost", "@latest", "--json").object
        #expect(cost["total"]?["calls"] == 1)
        #expect(cost["total"]?["providers"] == ["endpoint"])
        #expect(cost["tree"]?["total"]?["totalTokens"] == 360)
        #expect(try await site.run("replay", run, "--tape", "--live").code == 64)
    }

    @Test("kill -9 between the start of calls and their ends: what was set aside is their cost, and the budget holds")
    func killed() async throws {
        let site = try await Site(
            """
            flow: 1
            name: talk
            agents: {parrot: {instructions: You repeat., model: gpt-4o, max_tokens: 200}}
            budget: {tokens: 3000}
            nodes:
              each:
                foreach: {items: "${{ range(50) }}", as: i, on_failure: continue}
                agent: parrot
                prompt: "say ${{ i }}"
                on_failure: continue
            """)
        try site.flow.write("hold", "")
        let flow = site.flow
        let running = try flow.start(["run", "talk.yaml"], environment: site.environment)
        try #require(try await flow.eventually { flow.lines("asked").count == 8 }, "\(running.errorText)")
        running.signal(SIGKILL)
        _ = try await running.end()
        try File.remove(flow.file("hold"))
        let check = try await site.run("db", "check")
        #expect(check.code == 0, "\(check.output)")
        let open = try await site.run("cost", "@latest", "--json").object
        let lost = try #require(open["total"]?["totalTokens"]?.integerValue)
        #expect(open["total"]?["lostCalls"] == 8)
        // 200 for the answer and some more for the question, eight times.
        #expect((1600...2000).contains(lost))
        _ = try await site.run("resume", "@latest")
        let end = try await site.run("cost", "@latest", "--json").object
        let spent = try #require(end["total"]?["totalTokens"]?.integerValue)
        #expect(spent <= 3000, "\(end)")
        #expect(spent > 3000 - lost / 8, "another call would have fitted: \(end)")
        #expect(end["total"]?["lostCalls"] == 8)
        let answered = Int(spent - lost) / 120
        #expect(flow.lines("asked").count == 8 + answered)
        let events = try await site.run("events", "@latest")
        #expect(events.output.contains("budget_exceeded"), "\(events.output)")
        #expect(try await site.run("db", "check").code == 0)
    }

    @Test("The list of prices, and one of the user's own")
    func prices() async throws {
        let flow = try FlowProgram()
        let list = try await flow.run("prices")
        #expect(list.output.contains("gpt-4o"))
        let one = try await flow.run("prices", "openai/gpt-4o-2024-11-20", "--json").object
        #expect(one["models"]?.arrayValue?.first?["completion"] == 10.0)
        #expect(try await flow.run("prices", "who-knows").code == 66)
        try flow.write(".flow/prices.yaml", "models: {who-knows: {prompt: 1, completion: 2}}")
        #expect(try await flow.run("prices", "who-knows").output.contains("$1.00"))
        try flow.write(".flow/prices.yaml", "models: {who-knows: {prompt: 1}}")
        let fault = try await flow.run("prices")
        #expect(fault.code != 0)
        #expect(fault.errorOutput.contains("prices.yaml:1:21: the key `completion` is missing"))
    }
}
