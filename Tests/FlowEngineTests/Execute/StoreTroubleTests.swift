// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import FlowTesting
import Glibc
import Testing

@testable import FlowEngine

/// What the engine does when the store's disk does not do its part.
@Suite(.serialized) struct StoreTroubleTests {
    private let chain = #"""
        inputs: {ledger: {type: string}}
        env: {LEDGER: "${{ inputs.ledger }}"}
        nodes:
          one: {run: echo one >> "$LEDGER"}
          two:
            needs: [one]
            run: |
              echo two >> "$LEDGER"
              while [ ! -e "$LEDGER.go" ]; do sleep 0.02; done
          three: {needs: [two], run: echo three >> "$LEDGER"}
          four: {needs: [three], run: echo four >> "$LEDGER"}
        """#

    /// A small disk of its own; nil, with a message, where it may not be mounted.
    private func smallDisk() throws -> SmallDisk? {
        let folder = try File.makeTemporaryDirectory(prefix: "flow-tests-disk-")
        guard mount("tmpfs", folder, "tmpfs", 0, "size=3m") == 0 else {
            print("skipped: a file system cannot be mounted here (errno \(errno))")
            try? File.removeTree(folder)
            return nil
        }
        return SmallDisk(folder: folder)
    }

    @Test("On a full disk the run stops with the store's error; nothing reported is lost; it goes on with space")
    func full() async throws {
        guard let disk = try smallDisk() else { return }
        let project = try TestProject(store: FilePath.join(disk.folder, "store"))
        let run = try await project.start(chain, inputs: ["ledger": .string(project.file("ledger"))])
        try #require(try await eventually { project.lines("ledger") == ["one", "two"] })
        disk.fill()
        try project.write("ledger.go", "")
        guard case .storeFailed(let error) = try await run.outcome() else {
            Issue.record("the run went on: \(try await run.statuses())")
            return
        }
        #expect(error.code == .diskFull, "\(error)")
        let refused = await #expect(throws: EngineError.self) { try await run.send(.pause) }
        #expect(refused?.code == .store || refused?.store != nil)
        let reported = run.recorder.events
        disk.free()
        // The same engine takes it up again, from what is stored.
        try await run.resume()
        let outcome = try await run.outcome()
        #expect(outcome == .ended(.succeeded, reason: nil))
        let stored = try await run.events
        #expect(Array(stored.prefix(reported.count)) == reported)
        let lines = project.lines("ledger")
        #expect(lines.filter { $0 == "one" }.count == 1 && lines.last == "four", "\(lines)")
        await project.close()
    }

    @Test("A store that turns read-only in the middle stops the run, which goes on when it is writable again")
    func readOnly() async throws {
        guard let disk = try smallDisk() else { return }
        let project = try TestProject(store: FilePath.join(disk.folder, "store"))
        let run = try await project.start(chain, inputs: ["ledger": .string(project.file("ledger"))])
        try #require(try await eventually { project.lines("ledger") == ["one", "two"] })
        // Files that are open for writing keep the disk from turning read-only, so its limit is set to what is used.
        #expect(mount("tmpfs", disk.folder, "tmpfs", UInt(MS_REMOUNT), "size=\(disk.used)") == 0, "errno \(errno)")
        try project.write("ledger.go", "")
        guard case .storeFailed = try await run.outcome() else {
            Issue.record("the run went on: \(try await run.statuses())")
            return
        }
        await project.close()
        #expect(mount("tmpfs", disk.folder, "tmpfs", UInt(MS_REMOUNT), "size=16m") == 0, "errno \(errno)")
        try await run.resume()
        #expect(try await run.outcome() == .ended(.succeeded, reason: nil))
        #expect(project.lines("ledger").filter { $0 == "one" }.count == 1)
        await project.close()
    }
}

/// A mounted file system, unmounted with the object.
private final class SmallDisk: Sendable {
    let folder: String

    init(folder: String) { self.folder = folder }

    deinit {
        umount2(folder, Int32(MNT_DETACH))
        try? File.removeTree(folder)
    }

    private var ballast: String { FilePath.join(folder, "ballast") }

    /// The bytes in use.
    var used: Int {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { return 0 }
        return Int((status.f_blocks - status.f_bfree) * UInt(status.f_frsize))
    }

    /// Writes until nothing more fits.
    func fill() {
        let file = open(ballast, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        defer { close(file) }
        let block = [UInt8](repeating: 1, count: 4096)
        while write(file, block, block.count) > 0 {}
    }

    func free() { unlink(ballast) }
}
