// SPDX-License-Identifier: Apache-2.0

import DiskFaults
import FileSystem
import FlowTesting
import Testing

/// The disk that the power is cut of: what it must lose, and what it must not.
struct DiskModelTests {
    private static let root = "/d"

    /// The files and their first bytes after a cut.
    private func files(
        _ operations: [DiskOperation], _ survival: DiskModel.Survival, seed: UInt64 = 1
    ) throws -> [String: [UInt8]] {
        var model = DiskModel(root: Self.root)
        for operation in operations { model.apply(operation) }
        var random = SeededGenerator(seed: seed)
        let folder = try TemporaryDirectory()
        try model.cut(survival, &random).write(to: folder.path)
        var found: [String: [UInt8]] = [:]
        var open = [folder.path]
        while let path = open.popLast() {
            for entry in try File.list(path) {
                let file = FilePath.join(path, entry.name)
                if entry.kind == .directory {
                    open.append(file)
                } else {
                    found[String(file.dropFirst(folder.path.utf8.count + 1))] = try File.read(file, limit: 1 << 20)
                }
            }
        }
        return found
    }

    @Test("What was not synced may be lost, of a file and of a directory")
    func unsynced() throws {
        let write: [DiskOperation] = [.create("/d/a"), .write("/d/a", offset: 0, bytes: [1, 2])]
        #expect(try files(write, .nothing) == [:])
        #expect(try files(write, .everything) == ["a": [1, 2]])
        #expect(try files(write + [.sync("/d/a")], .nothing) == [:], "the name is not on the disk")
        #expect(try files(write + [.sync("/d")], .nothing) == ["a": []], "the content is not on the disk")
        #expect(try files(write + [.sync("/d/a"), .sync("/d")], .nothing) == ["a": [1, 2]])
    }

    @Test("A rename is one step, and a link leads to the same content")
    func names() throws {
        let made: [DiskOperation] = [
            .makeDirectory("/d/t"), .sync("/d"), .create("/d/t/x"), .write("/d/t/x", offset: 0, bytes: [7]),
            .sync("/d/t/x"), .sync("/d/t"), .rename("/d/t/x", to: "/d/y"), .link("/d/y", to: "/d/z"),
        ]
        #expect(try files(made, .nothing) == ["t/x": [7]])
        #expect(try files(made + [.sync("/d")], .nothing) == ["y": [7], "z": [7]])
        #expect(try files(made + [.sync("/d"), .delete("/d/y")], .nothing) == ["y": [7], "z": [7]])
        #expect(try files(made + [.sync("/d"), .delete("/d/y"), .sync("/d")], .nothing) == ["z": [7]])
    }

    @Test("What a failed sync gave up stays lost, however often it is synced again")
    func failedSync() throws {
        let operations: [DiskOperation] = [
            .create("/d/a"), .write("/d/a", offset: 0, bytes: [1]), .sync("/d/a"), .sync("/d"),
            .write("/d/a", offset: 0, bytes: [2]), .syncFailed("/d/a"), .sync("/d/a"),
        ]
        #expect(try files(operations, .everything) == ["a": [1]])
    }

    @Test("Sectors survive by themselves: later ones without earlier ones, and never a later write without the first")
    func sectors() throws {
        var operations: [DiskOperation] = [.create("/d/a"), .sync("/d")]
        for round in 1...3 {
            for sector in 0..<8 {
                let bytes = [UInt8](repeating: UInt8(round), count: 512)
                operations.append(.write("/d/a", offset: 512 * sector, bytes: bytes))
            }
        }
        var states: Set<[UInt8]> = []
        var reordered = false
        for seed in 1...40 {
            let survival = DiskModel.Survival.some(percent: 40, namesInOrder: true)
            var content = try files(operations, survival, seed: UInt64(seed))["a"] ?? []
            content += [UInt8](repeating: 0, count: 4096 - content.count)
            let sectors = (0..<8).map { content[$0 * 512] }
            states.insert(sectors)
            if sectors[0] < sectors[7] { reordered = true }
        }
        #expect(states.count > 20 && reordered)
        #expect(try files(operations, .everything)["a"] == [UInt8](repeating: 3, count: 4096))
    }
}
