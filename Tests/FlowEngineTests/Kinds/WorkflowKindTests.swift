// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import Testing

@testable import FlowEngine

@Suite struct WorkflowKindTests {
    /// A project whose `child.yaml` has these nodes.
    private func project(_ child: String) throws -> TestProject {
        let project = try TestProject()
        try project.write("child.yaml", "flow: 1\nname: child\n" + child + "\n")
        return project
    }

    /// The id of the run that a node waits for.
    private func child(_ run: TestRun, of node: String = "sub") async throws -> String {
        for recorded in try await run.events {
            if case .nodeWaiting(node, _, .run(let child)) = recorded.event { return child }
        }
        throw TookTooLong(description: "`\(node)` has started no run")
    }

    @Test("A sub-workflow gets its inputs and gives its outputs, as a run of its own")
    func success() async throws {
        let project = try project(
            """
            inputs: {n: {type: integer, required: true}}
            outputs: {twice: {value: "${{ nodes.a.outputs.x }}"}}
            nodes: {a: {set: {x: "${{ inputs.n * 2 }}"}}}
            """)
        let run = try await project.run(
            """
            files: [child.yaml]
            nodes:
              sub:
                workflow: child.yaml
                foreach: {items: [1, 2, 3]}
                with: {n: "${{ item }}"}
            """)
        #expect(try await run.output("sub", "twice") == [2, 4, 6])
        let child = try await child(run, of: "sub[1]")
        #expect(try await run.reader.summary(of: child)?.status == .succeeded)
        let work = FilePath.join(RunLayout(folder: project.store).run(run.id), "work")
        #expect(try project.files(below: work).isEmpty)
        #expect(!File.exists(RunLayout(folder: project.store).work("sub[1]", attempt: 1, of: run.id)))
        await project.close()
    }

    @Test("A sub-workflow that fails, or inputs that do not fit fails its node")
    func failure() async throws {
        let project = try project("inputs: {x: {type: integer, max: 9}}\nnodes: {a: {run: exit 1}}")
        let run = try await project.run(
            """
            files: [child.yaml]
            inputs: {name: {type: string, default: x}}
            nodes:
              sub: {workflow: child.yaml}
              misfit: {workflow: child.yaml, with: {x: 10}}
            """)
        #expect(try await run.failure(of: "sub").reason == .child)
        #expect(try await run.failure(of: "sub").message.contains("node `a` failed"))
        #expect(try await run.failure(of: "misfit").reason == .badData)
        await project.close()
    }

    @Test("A cancellation reaches the run of a sub-workflow, and its programs")
    func cancel() async throws {
        let project = try project("nodes: {a: {run: touch started; echo there; sleep 60}}")
        let run = try await project.start("files: [child.yaml]\nnodes: {sub: {workflow: child.yaml}}")
        try await run.awaitEvent("the child") { if case .nodeWaiting = $0 { true } else { false } }
        let child = try await child(run)
        let folder = RunLayout(folder: project.store).work("a", attempt: 1, of: child)
        #expect(try await eventually { File.exists(FilePath.join(folder, "started")) })
        try await run.send(.cancel(reason: "enough"))
        #expect(try await run.outcome() == .ended(.cancelled, reason: "enough"))
        #expect(try await run.status(of: "sub") == .cancelled)
        #expect(try await run.reader.summary(of: child)?.status == .cancelled)
        await project.close()
    }

    @Test("The same question asked again is waited for again, however deep it lies")
    func repeatedApproval() async throws {
        let project = try project(
            """
            outputs: {word: {value: "${{ nodes.gate.outputs.comment }}"}}
            nodes: {gate: {approval: "Go on?"}}
            """)
        try project.write(
            "middle.yaml",
            """
            flow: 1
            name: middle
            files: [child.yaml]
            outputs: {word: {value: "${{ nodes.inner.outputs.word }}"}}
            nodes:
              inner:
                workflow: child.yaml
                repeat: {until: "${{ outputs.word == 'enough' }}", max: 40}

            """)
        let run = try await project.start("files: [child.yaml, middle.yaml]\nnodes: {sub: {workflow: middle.yaml}}")
        for _ in 0..<20 {
            #expect(
                try await within(30, "the question") { try await run.outcome() }
                    == .waiting(nodes: ["sub/inner/gate"]))
            try await run.send(.approve(node: "sub/inner/gate", comment: "more"), by: "ada")
        }
        #expect(try await within(30, "the last one") { try await run.outcome() } == .waiting(nodes: ["sub/inner/gate"]))
        try await run.send(.approve(node: "sub/inner/gate", comment: "enough"), by: "ada")
        #expect(try await run.end() == .succeeded)
        await project.close()
    }

    @Test("What a sub-workflow asks is what its parent waits for")
    func approval() async throws {
        let project = try project(
            """
            outputs: {by: {value: "${{ nodes.gate.outputs.by }}"}}
            nodes: {gate: {approval: "Go on?"}, again: {needs: [gate], approval: "Really?"}}
            """)
        try project.write(
            "middle.yaml", "flow: 1\nname: middle\nfiles: [child.yaml]\nnodes: {inner: {workflow: child.yaml}}\n")
        let run = try await project.start(
            "files: [child.yaml, middle.yaml]\nnodes: {sub: {workflow: middle.yaml}, beside: {run: \"true\"}}")
        #expect(try await run.outcome() == .waiting(nodes: ["sub/inner/gate"]))
        try await run.send(.approve(node: "sub/inner/gate", comment: nil), by: "ada")
        // Nobody is told of the old question any more.
        #expect(
            try await within(30, "the second question") { try await run.outcome() }
                == .waiting(nodes: ["sub/inner/again"]))
        await #expect(throws: EngineError.self) {
            try await run.send(.approve(node: "sub/inner/gate", comment: nil), by: "ada")
        }
        #expect(try await within(30, "it again") { try await run.outcome() } == .waiting(nodes: ["sub/inner/again"]))
        // The same after another engine has opened the store.
        await project.close()
        try await run.resume()
        #expect(try await run.outcome() == .waiting(nodes: ["sub/inner/again"]))
        try await run.send(.approve(node: "sub/inner/again", comment: nil), by: "ada")
        #expect(try await run.end() == .succeeded)
        await project.close()
    }

    @Test("A run and that of its sub-workflow go on after the engine has ended; what had ended does not run again")
    func reopened() async throws {
        let project = try project(
            #"""
            inputs: {out: {type: string}}
            nodes:
              one: {with: {out: "${{ inputs.out }}"}, run: echo one >> "$FLOW_WITH_OUT"}
              two:
                needs: [one]
                with: {out: "${{ inputs.out }}"}
                run: |
                  echo two >> "$FLOW_WITH_OUT"
                  [ -e "$FLOW_WITH_OUT.go" ] || sleep 60
            """#)
        let run = try await project.start(
            """
            files: [child.yaml]
            inputs: {out: {type: string}}
            nodes: {sub: {workflow: child.yaml, with: {out: "${{ inputs.out }}"}}}
            """, inputs: ["out": .string(project.file("ledger"))])
        #expect(try await eventually { project.lines("ledger") == ["one", "two"] })
        await project.close()
        try project.write("ledger.go", "")
        #expect(try await run.status(of: "sub") == .waiting)
        try await run.resume()
        #expect(try await run.outcome() == .ended(.succeeded, reason: nil))
        #expect(project.lines("ledger") == ["one", "two", "two"])
        await project.close()
    }

    @Test("A workflow that runs itself ends with a failure, not with a full disk")
    func recursion() async throws {
        // What an expression gives is not known when the workflow is compiled.
        let project = try project(
            """
            files: [child.yaml]
            inputs: {f: {type: string, default: child.yaml}}
            nodes: {again: {workflow: "${{ inputs.f }}"}}
            """)
        let run = try await project.run("files: [child.yaml]\nnodes: {sub: {workflow: child.yaml}}")
        #expect(try await run.failure(of: "sub").reason == .child)
        let runs = try await run.reader.runs(RunQuery(limit: 1000))
        #expect(runs.count < 40)
        await project.close()
    }
}
