// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

@testable import FlowEngine

@Suite struct OrderTests {
    private func sleepers(_ count: Int) -> String {
        "nodes:\n" + (1...count).map { "  n\($0): {run: sleep 0.4}\n" }.joined()
    }

    /// The most attempts that ran at the same time, by the log.
    private func mostAtOnce(_ events: [RecordedEvent]) -> Int {
        var running = 0
        var most = 0
        for recorded in events {
            switch recorded.event {
            case .nodeStarted: running += 1
            case .nodeSucceeded, .nodeFailed, .nodeCancelled: running -= 1
            default: break
            }
            most = max(most, running)
        }
        return most
    }

    @Test(
        "What is ready runs at the same time, as far as there are slots", arguments: [(3, 3, 1), (6, 3, 2), (3, 1, 3)])
    func slots(_ nodes: Int, _ slots: Int, _ rounds: Int) async throws {
        let project = try TestProject(slots: slots)
        let run = try await project.run(sleepers(nodes))
        let events = try await run.events
        #expect(try await run.status == .succeeded)
        #expect(mostAtOnce(events) == slots)
        let first = try await run.started("n1")
        let took = try #require(events.last).at.since(first).count
        var each: Int64 = 0
        for node in 1...nodes {
            each += try await run.succeeded("n\(node)").since(run.started("n\(node)")).count / Int64(nodes)
        }
        // In units of what a node took, since the machine may have other things to do.
        #expect(took >= 400 * Int64(rounds) - 10)
        #expect(took < each * Int64(rounds) + each / 2, "\(took) ms for \(rounds) rounds of \(each) ms")
        await project.close()
    }

    @Test("A slow node does not hold up what is ready on another path")
    func noBarrier() async throws {
        let project = try TestProject()
        let run = try await project.run(
            """
            inputs: {go: {type: string}}
            nodes:
              slow:
                with: {go: "${{ inputs.go }}"}
                run: |
                  while [ ! -e "$FLOW_WITH_GO" ]; do sleep 0.02; done
              a: {run: "true"}
              b: {needs: [a], run: "true"}
              c:
                needs: [b]
                with: {go: "${{ inputs.go }}"}
                run: touch "$FLOW_WITH_GO"
              both: {needs: [slow, c], run: "true"}
            """, inputs: ["go": .string(project.file("go"))])
        #expect(try await run.status == .succeeded)
        #expect(try await run.succeeded("b") <= run.succeeded("slow"))
        #expect(try await run.started("c") <= run.succeeded("slow"))
        await project.close()
    }

    @Test("With one slot nodes run one after the other: by priority, then the longest chain, then as written")
    func priorities() async throws {
        let project = try TestProject()
        let run = try await project.run(
            """
            concurrency: {max_parallel: 1}
            nodes:
              plain: {run: "true"}
              low: {run: "true", priority: -1}
              chain: {run: "true"}
              end: {needs: [chain], run: "true"}
              high: {run: "true", priority: 5}
            """)
        let order = try await run.events.compactMap { recorded -> String? in
            if case .nodeStarted(let node, _) = recorded.event { node } else { nil }
        }
        #expect(order == ["high", "chain", "plain", "end", "low"])
        #expect(mostAtOnce(try await run.events) == 1)
        await project.close()
    }

    @Test("The person's choice of parallelism wins over the workflow's")
    func option() async throws {
        let project = try TestProject()
        let run = try await project.run(
            "concurrency: {max_parallel: 4}\nnodes: {a: {run: sleep 0.05}, b: {run: sleep 0.05}}",
            options: RunOptions(maxParallel: 1))
        #expect(mostAtOnce(try await run.events) == 1)
        await project.close()
    }
}
