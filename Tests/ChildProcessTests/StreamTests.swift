// SPDX-License-Identifier: Apache-2.0
import ChildProcess
import Glibc
import Synchronization
import Testing

/// What children read and write cannot hurt us.
struct StreamTests {
    let processes = ChildProcesses()

    @Test(arguments: [0, 1, 65_536, 65_537, 3_000_000])
    func inputBytesArrive(count: Int) async throws {
        var command = ChildCommand(executable: "/bin/cat", output: .collect(4 << 20))
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        command.input = .bytes(bytes)
        let result = try await processes.run(command)
        #expect(result.output.collected == bytes)
        #expect(result.isSuccess)
    }

    @Test func inputThatNobodyReadsIsNoError() async throws {
        var command = shell("exit 3")
        command.input = .bytes([UInt8](repeating: 0, count: 1_000_000))
        #expect(try await processes.run(command).ending == .exited(3))
    }

    @Test func inputFromFilesAndNothing() async throws {
        let folder = try TemporaryFolder()
        var command = shell("wc -c")
        command.input = .file(try folder.write("plain", "12345", mode: 0o600))
        #expect(try await number(processes.run(command).output) == 5)
        command.input = .null
        #expect(try await number(processes.run(command).output) == 0)
    }

    @Test func lifelineStaysOpenWhileTheChildRuns() async throws {
        var command = shell("timeout 0.1 cat; echo $?")
        command.input = .pipe
        // 124: cat did not see an end of file.
        #expect(try await number(processes.run(command).output) == 124)
    }

    @Test func floodIsCappedInTheFileAndInMemory() async throws {
        let folder = try TemporaryFolder()
        let before = residentBytes()
        var command = shell("head -c 50000000 /dev/zero; printf end")
        command.output = OutputPlan(file: folder.path + "/out", fileCap: 100_000, tailCap: 10, collectCap: 7)
        let result = try await processes.run(command)
        #expect(result.isSuccess)
        #expect(result.output.bytesSeen == 50_000_003)
        #expect(result.output.bytesKept == 100_000)
        #expect(folder.size(of: "out") == 100_000)
        #expect(result.output.tail == [0, 0, 0, 0, 0, 0, 0] + Array("end".utf8))
        #expect(result.output.collected == [0, 0, 0, 0, 0, 0, 0])
        #expect(residentBytes() - before < 20_000_000)
    }

    @Test func tailIsTheEndWhateverThePieces() async throws {
        for cap in [1, 5, 7, 4096, 100_000] {
            var command = shell("for i in 1 2 3 4 5 6 7 8 9; do echo $i; sleep 0.001; done")
            command.output = OutputPlan(tailCap: cap)
            let all = Array("1\n2\n3\n4\n5\n6\n7\n8\n9\n".utf8)
            #expect(try await processes.run(command).output.tail == Array(all.suffix(cap)))
        }
    }

    @Test func anyBytesPass() async throws {
        let result = try await processes.run(shell("printf '\\377\\000\\200abc\\n\\000'"))
        #expect(result.output.collected == [0xFF, 0, 0x80, 0x61, 0x62, 0x63, 0x0A, 0])
    }

    @Test func closedStreamsAreNoEnd() async throws {
        let result = try await processes.run(shell("exec >&- 2>&-; sleep 0.05; exit 4"))
        #expect(result.ending == .exited(4))
        #expect(result.wallTime >= .milliseconds(50))
    }

    @Test func piecesArriveInOrder() async throws {
        let seen = Mutex<[UInt8]>([])
        let holder = Holder(seen)
        var command = shell("seq 1 20000")
        command.output = OutputPlan(onChunk: { piece in holder.seen.withLock { $0 += piece } })
        _ = try await processes.run(command)
        let expected = (1...20000).map { "\($0)\n" }.joined()
        #expect(holder.seen.withLock { $0 } == Array(expected.utf8))
    }

    @Test func fullDiskDoesNotStopTheChild() async throws {
        var command = shell("head -c 1000000 /dev/zero; exit 5")
        command.output = .spool(to: "/dev/full", cap: .max)
        let result = try await processes.run(command)
        #expect(result.ending == .exited(5))
        #expect(result.output.bytesSeen == 1_000_000)
        #expect(result.output.bytesKept == 0)
        #expect(result.output.fileError == ENOSPC)
    }

    private final class Holder: Sendable {
        let seen: Mutex<[UInt8]>
        init(_ seen: consuming sending Mutex<[UInt8]>) { self.seen = seen }
    }

    private func residentBytes() -> Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1024
    }
}
