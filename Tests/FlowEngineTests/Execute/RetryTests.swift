// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FileSystem
import FlowCore
import Testing

@testable import FlowEngine

@Suite struct RetryTests {
    @Test("The waits between attempts grow as the policy says, and stand in the log")
    func delays() async throws {
        let project = try TestProject()
        let run = try await project.run(
            "nodes: {a: {run: exit 1, retry: {max_attempts: 4, delay: 20ms, factor: 3, max_delay: 100ms}}}")
        let failures = try await run.failures(of: "a")
        #expect(failures.map { $0.retryAt?.since($0.at).count } == [20, 60, 100, nil])
        var starts: [Timestamp] = []
        for recorded in try await run.events {
            if case .nodeStarted = recorded.event { starts.append(recorded.at) }
        }
        #expect(starts.count == 4)
        for (failure, start) in zip(failures, starts.dropFirst()) {
            let late = try #require(failure.retryAt).since(start).count
            #expect(late <= 0 && late > -10_000, "started \(-late) ms after the time")
        }
        await project.close()
    }

    @Test(
        "Only the failures that the policy names are tried again",
        arguments: [
            ("on: [timeout]", 1), ("on: [exit_code]", 2), ("unless: [exit_code]", 1), ("unless: [timeout]", 2),
        ])
    func classes(_ policy: String, _ attempts: Int) async throws {
        let project = try TestProject()
        let run = try await project.run(
            "nodes: {a: {run: exit 1, retry: {max_attempts: 2, delay: 0s, \(policy)}}}")
        #expect(try await run.failures(of: "a").count == attempts)
        await project.close()
    }

    @Test("No attempt begins after the limit of the whole")
    func maxTotal() async throws {
        let project = try TestProject()
        let run = try await project.run(
            "nodes: {a: {run: exit 1, retry: {max_attempts: 50, delay: 40ms, factor: 1, max_total: 100ms}}}")
        #expect((1...3).contains(try await run.failures(of: "a").count))
        await project.close()
    }

    @Test("A time limit ends the whole group, also what ignores SIGTERM and what opened a session of its own")
    func timeout() async throws {
        let project = try TestProject()
        let run = try await project.run(
            #"""
            inputs: {out: {type: string}}
            nodes:
              a:
                timeout: 700ms
                grace: 200ms
                with: {out: "${{ inputs.out }}"}
                run: |
                  trap '' TERM
                  setsid sh -c 'trap "" TERM; echo $$ >> "$1"; while true; do sleep 1; done' x "$FLOW_WITH_OUT" &
                  echo $$ >> "$FLOW_WITH_OUT"
                  echo "last words" >&2
                  while true; do sleep 1; done
            """#, inputs: ["out": .string(project.file("pids"))])
        let failure = try await run.failure(of: "a")
        #expect(failure.reason == .timeout && failure.message.contains("700ms"), "\(failure)")
        #expect(failure.excerpt == "last words")
        let pids = project.lines("pids").compactMap { Int32($0) }
        #expect(pids.count == 2)
        #expect(try await eventually { pids.allSatisfy { ProcessTable.startTime(of: $0) == nil } })
        await project.close()
    }

    @Test("A program that says nothing for too long is ended; one that speaks is not")
    func idle() async throws {
        let project = try TestProject()
        let run = try await project.run(
            #"""
            nodes:
              silent: {run: sleep 60, idle_timeout: 300ms, on_failure: continue}
              talks:
                idle_timeout: 1500ms
                run: |
                  for i in 1 2 3 4; do sleep 0.1; echo $i; done
            """#)
        #expect(try await run.failure(of: "silent").reason == .idleTimeout)
        #expect(try await run.status(of: "talks") == .succeeded)
        await project.close()
    }
}
