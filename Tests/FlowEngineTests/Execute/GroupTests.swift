// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

@testable import FlowEngine

@Suite struct GroupTests {
    private func text(_ conflict: String, _ work: String = "sleep 0.2") -> String {
        """
        inputs: {who: {type: string, default: a}}
        concurrency: {group: "g-${{ inputs.who }}", on_conflict: \(conflict)}
        nodes: {work: {run: "\(work)"}}
        """
    }

    @Test("Runs of one group wait for each other in the order of coming; those of another do not")
    func queue() async throws {
        let project = try TestProject()
        let first = try await project.start(text("queue"))
        let second = try await project.start(text("queue"))
        let third = try await project.start(text("queue"))
        let other = try await project.start(text("queue"), inputs: ["who": "b"])
        for run in [first, second, third, other] {
            #expect(try await project.engine().outcome(of: run.id) == .ended(.succeeded, reason: nil))
        }
        func moments(_ run: TestRun) async throws -> (start: Timestamp, end: Timestamp) {
            let events = try await run.events
            let start = try #require(events.first { $0.event.typeName == "node_started" })
            return (start.at, try #require(events.last).at)
        }
        #expect(try await moments(second).start >= moments(first).end)
        #expect(try await moments(third).start >= moments(second).end)
        #expect(try await moments(other).start < moments(first).end)
        await project.close()
    }

    @Test("A newer run cancels the older, or is refused")
    func cancelsOrFails() async throws {
        let project = try TestProject()
        let first = try await project.start(text("fail", "sleep 30"))
        do {
            _ = try await project.start(text("fail"))
            Issue.record("the second run was taken")
        } catch let error as EngineError {
            #expect(error.code == .refused && error.description.contains(first.id))
        }
        let second = try await project.start(text("cancel"))
        #expect(try await project.engine().outcome(of: second.id) == .ended(.succeeded, reason: nil))
        guard case .ended(.cancelled, _) = try await project.engine().outcome(of: first.id) else {
            Issue.record("the first run was not cancelled")
            return
        }
        await project.close()
    }

    @Test("A run of the group that nobody works on is named instead of waited for")
    func idle() async throws {
        let project = try TestProject()
        let first = try await project.start(text("queue", "sleep 30"))
        await project.close()
        do {
            _ = try await project.start(text("queue"))
            Issue.record("the second run was taken")
        } catch let error as EngineError {
            #expect(error.code == .refused && error.description.contains("flow resume \(first.id)"))
        }
        await project.close()
    }
}
