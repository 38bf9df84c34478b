// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization
import Testing

@testable import ChildProcess

/// Input that is written while the child runs.
struct InputChannelTests {
    /// What a child has said so far, and the wait for more.
    private final class Heard: Sendable {
        private let bytes = Mutex<[UInt8]>([])
        private let (stream, more) = AsyncStream.makeStream(of: Void.self)

        func take(_ piece: [UInt8]) {
            bytes.withLock { $0 += piece }
            more.yield()
        }

        func wait(for text: String) async {
            for await _ in stream where self.text.contains(text) { return }
        }

        var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }
    }

    private func start(
        _ script: String, _ channel: InputChannel, _ heard: Heard
    ) -> Task<ChildResult, any Error> {
        var command = shell(script)
        command.input = .channel(channel)
        command.output.onChunk = { heard.take($0) }
        let running = command
        return Task { try await ChildProcesses().run(running) }
    }

    @Test func aChildAnswersWhatIsWrittenLater() async throws {
        let (channel, heard) = (InputChannel(), Heard())
        channel.write(Array("one\n".utf8))
        let task = start("while read -r line; do echo \"got $line\"; done; echo end", channel, heard)
        await heard.wait(for: "got one")
        channel.write(Array("two\n".utf8))
        channel.write(Array("three\n".utf8))
        await heard.wait(for: "got three")
        channel.end()
        let result = try await task.value
        #expect(result.ending == .exited(0))
        #expect(heard.text == "got one\ngot two\ngot three\nend\n")
        #expect(!channel.write([1]))
    }

    @Test func moreThanAPipeHoldsArrivesWhole() async throws {
        let (channel, heard) = (InputChannel(), Heard())
        let task = start("wc -c", channel, heard)
        for _ in 0..<10 { channel.write([UInt8](repeating: 7, count: 500_000)) }
        channel.end()
        #expect(try await task.value.ending == .exited(0))
        #expect(heard.text.filter(\.isNumber) == "5000000")
    }

    @Test func aChildThatIsGoneTakesNothing() async throws {
        let (channel, heard) = (InputChannel(), Heard())
        let task = start("exec <&-; echo closed; sleep 0.1; exit 3", channel, heard)
        await heard.wait(for: "closed")
        for _ in 0..<20 { channel.write([UInt8](repeating: 7, count: 100_000)) }
        #expect(try await task.value.ending == .exited(3))
        #expect(!channel.write([7]))
    }

    @Test func whatNobodyReadsIsBounded() {
        let channel = InputChannel(limit: 100)
        #expect(channel.write([UInt8](repeating: 7, count: 60)))
        #expect(!channel.write([UInt8](repeating: 7, count: 60)))
        #expect(channel.write([UInt8](repeating: 7, count: 40)))
    }

    @Test func anOpenChannelDoesNotKeepTheThreadBusy() async throws {
        let (channel, heard) = (InputChannel(), Heard())
        let task = start("read -r a; times | tail -1; echo done; read -r b", channel, heard)
        channel.write(Array("x\n".utf8))
        await heard.wait(for: "done")
        // The pipe has room all the time: waiting for room would wake the thread without end.
        let before = Self.processorTime()
        try await Task.sleep(for: .milliseconds(300))
        #expect(Self.processorTime() - before < .milliseconds(150))
        channel.end()
        _ = try await task.value
    }

    private static func processorTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
