// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Glibc
import Testing

struct EngineTests {
    private static let manifest = """
        engine: 1
        name: greeter
        version: "3"
        command: [python3, greeter.py]
        actions:
          greet:
            inputs: {name: {type: string, required: true}}
            outputs: {text: text}
        test: {action: greet, with: {name: Ada}}
        """

    private static let program = """
        import json, sys
        for line in sys.stdin:
            r = json.loads(line)
            def say(status, **more):
                print(json.dumps({"id": r["id"], "status": status, **more}), flush=True)
            if r["method"] == "initialize":
                say("ready", protocol=1, name="greeter", version="3")
            elif r["method"] == "execute" and r["action"] == "greet":
                say("completed", outputs={"text": "Hello " + r["input"]["name"]})
            elif r["method"] == "execute":
                say("failed", error={"message": "no such action"})
            elif r["method"] == "cleanup":
                say("ok")
            else:
                say("unsupported")
        """

    private static func drop(into flow: FlowProgram) throws {
        try flow.write("engines/greeter/engine.yaml", manifest)
        try flow.write("engines/greeter/greeter.py", program)
    }

    @Test func anEngineAndAWorkflowAreAddedByDroppingFiles() async throws {
        let flow = try FlowProgram()
        try Self.drop(into: flow)
        try flow.write(
            "workflows/greet.yaml",
            """
            flow: 1
            name: greet
            mode: {category: tests, engine: greeter}
            inputs: {name: {type: string, default: Ada}}
            nodes: {a: {engine: greeter, with: {name: "${{ inputs.name }}"}}}
            outputs: {text: "${{ nodes.a.outputs.text }}"}
            """)
        let list = try await flow.run("engine", "list", "--json").object
        let found = try #require(list["engines"]?.arrayValue?.first { $0["name"] == "greeter" })
        #expect(found["from"] == "project")
        #expect(found["version"] == "3")
        let test = try await flow.run("engine", "test", "greeter", "--json")
        #expect(test.code == 0, "\(test.output)")
        #expect(try test.object["demands"]?.arrayValue?.count == 8)
        #expect(try await flow.run("engine", "doctor", "greeter").code == 0)
        #expect(try await flow.run("modes").output.contains("greet"))
        let run = try await flow.run("run", "greet", "--input", "name=Bo", "--json")
        #expect(run.code == 0, "\(run.errorOutput)")
        #expect(try run.json.last?["outputs"]?["text"] == "Hello Bo")
        // A workflow that lies elsewhere finds the engines of the folder that flow works in.
        #expect(try await flow.run("validate", "greet").code == 0)
    }

    @Test func whatIsWrongWithAnEngineIsTold() async throws {
        let flow = try FlowProgram()
        try flow.write("engines/lame/engine.yaml", "engine: 1\nname: lame\ncomand: [x]\n")
        try flow.write("engines/deaf/engine.yaml", "engine: 1\nname: deaf\ncommand: [\"true\"]\nactions: {go: null}\n")
        let list = try await flow.run("engine", "list")
        #expect(list.output.contains("unknown key `comand` in the manifest; did you mean `command`?"))
        let doctor = try await flow.run("engine", "doctor", "deaf")
        #expect(doctor.code == 78)
        #expect(doctor.output.contains("the engine ended before it was done"), "\(doctor.output)")
        let absent = try await flow.run("engine", "test", "daef")
        #expect(absent.code == 66)
        #expect(absent.errorOutput.contains("did you mean `deaf`?"))
        #expect(try await flow.run("engine", "test", "deaf").code == 1)
    }

    @Test func aKilledFlowTakesItsEngineAlongAndGoesOnFromTheCheckpoint() async throws {
        let flow = try FlowProgram()
        for name in ["engine.yaml", "engine.py"] {
            let path = FilePath.join(ScriptedEndpoint.root, "engines/example/\(name)")
            try flow.write("engines/example/\(name)", File.readText(path, limit: 1 << 20))
        }
        try flow.write(
            "w.yaml",
            """
            flow: 1
            name: w
            nodes:
              a:
                engine: example
                action: mean
                with: {numbers: [1, 2, 3, 4, 5, 6], pace: 0.3}
            outputs: {mean: "${{ nodes.a.outputs.mean }}"}
            """)
        let running = try flow.start(["run", "w.yaml"])
        #expect(
            try await flow.eventually {
                let logs = (try? File.list(flow.file(".flow/runs"))) ?? []
                guard let run = logs.first?.name else { return false }
                return flow.lines(".flow/runs/\(run)/logs/a.1.log").contains("output 2 of 6")
            })
        running.signal(SIGKILL)
        _ = try await running.end()
        let resumed = try await flow.run("resume", "@latest", "--json")
        #expect(resumed.code == 0, "\(resumed.errorOutput)")
        #expect(try resumed.json.last?["outputs"]?["mean"]?.numberValue == 3.5)
        let logs = try await flow.run("logs", "@latest", "a").output
        #expect(logs.contains("goes on from the checkpoint"), "\(logs)")
        // Nothing of the first engine is left.
        let left = try File.list("/proc").filter { entry in
            let line = (try? File.read("/proc/\(entry.name)/cmdline", limit: 1 << 16, allowSpecial: true)) ?? []
            return String(decoding: line, as: UTF8.self).contains(flow.file("engines/example"))
        }
        #expect(left.isEmpty)
    }

    @Test func callsOfAnEngineAreInTheCosts() async throws {
        let flow = try FlowProgram()
        for name in ["engine.yaml", "engine.py"] {
            let path = FilePath.join(ScriptedEndpoint.root, "engines/example/\(name)")
            try flow.write("engines/example/\(name)", File.readText(path, limit: 1 << 20))
        }
        let endpoint = try await ScriptedEndpoint(#"[{"reply": {"text": "Paris", "usage": [10, 2]}}]"#, in: flow)
        try flow.write(
            "w.yaml",
            """
            flow: 1
            name: w
            nodes: {a: {engine: example, action: ask, with: {question: "Which town?", times: 3}}}
            outputs: {answer: "${{ nodes.a.outputs.answer }}"}
            """)
        let run = try await flow.run("run", "w.yaml", "--json", environment: endpoint.environment)
        #expect(run.code == 0, "\(run.errorOutput)")
        #expect(try run.json.last?["outputs"]?["answer"] == "Paris")
        let cost = try await flow.run("cost", "@latest", "--by", "node", "--json").object
        #expect(cost.jsonText().contains("36"), "\(cost.jsonText())")
        #expect(flow.lines("endpoint.log").count == 3)
    }
}
