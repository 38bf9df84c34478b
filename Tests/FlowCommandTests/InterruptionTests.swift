// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FileSystem
import FlowEngine
import Glibc
import Testing

@Suite struct InterruptionTests {
    /// A run that stands in its second node.
    private func held(
        _ flow: FlowProgram, marker: String = "0", options: [String] = []
    ) async throws -> (running: RunningFlow, run: String) {
        try flow.write("held.yaml", Workflows.held)
        let words = [
            "run", "held.yaml", "-i", "ledger=\(flow.file("ledger"))", "-i", "go=\(flow.file("go"))", "-i",
            "marker=\(marker)",
        ]
        let running = try flow.start(words + options)
        try #require(
            try await flow.eventually { flow.lines("ledger") == ["one", "two starts"] }, "\(running.errorText)")
        let line = try #require(running.errorText.split(separator: "\n").first { $0.hasPrefix("run ") })
        return (running, String(line.split(separator: " ")[1]))
    }

    /// Lets the run end, and expects what it gives when nothing disturbs it.
    private func finish(_ flow: FlowProgram, _ run: String) async throws {
        try flow.write("go", "")
        let end = try await flow.run("resume", run)
        #expect(end.code == 0, "\(end.errorOutput)")
        #expect(end.output.contains("text: 123"))
        #expect(flow.lines("ledger") == ["one", "two starts", "two starts", "two", "three"])
    }

    /// The processes with a marker among their arguments.
    private func marked(_ marker: String) throws -> [String] {
        try File.list("/proc").map(\.name).filter { name in
            guard Int32(name) != nil, let line = try? File.read("/proc/\(name)/cmdline", limit: 1 << 16) else {
                return false
            }
            return line.split(separator: 0).contains { $0.elementsEqual(marker.utf8) }
        }
    }

    @Test(
        "A signal ends a run in good order, and it can be resumed",
        arguments: [(SIGINT, 130), (SIGTERM, 143), (SIGHUP, 129)] as [(Int32, Int32)])
    func signal(_ signal: Int32, _ code: Int32) async throws {
        let flow = try FlowProgram()
        let (running, run) = try await held(flow)
        running.signal(signal)
        let end = try await running.end()
        #expect(end.code == code, "\(end.errorOutput)")
        #expect(end.errorOutput.contains("flow resume \(run)"))
        let show = try await flow.run("show", run, "--json").object
        #expect(show["status"] == "queued", "\(show)")
        try await finish(flow, run)
    }

    @Test("A second signal ends at once, without waiting for a program that does not want to end")
    func secondSignal() async throws {
        let flow = try FlowProgram()
        try flow.write(
            "stubborn.yaml",
            """
            flow: 1
            name: stubborn
            inputs: {ledger: {type: string, required: true}}
            nodes:
              a:
                grace: 60s
                with: {ledger: "${{ inputs.ledger }}"}
                run: |
                  trap '' TERM
                  echo there >> "$FLOW_WITH_LEDGER"
                  while true; do sleep 0.05; done

            """)
        let running = try flow.start(["run", "stubborn.yaml", "-i", "ledger=\(flow.file("ledger"))"])
        try #require(try await flow.eventually { flow.lines("ledger") == ["there"] }, "\(running.errorText)")
        running.signal(SIGINT)
        try #require(try await flow.eventually { running.errorText.contains("once more ends at once") })
        running.signal(SIGINT)
        let clock = ContinuousClock()
        let start = clock.now
        #expect(try await running.end().code == 130)
        #expect(clock.now - start < .seconds(30))
        #expect(try await flow.run("show", "@latest", "--json").object["status"] == "interrupted")
    }

    @Test("After kill -9 nothing of the run is left, what had ended does not run again, and the results are the same")
    func killed() async throws {
        let flow = try FlowProgram()
        let marker = "marker-\(UInt64.random(in: 0 ... .max))"
        let (running, run) = try await held(flow, marker: marker)
        // The line in the ledger may come before the child has its arguments.
        try #require(try await flow.eventually { try !marked(marker).isEmpty })
        running.signal(SIGKILL)
        #expect(try await running.end().code == -SIGKILL)
        // The node's own child opened a session of its own: only the guardian can find it.
        var left = try marked(marker)
        for _ in 0..<150 where !left.isEmpty {
            try await Task.sleep(for: .milliseconds(20))
            left = try marked(marker)
        }
        #expect(left.isEmpty)
        let show = try await flow.run("show", run, "--json").object
        #expect(show["status"] == "interrupted")
        #expect(try await flow.run("list", "--status", "interrupted").output.contains(run))
        #expect(try await flow.run("show", run).errorOutput.contains("next: flow resume \(run)"))
        let watch = try await flow.run("watch", run)
        #expect(watch.code == 3)
        try await finish(flow, run)
        #expect(try await flow.run("show", run, "--json").object["interruptions"] == 1)
    }

    @Test("What a resume starts at once after kill -9 is not taken for what the dead engine left")
    func resumedAtOnce() async throws {
        let flow = try FlowProgram()
        try flow.write(
            "slow.yaml", "flow: 1\nname: slow\nnodes: {a: {run: sleep 1}, b: {run: sleep 1}, c: {run: sleep 1}}\n")
        for _ in 0..<4 {
            let running = try flow.start(["run", "slow.yaml", "--quiet"])
            #expect(try await flow.eventually { running.errorText.contains("run ") })
            try await Task.sleep(for: .milliseconds(100))
            running.signal(SIGKILL)
            _ = try await running.end()
            let resumed = try await flow.run("resume", "@latest", "--quiet")
            #expect(resumed.code == 0, "\(resumed.errorOutput)")
        }
    }

    @Test("A second engine on the same store is refused with the owner's process; readers are not")
    func secondEngine() async throws {
        let flow = try FlowProgram()
        let (running, run) = try await held(flow)
        try flow.write("chain.yaml", Workflows.chain)
        let second = try await flow.run("run", "chain.yaml")
        #expect(second.code == 75)
        #expect(second.errorOutput.contains("\(running.pid)"), "\(second.errorOutput)")
        #expect(try await flow.run("show", run, "--json").object["status"] == "running")
        let watching = try flow.start(["watch", run])
        let following = try flow.start(["events", run, "--follow", "--json"])
        try flow.write("go", "")
        #expect(try await running.end().code == 0)
        #expect(try await watching.end().code == 0)
        #expect(try await following.end().json.last?["type"] == "run_ended")
    }

    @Test("A run of another process can be paused, resumed and cancelled")
    func otherProcess() async throws {
        let flow = try FlowProgram()
        let (running, run) = try await held(flow)
        let cancel = try await flow.run("cancel", run, "--reason", "no need")
        #expect(cancel.code == 0, "\(cancel.errorOutput)")
        let end = try await running.end()
        #expect(end.code == 2, "\(end.errorOutput)")
        #expect(end.output.contains("no need"))
        #expect(try await flow.run("resume", run).code == 2)
        #expect(try await flow.run("cancel", run).code == 64)
    }

    @Test("A paused run starts nothing more and can be resumed")
    func pause() async throws {
        let flow = try FlowProgram()
        let (running, run) = try await held(flow)
        #expect(try await flow.run("pause", run).code == 0)
        try flow.write("go", "")
        let end = try await running.end()
        #expect(end.code == 3, "\(end.errorOutput)")
        #expect(flow.lines("ledger") == ["one", "two starts", "two"])
        let resumed = try await flow.run("resume", run)
        #expect(resumed.code == 0, "\(resumed.errorOutput)")
        #expect(flow.lines("ledger") == ["one", "two starts", "two", "three"])
    }

    @Test("A run that nobody works on can be cancelled")
    func cancelLeft() async throws {
        let flow = try FlowProgram()
        let (running, run) = try await held(flow)
        running.signal(SIGKILL)
        _ = try await running.end()
        let cancel = try await flow.run("cancel", run, "--json")
        #expect(cancel.code == 0, "\(cancel.errorOutput)")
        #expect(try cancel.object["status"] == "cancelled")
        #expect(flow.lines("ledger") == ["one", "two starts"])
    }
}
