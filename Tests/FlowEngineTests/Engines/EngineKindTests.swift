// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import Testing

@testable import FlowEngine

struct EngineKindTests {
    @Test func anEngineIsAddedByDroppingItsFolder() async throws {
        let project = try TestProject()
        try TestEngine.copy("example", to: project)
        let run = try await project.run(
            """
            nodes:
              mean:
                engine: example
                action: mean
                with: {numbers: [1, 2, 6]}
              read:
                needs: [mean]
                with: {report: "${{ nodes.mean.artifacts.report }}", mean: "${{ nodes.mean.outputs.mean }}"}
                run: |
                  echo "text=$(grep -c 'is 3.0' "$FLOW_WITH_REPORT") $FLOW_WITH_MEAN" > "$FLOW_OUTPUT"
                outputs: {text: string}
            """)
        #expect(try await run.status == .succeeded)
        #expect(try await run.output("mean", "mean").numberValue == 3)
        #expect(try await run.output("mean", "summary") == "The mean is **3.0**.")
        #expect(try await run.output("read", "text").stringValue?.hasPrefix("1 3") == true)
        #expect(try run.log("mean").contains("output 3 of 3"))
        await project.close()
    }

    @Test func whatIsPrintedBesideMessagesIsTheLog() async throws {
        let project = try TestProject()
        try TestEngine.drop(
            "probe", in: project,
            """
            def execute(r):
                print("noise {", flush=True)
                print('{"id": 1}', flush=True)
                print("error noise", file=sys.stderr, flush=True)
                say({"id": 4711}, "completed", outputs={"n": 1})
                say(r, "running", content="two\\nlines", metadata={"step": 2})
                say(r, "completed", outputs={"n": 7})
            """)
        let run = try await project.run("nodes: {a: {engine: probe}}")
        #expect(try await run.output("a", "n") == 7)
        let log = try run.log("a")
        for line in [
            "output noise {", #"output {"id": 1}"#, "error error noise", "output two", "output lines",
            #"engine metadata {"step":2}"#,
        ] {
            #expect(log.contains(line), "\(line) is not in \(log)")
        }
        await project.close()
    }

    @Test(arguments: [
        (#"say(r, "completed", outputs={})"#, FailureReason.schemaMismatch, "did not put out `n`"),
        (#"say(r, "completed", outputs={"n": "x"})"#, .schemaMismatch, "takes integer, not string"),
        (#"say(r, "completed", outputs={"n": 1, "m": 2})"#, .schemaMismatch, "put out `m`"),
        (
            #"say(r, "completed", outputs={"n": 1}, artifacts=[{"name": "a", "path": "gone.txt"}])"#, .schemaMismatch,
            "which is not there"
        ),
        (
            #"say(r, "completed", outputs={"n": 1}, artifacts=[{"name": "a", "path": "/etc/hostname"}])"#,
            .schemaMismatch, "not a file in the node's work directory"
        ),
        (#"say(r, "failed", error={"reason": "rate_limit", "message": "slow down"})"#, .rateLimit, "slow down"),
        (#"say(r, "failed", error={"reason": "budget", "message": "no"})"#, .exitCode, "no"),
        ("raise ValueError('bad numbers')", .badData, "bad numbers"),
        ("print('dying', file=sys.stderr, flush=True); os._exit(3)", .exitCode, "exit code 3"),
        ("os._exit(0)", .exitCode, "before it was done"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", .signal, "SIGSEGV"),
        (
            #"sys.stdout.write("{" + "x" * (17 << 20)); sys.stdout.flush(); time.sleep(60)"#, .badData,
            "a line of more than"
        ),
    ])
    func failuresHaveTheirReasons(code: String, reason: FailureReason, message: String) async throws {
        let project = try TestProject()
        try TestEngine.drop("probe", in: project, "def execute(r):\n    \(code)\n")
        let run = try await project.run("nodes: {a: {engine: probe}}")
        let failure = try await run.failure(of: "a")
        #expect(failure.reason == reason, "\(failure)")
        #expect(failure.message.contains(message), "\(failure)")
        await project.close()
    }

    @Test func aCrashIsAFailedAttemptAndTheNextOneGoesOnFromTheCheckpoint() async throws {
        let project = try TestProject()
        try TestEngine.drop(
            "probe", in: project,
            """
            def execute(r):
                if r["attempt"] == 1:
                    assert r["method"] == "execute"
                    say(r, "checkpoint", checkpoint={"done": 41})
                    print("falling over", file=sys.stderr, flush=True)
                    os._exit(7)
                assert r["method"] == "resume"
                say(r, "completed", outputs={"n": r["checkpoint"]["done"] + 1})
            """)
        let run = try await project.run("nodes: {a: {engine: probe, retry: {max_attempts: 2, delay: 1ms}}}")
        #expect(try await run.output("a", "n") == 42)
        let failure = try await run.failure(of: "a")
        #expect(failure.exitCode == 7)
        #expect(failure.excerpt?.contains("falling over") == true)
        // What is done leaves no checkpoint for others.
        #expect(try project.files(below: project.store).filter { $0.hasSuffix("checkpoint.engine.json") }.isEmpty)
        await project.close()
    }

    @Test func aCheckpointOfOtherWorkDoesNotCount() async throws {
        let project = try TestProject()
        try TestEngine.drop(
            "probe", in: project, manifest: "actions: {go: {inputs: {k: integer}, outputs: {n: integer}}}",
            """
            def execute(r):
                say(r, "checkpoint", checkpoint={"done": 1})
                time.sleep(0.05)
                if r["method"] == "resume":
                    raise ValueError("resumed")
                os._exit(1)
            """)
        let run = try await project.run(
            "nodes: {a: {engine: probe, with: {k: \"${{ attempt }}\"}, retry: {max_attempts: 2, delay: 1ms}}}")
        #expect(try await run.failures(of: "a").map(\.failure.reason) == [.exitCode, .exitCode])
        await project.close()
    }

    @Test func cancellingEndsAnEngineThatIgnoresSignals() async throws {
        let project = try TestProject()
        try TestEngine.drop(
            "probe", in: project,
            """
            signal.signal(signal.SIGTERM, signal.SIG_IGN)

            def execute(r):
                with open(os.path.join(r["directory"], "pid"), "w") as file:
                    file.write(str(os.getpid()))
                say(r, "running", content="working")
                time.sleep(600)
            """)
        let run = try await project.start("nodes: {a: {engine: probe}}")
        try await run.awaitLine("working")
        let start = ContinuousClock.now
        try await run.send(.cancel(reason: "enough"))
        #expect(try await run.end() == .cancelled)
        let time = ContinuousClock.now - start
        // A second on a machine that does nothing else.
        #expect(time < .seconds(5), "\(time)")
        await project.close()
    }

    @Test func anEngineThatCanPauseTellsWhereTheNextAttemptGoesOn() async throws {
        let project = try TestProject()
        try TestEngine.drop(
            "probe", in: project,
            """
            work_of = {}

            def pause(r):
                say(r, "ok")
                say(work_of["r"], "paused", checkpoint={"from": work_of["r"]["attempt"]})

            def execute(r):
                work_of["r"] = r
                if r["attempt"] == 1:
                    return  # works on until it is told to pause
                say(r, "completed", outputs={"n": r["checkpoint"]["from"] + 10})
            """)
        let run = try await project.run(
            "nodes: {a: {engine: probe, timeout: 1s, retry: {max_attempts: 2, delay: 1ms, on: [timeout]}}}")
        #expect(try await run.output("a", "n") == 11)
        #expect(try await run.failures(of: "a").map(\.failure.reason) == [.timeout])
        await project.close()
    }

    @Test func anEngineThatSaysNothingIsEnded() async throws {
        let project = try TestProject()
        try TestEngine.drop("probe", in: project, "def execute(r):\n    time.sleep(600)\n")
        let run = try await project.run("nodes: {a: {engine: probe, idle_timeout: 300ms}}")
        #expect(try await run.failure(of: "a").reason == .idleTimeout)
        await project.close()
    }

    @Test func anEngineThatDoesNotGetReadyIsEnded() async throws {
        let project = try TestProject()
        try project.write(
            "engines/slow/engine.yaml",
            "engine: 1\nname: slow\ncommand: [sleep, \"600\"]\nstart_timeout: 200ms\nactions: {go: null}\n")
        try project.write(
            "engines/absent/engine.yaml",
            "engine: 1\nname: absent\ncommand: [no-such-program]\nactions: {go: null}\n")
        let run = try await project.run(
            "nodes: {a: {engine: slow, on_failure: continue}, b: {engine: absent, on_failure: continue}}")
        #expect(try await run.failure(of: "a").reason == .timeout)
        #expect(try await run.failure(of: "b").reason == .unavailable)
        await project.close()
    }

    @Test func aWarmEngineServesOneNodeAfterTheOther() async throws {
        let project = try TestProject()
        try TestEngine.drop(
            "probe", in: project, manifest: "warm: true\nactions: {go: {outputs: {n: integer, from: text}}}",
            """
            def execute(r):
                say(r, "running", content="hello " + r["node"])
                say(r, "completed", outputs={"n": os.getpid(), "from": r["environment"]["FLOW_NODE"]})
            """)
        let run = try await project.run("nodes: {a: {engine: probe}, b: {engine: probe, needs: [a]}}")
        #expect(try await run.output("a", "n") == run.output("b", "n"))
        #expect(try await run.output("b", "from") == "b")
        #expect(try run.log("b").contains("output hello b"))
        #expect(try run.log("a").contains("output hello b") == false)
        await project.close()
    }

    @Test func foldersAndFilesAreKeptUnderTheirNames() async throws {
        let project = try TestProject()
        try TestEngine.drop(
            "probe", in: project,
            manifest: "actions: {go: {outputs: {paper: file, plots: files}, artifacts: [input_files_idea_md]}}",
            """
            def execute(r):
                d = r["directory"]
                os.makedirs(d + "/input_files/plots")
                for name in ["input_files/idea.md", "input_files/plots/a.png", "b.png", "paper.pdf"]:
                    with open(os.path.join(d, name), "w") as file:
                        file.write(name)
                say(r, "completed", artifacts=[{"name": "input_files", "path": "input_files"}],
                    outputs={"paper": "paper.pdf", "plots": ["b.png", "input_files/plots/a.png"]})
            """)
        let run = try await project.run(
            """
            nodes:
              a: {engine: probe, outputs: {plots: files}}
              b:
                needs: [a]
                with:
                  plots: "${{ nodes.a.outputs.plots }}"
                  idea: "${{ nodes.a.artifacts.input_files_idea_md }}"
                run: |
                  jq -r '.plots[]' "$FLOW_INPUT" | xargs cat > all; cat "$FLOW_WITH_IDEA" >> all
                  echo "text=$(cat all)" > "$FLOW_OUTPUT"
                outputs: {text: string}
            """)
        #expect(try await run.status == .succeeded)
        #expect(try await run.output("b", "text") == "b.pnginput_files/plots/a.pnginput_files/idea.md")
        let artifacts = try await run.result(of: "a")["artifacts"]?.objectValue?.keys ?? []
        #expect(Set(artifacts).isSuperset(of: ["paper", "input_files_idea_md", "input_files_plots_a_png"]))
        await project.close()
    }

    @Test func mistakesAreFoundBeforeTheRun() async throws {
        let project = try TestProject()
        try TestEngine.copy("example", to: project)
        func faults(_ node: String) async throws -> [String] {
            let text = "flow: 1\nname: test\nnodes:\n  a: \(node)\n"
            let source = WorkflowSource(name: "t.yaml", bytes: Array(text.utf8), directory: project.folder)
            return try await project.engine().loader.load(source, entry: "t.yaml", agentFolders: [])
                .compilation.diagnostics.map { "\($0.severity.rawValue) \($0.message)" }
        }
        #expect(try await faults("{engine: exmaple}") == ["warning there is no engine `exmaple` here"])
        #expect(
            try await faults("{engine: example}")
                == ["error `action` is missing: the engine `example` does several things"])
        #expect(
            try await faults("{engine: example, action: maen}")
                == ["error the engine `example` has no action `maen`"])
        #expect(
            try await faults("{engine: example, action: mean}")
                == ["error `mean` of `example` needs `numbers` under `with`"])
        #expect(
            try await faults("{engine: example, action: mean, with: {numbers: 1, speed: 2}}")
                == ["error `numbers` takes array, not integer", "error `mean` of `example` takes no `speed`"])
        let other = try await faults(
            "{engine: example, action: mean, with: {numbers: [1]}}\n  b: {needs: [a], set: {x: \"${{ nodes.a.outputs.men }}\"}}"
        )
        #expect(other.contains { $0.contains("men") && $0.hasPrefix("error") }, "\(other)")
        let run = try await project.run("nodes: {a: {engine: nowhere}}")
        #expect(try await run.failure(of: "a").reason == .unavailable)
        await project.close()
    }

    @Test func aPersonCanSaySomethingToAnEngineThatWorks() async throws {
        let project = try TestProject()
        try TestEngine.copy("example", to: project)
        let run = try await project.start(
            "nodes: {a: {engine: example, action: mean, with: {numbers: [1, 2, 3], pace: 0.2}}}")
        try await run.awaitLine("1 of 3")
        #expect(try await project.engine().intervene(run: run.id, node: "a", message: "look here") == nil)
        #expect(try await run.end() == .succeeded)
        let report = try #require(try project.files(below: project.store).first { $0.hasSuffix("/report.md") })
        #expect(try File.readText(report, limit: 1 << 16).contains("> look here"))
        #expect(try await project.engine().intervene(run: run.id, node: "a", message: "late") != nil)
        await project.close()
    }

    @Test func theExamplePassesTheTestOfAllEngines() async throws {
        let project = try TestProject()
        try TestEngine.copy("example", to: project)
        let bench = EngineWorkbench(folders: [project.folder], environment: project.environment)
        let findings = try await bench.test(try bench.shelf.manifest("example")) { _ in }
        await bench.close()
        #expect(findings.count == 8)
        for finding in findings { #expect(finding.problem == nil, "\(finding)") }
        await project.close()
    }

    @Test func anEngineThatBreaksTheRulesDoesNotPass() async throws {
        let project = try TestProject()
        try TestEngine.drop(
            "probe", in: project, manifest: "actions: {go: {outputs: {n: integer}}}\ntest: {action: go}",
            "def execute(r):\n    say(r, \"completed\", outputs={\"n\": \"seven\"})\n")
        let bench = EngineWorkbench(folders: [project.folder], environment: project.environment)
        let findings = try await bench.test(try bench.shelf.manifest("probe")) { _ in }
        await bench.close()
        let broken = findings.filter { $0.problem != nil }.map(\.demand)
        #expect(broken.contains { $0.hasPrefix("does its example") })
        #expect(broken.contains { $0.hasPrefix("fails in order") })
        await project.close()
    }
}
