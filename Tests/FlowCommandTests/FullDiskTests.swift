// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Glibc
import Testing

/// A disk of 40 MiB for one test. Only root may mount one.
private final class SmallDisk: Sendable {
    let path: String

    init(in folder: String) throws {
        path = FilePath.join(folder, "disk")
        try File.createDirectory(path)
        try #require(mount("tmpfs", path, "tmpfs", 0, "size=40m") == 0)
    }

    deinit { umount2(path, Int32(MNT_DETACH)) }

    /// Writes until nothing more fits.
    func fill() throws {
        let file = open(FilePath.join(path, "filling"), O_WRONLY | O_CREAT | O_APPEND, 0o600)
        try #require(file >= 0)
        defer { close(file) }
        let block = [UInt8](repeating: 1, count: 65_536)
        while write(file, block, block.count) > 0 {}
    }

    func empty() throws { try File.remove(FilePath.join(path, "filling")) }

    static let isPossible: Bool = {
        guard geteuid() == 0, let folder = try? File.makeTemporaryDirectory(prefix: "flow-mount-") else { return false }
        defer { try? File.removeTree(folder) }
        guard mount("tmpfs", folder, "tmpfs", 0, "size=1m") == 0 else { return false }
        umount2(folder, Int32(MNT_DETACH))
        return true
    }()
}

@Suite(.serialized, .enabled(if: SmallDisk.isPossible, "a file system can be mounted")) struct FullDiskTests {
    private static let workflow = """
        flow: 1
        name: filling
        outputs:
          sum: {type: integer, value: "${{ sum(nodes.each.outputs.x) }}"}
        nodes:
          each:
            foreach: {items: [1, 2, 3, 4, 5, 6, 7, 8], max_parallel: 2}
            run: |
              echo started
              sleep 0.2
              head -c 500000 /dev/urandom > part.bin
              echo "x=1" >> "$FLOW_OUTPUT"
            outputs: {x: integer}
            artifacts: {part: part.bin}

        """

    private func started(_ options: [String] = []) async throws -> (FlowProgram, SmallDisk, RunningFlow) {
        let flow = try FlowProgram()
        try flow.write("filling.yaml", Self.workflow)
        let disk = try SmallDisk(in: flow.folder)
        let running = try flow.start(["run", "filling.yaml", "--store", "disk/.flow"] + options)
        try #require(try await flow.eventually { running.errorText.contains("✓ succeeded  each[0]") })
        try disk.fill()
        return (flow, disk, running)
    }

    @Test("A full disk lets a run stand still, and it goes on by itself when there is room")
    func standstill() async throws {
        let (flow, disk, running) = try await started()
        try #require(try await flow.eventually { running.errorText.contains("paused: the disk of") })
        let list = try await flow.run("list", "--store", "disk/.flow", "--json").object
        #expect(list["runs"]?.arrayValue?.first?["status"] == "paused", "\(list)")
        try disk.empty()
        let clock = ContinuousClock()
        let start = clock.now
        try #require(try await flow.eventually { running.errorText.contains("there is room") })
        #expect(clock.now - start < .seconds(10))
        let end = try await running.end()
        #expect(end.code == 0, "\(end.errorOutput)")
        #expect(end.output.contains("sum: 8"))
        let events = try await flow.run("events", "@latest", "--store", "disk/.flow", "--json").json
        #expect(events.filter { $0["type"] == "node_failed" }.isEmpty)
        #expect(events.contains { $0["type"] == "run_resumed" })
        #expect(try await flow.run("db", "check", "--store", "disk/.flow").code == 0)
        for item in 0..<8 {
            let log = try await flow.run("logs", "@latest", "each[\(item)]", "--store", "disk/.flow")
            #expect(log.output.contains("started"), "\(item)")
        }
    }

    @Test("When nobody makes room, it ends with 74, and is resumed when there is some")
    func patience() async throws {
        let (flow, disk, running) = try await started(["--disk-wait", "1s"])
        let end = try await running.end()
        #expect(end.code == 74, "\(end.errorOutput)")
        #expect(end.errorOutput.contains("Make room"))
        try disk.empty()
        let resumed = try await flow.run("resume", "@latest", "--store", "disk/.flow")
        #expect(resumed.code == 0, "\(resumed.errorOutput)")
        #expect(resumed.output.contains("sum: 8"))
        #expect(try await flow.run("db", "check", "--store", "disk/.flow").code == 0)
    }

    @Test("A run that stands still ends at Ctrl-C, and what died on a full disk is resumed on one")
    func interrupted() async throws {
        let (flow, disk, running) = try await started()
        try #require(try await flow.eventually { running.errorText.contains("paused: the disk of") })
        running.signal(SIGINT)
        // When what ends just then cannot be written, it says so.
        #expect([130, 74].contains(try await running.end().code))
        // The engine that ended has given some room back.
        try disk.fill()
        let full = try flow.start(["resume", "@latest", "--store", "disk/.flow"])
        // It stands still again, or could not even begin.
        _ = try await flow.eventually { full.errorText.contains("disk") }
        full.signal(SIGKILL)
        _ = try await full.end()
        try disk.empty()
        let resumed = try await flow.run("resume", "@latest", "--store", "disk/.flow")
        #expect(resumed.code == 0, "\(resumed.errorOutput)")
        #expect(resumed.output.contains("sum: 8"))
    }
}
