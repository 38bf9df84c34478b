// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import FlowTesting
import Testing

@testable import FlowEngine

/// What an engine makes of a store whose last engine ended without a word: a copy made while a run went on.
@Suite struct RecoveryTests {
    private static func workflow(_ keys: String) -> String {
        #"""
        inputs: {ledger: {type: string}}
        env: {LEDGER: "${{ inputs.ledger }}"}
        nodes:
          one: {run: echo one >> "$LEDGER"}
          two:
            needs: [one]
            grace: 5s
            \#(keys)
            run: |
              trap '' TERM
              echo two >> "$LEDGER"
              while [ ! -e "$LEDGER.go" ]; do sleep 0.02; done
          three: {needs: [two], run: echo three >> "$LEDGER"}
        finally: {last: {run: echo last >> "$LEDGER"}}
        """#
    }

    private func copy(_ from: String, to: String) throws {
        try File.createDirectory(to)
        for entry in try File.list(from) where entry.name != "owner.lock" {
            let (source, target) = (FilePath.join(from, entry.name), FilePath.join(to, entry.name))
            switch entry.kind {
            case .directory: try copy(source, to: target)
            case .file: try File.write(try File.read(source, limit: 1 << 28), to: target)
            default: break
            }
        }
    }

    /// Starts a run, brings it into its second node, does something to it, and gives it as a crash leaves it there.
    private func crashed(
        _ keys: String, then body: (TestRun) async throws -> Void = { _ in }
    ) async throws -> (project: TestProject, run: TestRun) {
        let project = try TestProject()
        let run = try await project.start(
            Self.workflow(keys), inputs: ["ledger": .string(project.file("ledger"))])
        try #require(try await eventually { project.lines("ledger") == ["one", "two"] })
        try await body(run)
        let other = try TestProject(store: project.file("copy"))
        try copy(project.store, to: other.store)
        try project.write("ledger.go", "")
        // Ends the original too; both write into the same ledger, so only what the copy says is looked at.
        await project.close()
        return (project, TestRun(project: try TestProject(store: other.store), id: run.id, recorder: RunRecorder()))
    }

    @Test("An attempt that a crash cut off is noted and runs again")
    func rerun() async throws {
        let (original, run) = try await crashed("priority: 0")
        #expect(try await run.status(of: "two") == .interrupted)
        #expect(try await run.status == .queued)
        try await run.resume()
        #expect(try await run.outcome() == .ended(.succeeded, reason: nil))
        #expect(try await run.reader.summary(of: run.id)?.interruptions == 1)
        await run.project.close()
        _ = original
    }

    @Test("Where it must not run twice, it fails instead")
    func fail() async throws {
        let (original, run) = try await crashed("on_interrupt: fail")
        try await run.resume()
        #expect(try await run.outcome() == .ended(.failed, reason: "node `two` failed"))
        #expect(try await run.failure(of: "two").reason == .interrupted)
        #expect(try await run.status(of: "last") == .succeeded)
        await run.project.close()
        _ = original
    }

    @Test("A cancellation that a crash cut short is carried out")
    func cancelled() async throws {
        let (original, run) = try await crashed("priority: 0") { run in
            try await run.send(.cancel(reason: "enough"))
        }
        try await run.resume()
        #expect(try await run.outcome() == .ended(.cancelled, reason: "enough"))
        #expect(
            try await run.statuses() == [
                "one": .succeeded, "two": .cancelled, "three": .cancelled, "last": .succeeded,
            ])
        await run.project.close()
        _ = original
    }

    @Test("A paused run stays paused, its attempts noted as interrupted")
    func paused() async throws {
        let (original, run) = try await crashed("priority: 0") { run in try await run.send(.pause) }
        #expect(try await run.status(of: "two") == .interrupted)
        #expect(try await run.status == .paused)
        #expect(try await run.outcome() == .paused)
        try await run.resume()
        #expect(try await run.outcome() == .ended(.succeeded, reason: nil))
        await run.project.close()
        _ = original
    }
}
