// SPDX-License-Identifier: Apache-2.0
import ChildProcess
import Glibc
import Testing

/// Nothing that a child starts outlives it, and nothing of ours leaks.
struct StrayTests {
    let processes = ChildProcesses()

    @Test func backgroundProcessesEndWithTheChild() async throws {
        let result = try await processes.run(shell("sleep 100 & echo $!"))
        #expect(result.isSuccess)
        #expect(!exists(try number(result.output)))
    }

    @Test(arguments: [
        // In a session of its own.
        "setsid sh -c 'echo $$; exec sleep 100' & sleep 0.1",
        // Forked twice, in a session of its own.
        "(setsid sh -c 'echo $$; exec sleep 100' & ) ; sleep 0.1",
        // The same, without environment.
        "(env -i /usr/bin/setsid sh -c 'echo $$; exec sleep 100' & ) ; sleep 0.1",
        // Deaf to all that can be ignored.
        "(setsid sh -c 'trap \"\" TERM HUP INT; echo $$; while :; do sleep 1; done' & ) ; sleep 0.1",
        // With a child of its own in another session.
        "(setsid sh -c 'setsid sh -c \"echo \\$\\$; exec sleep 100\" & sleep 100' & ) ; sleep 0.1",
    ])
    func detachedProcessesEndWithTheChild(script: String) async throws {
        let result = try await processes.run(shell(script))
        #expect(result.isSuccess)
        let pid = try number(result.output)
        #expect(!exists(pid))
        #expect(result.wallTime < .seconds(5))
    }

    @Test func aNakedProcessEndsWithItsChildWhileOlderOnesRun() async throws {
        let (stream, ready) = AsyncStream.makeStream(of: Void.self)
        let older = processes
        let running = Task { try await older.run(shell("sleep 100"), started: { _ in ready.yield() }) }
        for await _ in stream { break }
        let result = try await processes.run(
            shell("(env -i /usr/bin/setsid sh -c 'echo $$; exec sleep 100' & ) ; sleep 0.1"))
        #expect(result.isSuccess)
        #expect(result.straysKilled == 1)
        #expect(!exists(try number(result.output)))
        running.cancel()
        #expect(try await running.value.ending == .cancelled)
    }

    @Test func grandchildHoldingThePipeDoesNotDelayTheEnd() async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let result = try await processes.run(shell("echo said; setsid sleep 100 & exit 6"))
        #expect(result.ending == .exited(6))
        #expect(result.output.collected == Array("said\n".utf8))
        #expect(clock.now - start < .seconds(5))
    }

    @Test func orphansOfARunningChildAreLeftAlone() async throws {
        // The orphan outlives sweeps made for other children.
        let script = "(setsid sh -c 'sleep 0.3; echo survived' & ) ; sleep 0.6"
        async let orphan = processes.run(shell(script))
        for _ in 0..<10 { _ = try await processes.run(shell("sleep 0.03")) }
        #expect(try await orphan.output.collected == Array("survived\n".utf8))
    }

    @Test func manyChildrenAtOnce() async throws {
        let processes = processes
        let clock = ContinuousClock()
        let start = clock.now
        try await withThrowingTaskGroup(of: ChildResult.self) { group in
            var started = 0
            for _ in 0..<50 {
                group.addTask { try await processes.run(shell("sleep 0.1")) }
                started += 1
            }
            for try await result in group {
                #expect(result.isSuccess)
                guard started < 200 else { continue }
                group.addTask { try await processes.run(shell("sleep 0.1")) }
                started += 1
            }
        }
        #expect(clock.now - start < .seconds(10))
    }

    @Test func nothingLeaks() async throws {
        let processes = processes
        func runSome(_ count: Int) async throws -> [Int32] {
            var pids: [Int32] = []
            for index in 0..<count {
                var command = shell(index % 3 == 0 ? "setsid sleep 100 &" : "true")
                if index % 2 == 0 { command.input = .bytes([1, 2, 3]) }
                pids.append(try #require(try await processes.run(command).identity).pid)
                command.directory = "/no/such/folder"
                await #expect(throws: SpawnError.self) { try await processes.run(command) }
            }
            return pids
        }
        _ = try await runSome(5)
        let pids = try await runSome(100)
        // Other tests run in the same process, so what is counted is not ours alone: far less than one per child.
        #expect(openDescriptors() < 100 + 50 * 6)
        #expect(pids.filter { ProcessTable.startTime(of: $0) != nil && getpgid($0) == $0 } == [])
    }

    private func openDescriptors() -> Int {
        (0..<2000).count { fcntl($0, F_GETFD) >= 0 }
    }
}
