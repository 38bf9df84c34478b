// SPDX-License-Identifier: Apache-2.0
import ChildProcess
import Glibc
import Testing

/// How programs start, get their surroundings and end.
struct ChildProcessTests {
    let processes = ChildProcesses()

    @Test(arguments: [0, 1, 2, 126, 127, 255] as [Int32])
    func exitCodesArriveAsTheyAre(code: Int32) async throws {
        let result = try await processes.run(shell("exit \(code)"))
        #expect(result.ending == .exited(code))
        #expect(result.status == .exited(code))
        #expect(result.isSuccess == (code == 0))
    }

    @Test(arguments: [SIGTERM, SIGKILL, SIGSEGV, SIGHUP])
    func signalsAreReported(signal: Int32) async throws {
        let result = try await processes.run(shell("ulimit -c 0; kill -\(signal) $$"))
        #expect(result.ending == .signalled(signal, coreDumped: false))
    }

    @Test func bothStreamsAreKeptApart() async throws {
        let result = try await processes.run(shell("echo out; echo err >&2"))
        #expect(result.output.collected == Array("out\n".utf8))
        #expect(result.errorOutput.collected == Array("err\n".utf8))
        #expect(result.output.bytesSeen == 4)
        #expect(result.output.bytesKept == 4)
    }

    @Test func usageIsMeasured() async throws {
        let result = try await processes.run(shell("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"))
        #expect(result.userTime > .zero)
        #expect(result.maxResidentBytes > 100_000)
        #expect(result.wallTime > .milliseconds(1))
        #expect(result.wallTime < .seconds(20))
    }

    @Test func environmentAndArgumentsAreDeliveredByteExact() async throws {
        let odd = "line\nbreak 'single' \"double\" $HOME `id` \\ \t é 漢字 🎉"
        var command = ChildCommand(
            executable: "/usr/bin/printf",
            arguments: ["%s|%s", odd, ""],
            output: .collect(10_000)
        )
        #expect(try await processes.run(command).output.collected == Array((odd + "|").utf8))

        command = ChildCommand(
            executable: "/usr/bin/env",
            arguments: ["-0"],
            environment: ["ODD": odd, "EMPTY": "", "é": "=x="],
            output: .collect(10_000)
        )
        let seen = try await processes.run(command).output.collected
            .split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            .filter { !$0.hasPrefix("CHILD_PROCESSES") }
        #expect(seen.sorted() == ["EMPTY=", "ODD=" + odd, "é==x="].sorted())
    }

    @Test func longArgumentListsPass() async throws {
        let arguments = (0..<2000).map { "\($0)-" + String(repeating: "x", count: 100) }
        let command = ChildCommand(
            executable: "/bin/echo",
            arguments: arguments,
            output: .collect(1 << 20)
        )
        let result = try await processes.run(command)
        #expect(result.output.collected == Array((arguments.joined(separator: " ") + "\n").utf8))
        #expect(result.output.bytesSeen > 200_000)
    }

    @Test func theChildHasThreeDescriptorsAndItsOwnSession() async throws {
        // Descriptors without close-on-exec, as a careless library leaves them.
        let leaked = try #require([dup(0), dup(0)].last)
        defer { close(leaked) }
        let result = try await processes.run(shell("ls /proc/self/fd; cut -d' ' -f1,5,6 /proc/$$/stat; echo $$"))
        let lines = String(decoding: result.output.collected, as: UTF8.self).split(separator: "\n")
        // The fourth is the folder that ls itself reads.
        #expect(lines.prefix(4) == ["0", "1", "2", "3"])
        #expect(lines.count == 6)
        let pid = try #require(lines.last)
        #expect(lines.dropLast().last == "\(pid) \(pid) \(pid)")
    }

    @Test func signalsAreNeitherBlockedNorIgnoredInTheChild() async throws {
        let result = try await processes.run(shell("grep -E 'Sig(Blk|Ign)' /proc/self/status"))
        let text = String(decoding: result.output.collected, as: UTF8.self)
        #expect(text == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n")
    }

    @Test func theWorkingDirectoryIsTheGivenOne() async throws {
        var command = shell("pwd -P")
        command.directory = "/usr/share"
        #expect(try await processes.run(command).output.collected == Array("/usr/share\n".utf8))
    }

    @Test func limitsReachTheChild() async throws {
        var command = shell("ulimit -n; ulimit -v; ulimit -t; ulimit -f")
        command.limits = ResourceLimits(addressSpace: 512 << 20, cpuSeconds: 7, fileSize: 1 << 20, openFiles: 50)
        let result = try await processes.run(command)
        #expect(String(decoding: result.output.collected, as: UTF8.self) == "50\n524288\n7\n2048\n")
    }

    @Test func theIdentityIsToldAtTheStart() async throws {
        let (stream, told) = AsyncStream.makeStream(of: ChildIdentity.self)
        let result = try await processes.run(shell("echo $$"), started: { told.yield($0) })
        told.finish()
        var identities: [ChildIdentity] = []
        for await identity in stream { identities.append(identity) }
        #expect(identities == [try #require(result.identity)])
        #expect(result.output.collected == Array("\(identities[0].pid)\n".utf8))
        #expect(identities[0].startTime > 0)
        #expect(!ProcessTable.isAlive(identities[0]))
    }
}
