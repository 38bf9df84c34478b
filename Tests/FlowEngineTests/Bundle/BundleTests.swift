// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import FlowTesting
import Testing

@testable import FlowEngine

/// Runs that go from one store to another in a file.
@Suite struct BundleTests {
    /// A file input, kept files, a large value, a fan-out, a secret and an agentless chain.
    static let workflow = #"""
        inputs: {data: {type: file}, n: {type: integer, default: 2}}
        secrets: {TOKEN: {from: env}}
        outputs: {sum: {value: "${{ nodes.sum.outputs.sum }}"}}
        nodes:
          read:
            with: {data: "${{ inputs.data }}"}
            env: {TOKEN: "${{ secrets.TOKEN }}"}
            run: |
              echo "the token is $TOKEN"
              cp "$FLOW_WITH_DATA" copy.txt
              echo "lines=$(wc -l < copy.txt)" >> "$FLOW_OUTPUT"
              printf 'big=%s\n' "$(head -c 40000 /dev/zero | tr '\0' x)" >> "$FLOW_OUTPUT"
            outputs: {lines: integer, big: string}
            artifacts: {copy: copy.txt}
          each:
            needs: [read]
            foreach: {items: [1, 2, 3], as: i}
            with: {i: "${{ i }}", n: "${{ inputs.n }}"}
            run: 'echo "v=$((FLOW_WITH_I * FLOW_WITH_N))" >> "$FLOW_OUTPUT"; echo "$FLOW_WITH_I" > one.txt'
            outputs: {v: integer}
            artifacts: {one: one.txt}
          sum:
            needs: [each]
            with: {file: "${{ nodes.read.artifacts.copy }}", v: "${{ sum(nodes.each.outputs.v) }}"}
            run: 'cat "$FLOW_WITH_FILE"; echo "sum=$((FLOW_WITH_V + $(wc -l < "$FLOW_WITH_FILE")))" >> "$FLOW_OUTPUT"'
            outputs: {sum: integer}
        """#

    static let secret = "s3cret-value-of-the-token"

    static func project() throws -> TestProject {
        try TestProject(environment: ["TOKEN": secret])
    }

    /// A project with a run and a branch of it, and the bundle of the branch.
    private func exported() async throws -> (project: TestProject, parent: TestRun, branch: String, path: String) {
        let project = try Self.project()
        let data = try project.write("data.txt", "one\ntwo\n")
        let parent = try await project.run(Self.workflow, inputs: ["data": .string(data)])
        #expect(try await parent.end() == .succeeded)
        let engine = try await project.engine()
        let reader = RunReader(store: engine.store, layout: engine.layout)
        let summary = try #require(try await reader.summary(of: parent.id))
        var inputs = try await reader.inputs(of: summary).0
        inputs["n"] = 5
        let branch = try await engine.derive(
            DerivedRun(
                parent: parent.id, kind: .branch, rerun: ["each", "sum"], name: "five", hypothesis: "five is more"),
            workflow: try await project.load(Self.workflow), inputs: inputs)
        _ = try await engine.end(of: branch)
        var place = try #require(try await reader.branch(branch))
        place.verdict = .supported
        place.conclusion = "it is"
        try await engine.note(place)
        place.isHead = true
        try await engine.note(place)
        let path = project.file("five.flowbundle")
        let bundle = try RunBundle.export(branch, from: project.store, to: path)
        #expect(bundle.runs == [parent.id, branch])
        #expect(try File.size(of: path) == bundle.bytes)
        return (project, parent, branch, path)
    }

    private func reader(_ project: TestProject) async throws -> RunReader {
        let engine = try await project.engine()
        return RunReader(store: engine.store, layout: engine.layout)
    }

    @Test func aBranchIsTheSameInTheOtherStoreAndGoesOnThere() async throws {
        let (project, parent, branch, path) = try await exported()
        let other = try Self.project()
        let accepted = try await other.engine().accept(bundle: path)
        #expect(accepted.added == [parent.id, branch] && accepted.known.isEmpty && accepted.notes.isEmpty)
        #expect(accepted.run.status == .succeeded)
        let (here, there) = (try await reader(project), try await reader(other))
        for run in [parent.id, branch] {
            #expect(try await there.events(of: run) == here.events(of: run))
            let (rows, others) = (try await here.nodes(of: run), try await there.nodes(of: run))
            #expect(rows.sorted { $0.node < $1.node } == others.sorted { $0.node < $1.node })
            #expect(try await there.summary(of: run) == here.summary(of: run))
        }
        #expect(try await there.branch(branch) == here.branch(branch))
        #expect(try await there.find("five").id == branch)
        // Inputs are found in this store.
        let summary = try #require(try await there.summary(of: branch))
        let inputs = try await there.inputs(of: summary).0
        let data = try #require(inputs["data"]?.stringValue)
        #expect(data.hasPrefix(other.store))
        #expect(try File.readText(data, limit: 100) == "one\ntwo\n")
        #expect(File.exists(RunLayout(folder: other.store).log("read", attempt: 1, of: parent.id)))
        // A branch from there: `read` is taken over, with its file.
        var changed = inputs
        changed["n"] = 7
        let next = try await other.engine().derive(
            DerivedRun(parent: branch, kind: .replay, rerun: ["each", "sum"]),
            workflow: try await other.load(Self.workflow), inputs: changed)
        #expect(try await other.engine().end(of: next).status == .succeeded)
        #expect(try await other.engine().outputs(of: next)["sum"] == 44)
        await other.close()
        let report = try StoreCheck.run(folder: other.store)
        #expect(report.isWhole, "\(report.problems)")
        await project.close()
    }

    @Test func theSameRunGivesTheSameBytesWhereverItLies() async throws {
        let (project, _, branch, path) = try await exported()
        let bytes = try File.read(path, limit: 1 << 24)
        let again = project.file("again.flowbundle")
        let first = try RunBundle.export(branch, from: project.store, to: again)
        #expect(try File.read(again, limit: 1 << 24) == bytes)
        let other = try Self.project()
        _ = try await other.engine().accept(bundle: path)
        let back = other.file("back.flowbundle")
        let second = try RunBundle.export(branch, from: other.store, to: back)
        #expect(try File.read(back, limit: 1 << 24) == bytes)
        #expect(first == second)
        await other.close()
        await project.close()
    }

    @Test func noSecretIsInABundle() async throws {
        let (project, parent, _, path) = try await exported()
        await project.close()
        let log = try File.readText(
            RunLayout(folder: project.store).log("read", attempt: 1, of: parent.id), limit: 1 << 16)
        #expect(log.contains("the token is ***"))
        let bytes = try File.read(path, limit: 1 << 24)
        #expect(bytes.firstRange(of: Array("the token is ***".utf8)) != nil)
        #expect(bytes.firstRange(of: Array(Self.secret.utf8)) == nil)
    }

    @Test func aRunThatIsThereAlreadyStaysAsItIs() async throws {
        let (project, parent, branch, path) = try await exported()
        let other = try Self.project()
        let engine = try await other.engine()
        _ = try await engine.accept(bundle: path)
        let before = try other.files(below: other.store).filter { !$0.contains("flow.db") }
        let again = try await engine.accept(bundle: path)
        #expect(again.added.isEmpty && again.known == [parent.id, branch])
        #expect(try other.files(below: other.store).filter { !$0.contains("flow.db") } == before)
        #expect(try await engine.store.branches(of: nil).count == 1)
        // Where it comes from it is known too.
        #expect(try await project.engine().accept(bundle: path).added.isEmpty)
        // Another run of the same id.
        var crafted = try CraftedBundle(path)
        var events = try crafted.events(1)
        events[events.count - 1].at = events[events.count - 1].at.advanced(by: Milliseconds(1))
        crafted.setEvents(events, 1)
        let forged = other.file("forged")
        try File.write(crafted.bytes, to: forged)
        let error = await #expect(throws: BundleError.self) { try await engine.accept(bundle: forged) }
        #expect(error?.code == .conflict)
        #expect(error?.description.contains("the store has another run \(branch)") == true)
        await other.close()
        await project.close()
    }

    @Test func aRunThatWaitsIsAnsweredInTheOtherStore() async throws {
        let project = try TestProject()
        let run = try await project.run(
            #"""
            nodes:
              a: {run: 'echo "x=1" >> "$FLOW_OUTPUT"', outputs: {x: integer}}
              gate: {needs: [a], approval: "go on with ${{ nodes.a.outputs.x }}?"}
              b: {needs: [gate], run: 'echo done'}
            """#)
        let path = project.file("waiting")
        _ = try RunBundle.export(run.id, from: project.store, to: path)
        await project.close()
        let other = try TestProject()
        let accepted = try await other.engine().accept(bundle: path)
        #expect(accepted.run.status == .waiting)
        let there = TestRun(project: other, id: run.id, recorder: RunRecorder())
        try await there.send(.approve(node: "gate", comment: "fine"))
        try await there.resume()
        #expect(try await there.end() == .succeeded)
        // The bundle has an earlier state of it now, and says nothing new.
        #expect(try await other.engine().accept(bundle: path).known == [run.id])
        // The other way round it is refused: a run is not changed by a file.
        let later = other.file("later")
        _ = try RunBundle.export(run.id, from: other.store, to: later)
        let error = await #expect(throws: BundleError.self) { try await project.engine().accept(bundle: later) }
        #expect(error?.description.contains("is here in an earlier state") == true)
        await other.close()
        await project.close()
        #expect(try StoreCheck.run(folder: other.store).isWhole)
    }

    @Test func aRunThatStillGoesOnIsResumedInTheOtherStore() async throws {
        let project = try TestProject()
        let text = #"""
            nodes:
              a: {run: 'echo "x=1" >> "$FLOW_OUTPUT"', outputs: {x: integer}}
              b: {needs: [a], run: 'echo b >> LEDGER; test -e GO || sleep 60'}
            """#.replacing("LEDGER", with: project.file("ledger")).replacing("GO", with: project.file("go"))
        let run = try await project.start(text)
        try await within(30, "the start of b") {
            while project.lines("ledger").isEmpty { try await Task.sleep(for: .milliseconds(20)) }
        }
        let path = project.file("going")
        // Beside the engine.
        _ = try RunBundle.export(run.id, from: project.store, to: path)
        let other = try TestProject()
        #expect(try await other.engine().accept(bundle: path).run.status == .running)
        await other.close()
        #expect(try StoreCheck.run(folder: other.store).isWhole)
        try project.write("go", "")
        let there = TestRun(project: other, id: run.id, recorder: RunRecorder())
        #expect(try await there.reader.nodes(of: run.id).map(\.status) == [.succeeded, .interrupted])
        try await there.resume()
        #expect(try await there.end() == .succeeded)
        #expect(project.lines("ledger") == ["b", "b"])
        await other.close()
        #expect(try StoreCheck.run(folder: other.store).isWhole)
        await project.close()
    }

    @Test func subWorkflowsComeWithTheirRuns() async throws {
        let project = try TestProject()
        try project.write(
            "inner.yaml",
            #"""
            flow: 1
            name: inner
            inputs: {n: {type: integer, required: true}}
            outputs: {file: {value: "${{ nodes.write.artifacts.text }}"}, n: {value: "${{ inputs.n * 2 }}"}}
            nodes:
              write: {run: 'echo inner > text.txt', artifacts: {text: text.txt}}
            """#)
        let text = #"""
            files: [inner.yaml]
            nodes:
              sub: {workflow: inner.yaml, with: {n: 4}}
              use:
                needs: [sub]
                with: {file: "${{ nodes.sub.outputs.file }}"}
                run: 'cat "$FLOW_WITH_FILE" > seen.txt; echo "n=1" >> "$FLOW_OUTPUT"'
                outputs: {n: integer}
                artifacts: {seen: seen.txt}
            """#
        let run = try await project.run(text)
        #expect(try await run.end() == .succeeded)
        let path = project.file("sub")
        let bundle = try RunBundle.export(run.id, from: project.store, to: path)
        #expect(bundle.runs.count == 2)
        await project.close()
        let other = try TestProject()
        #expect(try await other.engine().accept(bundle: path).added.count == 2)
        // The files of the first place are gone: what runs again reads those of this store.
        try File.removeTree(project.store)
        try other.write("inner.yaml", try File.readText(project.file("inner.yaml"), limit: 1 << 16))
        let next = try await other.engine().derive(
            DerivedRun(parent: run.id, kind: .replay, rerun: ["use"]), workflow: try await other.load(text),
            inputs: JSONObject())
        #expect(try await other.engine().end(of: next).status == .succeeded)
        await other.close()
        #expect(try StoreCheck.run(folder: other.store).isWhole)
    }

    @Test func namesAndHeadsOfTheOtherStoreStay() async throws {
        let (project, _, branch, path) = try await exported()
        let other = try Self.project()
        let data = try other.write("data.txt", "x\n")
        let run = try await other.run(Self.workflow, inputs: ["data": .string(data)])
        let engine = try await other.engine()
        let there = try await reader(other)
        let summary = try #require(try await there.summary(of: run.id))
        let own = try await engine.derive(
            DerivedRun(parent: run.id, kind: .branch, rerun: ["sum"], name: "five"),
            workflow: try await other.load(Self.workflow), inputs: try await there.inputs(of: summary).0)
        _ = try await engine.end(of: own)
        let accepted = try await engine.accept(bundle: path)
        #expect(accepted.notes == ["the name `five` belongs to run \(own) here; run \(branch) has none"])
        #expect(try await there.find("five").id == own)
        #expect(try await there.branch(branch)?.name == nil)
        #expect(try await there.branch(branch)?.isHead == true)
        await other.close()
        await project.close()
    }
}
