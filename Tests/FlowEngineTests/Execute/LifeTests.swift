// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import FlowTesting
import Testing

@testable import FlowEngine

private final class WeakEngine {
    weak var engine: Engine?
}

@Suite struct LifeTests {
    /// `one`, then `two`, which waits for a file `go`, then `three`, each with a line in the ledger.
    private let held = #"""
        inputs: {ledger: {type: string}}
        env: {LEDGER: "${{ inputs.ledger }}"}
        nodes:
          one: {run: echo one >> "$LEDGER"}
          two:
            needs: [one]
            run: |
              echo two >> "$LEDGER"
              while [ ! -e "$LEDGER.go" ]; do sleep 0.02; done
          three: {needs: [two], run: echo three >> "$LEDGER"}
        """#

    private func start(_ project: TestProject, _ text: String? = nil) async throws -> TestRun {
        let run = try await project.start(text ?? held, inputs: ["ledger": .string(project.file("ledger"))])
        try #require(try await eventually { project.lines("ledger").last == "two" })
        return run
    }

    @Test("A paused run lets run what runs, starts nothing, and goes on when resumed")
    func pause() async throws {
        let project = try TestProject()
        let run = try await start(project)
        try await run.send(.pause)
        let twice = await #expect(throws: EngineError.self) { try await run.send(.pause) }
        #expect(twice?.code == .refused)
        try project.write("ledger.go", "")
        #expect(try await run.outcome() == .paused)
        #expect(project.lines("ledger") == ["one", "two"])
        try await run.send(.resume)
        #expect(try await run.outcome() == .ended(.succeeded, reason: nil))
        #expect(project.lines("ledger") == ["one", "two", "three"])
        await project.close()
    }

    @Test("To resume a run that is worked on does nothing")
    func resumeLiving() async throws {
        let project = try TestProject()
        let run = try await start(project)
        try await run.resume()
        try await run.resume()
        try project.write("ledger.go", "")
        #expect(try await run.outcome() == .ended(.succeeded, reason: nil))
        #expect(project.lines("ledger") == ["one", "two", "three"])
        let interrupted = try await run.events.contains { if case .nodeInterrupted = $0.event { true } else { false } }
        #expect(!interrupted)
        await project.close()
    }

    @Test("After close and open, what had ended does not run again and what ran does")
    func reopen() async throws {
        let project = try TestProject()
        let run = try await start(project)
        await project.close()
        #expect(try await run.status == .queued)
        #expect(try await run.outcome() == .stopped)
        try project.write("ledger.go", "")
        try await run.resume()
        #expect(try await run.outcome() == .ended(.succeeded, reason: nil))
        #expect(project.lines("ledger") == ["one", "two", "two", "three"])
        #expect(try project.files(below: project.store).allSatisfy { !$0.contains(".control") })
        await project.close()
    }

    @Test("Where an attempt must not run twice, an interruption is a failure")
    func onInterrupt() async throws {
        let project = try TestProject()
        let text = held.replacing("needs: [one]\n", with: "needs: [one]\n    on_interrupt: fail\n")
        let run = try await start(project, text)
        await project.close()
        try await run.resume()
        #expect(try await run.outcome() == .ended(.failed, reason: "node `two` failed"))
        #expect(try await run.failure(of: "two").reason == .interrupted)
        #expect(project.lines("ledger") == ["one", "two"])
        await project.close()
    }

    @Test("A pending retry and a wait keep their time over a restart")
    func timers() async throws {
        let project = try TestProject()
        let run = try await project.start(
            #"""
            inputs: {ledger: {type: string}}
            nodes:
              again:
                retry: {max_attempts: 2, delay: 1500ms}
                with: {ledger: "${{ inputs.ledger }}"}
                run: |
                  echo x >> "$FLOW_WITH_LEDGER"
                  [ "$FLOW_ATTEMPT" -ge 2 ]
              pause: {wait: 1500ms}
            """#, inputs: ["ledger": .string(project.file("ledger"))])
        try await run.awaitEvent("the failure") { if case .nodeFailed = $0 { true } else { false } }
        await project.close()
        try await run.resume()
        #expect(try await run.outcome() == .ended(.succeeded, reason: nil))
        let retryAt = try #require(try await run.failures(of: "again").first?.retryAt)
        var second: Timestamp?
        var until: Timestamp?
        for recorded in try await run.events {
            switch recorded.event {
            case .nodeStarted("again", 2): second = recorded.at
            case .nodeWaiting(_, _, .until(let moment)): until = moment
            default: break
            }
        }
        #expect(try #require(second).since(retryAt).count >= 0)
        #expect(try #require(second).since(retryAt).count < 10_000)
        #expect(try await run.succeeded("pause") >= #require(until))
        #expect(project.lines("ledger").count >= 2)
        await project.close()
    }

    @Test("A cancellation ends what runs; a run that has ended takes no more commands")
    func cancel() async throws {
        let project = try TestProject()
        let run = try await start(project)
        try await run.send(.cancel(reason: "no need"), by: "ada")
        #expect(try await run.outcome() == .ended(.cancelled, reason: "no need"))
        #expect(try await run.statuses() == ["one": .succeeded, "two": .cancelled, "three": .cancelled])
        for request in [RunCommand.Request.pause, .resume, .cancel(reason: ""), .approve(node: "two", comment: nil)] {
            let error = await #expect(throws: EngineError.self) { try await run.send(request) }
            #expect(error?.code == .refused, "\(request)")
        }
        let before = try await run.events.count
        try await run.resume()
        #expect(try await run.outcome() == .ended(.cancelled, reason: "no need"))
        #expect(try await run.events.count == before)
        await project.close()
    }

    @Test("A run that nobody works on can be cancelled; its `finally` runs")
    func cancelLeft() async throws {
        let project = try TestProject()
        let run = try await start(project, held + "\nfinally: {last: {run: echo last >> \"$LEDGER\"}}")
        await project.close()
        try await run.send(.cancel(reason: "left"))
        #expect(try await run.outcome() == .ended(.cancelled, reason: "left"))
        #expect(project.lines("ledger") == ["one", "two", "last"])
        await project.close()
    }

    @Test("What is unknown is said to be")
    func unknown() async throws {
        let project = try TestProject()
        let engine = try await project.engine()
        for command in [RunCommand.Request.pause, .cancel(reason: "")] {
            let error = await #expect(throws: EngineError.self) {
                try await engine.send(RunCommand(run: "nosuchrun000", by: "x", request: command))
            }
            #expect(error?.code == .noSuchRun)
        }
        let error = await #expect(throws: EngineError.self) { try await engine.resume("nosuchrun000") }
        #expect(error?.code == .noSuchRun)
        await project.close()
    }

    @Test("An engine that is closed refuses what comes; to close it twice is no harm")
    func closed() async throws {
        let project = try TestProject()
        let workflow = try await project.load("nodes: {a: {run: \"true\"}}")
        let engine = try await project.engine()
        await project.close()
        await engine.close()
        await #expect(throws: EngineError.self) { _ = try await engine.start(workflow, inputs: JSONObject()) }
    }

    @Test("Nothing keeps a closed engine in memory")
    func released() async throws {
        let temporary = try TemporaryDirectory()
        let held = WeakEngine()
        do {
            let project = try TestProject(store: temporary.file("store"))
            try project.write("child.yaml", "flow: 1\nname: child\nnodes: {gate: {approval: \"Go on?\"}}\n")
            held.engine = try await project.engine()
            let run = try await project.run(
                "files: [child.yaml]\nnodes: {sub: {workflow: child.yaml}, pause: {wait: 1ms}, a: {run: \"true\"}}")
            #expect(try await run.outcome() == .waiting(nodes: ["sub/gate"]))
            await project.close()
        }
        #expect(try await eventually { held.engine == nil })
    }

    @Test("Who resumes a run sees its events, even if the run was loaded before without anybody looking")
    func observer() async throws {
        let project = try TestProject()
        let run = try await project.run("nodes: {gate: {approval: \"Go on?\"}}")
        await project.close()
        let engine = try await project.engine()
        _ = try await engine.outcome(of: run.id)
        let recorder = RunRecorder()
        try await engine.resume(run.id, observer: recorder)
        try await run.send(.approve(node: "gate", comment: nil))
        #expect(try await run.end() == .succeeded)
        #expect(recorder.events.contains { if case .nodeSucceeded = $0.event { true } else { false } })
        await project.close()
    }

    @Test("An answer to a run that nobody works on is kept and starts nothing")
    func answerLeft() async throws {
        let project = try TestProject()
        let run = try await project.run(
            #"""
            inputs: {ledger: {type: string}}
            nodes:
              gate: {approval: "Go on?"}
              pause: {wait: 1ms}
              after:
                needs: [gate]
                with: {ledger: "${{ inputs.ledger }}"}
                run: echo after >> "$FLOW_WITH_LEDGER"
            """#, inputs: ["ledger": .string(project.file("ledger"))])
        #expect(try await run.outcome() == .waiting(nodes: ["gate"]))
        await project.close()
        try await run.send(.approve(node: "gate", comment: nil))
        #expect(try await run.outcome() == .stopped)
        await project.close()
        #expect(project.lines("ledger").isEmpty)
        try await run.resume()
        #expect(try await run.outcome() == .ended(.succeeded, reason: nil))
        #expect(project.lines("ledger") == ["after"])
        await project.close()
    }

    @Test("100 runs one after the other leave no executors behind, and their outputs can still be read")
    func many() async throws {
        let project = try TestProject()
        let engine = try await project.engine()
        var first: TestRun?
        for _ in 0..<100 {
            let run = try await project.run(
                "outputs: {x: {value: \"${{ nodes.a.outputs.x }}\"}}\nnodes: {a: {set: {x: 1}}}")
            first = first ?? run
        }
        #expect(engine.executorCount <= 64)
        #expect(try await first?.outputs["x"] == 1)
        #expect(try await first?.outcome() == .ended(.succeeded, reason: nil))
        await project.close()
    }
}
