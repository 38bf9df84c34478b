// SPDX-License-Identifier: Apache-2.0
import ChildProcess
import Glibc
import Testing

/// Children that have to stop, stop; and nothing of them is left.
struct StopTests {
    let processes = ChildProcesses()

    /// Runs until the child has written something, then cancels.
    private func runAndCancel(_ command: ChildCommand) async throws -> ChildResult {
        let (stream, ready) = AsyncStream.makeStream(of: Void.self)
        var command = command
        command.output.onChunk = { _ in ready.yield() }
        let running = Task { [processes, command] in try await processes.run(command) }
        for await _ in stream { break }
        running.cancel()
        return try await running.value
    }

    @Test func cancellationEndsTheGroup() async throws {
        let result = try await runAndCancel(shell("sleep 100 & echo $! ; wait"))
        #expect(result.ending == .cancelled)
        #expect(result.status == .signalled(SIGTERM, coreDumped: false))
        #expect(!exists(try number(result.output)))
        #expect(!exists(try #require(result.identity).pid))
    }

    @Test func cancelledTasksStartNothing() async throws {
        let running = Task { [processes] in
            withUnsafeCurrentTask { $0?.cancel() }
            return try await processes.run(shell("echo started"), started: { _ in Issue.record("it started") })
        }
        let result = try await running.value
        #expect(result.ending == .cancelled)
        #expect(result.status == nil)
    }

    @Test func whoIgnoresTerminationIsKilledAfterTheGrace() async throws {
        var command = shell("trap '' TERM; echo ready; while :; do sleep 0.01; done")
        command.grace = .milliseconds(100)
        let result = try await runAndCancel(command)
        #expect(result.ending == .cancelled)
        #expect(result.status == .signalled(SIGKILL, coreDumped: false))
        #expect(result.wallTime >= .milliseconds(100))
        #expect(result.wallTime < .seconds(10))
    }

    @Test func stoppedProcessesEndToo() async throws {
        let result = try await runAndCancel(shell("echo ready; kill -STOP $$"))
        #expect(result.status == .signalled(SIGTERM, coreDumped: false))
    }

    @Test func graceHoldsForTheWholeGroup() async throws {
        // The shell goes at once; the other process needs a moment to clean up and is given it.
        let script = """
            (trap 'sleep 0.1; echo cleaned; exit' TERM; echo ready; while :; do sleep 0.01; done) &
            trap 'exit 9' TERM; wait
            """
        let result = try await runAndCancel(shell(script))
        #expect(result.ending == .cancelled)
        #expect(result.status == .exited(9))
        #expect(String(decoding: result.output.collected, as: UTF8.self) == "ready\ncleaned\n")
    }

    @Test func timeout() async throws {
        var command = shell("sleep 100")
        command.timeout = .milliseconds(50)
        let result = try await processes.run(command)
        #expect(result.ending == .timedOut)
        #expect(result.status == .signalled(SIGTERM, coreDumped: false))
        #expect(result.wallTime >= .milliseconds(50))
        #expect(result.wallTime < .seconds(10))
    }

    @Test func idleTimeoutCountsFromTheLastOutput() async throws {
        var command = shell("for i in 1 2 3 4; do sleep 0.1; echo $i; done >&2; sleep 100")
        command.idleTimeout = .milliseconds(300)
        let result = try await processes.run(command)
        #expect(result.ending == .idleTimedOut)
        #expect(result.errorOutput.collected == Array("1\n2\n3\n4\n".utf8))
        #expect(result.wallTime >= .milliseconds(600))
    }

    @Test func zeroGraceKillsAtOnce() async throws {
        var command = shell("trap 'echo no' TERM; sleep 100")
        command.timeout = .milliseconds(50)
        command.grace = .zero
        let result = try await processes.run(command)
        #expect(result.ending == .timedOut)
        #expect(result.status == .signalled(SIGKILL, coreDumped: false))
    }

    @Test func terminateAllWaitsUntilAllAreGone() async throws {
        let processes = processes
        await processes.terminateAll(grace: .zero)
        let (stream, ready) = AsyncStream.makeStream(of: Int32.self)
        try await withThrowingTaskGroup(of: ChildResult.self) { group in
            for _ in 0..<5 {
                group.addTask {
                    try await processes.run(shell("trap '' TERM; sleep 100"), started: { ready.yield($0.pid) })
                }
            }
            var pids: [Int32] = []
            for await pid in stream {
                pids.append(pid)
                if pids.count == 5 { break }
            }
            await processes.terminateAll(grace: .milliseconds(50))
            #expect(pids.filter(exists) == [])
            for try await result in group { #expect(result.ending == .cancelled) }
        }
    }
}
